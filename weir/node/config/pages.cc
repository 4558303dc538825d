// Pages: what people read about the configuration, made from the table.
// SPDX-License-Identifier: Apache-2.0
#include "weir/node/config/table.h"

namespace weir::node::config {
namespace {

Text origin_text(Origin origin) {
  switch (origin) {
    case Origin::kDefault: return {"default", "默认"};
    case Origin::kFile: return {"file", "文件"};
    case Origin::kEnvironment: return {"environment", "环境变量"};
    case Origin::kFlag: return {"flag", "参数"};
  }
  return {};
}

std::string type_text(const Key& key) {
  switch (key.type) {
    case KeyType::kText: return "text";
    case KeyType::kInteger: return "integer, " + std::to_string(key.least) + " to " + std::to_string(key.most);
    case KeyType::kBoolean: return "true or false";
    case KeyType::kChoice: {
      std::string out;
      for (const std::string_view choice : key.choices) out += (out.empty() ? "" : ", ") + std::string(choice);
      return out;
    }
    case KeyType::kPath: return "path";
    case KeyType::kAddress: return "address:port";
    case KeyType::kUrl: return "URL";
    case KeyType::kDuration: return "ISO 8601 duration";
    case KeyType::kReference: return "file:PATH or env:NAME";
  }
  return "text";
}

std::string shown(const Key& key, const std::string& value) {
  return key.hidden_value && !value.empty() ? "(set)" : value;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

std::string check_report(const Loaded& loaded, Language language) {
  std::string out;
  for (const Key& key : keys()) {
    const auto& [value, origin] = loaded.values.find(key.name)->second;
    out += padded(std::string(key.name), 28) + padded(value.empty() ? "-" : shown(key, value), 28) + "  " +
           origin_text(origin).in(language) + "\n";
  }
  return out;
}

wire::Json check_report_json(const Loaded& loaded) {
  wire::Json out = wire::Json::object();
  for (const Key& key : keys()) {
    const auto& [value, origin] = loaded.values.find(key.name)->second;
    out.set(key.name, wire::Json::object({{"value", shown(key, value)}, {"origin", origin_text(origin).en}}));
  }
  return out;
}

std::string reference_page() {
  std::string out =
      "# Configuration\n\n"
      "This page is made from the table in `weir/node/config/table.cc`; a test fails when it is stale.\n"
      "本页由 `weir/node/config/table.cc` 中的表生成；内容过期时测试会失败。\n\n"
      "A flag beats an environment variable, which beats the file (TOML), which beats the default. An unknown setting is\n"
      "an error that names the nearest known one. Secrets are given by reference (`file:PATH`, `env:NAME`) and never\n"
      "printed. `weir config check` shows every setting and where it came from.\n\n"
      "A dot in a name is a table of the file: `log.level` is `level` under `[log]`.\n\n"
      "| setting | environment | flag | value | default | |\n|---|---|---|---|---|---|\n";
  for (const Key& key : keys()) {
    const std::string preset = key.default_text.empty() ? "" : "`" + std::string(key.default_text) + "`";
    out += "| `" + std::string(key.name) + "` | `" + environment_name(key) + "` | `" + flag_name(key) + "` | " +
           type_text(key) + " | " + preset + " | " + key.text.en + "<br>" + key.text.zh + " |\n";
  }
  out +=
      "\n## Example\n\n"
      "```toml\n"
      "data_dir = \"/var/lib/weir\"\n"
      "listen = \"0.0.0.0:8443\"\n"
      "public_url = \"https://data.example.cn:8443\"\n\n"
      "[log]\n"
      "level = \"info\"\n\n"
      "[keys]\n"
      "passphrase = \"file:/etc/weir/passphrase\"\n"
      "```\n";
  return out;
}

std::string help(Language language) {
  std::string out;
  for (const Key& key : keys()) {
    out += "  " + padded(flag_name(key) + (key.default_text.empty() ? "" : " [" + std::string(key.default_text) + "]"), 46) +
           key.text.in(language) + "\n";
  }
  return out;
}

}  // namespace weir::node::config

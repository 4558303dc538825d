// SPDX-License-Identifier: Apache-2.0
#include "weir/node/config/config.h"

#include <algorithm>
#include <array>
#include <charconv>

// toml++ 3.3 asserts on some wrong input that it handles properly a few lines below, and with NDEBUG it even tells the
// compiler that such input cannot be. So its assertions are nothing here, in every build.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>
#include <unistd.h>

#include "weir/node/config/table.h"

namespace weir::node::config {
namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;

// Variables that begin with WEIR_ and are no keys: the command line has its own.
constexpr std::array kOtherVariables = {std::string_view("WEIR_CONFIG"), std::string_view("WEIR_TOKEN"),
                                        std::string_view("WEIR_URL"), std::string_view("WEIR_NODE"),
                                        std::string_view("WEIR_PASSPHRASE")};

const Row* find_row(std::string_view name) {
  for (const Row& row : table()) {
    if (row.key.name == name) return &row;
  }
  return nullptr;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

Error unknown_key(std::string_view name, std::string_view where, std::string (*spell)(const Key&)) {
  std::string nearest;
  std::size_t least = SIZE_MAX;
  for (const Row& row : table()) {
    const std::string known = spell(row.key);
    const std::size_t far = distance(name.substr(0, 100), known);
    if (far < least) {
      least = far;
      nearest = known;
    }
  }
  return Error(Errc::kInvalidArgument, std::string(where) + ": there is no setting '" + std::string(name) + "'")
      .because("config.unknown_key")
      .advise("did you mean '" + nearest + "'? docs/operate/configuration.md lists all");
}

bool parse_integer(const std::string& text, std::int64_t& out) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && status == std::errc{} && end == text.data() + text.size();
}

bool is_listen_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::int64_t port = -1;
  if (colon == std::string::npos || colon == 0 || !parse_integer(text.substr(colon + 1), port)) return false;
  const std::string host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  return port >= 0 && port <= 65535 && (bracketed || host.find(':') == std::string::npos);
}

bool is_url(const std::string& text) {
  const std::size_t at = text.find("://");
  const bool scheme = text.starts_with("https://") || text.starts_with("http://");
  const bool clean = text.find_first_of(" \t\r\n@#?") == std::string::npos;
  return scheme && clean && text.size() > at + 3 && text[at + 3] != '/';
}

// What the value should have been; empty if it is.
std::string fault_in(const Key& key, const std::string& text) {
  std::int64_t number = 0;
  switch (key.type) {
    case KeyType::kText:
    case KeyType::kPath:
      return text.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos ? "" : "must be one line";
    case KeyType::kInteger:
      if (parse_integer(text, number) && number >= key.least && number <= key.most) return "";
      return "must be an integer from " + std::to_string(key.least) + " to " + std::to_string(key.most);
    case KeyType::kBoolean: return text == "true" || text == "false" ? "" : "must be true or false";
    case KeyType::kChoice: {
      if (std::find(key.choices.begin(), key.choices.end(), text) != key.choices.end()) return "";
      std::string all;
      for (const std::string_view choice : key.choices) all += (all.empty() ? "" : ", ") + std::string(choice);
      return "must be one of " + all;
    }
    case KeyType::kAddress: return is_listen_address(text) ? "" : "must be an address and a port, such as 127.0.0.1:8443";
    case KeyType::kUrl: return text.empty() || is_url(text) ? "" : "must be an address such as https://node.example:8443";
    case KeyType::kDuration: {
      const Result<CalendarDuration> length = parse_duration(text);
      return length && length->months == 0 && length->exact.count() >= 0 ? "" : "must be a duration such as PT10S";
    }
    case KeyType::kReference:
      return text.empty() || text.starts_with("file:") || text.starts_with("env:") ? "" : "must be file:PATH or env:NAME";
  }
  return "";
}

std::string_view where_of(Origin origin) {
  switch (origin) {
    case Origin::kDefault: return "default";
    case Origin::kFile: return "file";
    case Origin::kEnvironment: return "environment";
    case Origin::kFlag: return "flag";
  }
  return "default";
}

Error bad_value(const Key& key, std::string_view where, const std::string& fault, std::string_view reason,
                std::string_view hint) {
  // The value itself is not repeated: it may be a secret in the wrong place.
  return Error(Errc::kInvalidArgument, std::string(key.name) + " (" + std::string(where) + ") " + fault)
      .because(reason)
      .advise(hint.empty() ? std::string_view("correct it; `weir config check` shows all settings") : hint);
}

Result<> assign(Loaded& loaded, const Row& row, std::string text, Origin origin, std::string_view where) {
  const std::string fault = fault_in(row.key, text);
  if (!fault.empty()) {
    const bool inline_secret = row.key.type == KeyType::kReference;
    return bad_value(row.key, where, fault, inline_secret ? "config.secret_inline" : "config.value",
                     inline_secret ? "put the secret into a file of its own, and name the file" : "");
  }
  const Result<> assigned = row.assign(loaded.config, text);
  if (!assigned) {
    const std::string_view reason = assigned.error().reason();
    return bad_value(row.key, where, std::string(assigned.error().message()),
                     reason.starts_with("config.") ? reason : std::string_view("config.value"), assigned.error().hint());
  }
  loaded.values.insert_or_assign(std::string(row.key.name), std::pair(std::move(text), origin));
  return {};
}

// toml++ 3.3 runs into undefined behaviour on some letters beyond ASCII outside of strings. So it never sees any: each
// of their bytes, and the letter Z itself, is written as Z and two hex digits, and read back from what was parsed.
std::string ascii_of(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && c != 'Z') {
      out += c;
    } else {
      out += {'Z', kDigits[byte >> 4], kDigits[byte & 15u]};
    }
  }
  return out;
}

std::string text_of_ascii(std::string_view ascii) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  std::string out;
  for (std::size_t i = 0; i < ascii.size(); ++i) {
    const bool coded = ascii[i] == 'Z' && i + 2 < ascii.size() && digit(ascii[i + 1]) >= 0 && digit(ascii[i + 2]) >= 0;
    out += coded ? static_cast<char>(digit(ascii[i + 1]) * 16 + digit(ascii[i + 2])) : ascii[i];
    if (coded) i += 2;
  }
  return out;
}

std::string file_spelling(const Key& key) { return std::string(key.name); }

Result<std::string> text_of_node(const toml::node& node, const std::string& name, std::string_view file) {
  if (const auto text = node.value_exact<std::string>()) return text_of_ascii(*text);
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto flag = node.value_exact<bool>()) return std::string(*flag ? "true" : "false");
  return Error(Errc::kInvalidArgument, std::string(file) + " line " + std::to_string(node.source().begin.line) + ": " +
                                           name + " must be text, an integer, true or false")
      .because("config.value");
}

Result<> load_table(Loaded& loaded, const toml::table& values, const std::string& prefix, const std::string& file) {
  for (const auto& [key, node] : values) {
    const std::string name = prefix + text_of_ascii(key.str());
    if (const toml::table* inner = node.as_table()) {
      WEIR_TRY(load_table(loaded, *inner, name + ".", file));
      continue;
    }
    const std::string where = file + " line " + std::to_string(node.source().begin.line);
    const Row* row = find_row(name);
    if (row == nullptr) return unknown_key(name, where, file_spelling);
    WEIR_TRY_LET(std::string text, text_of_node(node, name, file));
    WEIR_TRY(assign(loaded, *row, std::move(text), Origin::kFile, where));
  }
  return {};
}

Result<toml::table> parse_toml(const Sources& sources) {
  try {
    return toml::parse(ascii_of(sources.file_text), sources.file_name);
  } catch (const toml::parse_error& error) {
    return Error(Errc::kInvalidArgument, sources.file_name + " line " + std::to_string(error.source().begin.line) +
                                             ": " + text_of_ascii(error.description()))
        .because("config.syntax")
        .advise("correct the line; the file is TOML");
  }
}

Result<> load_file(Loaded& loaded, const Sources& sources) {
  if (sources.file_text.empty()) return {};
  if (sources.file_text.size() > kFileBytesMax) {
    return Error(Errc::kExhausted, sources.file_name + " is larger than a MiB").because("config.syntax");
  }
  if (!is_utf8(sources.file_text)) {
    return Error(Errc::kInvalidArgument, sources.file_name + " is not UTF-8")
        .because("config.syntax")
        .advise("save the file as UTF-8");
  }
  WEIR_TRY_LET(const toml::table values, parse_toml(sources));
  return load_table(loaded, values, "", sources.file_name);
}

Result<> load_environment(Loaded& loaded, const Sources& sources) {
  for (const auto& [name, value] : sources.environment) {
    if (!name.starts_with("WEIR_")) continue;
    const auto row = std::find_if(table().begin(), table().end(),
                                  [&](const Row& each) { return environment_name(each.key) == name; });
    if (row != table().end()) {
      WEIR_TRY(assign(loaded, *row, value, Origin::kEnvironment, name));
      continue;
    }
    const bool other = std::find(kOtherVariables.begin(), kOtherVariables.end(), name) != kOtherVariables.end() ||
                       name.starts_with("WEIR_SECRET_") || name.starts_with("WEIR_TEST_");
    if (!other) return unknown_key(name, "environment", environment_name);
  }
  return {};
}

Result<> load_flags(Loaded& loaded, const Sources& sources) {
  for (const auto& [name, value] : sources.flags) {
    const auto row = std::find_if(table().begin(), table().end(), [&](const Row& each) {
      return each.key.name == name || flag_name(each.key) == name;
    });
    if (row == table().end()) return unknown_key(name, "flag", flag_name);
    WEIR_TRY(assign(loaded, *row, value, Origin::kFlag, flag_name(row->key)));
  }
  return {};
}

std::string spelled(const Key& key, std::string_view start, char separator, bool upper) {
  std::string out(start);
  for (const char c : key.name) {
    const bool joint = c == '.' || c == '_';
    const char letter = upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    out += joint ? separator : letter;
  }
  return out;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::kConnector: return "connector";
    case Role::kRegional: return "regional";
    case Role::kGlobal: return "global";
  }
  return "unknown";
}
Result<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::kConnector, Role::kRegional, Role::kGlobal}) {
    if (text == name_of(role)) return role;
  }
  return Error(Errc::kInvalidArgument, "unknown role '" + std::string(text) + "': connector, regional or global")
      .because("config.role");
}
std::string environment_name(const Key& key) { return spelled(key, "WEIR_", '_', true); }
std::string flag_name(const Key& key) { return spelled(key, "--", '-', false); }

std::string Config::database_or_default() const {
  return database_url.empty() ? "sqlite:" + data_dir + "/weir.db" : database_url;
}

Result<Loaded> load(const Sources& sources) {
  Loaded loaded;
  for (const Row& row : table()) {
    WEIR_TRY(assign(loaded, row, std::string(row.key.default_text), Origin::kDefault, where_of(Origin::kDefault)));
  }
  WEIR_TRY(load_file(loaded, sources));
  WEIR_TRY(load_environment(loaded, sources));
  WEIR_TRY(load_flags(loaded, sources));
  return loaded;
}

Settings process_environment() {
  Settings out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

}  // namespace weir::node::config

// SPDX-License-Identifier: Apache-2.0
#include "apps/weir-verify/command.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>

#include "apps/weir-verify/folder.h"
#include "weir/tlog/export.h"
#include "weir/tlog/verify.h"
#include "weir/wire/encoding.h"

namespace weir::apps {
namespace {

using wire::Json;

constexpr std::string_view kUsage =
    "weir-verify BUNDLE [--anchor FILE]... [--anchor-fingerprint HEX]... [--json] [--lang en|zh]\n"
    "weir-verify log FILE|FOLDER [the same options]\n"
    "\n"
    "Checks evidence offline: a bundle about one contract, or a whole exported log.\n"
    "  --anchor FILE               certificate (PEM) of the authority that you trust\n"
    "  --anchor-fingerprint HEX    its SHA-256 fingerprint instead\n"
    "  --json                      the answers as JSON\n"
    "  --lang en|zh                the language of the answers\n"
    "\n"
    "Example: weir-verify contract.evidence.json --anchor regional-ca.pem\n"
    "Exit: 0 everything holds, 1 something does not, 2 wrong arguments or no file of the format.\n";

struct Arguments {
  bool log = false;
  bool json = false;
  bool help = false;
  Language language = Language::kEnglish;
  std::string path;
  tlog::TrustAnchors anchors;
};

Error usage(std::string what) {
  return Error(Errc::kInvalidArgument, std::move(what)).because("verify.usage").advise("weir-verify --help");
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.is_open() || in.bad()) return usage("cannot read " + path);
  return out;
}

Result<> add_anchor_file(const std::string& path, tlog::TrustAnchors& anchors) {
  WEIR_TRY_LET(const std::string pem, read_text(path));
  WEIR_TRY_LET(const auto certificates, crypto::Certificate::chain_from_pem(pem));
  for (const crypto::Certificate& certificate : certificates) anchors.fingerprints.push_back(certificate.fingerprint());
  return {};
}

// Takes one option with its value; `at` is moved past what was used.
Result<> take_option(const std::vector<std::string>& words, std::size_t& at, Arguments& out) {
  std::string name = words[at];
  std::optional<std::string> value;
  if (const std::size_t equals = name.find('='); equals != std::string::npos) {
    value = name.substr(equals + 1);
    name.resize(equals);
  }
  if (name == "--json" || name == "--help" || name == "-h") {
    if (value) return usage(name + " takes no value");
    (name == "--json" ? out.json : out.help) = true;
    return {};
  }
  if (name != "--anchor" && name != "--anchor-fingerprint" && name != "--lang") return usage("no such option: " + name);
  if (!value) {
    if (at + 1 == words.size()) return usage(name + " needs a value");
    value = words[++at];
  }
  if (name == "--anchor") return add_anchor_file(*value, out.anchors);
  if (name == "--anchor-fingerprint") {
    WEIR_TRY_LET(std::string fingerprint, tlog::parse_fingerprint(*value));
    out.anchors.fingerprints.push_back(std::move(fingerprint));
    return {};
  }
  const auto language = parse_language(*value);
  if (!language) return usage("--lang is en or zh");
  out.language = *language;
  return {};
}

Result<Arguments> parse_arguments(const std::vector<std::string>& words, std::string_view language) {
  Arguments out;
  out.language = parse_language(language).value_or(Language::kEnglish);
  std::vector<std::string> names;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (words[at].size() > 1 && words[at][0] == '-') {
      WEIR_TRY(take_option(words, at, out));
    } else {
      names.push_back(words[at]);
    }
  }
  if (out.help) return out;
  out.log = names.size() == 2 && names[0] == "log";
  if (names.size() != (out.log ? 2u : 1u)) return usage("give one bundle, or: log and one file or folder");
  out.path = names.back();
  return out;
}

int show_bundle(const tlog::Report& report, const Arguments& arguments, std::ostream& out) {
  const auto say = [&](const Text& text) -> const std::string& { return text.in(arguments.language); };
  if (arguments.json) {
    out << report.json().pretty() << "\n";
    return report.ok() ? kExitOk : kExitFailed;
  }
  out << say({"Evidence of contract ", "合同存证 "}) << report.contract << "\n";
  for (const tlog::Check& check : report.checks) {
    out << (check.passed ? "  \xE2\x9C\x93 " : "  \xE2\x9C\x97 ") << say(check.name);
    if (!check.detail.empty()) out << (check.passed ? "  (" + check.detail + ")" : "\n      " + check.detail);
    out << "\n";
  }
  for (const Text& text : report.missing) out << "  - " << say({"not yet: ", "尚缺："}) << say(text) << "\n";
  out << (report.ok() ? say({"Everything holds.", "全部核验通过。"})
                      : say({"This evidence does not hold.", "该存证未通过核验。"}))
      << "\n";
  return report.ok() ? kExitOk : kExitFailed;
}

Json log_json(const tlog::LogReport& report) {
  Json problems = Json::array();
  for (const tlog::LogProblem& problem : report.problems) {
    Json item = Json::object({{"line", static_cast<std::int64_t>(problem.line)},
                              {"what", Json::object({{"en", problem.what.en}, {"zh", problem.what.zh}})}});
    if (problem.entry) item.set("entry", static_cast<std::int64_t>(*problem.entry));
    problems.push(std::move(item));
  }
  return Json::object({{"ok", report.ok()},
                       {"origin", report.origin},
                       {"node", report.node},
                       {"authority", report.authority},
                       {"entries", static_cast<std::int64_t>(report.entries)},
                       {"checkpoints", static_cast<std::int64_t>(report.checkpoints)},
                       {"root", wire::encode_base64(report.root)},
                       {"problems", std::move(problems)}});
}

int show_log(const tlog::LogReport& report, const Arguments& arguments, std::ostream& out) {
  const auto say = [&](const Text& text) -> const std::string& { return text.in(arguments.language); };
  if (arguments.json) {
    out << log_json(report).pretty() << "\n";
    return report.ok() ? kExitOk : kExitFailed;
  }
  out << say({"Log ", "日志 "}) << report.origin << ": " << report.entries << say({" entries, ", " 条记录，"})
      << report.checkpoints << say({" checkpoints", " 个检查点"}) << "\n";
  for (const tlog::LogProblem& problem : report.problems) out << "  \xE2\x9C\x97 " << say(problem.what) << "\n";
  if (report.ok()) {
    out << "  \xE2\x9C\x93 "
        << say({"every entry is under a signed root, and nothing was changed", "每条记录都在已签名的根之下，未被改动"})
        << "\n  \xE2\x9C\x93 " << say({"signed by node ", "签名节点 "}) << report.node
        << say({", certified by ", "，签发机构 "}) << report.authority << "\n";
  }
  out << (report.ok() ? say({"Everything holds.", "全部核验通过。"})
                      : say({"This log does not hold.", "该日志未通过核验。"}))
      << "\n";
  return report.ok() ? kExitOk : kExitFailed;
}

Result<tlog::LogReport> verify_lines(const std::string& path, const tlog::TrustAnchors& anchors) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return usage("cannot read " + path);
  tlog::ExportVerifier verifier(anchors);
  for (std::string line; std::getline(in, line);) WEIR_TRY(verifier.take(line));
  return std::move(verifier).finish();
}

Result<int> run(const Arguments& arguments, std::ostream& out) {
  if (arguments.log) {
    WEIR_TRY_LET(const tlog::LogReport report, std::filesystem::is_directory(arguments.path)
                                                   ? verify_folder(arguments.path, arguments.anchors)
                                                   : verify_lines(arguments.path, arguments.anchors));
    return show_log(report, arguments, out);
  }
  WEIR_TRY_LET(const std::string text, read_text(arguments.path));
  WEIR_TRY_LET(const tlog::Report report, tlog::verify_bundle(text, arguments.anchors));
  return show_bundle(report, arguments, out);
}

}  // namespace

int verify_command(const std::vector<std::string>& words, std::string_view language, std::ostream& out,
                   std::ostream& err) {
  const auto arguments = parse_arguments(words, language);
  const auto complain = [&](const Error& error) {
    err << "weir-verify: " << error.message() << "\n";
    if (!error.hint().empty()) err << "  " << error.hint() << "\n";
    return kExitUsage;
  };
  if (!arguments) return complain(arguments.error());
  if (arguments->help) {
    out << kUsage;
    return kExitOk;
  }
  const auto done = run(*arguments, out);
  return done ? *done : complain(done.error());
}

}  // namespace weir::apps

// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/return_code.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::trust::credential {
namespace {

struct ReasonLine {
  std::string_view reason;
  CodeKind kind;
  std::uint16_t detail;
};

// Where the reason says more than the code of the error.
constexpr std::array<ReasonLine, 11> kReasons = {{
    {"token.expired", CodeKind::kSystem, 5},
    {"signature.invalid", CodeKind::kSystem, 6},
    {"key.algorithm", CodeKind::kSystem, 6},
    {"field.required", CodeKind::kParameter, 1},
    {"field.length", CodeKind::kParameter, 3},
    {"json.malformed", CodeKind::kParameter, 8},
    {"json.duplicate_name", CodeKind::kParameter, 8},
    {"json.too_deep", CodeKind::kParameter, 8},
    {"ndi.version", CodeKind::kParameter, 5},
    {"ndi.timestamp", CodeKind::kParameter, 6},
    {"ndi.message", CodeKind::kParameter, 7},
}};

// "wrong_state" and "not active" are an object that is there and invalid; other conflicts are duplicates.
bool is_invalid_state(std::string_view reason) {
  return reason.ends_with(".wrong_state") || reason.ends_with(".not_active") || reason.ends_with(".withdrawn");
}

const CodeDetail* find_detail(const ReturnCode& code) {
  const auto found = std::find_if(kCodeDetails.begin(), kCodeDetails.end(), [&](const CodeDetail& line) {
    return line.kind == code.kind && line.detail == code.detail;
  });
  return found == kCodeDetails.end() ? nullptr : &*found;
}

Text domain_text(CodeDomain domain) {
  switch (domain) {
    case CodeDomain::kCommon: return {"", ""};
    case CodeDomain::kPerson: return {"person: ", "自然人："};
    case CodeDomain::kOrganisation: return {"organisation: ", "法人及其他组织："};
    case CodeDomain::kOperator: return {"operator: ", "经办人："};
    case CodeDomain::kPlatform: return {"platform: ", "平台："};
    case CodeDomain::kConnector: return {"connector: ", "连接器："};
  }
  return {"", ""};
}

}  // namespace

std::string format(const ReturnCode& code) {
  WEIR_CHECK(code.detail < 1000);
  std::string text = std::to_string(1000 + code.detail);
  text[0] = static_cast<char>('0' + static_cast<int>(code.domain));
  return std::string{static_cast<char>('0' + static_cast<int>(code.kind)), '0'} + text;
}

//= NDI-TR-2025-03#return-codes return codes ABCDEF
Result<ReturnCode> parse_return_code(std::string_view text) {
  const bool digits =
      text.size() == 6 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text[0] > '3' || text[1] != '0' || text[2] > '5') {
    return Error(Errc::kInvalidArgument, "a return code is six digits, of a known kind and domain")
        .because("return_code.malformed");
  }
  return ReturnCode{static_cast<CodeKind>(text[0] - '0'), static_cast<CodeDomain>(text[2] - '0'),
                    static_cast<std::uint16_t>((text[3] - '0') * 100 + (text[4] - '0') * 10 + (text[5] - '0'))};
}

ReturnCode code_of(const Error& error, CodeDomain domain) {
  for (const ReasonLine& line : kReasons) {
    if (error.reason() == line.reason) return {line.kind, domain, line.detail};
  }
  switch (error.code()) {
    case Errc::kInvalidArgument: return {CodeKind::kParameter, domain, 2};
    case Errc::kUnauthenticated: return {CodeKind::kSystem, domain, 4};
    case Errc::kForbidden: return {CodeKind::kSystem, domain, 4};
    case Errc::kNotFound: return {CodeKind::kBusiness, domain, 1};
    case Errc::kConflict:
      return {CodeKind::kBusiness, domain, static_cast<std::uint16_t>(is_invalid_state(error.reason()) ? 2 : 3)};
    case Errc::kCorrupt: return {CodeKind::kBusiness, domain, 2};
    case Errc::kUnavailable: return {CodeKind::kSystem, domain, 1};
    case Errc::kExhausted: return {CodeKind::kSystem, domain, 1};
  }
  return {CodeKind::kSystem, domain, 0};
}

Text describe(const ReturnCode& code) {
  Text text = domain_text(code.domain);
  if (code.kind == CodeKind::kOk) return {text.en + "ok", text.zh + "成功"};
  const CodeDetail* line = find_detail(code);
  text.en += line ? std::string(line->en) : "unknown code " + format(code);
  text.zh += line ? std::string(line->zh) : "未知返回码" + format(code);
  return text;
}

Error error_of(const ReturnCode& code) {
  WEIR_CHECK(code.kind != CodeKind::kOk);
  const CodeDetail* line = find_detail(code);
  const Errc errc = line                                ? line->errc
                    : code.kind == CodeKind::kSystem    ? Errc::kUnavailable
                    : code.kind == CodeKind::kParameter ? Errc::kInvalidArgument
                                                        : Errc::kConflict;
  return Error(errc, "the peer answered " + format(code) + ": " + describe(code).en)
      .because("ndi.code_" + format(code));
}

}  // namespace weir::trust::credential

// ReturnCode: the six digits that answer a call of the national interfaces (NDI-TR-2025-03).
//
// A: what kind (0 ok, 1 system, 2 parameter, 3 business); BC: about whom; DEF: what. "003000" is: ok, operator.
// Thread-safety: pure functions. Trust: parse takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::trust::credential {

enum class CodeKind : std::uint8_t { kOk = 0, kSystem = 1, kParameter = 2, kBusiness = 3 };
enum class CodeDomain : std::uint8_t {
  kCommon = 0,
  kPerson = 1,
  kOrganisation = 2,
  kOperator = 3,
  kPlatform = 4,
  kConnector = 5
};

struct ReturnCode {
  CodeKind kind = CodeKind::kOk;
  CodeDomain domain = CodeDomain::kCommon;
  std::uint16_t detail = 0;  // DEF; 0 of a failure is "unknown"
  friend bool operator==(const ReturnCode&, const ReturnCode&) = default;
};

std::string format(const ReturnCode& code);
// Fails with kInvalidArgument unless six digits with a known A and BC; an unknown DEF is kept.
Result<ReturnCode> parse_return_code(std::string_view text);

// One line of the table of details.
struct CodeDetail {
  CodeKind kind;
  std::uint16_t detail;
  std::string_view en;
  std::string_view zh;
  Errc errc;  // what a caller is told when a peer answers so
};
inline constexpr std::array<CodeDetail, 21> kCodeDetails = {{
    {CodeKind::kSystem, 0, "unknown system error", "未知系统错误", Errc::kUnavailable},
    {CodeKind::kSystem, 1, "system busy", "系统繁忙", Errc::kUnavailable},
    {CodeKind::kSystem, 2, "timed out", "系统超时", Errc::kUnavailable},
    {CodeKind::kSystem, 3, "network error", "网络异常", Errc::kUnavailable},
    {CodeKind::kSystem, 4, "not authorised", "未授权", Errc::kForbidden},
    {CodeKind::kSystem, 5, "token expired", "令牌过期", Errc::kUnauthenticated},
    {CodeKind::kSystem, 6, "key invalid", "密钥无效", Errc::kUnauthenticated},
    {CodeKind::kSystem, 7, "source address not allowed", "来源IP非法", Errc::kForbidden},
    {CodeKind::kParameter, 0, "unknown parameter error", "未知参数错误", Errc::kInvalidArgument},
    {CodeKind::kParameter, 1, "a required field is empty", "必填字段为空", Errc::kInvalidArgument},
    {CodeKind::kParameter, 2, "format is wrong", "格式错误", Errc::kInvalidArgument},
    {CodeKind::kParameter, 3, "length is wrong", "长度错误", Errc::kInvalidArgument},
    {CodeKind::kParameter, 4, "all fields are empty", "字段全部为空", Errc::kInvalidArgument},
    {CodeKind::kParameter, 5, "message version is wrong", "消息版本错误", Errc::kInvalidArgument},
    {CodeKind::kParameter, 6, "timestamp is wrong", "时间戳错误", Errc::kInvalidArgument},
    {CodeKind::kParameter, 7, "message name is wrong", "消息名称错误", Errc::kInvalidArgument},
    {CodeKind::kParameter, 8, "cannot be parsed", "解析错误", Errc::kInvalidArgument},
    {CodeKind::kBusiness, 0, "unknown business error", "未知业务错误", Errc::kConflict},
    {CodeKind::kBusiness, 1, "not found", "不存在", Errc::kNotFound},
    {CodeKind::kBusiness, 2, "invalid", "无效", Errc::kConflict},
    {CodeKind::kBusiness, 3, "duplicate", "重复", Errc::kConflict},
}};

// The code that tells a peer of an error about a domain's object.
ReturnCode code_of(const Error& error, CodeDomain domain);
// What a code means, in words; of an unknown detail, that it is unknown.
Text describe(const ReturnCode& code);
// The error that a peer's answer stands for. Requires: not kOk.
Error error_of(const ReturnCode& code);

}  // namespace weir::trust::credential

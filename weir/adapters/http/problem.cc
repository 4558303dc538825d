// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/problem.h"

#include <array>

#include "weir/adapters/http/words.h"
#include "weir/base/text.h"

namespace weir::adapters::http {
namespace {

struct Finer {
  std::string_view reason;
  int status;
};

// Reasons for which HTTP has a finer word than the code alone.
constexpr std::array kFiner = {
    Finer{"http.method_not_allowed", 405},    Finer{"http.timeout", 408},
    Finer{"http.precondition", 412},          Finer{"http.body_too_large", 413},
    Finer{"json.too_large", 413},             Finer{"http.media_type", 415},
    Finer{"http.range", 416},                 Finer{"idempotency.body_differs", 422},
    Finer{"http.header_too_large", 431},      Finer{"http.internal", 500},
    Finer{"http.method_unknown", 501},        Finer{"http.version", 505},
    Finer{"store.full", 507},                 Finer{"store.disk_full", 507},
};

// What was received is at fault, or what this node has stored.
int status_of_corrupt(std::string_view reason) {
  for (const std::string_view own : {"store.", "file.", "blob.", "tlog.", "sql."}) {
    if (reason.starts_with(own)) return 500;
  }
  return 422;
}

int status_of_code(Errc code, std::string_view reason) {
  switch (code) {
    case Errc::kInvalidArgument: return 400;
    case Errc::kUnauthenticated: return 401;
    case Errc::kForbidden: return 403;
    case Errc::kNotFound: return 404;
    case Errc::kConflict: return 409;
    case Errc::kCorrupt: return status_of_corrupt(reason);
    case Errc::kUnavailable: return 503;
    case Errc::kExhausted: return 429;
  }
  return 500;
}

}  // namespace

int status_of(const Error& error) {
  for (const Finer& finer : kFiner) {
    if (finer.reason == error.reason()) return finer.status;
  }
  return status_of_code(error.code(), error.reason());
}

Errc errc_of_status(int status) {
  switch (status) {
    case 401: return Errc::kUnauthenticated;
    case 403: return Errc::kForbidden;
    case 404:
    case 410: return Errc::kNotFound;
    case 409:
    case 412: return Errc::kConflict;
    case 408: return Errc::kUnavailable;
    case 413:
    case 429:
    case 431:
    case 507: return Errc::kExhausted;
    default: break;
  }
  if (status >= 500) return Errc::kUnavailable;
  return status >= 400 ? Errc::kInvalidArgument : Errc::kCorrupt;
}

Text title_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument: return {"The request is not valid", "请求无效"};
    case Errc::kUnauthenticated: return {"Who you are is not proven", "身份未经验证"};
    case Errc::kForbidden: return {"You may not do this", "无权执行此操作"};
    case Errc::kNotFound: return {"There is no such thing here", "未找到所请求的内容"};
    case Errc::kConflict: return {"The present state does not allow this", "当前状态不允许此操作"};
    case Errc::kCorrupt: return {"The data is not what it should be", "数据校验未通过"};
    case Errc::kUnavailable: return {"Not possible now", "暂时无法处理"};
    case Errc::kExhausted: return {"A limit is reached", "已达到限制"};
  }
  return {"The request failed", "请求失败"};
}

//= RFC9457#3
Response problem(const Error& error, Language language, std::string_view request_id) {
  const int status = status_of(error);
  wire::Json body = wire::Json::object({{"type", "urn:weir:error:" + std::string(error.reason())},
                                        {"title", title_of(error.code()).in(language)},
                                        {"status", status},
                                        {"detail", detail_in(error, language)}});
  if (!error.hint().empty()) body.set("advice", advice_in(error, language));
  body.set("code", name_of(error.code()));
  if (!request_id.empty()) body.set("instance", "urn:weir:request:" + std::string(request_id));
  Response response = Response::bytes("application/problem+json", body.dump(), status);
  response.headers.set("Content-Language", language == Language::kChinese ? "zh" : "en");
  response.headers.set("Cache-Control", "no-store");
  if (status == 401) response.headers.set("WWW-Authenticate", "Bearer realm=\"weir\"");
  if (status == 503 || status == 429) response.headers.set("Retry-After", "1");
  return response;
}

Error error_of(int status, std::string_view body) {
  constexpr std::string_view kType = "urn:weir:error:";
  constexpr std::size_t kWordsMax = 300;
  Errc code = errc_of_status(status);
  std::string reason = "http.status_" + std::to_string(status);
  std::string message = "the other side answered with status " + std::to_string(status);
  std::string hint;
  const Result<wire::Json> json = wire::parse_json(body, {.bytes_max = 64u << 10, .depth_max = 16});
  if (json && json->is_object()) {
    const std::string type = json->text_or("type", "");
    if (type.starts_with(kType) && type.size() < 100) reason = type.substr(kType.size());
    const std::string detail = json->text_or("detail", json->text_or("title", ""));
    if (!detail.empty()) message = detail.substr(0, kWordsMax);
    // The errors of the Dataspace Protocol: a code, and reasons in words.
    if (detail.empty() && json->has("reason")) {
      const std::string said = json->text_or("code", "");
      if (!said.empty() && said.size() < 100) reason = said;
      const auto words = json->texts("reason");
      if (words && !words->empty()) message = join(*words, "; ").substr(0, kWordsMax);
    }
    hint = json->text_or("advice", "").substr(0, kWordsMax);
    const std::string named = json->text_or("code", "");
    for (int number = 1; number <= 8; ++number) {
      if (named == name_of(static_cast<Errc>(number))) code = static_cast<Errc>(number);
    }
  }
  return Error(code, std::move(message)).because(reason).advise(hint);
}

}  // namespace weir::adapters::http

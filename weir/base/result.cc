// SPDX-License-Identifier: Apache-2.0
#include "weir/base/result.h"

namespace weir {

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument: return "invalid_argument";
    case Errc::kUnauthenticated: return "unauthenticated";
    case Errc::kForbidden: return "forbidden";
    case Errc::kNotFound: return "not_found";
    case Errc::kConflict: return "conflict";
    case Errc::kCorrupt: return "corrupt";
    case Errc::kUnavailable: return "unavailable";
    case Errc::kExhausted: return "exhausted";
  }
  return "unknown";
}

Error::Error(Errc code, std::string message)
    : detail_(std::make_unique<Detail>(Detail{code, std::move(message), {}, {}, {}})) {}

Error::Error(Errc code, Text message)
    : detail_(std::make_unique<Detail>(Detail{code, std::move(message.en), std::move(message.zh), {}, {}})) {}

Error::Error(const Error& other) : detail_(std::make_unique<Detail>(*other.detail_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) detail_ = std::make_unique<Detail>(*other.detail_);
  return *this;
}

Errc Error::code() const { return detail_->code; }
std::string_view Error::message() const { return detail_->message; }
std::string_view Error::chinese() const { return detail_->chinese; }
std::string_view Error::reason() const {
  return detail_->reason.empty() ? name_of(detail_->code) : std::string_view(detail_->reason);
}
std::string_view Error::hint() const { return detail_->hint; }

Error Error::with(std::string_view context) && {
  detail_->message = std::string(context) + ": " + detail_->message;
  return std::move(*this);
}

Error Error::because(std::string_view reason_slug) && {
  detail_->reason = reason_slug;
  return std::move(*this);
}

Error Error::advise(std::string_view hint_text) && {
  detail_->hint = hint_text;
  return std::move(*this);
}

}  // namespace weir

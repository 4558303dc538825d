// Result: a value or the reason there is none; dropping one does not compile silently.
//
// Thread-safety: values; no shared state. Trust: messages never hold key material or payload.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/base/text.h"

namespace weir {

// What the caller can do about a failure. Append only; the numbers are stored and sent.
enum class Errc : std::uint16_t {
  kInvalidArgument = 1,  // the input is wrong; send another
  kUnauthenticated = 2,  // say who you are
  kForbidden = 3,        // you are known, and may not
  kNotFound = 4,         // no such thing, or none that you may see
  kConflict = 5,         // not in this state; look again
  kCorrupt = 6,          // stored or received bytes are not what was signed or hashed
  kUnavailable = 7,      // not now; try again
  kExhausted = 8,        // a limit is reached
};

// The stable lower-case name of a code: "invalid_argument".
std::string_view name_of(Errc code);

// A failure: a code to act on, a sentence to read, and what to do next. One pointer wide.
class [[nodiscard]] Error {
 public:
  Error(Errc code, std::string message);
  Error(Errc code, Text message);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  Errc code() const;
  std::string_view message() const;
  // Empty if it was said in English only.
  std::string_view chinese() const;
  // A stable dotted slug for machines ("contract.wrong_state"); the code's name if none was given.
  std::string_view reason() const;
  // What the reader should do next; empty if nothing is known to help.
  std::string_view hint() const;

  // Puts context before the English message: "opening store: no such file".
  Error with(std::string_view context) &&;
  Error because(std::string_view reason_slug) &&;
  Error advise(std::string_view hint_text) &&;

 private:
  struct Detail {
    Errc code;
    std::string message;
    std::string chinese;
    std::string reason;
    std::string hint;
  };
  std::unique_ptr<Detail> detail_;
};

template <class T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  template <class U = T>
    requires(std::is_constructible_v<std::expected<T, Error>, U> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : inner_(std::forward<U>(value)) {}  // NOLINT: implicit by design
  Result(Error error) : inner_(std::unexpect, std::move(error)) {}

  explicit operator bool() const { return inner_.has_value(); }
  bool ok() const { return inner_.has_value(); }
  T& operator*() & { return *inner_; }
  const T& operator*() const& { return *inner_; }
  T&& operator*() && { return *std::move(inner_); }
  T* operator->() { return inner_.operator->(); }
  const T* operator->() const { return inner_.operator->(); }
  const Error& error() const& { return inner_.error(); }
  Error&& error() && { return std::move(inner_).error(); }
  template <class U>
  T value_or(U&& other) && {
    return std::move(inner_).value_or(std::forward<U>(other));
  }

 private:
  std::expected<T, Error> inner_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : inner_(std::unexpect, std::move(error)) {}

  explicit operator bool() const { return inner_.has_value(); }
  bool ok() const { return inner_.has_value(); }
  const Error& error() const& { return inner_.error(); }
  Error&& error() && { return std::move(inner_).error(); }

 private:
  std::expected<void, Error> inner_;
};

}  // namespace weir

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)
#define WEIR_TRY_INTO(name, ...)                                        \
  do {                                                                  \
    auto name = (__VA_ARGS__);                                          \
    if (!name) return ::weir::Error(std::move(name).error());           \
  } while (false)
#define WEIR_TRY_LET_INTO(name, declaration, ...)                       \
  auto name = (__VA_ARGS__);                                            \
  if (!name) return ::weir::Error(std::move(name).error());             \
  declaration = *std::move(name)

// Returns the error of an expression from the enclosing function, or goes on.
#define WEIR_TRY(...) WEIR_TRY_INTO(WEIR_CONCAT(weir_try_, __COUNTER__), __VA_ARGS__)

// WEIR_TRY_LET(const int n, parse(text)) binds the value to the declaration, or returns the error.
#define WEIR_TRY_LET(declaration, ...) \
  WEIR_TRY_LET_INTO(WEIR_CONCAT(weir_let_, __COUNTER__), declaration, __VA_ARGS__)

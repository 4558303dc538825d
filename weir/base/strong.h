// Strong: a number or text with a name of its own, so that two kinds cannot be mixed up.
//
// Explicit construction, value(), ordering and hash; no arithmetic and no implicit conversion.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace weir {

template <class T, class Tag>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  constexpr const T& value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace weir

template <class T, class Tag>
struct std::hash<weir::Strong<T, Tag>> {
  std::size_t operator()(const weir::Strong<T, Tag>& strong) const noexcept {
    return std::hash<T>{}(strong.value());
  }
};

// Owned: a pointer of a C library with the function that frees it. For the .cc files of this room only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace weir::crypto {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* pointer) const {
    release(pointer);
  }
};

template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

}  // namespace weir::crypto

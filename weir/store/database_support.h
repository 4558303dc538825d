// DatabaseSupport: what the implementations of Database have in common.
//
// Internal to store.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

#include "weir/base/check.h"
#include "weir/store/sql.h"

namespace weir::store {

// Stops a work that goes to its own database past its Tx: it would wait for itself.
class Inside {
 public:
  explicit Inside(const Database* database) : before_(current_) {
    WEIR_CHECK(current_ != database);
    current_ = database;
  }
  ~Inside() { current_ = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  static inline thread_local const Database* current_ = nullptr;
  const Database* before_;
};

// Refuses what one of the databases could not keep.
inline Result<> check_param(const Param& param) {
  if (param.kind() == Param::Kind::kText && param.text().find('\0') != std::string_view::npos) {
    return Error(Errc::kInvalidArgument, "a text with a NUL character").because("store.sql");
  }
  if (param.kind() == Param::Kind::kReal && std::isnan(param.real())) {
    return Error(Errc::kInvalidArgument, "not a number").because("store.sql");
  }
  return {};
}

inline Error wrong_number_of_arguments() {
  return Error(Errc::kInvalidArgument, "the number of arguments is not the number of placeholders")
      .because("store.sql");
}

inline void fail_all(const std::vector<std::size_t>& which, std::vector<Result<>>& results, const Error& error) {
  for (const std::size_t i : which) results[i] = Error(error);
}

}  // namespace weir::store

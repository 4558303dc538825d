// Impl: what service.cc and authorize.cc share. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/cut.h"
#include "weir/flow/usage/service.h"
#include "weir/flow/usage/store.h"
#include "weir/policy/compile.h"

namespace weir::flow::usage {

struct Service::Impl {
  explicit Impl(Parts given) : parts(std::move(given)) {}

  // The compiled policy of the terms; kept for the next decision.
  Result<policy::Program> program_of(const Terms& terms);
  std::string actor_or_node(std::string_view actor) const;
  trust::evidence::Entry entry(std::string_view kind, const Terms& terms, std::string_view actor, Timestamp now) const;
  // Writes down what is owed, unless the duty has a pending one: then the earlier date counts.
  Result<std::vector<OwedObligation>> owe(store::Tx& tx, const Terms& terms, const policy::Obligation& duty,
                                          std::string_view use, Timestamp due, Timestamp now);
  Result<bool> note_payment(store::Tx& tx, const Terms& terms, const Payment& payment, std::string_view actor);
  Result<> note_breach(store::Tx& tx, const Terms& terms, const Breach& breach, std::string_view actor);
  Result<> mark_one_overdue(store::Tx& tx, const OwedObligation& obligation, Timestamp now);

  Parts parts;
  std::vector<ObligationHandler*> handlers;

 private:
  static constexpr std::size_t kProgramsMax = 1024;
  std::mutex mutex_;  // guards programs_
  std::map<std::string, policy::Program, std::less<>> programs_;  // by policy hash
};

}  // namespace weir::flow::usage

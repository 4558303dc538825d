// Metering service: takes readings, sums them, and closes a meter with an evidence entry.
//
// Thread-safe, as far as Sql is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/flow/metering/metering.h"
#include "weir/store/sql.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::flow::metering {

store::Migration migration();

class Service {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    std::string node;  // identifier of this node
  };
  explicit Service(Deps deps) : deps_(std::move(deps)) {}

  // Writes the reading down. With sequence 0 it is the process's next; with a number that is there already, the same
  // reading is taken once, and another one fails with kConflict ("metering.sequence").
  // Fails with kInvalidArgument ("metering.quantity") if the quantity is negative.
  Result<std::int64_t> take(store::Tx& tx, Reading reading);
  // The process is over: one entry "metering.closed" with its totals. Nothing is taken for it afterwards
  // ("metering.closed", kConflict). Closing twice is fine.
  Result<> close(store::Tx& tx, const std::string& process);

  Result<std::vector<Total>> totals(const Selection& selection, GroupBy group_by);
  // In order of time. Fails with kInvalidArgument ("page.cursor").
  struct Page {
    std::vector<Reading> readings;
    std::string next;  // cursor; empty: the end
  };
  Result<Page> readings(const Selection& selection, std::string_view cursor, std::size_t limit);

 private:
  Deps deps_;
};

}  // namespace weir::flow::metering

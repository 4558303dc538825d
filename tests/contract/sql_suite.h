// SqlSuite: what every Database must do, whatever stands behind it.
//
// A parameter names an implementation and makes databases: `fresh` an empty one, the same every time `again` is called.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "weir/store/sql.h"

namespace weir::store::testing {

// One database that tests may close and open again.
class Bed {
 public:
  virtual ~Bed() = default;
  virtual Result<std::unique_ptr<Database>> open() = 0;
  virtual bool durable() const { return true; }
  virtual bool in_process() const { return true; }  // false: a server beside the test
};

struct SqlCase {
  std::string name;
  std::function<std::unique_ptr<Bed>()> make;
};

class SqlSuite : public ::testing::TestWithParam<SqlCase> {
 protected:
  void SetUp() override;
  // Runs one write and returns how it went.
  Result<> write(const Work& work) { return db_->write(work); }
  void must_write(std::string_view sql, ParamList params = {});
  Rows must_read(std::string_view sql, ParamList params = {});
  std::int64_t count(std::string_view table);

  std::unique_ptr<Bed> bed_;
  std::unique_ptr<Database> db_;
};

}  // namespace weir::store::testing

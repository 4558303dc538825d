// ThrowAwayPostgres: a PostgreSQL server of one test program, on a socket in a temporary folder, gone at exit.
//
// Never durable (fsync is off). Started as the user postgres or nobody when the tests run as root, which the server
// refuses to be. Needs the Debian package postgresql (tools/setup.sh).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "weir/base/result.h"

namespace weir::testing {

class ThrowAwayPostgres {
 public:
  // The server of this program, started on first use.
  static Result<ThrowAwayPostgres*> shared();
  static Result<std::unique_ptr<ThrowAwayPostgres>> start();
  ~ThrowAwayPostgres();
  ThrowAwayPostgres(const ThrowAwayPostgres&) = delete;
  ThrowAwayPostgres& operator=(const ThrowAwayPostgres&) = delete;

  // A connection string whose tables lie in `schema`; empty: in the default one.
  std::string url(const std::string& schema = "") const;
  // Makes an empty schema and returns the connection string for it.
  Result<std::string> fresh_schema();
  // Kills the server as a power cut would.
  void stop_hard();

 private:
  ThrowAwayPostgres() = default;

  std::string folder_;
  pid_t server_ = -1;
  int schemas_ = 0;
};

}  // namespace weir::testing

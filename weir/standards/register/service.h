// Service: the register of one node: what the program carries, and over it what operators imported and said.
//
// Each change is one transaction with its evidence entry (I-1). Nothing is overwritten; importing again changes
// nothing. Nodes that share a database see each other's changes: every reading first takes in what is new. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/standards/register/comment.h"
#include "weir/standards/register/store.h"
#include "weir/standards/standard/import.h"
#include "weir/standards/standard/registry.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::standards::registering {

struct Deps {
  store::Sql& sql;
  trust::evidence::Log& log;
  const Clock& clock;
  std::function<bool(std::string_view)> known_direction;
};

class Service {
 public:
  explicit Service(Deps deps) : deps_(std::move(deps)) {}

  // A snapshot; the shipped data are read when this is first called, not before.
  Result<std::shared_ptr<const standard::Registry>> registry();

  // Fails as read_table and import_table. A report with refused rows is no failure: the good rows land.
  Result<standard::Report> import(ByteView file, const std::string& source, const standard::Date& as_of,
                                  const std::string& actor);

  // Fails with kNotFound ("standard.unknown"), kConflict ("comment.not_open": the draft is not open for comment).
  Result<Comment> comment(Comment comment, const std::string& actor);
  // Fails with kNotFound ("comment.unknown"). A later decision takes the place of an earlier one; both are kept.
  Result<Comment> decide(const Decision& decision, const std::string& actor);
  Result<std::vector<Comment>> comments(const std::string& standard);

 private:
  Result<> refresh(store::Tx& tx);

  Deps deps_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const standard::Registry> registry_;
  std::vector<Comment> comments_;
  std::int64_t seen_ = 0;
};

}  // namespace weir::standards::registering

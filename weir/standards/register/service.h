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

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/standards/clause/registry.h"
#include "weir/standards/register/comment.h"
#include "weir/standards/register/store.h"
#include "weir/standards/register/subscription.h"
#include "weir/standards/standard/import.h"
#include "weir/standards/standard/registry.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::standards::registering {

struct Deps {
  store::Sql& sql;
  trust::evidence::Log& log;
  const Clock& clock;
  Random& random;
  std::function<bool(std::string_view)> known_direction;
};

struct AddedChecklist {
  clause::Checklist checklist;
  std::vector<clause::Problem> problems;  // rows that were left out
  bool fresh = false;                     // false: it was here already, word for word
};
struct NewSubscription {
  Subscription subscription;
  std::string key;  // shown once
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

  // The checklists that the program carries, and those that were added.
  Result<std::shared_ptr<const clause::Registry>> clauses();
  // A checklist as CSV in any common encoding. Fails as parse_checklist, or with kConflict ("checklist.exists") if
  // there is another list of that document: another edition has a name of its own.
  Result<AddedChecklist> add_checklist(ByteView file, const std::string& actor);

  Result<NewSubscription> subscribe(Subscription subscription, const std::string& actor);
  // Fails with kNotFound ("subscription.unknown").
  Result<> unsubscribe(std::int64_t id, const std::string& actor);
  Result<std::vector<Subscription>> subscriptions();
  // By the key of a feed's address. Fails with kNotFound ("subscription.unknown").
  Result<Subscription> subscription_of(std::string_view key);

 private:
  // What the rows of the table come to, over what the program carries.
  struct Known {
    std::shared_ptr<const standard::Registry> registry;
    std::shared_ptr<const clause::Registry> clauses;
    std::vector<Comment> comments;
    std::vector<Subscription> subscriptions;
    std::int64_t seen = 0;  // the last row
  };
  static Result<> take_in(Known& known, const std::vector<Stored>& rows);
  Result<> refresh();
  Result<> refresh(store::Tx& tx);
  Result<> keep(const Stored& row, trust::evidence::Entry entry, std::int64_t* id);

  Deps deps_;
  std::mutex mutex_;  // guards what follows
  Known known_;
};

}  // namespace weir::standards::registering

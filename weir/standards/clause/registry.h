// Registry: every checklist that this program knows: those it carries, and those that were added.
//
// Thread-safety: immutable after the last add(). Found by name in constant time, by words in one pass.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/standards/clause/clause.h"

namespace weir::standards::clause {

struct Found {
  const Checklist* checklist = nullptr;
  const Clause* clause = nullptr;
};

class Registry {
 public:
  // The lists that the program carries (weir/standards/clause/lists).
  static const Registry& embedded();
  // The same, to be held with lists that were added; never fails.
  static Result<std::shared_ptr<const Registry>> shipped();

  // Fails with kConflict ("checklist.exists") if there is one of that document.
  Result<> add(Checklist checklist);

  const std::deque<Checklist>& all() const { return checklists_; }
  std::size_t clauses() const { return by_name_.size(); }
  // By document or slug; null if there is none.
  const Checklist* find(std::string_view document) const;
  // "DOCUMENT#clause".
  Found find_clause(std::string_view name) const;
  // Clauses whose name or words hold all of these, in any case; at most `limit`.
  std::vector<Found> search(std::string_view words, std::size_t limit) const;

 private:
  std::deque<Checklist> checklists_;
  std::unordered_map<std::string, const Checklist*> by_document_;  // by document and by slug
  std::unordered_map<std::string, Found> by_name_;
  std::vector<std::pair<std::string, Found>> words_;  // lower-case text of each clause
};

}  // namespace weir::standards::clause

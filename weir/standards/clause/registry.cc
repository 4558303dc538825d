// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/clause/registry.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::standards::clause {

std::span<const std::string_view> embedded_lists();  // made by the build from lists/

const Registry& Registry::embedded() {
  static const Registry registry = [] {
    Registry out;
    for (const std::string_view text : embedded_lists()) {
      auto read = parse_checklist(text);
      WEIR_CHECK(read && read->problems.empty());
      WEIR_CHECK(out.add(std::move(read->checklist)).ok());
    }
    return out;
  }();
  return registry;
}

Result<std::shared_ptr<const Registry>> Registry::shipped() {
  return std::shared_ptr<const Registry>(std::shared_ptr<void>(), &embedded());
}

Result<> Registry::add(Checklist checklist) {
  const std::string slug = slug_of(checklist.document);
  if (by_document_.contains(checklist.document) || by_document_.contains(slug)) {
    return Error(Errc::kConflict, "there is a checklist of " + checklist.document + " already")
        .because("checklist.exists");
  }
  const Checklist& kept = checklists_.emplace_back(std::move(checklist));
  by_document_.emplace(kept.document, &kept);
  by_document_.emplace(slug, &kept);
  by_name_.reserve(by_name_.size() + kept.clauses.size());
  for (const Clause& clause : kept.clauses) {
    const Found found{&kept, &clause};
    std::string name = kept.document + "#" + clause.id;
    words_.emplace_back(to_lower_ascii(name + " " + clause.requirement.en + " " + clause.requirement.zh), found);
    by_name_.emplace(std::move(name), found);
  }
  return {};
}

const Checklist* Registry::find(std::string_view document) const {
  const auto at = by_document_.find(std::string(document));
  return at == by_document_.end() ? nullptr : at->second;
}

Found Registry::find_clause(std::string_view name) const {
  const auto at = by_name_.find(std::string(name));
  return at == by_name_.end() ? Found{} : at->second;
}

std::vector<Found> Registry::search(std::string_view words, std::size_t limit) const {
  std::vector<std::string> wanted = split(to_lower_ascii(words), ' ');
  std::erase_if(wanted, [](const std::string& word) { return word.empty(); });
  std::vector<Found> out;
  for (const auto& [text, found] : words_) {
    if (out.size() >= limit) break;
    const std::string& all_words = text;
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
      return all_words.find(word) != std::string::npos;
    });
    if (all) out.push_back(found);
  }
  return out;
}

}  // namespace weir::standards::clause

// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/rdf.h"

#include <set>

namespace weir::wire::rdf {

Term iri(std::string text) {
  return {.kind = Term::Kind::kIri, .text = std::move(text), .datatype = {}, .language = {}};
}
Term blank(std::string label) {
  return {.kind = Term::Kind::kBlank, .text = std::move(label), .datatype = {}, .language = {}};
}
Term literal(std::string text, std::string datatype, std::string language) {
  return {.kind = Term::Kind::kLiteral,
          .text = std::move(text),
          .datatype = std::move(datatype),
          .language = std::move(language)};
}

void Graph::add(Term subject, std::string predicate, Term object) {
  by_subject_[subject].push_back(statements_.size());
  statements_.push_back({std::move(subject), std::move(predicate), std::move(object)});
}

const std::vector<std::size_t>& Graph::about(const Term& subject) const {
  static const std::vector<std::size_t> kNothing;
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? kNothing : found->second;
}

std::vector<Term> Graph::objects(const Term& subject, std::string_view predicate) const {
  std::vector<Term> out;
  for (const std::size_t number : about(subject)) {
    if (statements_[number].predicate == predicate) out.push_back(statements_[number].object);
  }
  return out;
}

Term Graph::object(const Term& subject, std::string_view predicate) const {
  for (const std::size_t number : about(subject)) {
    if (statements_[number].predicate == predicate) return statements_[number].object;
  }
  return literal("");
}

std::vector<Term> Graph::list(const Term& head) const {
  const std::string first = std::string(kRdf) + "first";
  const std::string rest = std::string(kRdf) + "rest";
  const Term nil = iri(std::string(kRdf) + "nil");
  std::vector<Term> out;
  std::set<Term> seen;
  for (Term at = head; at != nil;) {
    const auto firsts = objects(at, first);
    const auto rests = objects(at, rest);
    if (firsts.size() != 1 || rests.size() != 1 || !seen.insert(at).second) return {};
    out.push_back(firsts[0]);
    at = rests[0];
  }
  return out;
}

std::vector<Term> Graph::of_type(std::string_view type) const {
  std::vector<Term> out;
  std::set<Term> seen;
  for (const Statement& statement : statements_) {
    if (statement.predicate != kType || !statement.object.is_iri() || statement.object.text != type) continue;
    if (seen.insert(statement.subject).second) out.push_back(statement.subject);
  }
  return out;
}

}  // namespace weir::wire::rdf

// ODRL in Turtle: the statements about a policy, as the JSON that parse_odrl reads.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "weir/base/text.h"
#include "weir/policy/inherit.h"
#include "weir/policy/report.h"
#include "weir/wire/rdf.h"

namespace weir::policy {

namespace {

using wire::Json;
using wire::rdf::Graph;
using wire::rdf::Term;

constexpr std::string_view kOdrl = "http://www.w3.org/ns/odrl/2/";
constexpr std::string_view kRdfValue = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value";
constexpr int kDepthMax = 32;
constexpr std::size_t kNodesMax = 100'000;
constexpr std::array<std::string_view, 8> kPolicies = {"Policy",  "Set",    "Offer",     "Agreement",
                                                       "Request", "Ticket", "Assertion", "Privacy"};
// What these point at is part of the policy, whether it has a name or not.
constexpr std::array<std::string_view, 16> kParts = {
    "permission", "prohibition", "obligation", "duty",       "consequence", "remedy", "constraint", "refinement",
    "and",        "or",          "xone",       "andSequence", "target",     "assigner", "assignee", "action"};

Error refused(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

std::string compact(const std::string& iri) {
  return iri.starts_with(kOdrl) ? "odrl:" + iri.substr(kOdrl.size()) : iri;
}

class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph) {}

  Result<Json> read() {
    Json policies = Json::array();
    for (const Term& subject : subjects()) {
      WEIR_TRY_LET(Json policy, node(subject, 0));
      policies.push(std::move(policy));
    }
    if (policies.size() == 0) return refused("policy.malformed", "the text says nothing of a policy");
    if (policies.size() == 1) return policies.items()[0];
    return Json::object({{"@graph", std::move(policies)}});
  }

 private:
  std::vector<Term> subjects() const {
    std::vector<Term> out;
    for (const std::string_view name : kPolicies) {
      for (const Term& subject : graph_.of_type(std::string(kOdrl) + std::string(name))) {
        if (std::ranges::find(out, subject) == out.end()) out.push_back(subject);
      }
    }
    return out;
  }

  Result<Json> node(const Term& subject, int depth) {
    if (depth > kDepthMax || ++nodes_ > kNodesMax)
      return refused("rdf.too_deep", "the policy is nested too deep, or in a ring");
    Json out = Json::object();
    if (subject.is_iri()) out.set(depth == 0 ? "uid" : "@id", subject.text);
    for (const std::size_t number : graph_.about(subject)) {
      const auto& statement = graph_.statements()[number];
      WEIR_TRY_LET(Json value, value_of(statement.predicate, statement.object, depth));
      std::string name = compact(statement.predicate);
      if (statement.predicate == wire::rdf::kType) {
        name = "@type";
        value = compact(statement.object.text);
      } else if (statement.predicate == kRdfValue) {
        name = "rdf:value";
      }
      add(out, name, std::move(value));
    }
    return out;
  }

  static void add(Json& out, const std::string& name, Json value) {
    if (!out.has(name)) {
      out.set(name, std::move(value));
    } else if (name != "@type") {  // the first type is the one that is read: a Set that is also a Policy
      Json list = out[name].is_array() ? out[name] : Json::array({out[name]});
      out.set(name, std::move(list.push(std::move(value))));
    } else if (out[name].as_string() == "odrl:Policy") {
      out.set(name, std::move(value));
    }
  }

  Result<Json> value_of(const std::string& predicate, const Term& term, int depth) {
    if (term.is_literal()) return literal_value(term);
    if (const auto items = graph_.list(term); !items.empty()) {
      Json list = Json::array();
      for (const Term& item : items) {
        WEIR_TRY_LET(Json one, value_of(predicate, item, depth + 1));
        list.push(std::move(one));
      }
      return list;
    }
    const bool part = predicate.starts_with(kOdrl) &&
                      std::ranges::find(kParts, std::string_view(predicate).substr(kOdrl.size())) != kParts.end();
    if (term.is_blank() || (part && !graph_.about(term).empty())) return node(term, depth + 1);
    return Json::object({{"@id", compact(term.text)}});
  }

  static Json literal_value(const Term& term) {
    if (!term.language.empty()) return Json::object({{"@language", term.language}, {"@value", term.text}});
    if (term.datatype.empty()) return term.text;
    return Json::object({{"@type", term.datatype}, {"@value", term.text}});
  }

  const Graph& graph_;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<Policy> read_policy_text(std::string_view text) {
  const std::string_view start = trim(text);
  if (start.starts_with('{') || start.starts_with('[')) {
    WEIR_TRY_LET(const Json json, wire::parse_json(text));
    return read_policy(json);
  }
  WEIR_TRY_LET(const Graph graph, wire::rdf::read_turtle(text));
  WEIR_TRY_LET(const Json json, Reader(graph).read());
  return parse_odrl_document(json);
}

}  // namespace weir::policy

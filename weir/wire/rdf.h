// Rdf: statements about things, read from and written to Turtle and JSON-LD.
//
// Formats: RDF 1.1 Turtle (parsed by serd), JSON-LD 1.1 as far as docs/formats/rdf.md lists. Contexts are never
// fetched. Thread-safety: values and pure functions. Trust: the readers take hostile text: size, depth and the number
// of statements are bounded, and errors name the line, never the data. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/wire/json.h"

namespace weir::wire::rdf {

struct Term {
  enum class Kind : std::uint8_t { kIri, kBlank, kLiteral };
  Kind kind = Kind::kIri;
  std::string text;      // an absolute IRI, a label without "_:", or the literal's characters
  std::string datatype;  // of a literal: an IRI; empty: xsd:string, or rdf:langString if there is a language
  std::string language;  // of a literal: BCP 47
  bool is_iri() const { return kind == Kind::kIri; }
  bool is_blank() const { return kind == Kind::kBlank; }
  bool is_literal() const { return kind == Kind::kLiteral; }
  friend auto operator<=>(const Term&, const Term&) = default;
};
Term iri(std::string text);
Term blank(std::string label);
Term literal(std::string text, std::string datatype = {}, std::string language = {});

struct Statement {
  Term subject;           // an IRI or a blank node
  std::string predicate;  // an absolute IRI
  Term object;
  friend auto operator<=>(const Statement&, const Statement&) = default;
};

struct Prefix {
  std::string_view name;  // "dct"
  std::string_view iri;   // "http://purl.org/dc/terms/"
};

// Statements in the order in which they were said.
class Graph {
 public:
  void add(Term subject, std::string predicate, Term object);
  // A blank node with a label that no other call gave.
  Term fresh() {
    return {.kind = Term::Kind::kBlank, .text = "b" + std::to_string(++blanks_), .datatype = {}, .language = {}};
  }
  const std::vector<Statement>& statements() const { return statements_; }
  // What is said of the subject by this predicate.
  std::vector<Term> objects(const Term& subject, std::string_view predicate) const;
  // The first of them; an empty literal if there is none.
  Term object(const Term& subject, std::string_view predicate) const;
  // What is said of the subject, as numbers of statements.
  const std::vector<std::size_t>& about(const Term& subject) const;
  // The members of an rdf:List; empty if `head` is none, or a broken one.
  std::vector<Term> list(const Term& head) const;
  // All things of this rdf:type, each once, in order.
  std::vector<Term> of_type(std::string_view type) const;

 private:
  std::vector<Statement> statements_;
  std::map<Term, std::vector<std::size_t>> by_subject_;  // numbers of statements
  std::size_t blanks_ = 0;
};

inline constexpr std::string_view kRdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
inline constexpr std::string_view kType = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
inline constexpr std::string_view kXsd = "http://www.w3.org/2001/XMLSchema#";
inline constexpr std::size_t kStatementsMax = 4'000'000;

// Relative IRIs are completed with `base`. Fail with kInvalidArgument ("rdf.malformed", "rdf.too_deep",
// "rdf.unknown_context", "rdf.unsupported") or kExhausted ("rdf.too_large").
Result<Graph> read_turtle(std::string_view text, std::string_view base = {});
Result<Graph> read_json_ld(const Json& json, std::string_view base = {});

std::string write_turtle(const Graph& graph, std::span<const Prefix> prefixes);
// A document with its context inline: {"@context", "@graph": [nodes]}, blank nodes within the one node that names them.
Json write_json_ld(const Graph& graph, std::span<const Prefix> prefixes);

}  // namespace weir::wire::rdf

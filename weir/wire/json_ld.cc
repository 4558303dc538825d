// JSON-LD 1.1, as far as docs/formats/rdf.md lists.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "weir/wire/rdf.h"

namespace weir::wire::rdf {

namespace {

constexpr int kDepthMax = 64;
constexpr std::size_t kTermsMax = 4096;

Error failed(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

std::string xsd(std::string_view name) { return std::string(kXsd) + std::string(name); }
std::string rdf(std::string_view name) { return std::string(kRdf) + std::string(name); }

// An array's items, or the value itself.
std::span<const Json> each(const Json& json) {
  return json.is_array() ? std::span<const Json>(json.items()) : std::span<const Json>(&json, 1);
}

// ── contexts ──

// The members of ODRL whose values are names of things or terms (https://www.w3.org/ns/odrl.jsonld).
constexpr const char* kOdrlNames[] = {"action",
                                      "actionIncludedIn",
                                      "implies",
                                      "includedIn",
                                      "leftOperand",
                                      "operator",
                                      "conflict",
                                      "profile",
                                      "inheritFrom",
                                      "target",
                                      "assigner",
                                      "assignee",
                                      "output",
                                      "function",
                                      "unit",
                                      "dataType",
                                      "partOf",
                                      "source",
                                      "hasPolicy",
                                      "undefined",
                                      "scope",
                                      "status",
                                      "rightOperandReference"};

struct Meaning {
  std::string iri;       // empty: this term says nothing
  std::string type;      // "@id", "@vocab", "@json", or the datatype of its values
  std::string language;  // of its values
  bool list = false;
  bool by_language = false;
};

// What words mean. A value: nested contexts are copies.
class Context {
 public:
  explicit Context(std::string_view base) : base_(base) {}

  Result<> take(const Json& json) {
    for (const Json& one : each(json)) WEIR_TRY(take_one(one));
    return {};
  }

  const Meaning* find(const std::string& term) const {
    const auto found = terms_.find(term);
    return found == terms_.end() ? nullptr : &found->second;
  }
  const std::string& language() const { return language_; }

  // The keyword that a member's name is: "@id" for what the context calls so.
  std::string keyword(const std::string& name) const {
    if (name.starts_with('@')) return name;
    const Meaning* meaning = find(name);
    return meaning != nullptr && meaning->iri.starts_with('@') ? meaning->iri : std::string();
  }

  // An IRI written as a term, with a prefix, or in full; empty if it means nothing.
  std::string expand_word(const std::string& text) const {
    if (const Meaning* meaning = find(text)) return meaning->iri;
    if (const std::string whole = expand_prefix(text); !whole.empty()) return whole;
    return vocabulary_.empty() ? std::string() : vocabulary_ + text;
  }
  // A name of a thing: with a prefix, in full, or relative to the document.
  std::string expand_name(const std::string& text) const {
    if (const std::string whole = expand_prefix(text); !whole.empty()) return whole;
    return base_.empty() ? std::string() : base_ + text;
  }

 private:
  std::string expand_prefix(const std::string& text) const {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) return {};
    if (text.compare(colon, 3, "://") == 0) return text;
    const Meaning* prefix = find(text.substr(0, colon));
    return prefix != nullptr && !prefix->iri.empty() ? prefix->iri + text.substr(colon + 1) : text;
  }

  Result<> take_one(const Json& json) {
    if (json.is_null()) {
      *this = Context(base_);
      return {};
    }
    if (json.is_string()) return take_shipped(json.as_string());
    if (!json.is_object()) return failed("rdf.malformed", "a context is an object, or the name of one");
    if (json.size() + terms_.size() > kTermsMax) return failed("rdf.malformed", "a context has too many terms");
    for (const char* name : {"@import", "@propagate"}) {
      if (json.has(name)) return failed("rdf.unsupported", std::string(name) + " is not understood here");
    }
    if (json["@base"].is_string()) base_ = json["@base"].as_string();
    if (json.has("@vocab")) vocabulary_ = json["@vocab"].is_string() ? json["@vocab"].as_string() : std::string();
    if (json.has("@language"))
      language_ = json["@language"].is_string() ? json["@language"].as_string() : std::string();
    // Prefixes first: other terms are written with them, in any order.
    for (const auto& [name, value] : json.members()) {
      if (!name.starts_with('@') && value.is_string()) terms_[name].iri = value.as_string();
    }
    for (const auto& [name, value] : json.members()) {
      if (!name.starts_with('@')) WEIR_TRY(take_term(name, value));
    }
    return {};
  }

  Result<> take_term(const std::string& name, const Json& value) {
    if (value.is_null()) {
      terms_[name] = {};
      return {};
    }
    if (value.is_string()) {
      terms_[name].iri = whole(name, value.as_string());
      return {};
    }
    if (!value.is_object()) return failed("rdf.malformed", "a term is defined by a text or an object");
    for (const char* deep : {"@reverse", "@context", "@nest", "@index"}) {
      if (value.has(deep)) return failed("rdf.unsupported", std::string(deep) + " of a term is not understood here");
    }
    Meaning meaning;
    meaning.iri = whole(name, value.text_or("@id", name));
    meaning.language = value.text_or("@language", "");
    if (value["@type"].is_string()) meaning.type = whole(name, value["@type"].as_string());
    for (const Json& container : each(value["@container"])) {
      if (!container.is_string()) continue;
      meaning.list = meaning.list || container.as_string() == "@list";
      meaning.by_language = meaning.by_language || container.as_string() == "@language";
      if (container.as_string() != "@list" && container.as_string() != "@set" && container.as_string() != "@language") {
        return failed("rdf.unsupported", "the container " + container.as_string() + " is not understood here");
      }
    }
    terms_[name] = std::move(meaning);
    return {};
  }

  // A term of the vocabulary whose values are names too.
  Meaning whole_meaning(const char* name) const {
    Meaning meaning;
    meaning.iri = vocabulary_ + name;
    meaning.type = "@vocab";
    return meaning;
  }

  // The definition of a term, unless it is defined by itself.
  std::string whole(const std::string& name, const std::string& text) const {
    if (text.starts_with('@') || text.find("://") != std::string::npos) return text;
    const std::string expanded = text == name ? expand_prefix(text) : expand_word(text);
    return expanded.empty() || expanded == text ? (vocabulary_.empty() ? expanded : vocabulary_ + text) : expanded;
  }

  // The contexts that documents name and that are known here without being read.
  Result<> take_shipped(const std::string& name) {
    std::string plain = name.substr(name.find("://") == std::string::npos ? 0 : name.find("://") + 3);
    if (plain.starts_with("www.w3.org/ns/odrl.jsonld")) {
      vocabulary_ = "http://www.w3.org/ns/odrl/2/";
      terms_["uid"].iri = "@id";
      terms_["type"].iri = "@type";
      for (const char* member : kOdrlNames) terms_[member] = whole_meaning(member);
      return {};
    }
    return failed("rdf.unknown_context", "a context that is not shipped here; write it inline");
  }

  std::string base_;
  std::string vocabulary_;
  std::string language_;
  std::map<std::string, Meaning> terms_;
};

// ── reading ──

class Reader {
 public:
  Result<> document(const Json& json, const Context& context) {
    for (const Json& one : each(json)) WEIR_TRY(node(one, context, 0));
    return {};
  }
  Graph take() { return std::move(graph_); }

 private:
  Result<Term> node(const Json& json, Context context, int depth) {
    if (depth > kDepthMax) return failed("rdf.too_deep", "nodes are nested too deep");
    if (!json.is_object()) return failed("rdf.malformed", "a node is an object");
    if (json.has("@context")) WEIR_TRY(context.take(json["@context"]));
    Term subject = graph_.fresh();
    for (const auto& [name, value] : json.members()) {
      if (context.keyword(name) != "@id") continue;
      if (!value.is_string()) return failed("rdf.malformed", "@id is a text");
      WEIR_TRY_LET(subject, named(value.as_string(), context));
    }
    for (const auto& [name, value] : json.members()) WEIR_TRY(member(subject, name, value, context, depth));
    return subject;
  }

  Result<> member(const Term& subject, const std::string& name, const Json& value, const Context& context, int depth) {
    const std::string keyword = context.keyword(name);
    if (keyword == "@context" || keyword == "@id" || keyword == "@index") return {};
    if (keyword == "@type") return types(subject, value, context);
    if (keyword == "@graph" || keyword == "@included") {
      for (const Json& one : each(value)) WEIR_TRY(node(one, context, depth + 1));
      return {};
    }
    if (!keyword.empty()) return failed("rdf.unsupported", keyword + " is not understood here");
    const Meaning* meaning = context.find(name);
    const std::string predicate = meaning != nullptr ? meaning->iri : context.expand_word(name);
    if (predicate.find(':') == std::string::npos) return {};  // JSON-LD: what has no meaning is not said
    if (value.is_null()) return {};
    static const Meaning kPlain;
    const Meaning& how = meaning != nullptr ? *meaning : kPlain;
    if (how.by_language && value.is_object()) return texts(subject, predicate, value);
    if (how.list) {
      WEIR_TRY_LET(Term head, list(value, how, context, depth));
      return say(subject, predicate, std::move(head));
    }
    for (const Json& one : each(value)) WEIR_TRY(object(subject, predicate, one, how, context, depth));
    return {};
  }

  Result<> types(const Term& subject, const Json& value, const Context& context) {
    for (const Json& one : each(value)) {
      if (!one.is_string()) return failed("rdf.malformed", "@type is a text");
      const std::string type = context.expand_word(one.as_string());
      if (type.find(':') == std::string::npos) continue;
      WEIR_TRY(say(subject, std::string(kType), iri(type)));
    }
    return {};
  }

  Result<> texts(const Term& subject, const std::string& predicate, const Json& by_language) {
    for (const auto& [language, value] : by_language.members()) {
      for (const Json& one : each(value)) {
        if (one.is_string())
          WEIR_TRY(say(subject, predicate, literal(one.as_string(), {}, language == "@none" ? "" : language)));
      }
    }
    return {};
  }

  Result<> object(const Term& subject, const std::string& predicate, const Json& value, const Meaning& how,
                  const Context& context, int depth) {
    if (value.is_null()) return {};
    if (value.is_object() && value.has("@set")) {
      for (const Json& one : each(value["@set"])) WEIR_TRY(object(subject, predicate, one, how, context, depth + 1));
      return {};
    }
    if (depth > kDepthMax) return failed("rdf.too_deep", "values are nested too deep");
    WEIR_TRY_LET(Term term, term_of(value, how, context, depth));
    return say(subject, predicate, std::move(term));
  }

  Result<Term> term_of(const Json& value, const Meaning& how, const Context& context, int depth) {
    if (how.type == "@json") return literal(value.canonical(), rdf("JSON"));
    if (value.is_array()) return list(value, how, context, depth + 1);
    if (!value.is_object()) return scalar(value, how, context);
    if (value.has("@value")) return stated(value, context);
    if (value.has("@list")) return list(value["@list"], how, context, depth + 1);
    return node(value, context, depth + 1);
  }

  Result<Term> list(const Json& items, const Meaning& how, const Context& context, int depth) {
    if (depth > kDepthMax) return failed("rdf.too_deep", "lists are nested too deep");
    std::vector<Term> terms;
    for (const Json& one : each(items)) {
      WEIR_TRY_LET(Term term, term_of(one, how, context, depth + 1));
      terms.push_back(std::move(term));
    }
    Term rest = iri(rdf("nil"));
    for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
      Term here = graph_.fresh();
      WEIR_TRY(say(here, rdf("first"), *term));
      WEIR_TRY(say(here, rdf("rest"), std::move(rest)));
      rest = std::move(here);
    }
    return rest;
  }

  static Result<Term> scalar(const Json& value, const Meaning& how, const Context& context) {
    if (value.is_string() && how.type == "@id") return named(value.as_string(), context);
    if (value.is_string() && how.type == "@vocab") {
      const std::string word = context.expand_word(value.as_string());
      if (word.find(':') == std::string::npos) return named(value.as_string(), context);
      return iri(word);
    }
    const std::string type = how.type.starts_with('@') ? std::string() : how.type;
    if (value.is_string()) {
      const std::string& language = how.language.empty() ? context.language() : how.language;
      return literal(value.as_string(), type, type.empty() ? language : std::string());
    }
    if (value.is_bool()) return literal(value.as_bool() ? "true" : "false", type.empty() ? xsd("boolean") : type);
    if (value.is_integer()) return literal(std::to_string(value.as_integer()), type.empty() ? xsd("integer") : type);
    return literal(format_number(value.as_double()), type.empty() ? xsd("double") : type);
  }

  static Result<Term> stated(const Json& value, const Context& context) {
    const Json& inner = value["@value"];
    if (value.text_or("@type", "") == "@json") return literal(inner.canonical(), rdf("JSON"));
    if (inner.is_object() || inner.is_array() || inner.is_null()) return failed("rdf.malformed", "@value is no scalar");
    Meaning how;
    if (value["@type"].is_string()) how.type = context.expand_word(value["@type"].as_string());
    WEIR_TRY_LET(Term term, scalar(inner, how, context));
    if (term.datatype == xsd("string")) term.datatype.clear();
    if (inner.is_string()) term.language = value.text_or("@language", how.type.empty() ? term.language : "");
    return term;
  }

  static Result<Term> named(const std::string& text, const Context& context) {
    if (text.starts_with("_:")) return blank("n" + text.substr(2));
    const std::string name = context.expand_name(text);
    if (name.find(':') == std::string::npos) return failed("rdf.malformed", "an IRI is relative, and no base is known");
    if (std::any_of(name.begin(), name.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>'; })) {
      return failed("rdf.malformed", "an IRI has characters that no IRI has");
    }
    return iri(name);
  }

  Result<> say(const Term& subject, std::string predicate, Term object) {
    if (graph_.statements().size() >= kStatementsMax) {
      return Error(Errc::kExhausted, "there are too many statements").because("rdf.too_large");
    }
    graph_.add(subject, std::move(predicate), std::move(object));
    return {};
  }

  Graph graph_;
};

// ── writing ──

class Writer {
 public:
  Writer(const Graph& graph, std::span<const Prefix> prefixes) : graph_(graph), prefixes_(prefixes) {
    std::map<Term, int> named;
    for (const Statement& statement : graph.statements()) {
      if (statement.object.is_blank()) ++named[statement.object];
    }
    for (const auto& [term, times] : named) {
      if (times == 1) inner_.insert(term);
    }
  }

  Json write() {
    Json context;
    for (const Prefix& prefix : prefixes_) context.set(prefix.name, prefix.iri);
    Json nodes = Json::array();
    std::set<Term> roots;
    for (const Statement& statement : graph_.statements()) {
      if (!inner_.contains(statement.subject) && roots.insert(statement.subject).second)
        nodes.push(node(statement.subject, 0));
    }
    // What only names itself, in a ring, hangs on no root.
    for (const Statement& statement : graph_.statements()) {
      if (!written_.contains(statement.subject)) nodes.push(node(statement.subject, 0));
    }
    Json out = Json::object();
    if (context.is_object()) out.set("@context", std::move(context));
    out.set("@graph", std::move(nodes));
    return out;
  }

 private:
  std::string compact(const std::string& iri) const {
    for (const Prefix& prefix : prefixes_) {
      if (iri.size() > prefix.iri.size() && iri.starts_with(prefix.iri)) {
        const std::string rest = iri.substr(prefix.iri.size());
        if (!rest.starts_with("//")) return std::string(prefix.name) + ":" + rest;
      }
    }
    return iri;
  }

  Json node(const Term& subject, int depth) {
    written_.insert(subject);
    Json out = Json::object();
    if (subject.is_iri()) {
      out.set("@id", compact(subject.text));
    } else if (!inner_.contains(subject)) {
      out.set("@id", "_:" + subject.text);
    }
    std::vector<std::pair<std::string, Json::Array>> members;
    for (const std::size_t number : graph_.about(subject)) {
      const Statement& statement = graph_.statements()[number];
      const bool type = statement.predicate == kType && statement.object.is_iri();
      const std::string name = type ? "@type" : compact(statement.predicate);
      auto found =
          std::find_if(members.begin(), members.end(), [&](const auto& member) { return member.first == name; });
      if (found == members.end()) found = members.insert(members.end(), {name, {}});
      found->second.push_back(type ? Json(compact(statement.object.text)) : value(statement.object, depth));
    }
    for (auto& [name, values] : members) {
      out.set(name, values.size() == 1 ? std::move(values[0]) : Json::array(std::move(values)));
    }
    return out;
  }

  Json value(const Term& term, int depth) {
    if (term.is_literal()) return literal_value(term);
    if (term == iri(rdf("nil"))) return Json::object({{"@list", Json::array()}});
    if (term.is_blank() && inner_.contains(term) && !written_.contains(term) && depth < kDepthMax) {
      if (const auto items = graph_.list(term); !items.empty()) return list(term, items, depth);
      return node(term, depth + 1);
    }
    return Json::object({{"@id", term.is_blank() ? "_:" + term.text : compact(term.text)}});
  }

  Json list(const Term& head, const std::vector<Term>& items, int depth) {
    for (Term at = head; at.is_blank(); at = graph_.object(at, rdf("rest"))) written_.insert(at);
    Json::Array values;
    for (const Term& item : items) values.push_back(value(item, depth + 1));
    return Json::object({{"@list", Json::array(std::move(values))}});
  }

  Json literal_value(const Term& term) const {
    if (!term.language.empty()) return Json::object({{"@language", term.language}, {"@value", term.text}});
    if (term.datatype.empty()) return term.text;
    if (term.datatype == xsd("boolean") && (term.text == "true" || term.text == "false")) return term.text == "true";
    if (term.datatype == xsd("integer")) {
      if (const auto number = parse_json(term.text); number && number->is_integer() && number->dump() == term.text)
        return *number;
    }
    if (term.datatype == rdf("JSON")) {
      if (auto json = parse_json(term.text)) return Json::object({{"@type", "@json"}, {"@value", std::move(*json)}});
    }
    return Json::object({{"@type", compact(term.datatype)}, {"@value", term.text}});
  }

  const Graph& graph_;
  std::span<const Prefix> prefixes_;
  std::set<Term> inner_;    // blank nodes that one statement names: written within it
  std::set<Term> written_;
};

}  // namespace

Result<Graph> read_json_ld(const Json& json, std::string_view base) {
  if (!json.is_object() && !json.is_array()) return failed("rdf.malformed", "a document is an object or an array");
  Reader reader;
  WEIR_TRY(reader.document(json, Context(base)));
  return reader.take();
}

Json write_json_ld(const Graph& graph, std::span<const Prefix> prefixes) { return Writer(graph, prefixes).write(); }

}  // namespace weir::wire::rdf

// Turtle, by serd.
// SPDX-License-Identifier: Apache-2.0
#include <serd/serd.h>

#include <memory>

#include "weir/wire/rdf.h"

namespace weir::wire::rdf {

namespace {

constexpr int kDepthMax = 64;
constexpr std::size_t kTextMax = std::size_t{256} << 20;

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("rdf.malformed");
}

const std::uint8_t* bytes(const std::string& text) { return reinterpret_cast<const std::uint8_t*>(text.c_str()); }
std::string text_of(const SerdNode* node) {
  return node != nullptr && node->buf != nullptr ? std::string(reinterpret_cast<const char*>(node->buf), node->n_bytes)
                                                 : std::string();
}

// serd follows nested brackets by recursion: they are counted before it sees them.
class Depth {
 public:
  explicit Depth(std::string_view text) : text_(text) {}
  bool within(int most) {
    for (at_ = 0; at_ < text_.size();) {
      const char sign = text_[at_];
      if (sign == '#') {
        skip_past("\n");
      } else if (sign == '<') {
        skip_past(">");
      } else if (sign == '"' || sign == '\'') {
        skip_text(sign);
      } else {
        if (sign == '[' || sign == '(') ++depth_;
        if ((sign == ']' || sign == ')') && depth_ > 0) --depth_;
        if (depth_ > most) return false;
        at_ += sign == '\\' ? 2 : 1;
      }
    }
    return true;
  }

 private:
  void skip_past(std::string_view end) {
    const std::size_t found = text_.find(end, at_ + 1);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }
  void skip_text(char quote) {
    const std::string three(3, quote);
    const std::string end = text_.substr(at_, 3) == three ? three : std::string(1, quote);
    at_ += end.size();
    while (at_ < text_.size() && text_.substr(at_, end.size()) != end) at_ += text_[at_] == '\\' ? 2 : 1;
    at_ += end.size();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

struct Reading {
  explicit Reading(SerdEnv* the_env) : env(the_env) {}
  SerdEnv* env;
  Graph graph;
  unsigned line = 0;
  bool too_many = false;
};

SerdStatus on_base(void* handle, const SerdNode* uri) {
  return serd_env_set_base_uri(static_cast<Reading*>(handle)->env, uri);
}

SerdStatus on_prefix(void* handle, const SerdNode* name, const SerdNode* uri) {
  return serd_env_set_prefix(static_cast<Reading*>(handle)->env, name, uri);
}

// An absolute IRI: what is relative when no base is known says nothing.
Result<std::string> absolute(const Reading& reading, const SerdNode* node) {
  SerdNode expanded = serd_env_expand_node(reading.env, node);
  std::string text = expanded.buf != nullptr  ? text_of(&expanded)
                     : node->type == SERD_URI ? text_of(node)
                                              : std::string();
  serd_node_free(&expanded);
  if (!serd_uri_string_has_scheme(bytes(text))) return malformed("an IRI is relative, or its prefix is not known");
  return text;
}

Result<Term> term_of(const Reading& reading, const SerdNode* node, const SerdNode* datatype, const SerdNode* language) {
  if (node->type == SERD_BLANK) return blank(text_of(node));
  if (node->type != SERD_LITERAL) {
    WEIR_TRY_LET(std::string text, absolute(reading, node));
    return iri(std::move(text));
  }
  std::string type;
  if (datatype != nullptr && datatype->buf != nullptr) {
    WEIR_TRY_LET(type, absolute(reading, datatype));
  }
  if (type == std::string(kXsd) + "string") type.clear();
  return literal(text_of(node), std::move(type), text_of(language));
}

Result<> add_statement(Reading& reading, const SerdNode* subject, const SerdNode* predicate, const SerdNode* object,
                       const SerdNode* datatype, const SerdNode* language) {
  WEIR_TRY_LET(Term about, term_of(reading, subject, nullptr, nullptr));
  WEIR_TRY_LET(std::string says, absolute(reading, predicate));
  WEIR_TRY_LET(Term what, term_of(reading, object, datatype, language));
  reading.graph.add(std::move(about), std::move(says), std::move(what));
  return {};
}

SerdStatus on_statement(void* handle, SerdStatementFlags, const SerdNode*, const SerdNode* subject,
                        const SerdNode* predicate, const SerdNode* object, const SerdNode* datatype,
                        const SerdNode* language) {
  auto& reading = *static_cast<Reading*>(handle);
  reading.too_many = reading.graph.statements().size() >= kStatementsMax;
  if (reading.too_many) return SERD_ERR_INTERNAL;
  return add_statement(reading, subject, predicate, object, datatype, language) ? SERD_SUCCESS : SERD_ERR_BAD_CURIE;
}

SerdStatus on_error(void* handle, const SerdError* error) {
  auto& reading = *static_cast<Reading*>(handle);
  if (reading.line == 0) reading.line = error->line;
  return SERD_SUCCESS;
}

struct Free {
  void operator()(SerdEnv* env) const { serd_env_free(env); }
  void operator()(SerdReader* reader) const { serd_reader_free(reader); }
  void operator()(SerdWriter* writer) const { serd_writer_free(writer); }
};

}  // namespace

Result<Graph> read_turtle(std::string_view text, std::string_view base) {
  if (text.size() > kTextMax) return Error(Errc::kExhausted, "the text is too long").because("rdf.too_large");
  if (text.find('\0') != std::string_view::npos) return malformed("the text has a zero byte");
  if (!Depth(text).within(kDepthMax)) {
    return Error(Errc::kInvalidArgument, "brackets are nested too deep").because("rdf.too_deep");
  }
  const std::unique_ptr<SerdEnv, Free> env(serd_env_new(nullptr));
  const std::string base_text(base);
  if (!base.empty()) {
    const SerdNode uri = serd_node_from_string(SERD_URI, bytes(base_text));
    serd_env_set_base_uri(env.get(), &uri);
  }
  Reading reading(env.get());
  const std::unique_ptr<SerdReader, Free> reader(
      serd_reader_new(SERD_TURTLE, &reading, nullptr, on_base, on_prefix, on_statement, nullptr));
  serd_reader_set_strict(reader.get(), true);
  serd_reader_set_error_sink(reader.get(), on_error, &reading);
  const std::string whole(text);
  const SerdStatus status = serd_reader_read_string(reader.get(), bytes(whole));
  if (reading.too_many) return Error(Errc::kExhausted, "there are too many statements").because("rdf.too_large");
  if (status != SERD_SUCCESS || reading.line != 0) {
    return malformed("the Turtle cannot be read" + (reading.line > 0 ? ": line " + std::to_string(reading.line) : ""));
  }
  return std::move(reading.graph);
}

namespace {

std::size_t append(const void* from, std::size_t count, void* stream) {
  static_cast<std::string*>(stream)->append(static_cast<const char*>(from), count);
  return count;
}

SerdNode node_of(const Term& term) {
  const SerdType type = term.is_iri() ? SERD_URI : term.is_blank() ? SERD_BLANK : SERD_LITERAL;
  return serd_node_from_string(type, bytes(term.text));
}

}  // namespace

std::string write_turtle(const Graph& graph, std::span<const Prefix> prefixes) {
  std::string out;
  const std::unique_ptr<SerdEnv, Free> env(serd_env_new(nullptr));
  const std::unique_ptr<SerdWriter, Free> writer(
      serd_writer_new(SERD_TURTLE, static_cast<SerdStyle>(SERD_STYLE_ABBREVIATED | SERD_STYLE_CURIED), env.get(),
                      nullptr, append, &out));
  for (const Prefix& prefix : prefixes) {
    const std::string name(prefix.name);
    const std::string uri(prefix.iri);
    const SerdNode name_node = serd_node_from_string(SERD_LITERAL, bytes(name));
    const SerdNode uri_node = serd_node_from_string(SERD_URI, bytes(uri));
    serd_env_set_prefix(env.get(), &name_node, &uri_node);
    serd_writer_set_prefix(writer.get(), &name_node, &uri_node);
  }
  for (const Statement& statement : graph.statements()) {
    const SerdNode subject = node_of(statement.subject);
    const SerdNode predicate = serd_node_from_string(SERD_URI, bytes(statement.predicate));
    const SerdNode object = node_of(statement.object);
    const SerdNode datatype = statement.object.datatype.empty()
                                  ? SERD_NODE_NULL
                                  : serd_node_from_string(SERD_URI, bytes(statement.object.datatype));
    const SerdNode language = statement.object.language.empty()
                                  ? SERD_NODE_NULL
                                  : serd_node_from_string(SERD_LITERAL, bytes(statement.object.language));
    serd_writer_write_statement(writer.get(), 0, nullptr, &subject, &predicate, &object, &datatype, &language);
  }
  serd_writer_finish(writer.get());
  return out;
}

}  // namespace weir::wire::rdf

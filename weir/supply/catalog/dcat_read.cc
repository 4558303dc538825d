// Records of other catalogs out of DCAT statements, whatever profile they follow.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat.h"
#include "weir/supply/catalog/dcat_terms.h"

namespace weir::supply::catalog {

namespace {

using namespace dcat_iris;
using wire::Json;
using wire::rdf::Graph;
using wire::rdf::Term;

std::string name(std::string_view vocabulary, std::string_view term) {
  return std::string(vocabulary) + std::string(term);
}

// A thing's label, or its name, or the literal.
std::string label(const Graph& graph, const Term& term) {
  if (term.is_literal()) return term.text;
  for (const auto& predicate :
       {name(kSkos, "prefLabel"), name(kRdfs, "label"), name(kDct, "title"), name(kFoaf, "name"), name(kVcard, "fn")}) {
    const Term found = graph.object(term, predicate);
    if (found.is_literal() && !found.text.empty()) return found.text;
  }
  return term.is_iri() ? term.text : std::string();
}

// What is after the last slash or colon of an entry of a code table.
std::string last_part(const std::string& text) { return text.substr(text.find_last_of("/#:") + 1); }

class DatasetReader {
 public:
  DatasetReader(const Graph& graph, const Term& dataset) : graph_(graph), dataset_(dataset) {}

  Json read() {
    record_.set("identifier", identifier());
    languages("title", name(kDct, "title"));
    languages("description", name(kDct, "description"));
    labels("keyword", name(kDcat, "keyword"));
    labels("theme", name(kDcat, "theme"));
    tags();
    one("modified", name(kDct, "modified"));
    one("issued", name(kDct, "issued"));
    one("landingPage", name(kDcat, "landingPage"), Plain::kName);
    frequency();
    publisher();
    contact();
    place();
    period();
    access();
    distributions();
    return std::move(record_);
  }

 private:
  enum class Plain : std::uint8_t { kLabel, kName };

  Term at(const Term& subject, std::string_view vocabulary, std::string_view term) const {
    return graph_.object(subject, name(vocabulary, term));
  }

  std::string identifier() const {
    const Term said = at(dataset_, kDct, "identifier");
    if (!said.text.empty()) return said.text;
    return dataset_.is_iri() ? dataset_.text : std::string();
  }

  void one(std::string_view member, const std::string& predicate, Plain plain = Plain::kLabel) {
    const Term found = graph_.object(dataset_, predicate);
    const std::string text = plain == Plain::kName ? found.text : label(graph_, found);
    if (!text.empty()) record_.set(member, text);
  }

  // Texts in several languages: the one in English and the one in Chinese, or the first of any.
  void languages(std::string_view member, const std::string& predicate) {
    Json out = Json::object();
    std::string any;
    for (const Term& term : graph_.objects(dataset_, predicate)) {
      if (!term.is_literal()) continue;
      if (any.empty()) any = term.text;
      const std::string_view side = term.language.starts_with("zh")   ? "zh"
                                    : term.language.starts_with("en") ? "en"
                                                                      : "";
      if (!side.empty() && !out.has(side)) out.set(side, term.text);
    }
    if (out.size() > 0) {
      record_.set(member, std::move(out));
    } else if (!any.empty()) {
      record_.set(member, any);
    }
  }

  void labels(std::string_view member, const std::string& predicate) {
    Json list = Json::array();
    for (const Term& term : graph_.objects(dataset_, predicate)) {
      if (std::string text = label(graph_, term); !text.empty()) list.push(std::move(text));
    }
    if (list.size() > 0) record_.set(member, std::move(list));
  }

  void tags() {
    Json list = Json::array();
    for (const Term& term : graph_.objects(dataset_, name(kDct, "language"))) list.push(language_of(term.text));
    if (list.size() > 0) record_.set("language", std::move(list));
  }

  void frequency() {
    const Term term = at(dataset_, kDct, "accrualPeriodicity");
    if (term.text.empty()) return;
    const auto known = parse_eu_frequency(last_part(term.text));
    record_.set("accrualPeriodicity", known ? std::string(code_of(*known)) : label(graph_, term));
  }

  void publisher() {
    const Term agent = at(dataset_, kDct, "publisher");
    if (const std::string text = label(graph_, agent); !text.empty())
      record_.set("publisher", Json::object({{"name", text}}));
  }

  void contact() {
    const Term card = at(dataset_, kDcat, "contactPoint");
    Json out = Json::object();
    if (const Term mail = at(card, kVcard, "hasEmail"); !mail.text.empty()) out.set("hasEmail", mail.text);
    if (const Term full = at(card, kVcard, "fn"); !full.text.empty()) out.set("fn", full.text);
    if (out.size() > 0) record_.set("contactPoint", std::move(out));
  }

  void place() {
    const Term where = at(dataset_, kDct, "spatial");
    if (const auto box = parse_box(at(where, kDcat, "bbox").text)) {
      std::string text;
      for (const double side : *box) text += (text.empty() ? "" : ",") + wire::format_number(side);
      record_.set("spatial", text);
    } else if (const std::string text = label(graph_, where); !text.empty()) {
      record_.set("spatial", text);
    }
  }

  void period() {
    const Term when = at(dataset_, kDct, "temporal");
    const std::string from = at(when, kDcat, "startDate").text;
    const std::string until = at(when, kDcat, "endDate").text;
    if (!from.empty() || !until.empty()) {
      record_.set("temporal", from + "/" + until);
    } else if (when.is_literal() && !when.text.empty()) {
      record_.set("temporal", when.text);
    }
  }

  void access() {
    const std::string code = last_part(at(dataset_, kDct, "accessRights").text);
    if (code == "PUBLIC" || code == "public") record_.set("accessLevel", "public");
    if (code == "RESTRICTED" || code == "restricted public") record_.set("accessLevel", "restricted public");
    if (code == "NON_PUBLIC" || code == "non-public") record_.set("accessLevel", "non-public");
  }

  void distributions() {
    Json list = Json::array();
    for (const Term& term : graph_.objects(dataset_, name(kDcat, "distribution"))) list.push(distribution(term));
    if (list.size() > 0) record_.set("distribution", std::move(list));
  }

  // The licence stands at the distribution in DCAT-AP, at the dataset in DCAT-US; the first one found is taken.
  Json distribution(const Term& term) {
    Json out = Json::object();
    const auto set = [&](std::string_view member, std::string text) {
      if (!text.empty()) out.set(member, std::move(text));
    };
    set("title", label_of(term, kDct, "title"));
    set("format", last_part(label_of(term, kDct, "format")));
    std::string media = label_of(term, kDcat, "mediaType");
    if (media.starts_with("http") && media.find("/media-types/") != std::string::npos) {
      media.erase(0, media.find("/media-types/") + 13);
    }
    set("mediaType", std::move(media));
    set("downloadURL", at(term, kDcat, "downloadURL").text);
    set("accessURL", at(term, kDcat, "accessURL").text);
    for (const Term& subject : {dataset_, term}) {
      const std::string licence = label_of(subject, kDct, "license");
      if (!licence.empty() && !record_.has("license")) record_.set("license", licence);
      const std::string rights = label_of(subject, kDct, "rights");
      if (!rights.empty() && !record_.has("rights")) record_.set("rights", rights);
    }
    return out;
  }
  std::string label_of(const Term& subject, std::string_view vocabulary, std::string_view term) const {
    return label(graph_, at(subject, vocabulary, term));
  }

  const Graph& graph_;
  const Term& dataset_;
  Json record_ = Json::object();
};

}  // namespace

DcatRecords dcat_records(const Graph& graph) {
  DcatRecords out;
  for (const Term& dataset : graph.of_type(name(kDcat, "Dataset")))
    out.records.push_back(DatasetReader(graph, dataset).read());
  for (const char* next : {"next", "nextPage"}) {
    for (const auto& statement : graph.statements()) {
      if (out.next.empty() && statement.predicate == name(kHydra, next)) out.next = statement.object.text;
    }
  }
  return out;
}

}  // namespace weir::supply::catalog

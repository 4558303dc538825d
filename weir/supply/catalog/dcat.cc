// Products as DCAT-AP 3.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/dcat.h"

#include "weir/supply/catalog/dcat_terms.h"
#include "weir/wire/encoding.h"

namespace weir::supply::catalog {

namespace {

using namespace dcat_iris;
using wire::rdf::Graph;
using wire::rdf::Term;
using wire::rdf::iri;
using wire::rdf::literal;

constexpr wire::rdf::Prefix kPrefixes[] = {
    {"dcat", kDcat}, {"dct", kDct},   {"foaf", kFoaf}, {"skos", kSkos}, {"vcard", kVcard},       {"odrl", kOdrl},
    {"csvw", kCsvw}, {"rdfs", kRdfs}, {"xsd", kXsd},   {"geo", kGeo},   {"hydra", kHydra},       {"weir", kWeir},
};
constexpr std::string_view kDspStandard = "https://w3id.org/dspace/2025/1";

// Statements added to a graph, and labels for what has no name.
class Statements {
 public:
  explicit Statements(Graph& graph) : graph_(graph) {}

  void say(const Term& subject, std::string_view vocabulary, std::string_view name, Term object) {
    graph_.add(subject, std::string(vocabulary) + std::string(name), std::move(object));
  }
  void type(const Term& subject, std::string_view vocabulary, std::string_view name) {
    graph_.add(subject, std::string(wire::rdf::kType), iri(std::string(vocabulary) + std::string(name)));
  }
  // A thing with a name of its own, and what kind of thing it is.
  void named(const Term& subject, std::string_view vocabulary, std::string_view name, std::string target,
             std::string_view kind_vocabulary, std::string_view kind) {
    const Term object = iri(std::move(target));
    say(subject, vocabulary, name, object);
    type(object, kind_vocabulary, kind);
  }
  // A thing without one.
  Term inner(const Term& subject, std::string_view vocabulary, std::string_view name, std::string_view kind_vocabulary,
             std::string_view kind) {
    Term object = graph_.fresh();
    say(subject, vocabulary, name, object);
    type(object, kind_vocabulary, kind);
    return object;
  }
  void texts(const Term& subject, std::string_view vocabulary, std::string_view name, const Text& text) {
    if (!text.en.empty()) say(subject, vocabulary, name, literal(text.en, {}, "en"));
    if (!text.zh.empty()) say(subject, vocabulary, name, literal(text.zh, {}, "zh"));
  }
  static Term time(Timestamp at) { return literal(format_iso8601(at), std::string(kXsd) + "dateTime"); }
  void publish(const Term& subject, const DcatSite& site, const SubjectId& publisher, const std::string& name) {
    const Term agent = iri(site.base + "/organization/" + publisher.text());
    say(subject, kDct, "publisher", agent);
    type(agent, kFoaf, "Agent");
    say(agent, kFoaf, "name", literal(name.empty() ? publisher.text() : name));
    say(agent, kDct, "identifier", literal(publisher.text()));
  }

 private:
  Graph& graph_;
};

// One description being written.
class Writer : private Statements {
 public:
  Writer(Graph& graph, const DcatSite& site, const Product& product)
      : Statements(graph), site_(site), product_(product), d_(product.description),
        dataset_(iri(dcat_dataset_iri(site, product.id))) {}

  void write() {
    type(dataset_, kDcat, "Dataset");
    say(dataset_, kDct, "identifier", literal(product_.id.text()));
    texts(dataset_, kDct, "title", d_.title);
    texts(dataset_, kDct, "description", d_.description == Text{} ? d_.title : d_.description);
    for (const std::string& word : d_.keywords) say(dataset_, kDcat, "keyword", literal(word));
    themes();
    publisher();
    say(dataset_, kDct, "issued", time(product_.created));
    say(dataset_, kDct, "modified", time(product_.updated));
    say(dataset_, kDcat, "version", literal(std::to_string(product_.version)));
    if (d_.frequency) {
      named(dataset_, kDct, "accrualPeriodicity", std::string(kEuFrequency) + std::string(eu_frequency(*d_.frequency)),
            kDct, "Frequency");
    }
    for (const std::string& language : d_.languages) {
      named(dataset_, kDct, "language", language_iri(language), kDct, "LinguisticSystem");
    }
    rights();
    place();
    period();
    origin();
    columns();
    distributions();
  }

 private:
  void themes() {
    for (const std::string& topic : d_.topics) {
      const Term concept_ = iri(std::string(kTopic) + topic);
      say(dataset_, kDcat, "theme", concept_);
      type(concept_, kSkos, "Concept");
      texts(concept_, kSkos, "prefLabel", topic_name(topic));
    }
    for (const std::string& theme : d_.themes) {
      if (is_iri(theme)) {
        named(dataset_, kDcat, "theme", theme, kSkos, "Concept");
      } else {
        say(inner(dataset_, kDcat, "theme", kSkos, "Concept"), kSkos, "prefLabel", literal(theme));
      }
    }
  }

  void publisher() {
    publish(dataset_, site_, product_.publisher, d_.publisher_name);
  }

  // Public is what anybody may be given (general data of the first sub-grade); core data is given to nobody.
  void rights() {
    std::string_view access = "RESTRICTED";
    if (d_.grade && d_.grade->level == grade::Level::kCore) access = "NON_PUBLIC";
    if (d_.grade && d_.grade->level == grade::Level::kGeneral && d_.grade->sub_grade == 1) access = "PUBLIC";
    named(dataset_, kDct, "accessRights", std::string(kEuAccess) + std::string(access), kDct, "RightsStatement");
    if (d_.grade) say(dataset_, kWeir, "grade", literal(std::string(grade::name_of(d_.grade->level))));
  }

  void place() {
    if (d_.region.empty() && d_.spatial.text.empty() && !d_.spatial.box) return;
    const Term where = inner(dataset_, kDct, "spatial", kDct, "Location");
    if (!d_.region.empty()) say(where, kDct, "identifier", literal(d_.region));
    if (!d_.spatial.text.empty()) say(where, kRdfs, "label", literal(d_.spatial.text));
    if (d_.spatial.box) say(where, kDcat, "bbox", literal(box_text(*d_.spatial.box), std::string(kGeo) + "wktLiteral"));
  }

  void period() {
    if (!d_.temporal.from && !d_.temporal.until) return;
    const Term when = inner(dataset_, kDct, "temporal", kDct, "PeriodOfTime");
    if (d_.temporal.from) say(when, kDcat, "startDate", time(*d_.temporal.from));
    if (d_.temporal.until) say(when, kDcat, "endDate", time(*d_.temporal.until));
  }

  void origin() {
    if (!d_.origin) return;
    if (is_iri(d_.origin->landing_page)) {
      named(dataset_, kDcat, "landingPage", d_.origin->landing_page, kFoaf, "Document");
    }
    if (d_.origin->contact.empty()) return;
    const Term contact = inner(dataset_, kDcat, "contactPoint", kVcard, "Kind");
    if (d_.origin->contact.starts_with("mailto:") && is_iri(d_.origin->contact)) {
      say(contact, kVcard, "hasEmail", iri(d_.origin->contact));
    } else {
      say(contact, kVcard, "fn", literal(d_.origin->contact));
    }
  }

  void columns() {
    if (d_.columns.empty()) return;
    const Term schema = inner(dataset_, kCsvw, "tableSchema", kCsvw, "Schema");
    for (const Column& column : d_.columns) {
      const Term one = inner(schema, kCsvw, "column", kCsvw, "Column");
      say(one, kCsvw, "name", literal(column.name));
      if (!column.type.empty()) say(one, kCsvw, "datatype", literal(column.type));
      texts(one, kCsvw, "title", column.title);
      texts(one, kDct, "description", column.description);
    }
  }

  void distributions() {
    if (d_.distributions.empty()) distribution(Distribution{}, 1);
    std::size_t number = 0;
    for (const Distribution& item : d_.distributions) distribution(item, ++number);
  }

  void distribution(const Distribution& item, std::size_t number) {
    const Term one = iri(dataset_.text + "/distribution/" + std::to_string(number));
    say(dataset_, kDcat, "distribution", one);
    type(one, kDcat, "Distribution");
    texts(one, kDct, "title", item.title);
    access(one, item);
    if (is_iri(item.download_url)) say(one, kDcat, "downloadURL", iri(item.download_url));
    media(one, item);
    if (const auto bytes = item.bytes ? item.bytes : d_.content ? std::optional(d_.content->bytes) : std::nullopt) {
      say(one, kDcat, "byteSize", literal(std::to_string(*bytes), std::string(kXsd) + "nonNegativeInteger"));
    }
    licence(one);
    policies(one);
  }

  // What is not simply fetched from an address is asked for by the Dataspace Protocol.
  void access(const Term& one, const Distribution& item) {
    if (is_iri(item.access_url) || is_iri(item.download_url)) {
      say(one, kDcat, "accessURL", iri(is_iri(item.access_url) ? item.access_url : item.download_url));
      return;
    }
    const Term protocol = iri(site_.base + "/dsp/2025-1");
    say(one, kDcat, "accessURL", protocol);
    const Term service = iri(site_.base + "/dsp/2025-1#service");
    say(one, kDcat, "accessService", service);
    type(service, kDcat, "DataService");
    say(service, kDct, "title", literal("Dataspace Protocol 2025-1", {}, "en"));
    say(service, kDcat, "endpointURL", protocol);
    type(protocol, kRdfs, "Resource");  // the shapes ask for it
    named(service, kDct, "conformsTo", std::string(kDspStandard), kDct, "Standard");
  }

  void media(const Term& one, const Distribution& item) {
    if (!item.media_type.empty() && item.media_type.find_first_of(" <>\"{}|\\^`") == std::string::npos) {
      named(one, kDcat, "mediaType", std::string(kMediaTypes) + item.media_type, kDct, "MediaType");
    }
    if (item.format.empty()) return;
    say(inner(one, kDct, "format", kDct, "MediaTypeOrExtent"), kRdfs, "label", literal(item.format));
  }

  void licence(const Term& one) {
    if (is_iri(d_.licence)) {
      named(one, kDct, "license", d_.licence, kDct, "LicenseDocument");
    } else if (!d_.licence.empty()) {
      say(inner(one, kDct, "license", kDct, "LicenseDocument"), kRdfs, "label", literal(d_.licence));
    }
    if (!d_.rights.empty())
      say(inner(one, kDct, "rights", kDct, "RightsStatement"), kRdfs, "label", literal(d_.rights));
  }

  // The terms themselves are at the Dataspace Protocol's dataset; here are their names and hashes.
  void policies(const Term& one) {
    for (const Offer& offer : d_.offers) {
      if (!is_iri(offer.id)) continue;
      const Term policy = iri(offer.id);
      say(one, kOdrl, "hasPolicy", policy);
      type(policy, kOdrl, "Policy");
      type(policy, kOdrl, "Offer");
      say(policy, kWeir, "policyHash", literal(offer.policy_hash));
    }
  }

  const DcatSite& site_;
  const Product& product_;
  const Description& d_;
  Term dataset_;
};

}  // namespace

std::span<const wire::rdf::Prefix> dcat_prefixes() { return kPrefixes; }

std::string dcat_dataset_iri(const DcatSite& site, const ProductId& id) {
  return site.base + "/dataset/" + wire::escape_url(id.text());
}

void add_dcat(Graph& graph, const DcatSite& site, const Product& product) { Writer(graph, site, product).write(); }

Graph to_dcat(const DcatSite& site, std::span<const Product> products, std::string_view page, std::string_view next) {
  Graph graph;
  const Term catalog = iri(site.base + "/catalog");
  Statements about(graph);
  about.type(catalog, kDcat, "Catalog");
  about.texts(catalog, kDct, "title", site.title);
  about.texts(catalog, kDct, "description", site.description);
  about.publish(catalog, site, site.publisher, site.publisher_name);
  for (const Product& product : products) about.say(catalog, kDcat, "dataset", iri(dcat_dataset_iri(site, product.id)));
  about.type(iri(std::string(page)), kHydra, "PartialCollectionView");
  if (!next.empty()) about.say(iri(std::string(page)), kHydra, "next", iri(std::string(next)));
  for (const Product& product : products) add_dcat(graph, site, product);
  return graph;
}

}  // namespace weir::supply::catalog

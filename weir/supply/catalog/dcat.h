// Dcat: products as DCAT-AP 3 statements, records of other catalogs out of such statements, and the Catalog and Dataset
// of the Dataspace Protocol 2025-1.
//
// Sources: W3C DCAT 3; SEMIC DCAT-AP 3.0.1 (its SHACL shapes hold for what is written). Format:
// docs/formats/product.md; schemas of the protocol: tests/vectors/catalog/dsp. Thread-safety: pure functions. Trust:
// parsers take hostile statements and JSON; the JSON of the protocol is read as plain JSON with the terms and prefixes
// that the page lists. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/supply/catalog/product.h"
#include "weir/wire/json.h"
#include "weir/wire/rdf.h"

namespace weir::supply::catalog {

// Where products are found, and by whom the catalog is kept.
struct DcatSite {
  std::string base;  // "https://node.example": datasets are base/dataset/ID
  Text title;
  Text description;
  SubjectId publisher;
  std::string publisher_name;
};
std::span<const wire::rdf::Prefix> dcat_prefixes();
std::string dcat_dataset_iri(const DcatSite& site, const ProductId& id);

// A dcat:Dataset with all that hangs on it.
void add_dcat(wire::rdf::Graph& graph, const DcatSite& site, const Product& product);
// The products as one page of the site's dcat:Catalog: `page` is its address, `next` that of the following one, or
// empty.
wire::rdf::Graph to_dcat(const DcatSite& site, std::span<const Product> products, std::string_view page,
                         std::string_view next);

// What a graph says of datasets, each as a record of DCAT-US 1.1, the one form that is loaded (load.h). A dataset that
// cannot be told becomes a record that the loader refuses with a reason; nothing is left out.
struct DcatRecords {
  std::vector<wire::Json> records;
  std::string next;  // the following page, if the catalog says so (hydra:next)
};
DcatRecords dcat_records(const wire::rdf::Graph& graph);

struct DspService {
  std::string id;            // of the data service that negotiates and transfers
  std::string endpoint_url;  // base of the protocol's paths
};

// Whether the context is written: for a dataset that is a document of its own.
enum class DspPlace : std::uint8_t { kRoot, kInCatalog };
//= DSP-2025-1#catalog-messages
// Fails with kConflict ("catalog.not_offered") if the product has no offer: the protocol has no such dataset. A product
// without distributions is offered in format "HttpData-PULL".
Result<wire::Json> to_dsp_dataset(const Product& product, const DspService& service, DspPlace place = DspPlace::kRoot);
// Products without offers are left out.
wire::Json to_dsp_catalog(std::string_view catalog_id, std::string_view participant, const DspService& service,
                          std::span<const Product> products);

// What another node's dataset says; foreign datasets have no identifiers of ours.
struct DspDataset {
  std::string id;
  Description description;
};
Result<DspDataset> parse_dsp_dataset(const wire::Json& json);
struct DspCatalog {
  std::string id;
  std::string participant;
  std::vector<DspDataset> datasets;
};
Result<DspCatalog> parse_dsp_catalog(const wire::Json& json);

}  // namespace weir::supply::catalog

// Dcat: a product as DCAT 3 JSON-LD and as the Catalog and Dataset of the Dataspace Protocol 2025-1.
//
// Format: docs/formats/product.md; schemas of the protocol: tests/vectors/catalog/dsp. Thread-safety: pure functions.
// Trust: parsers take hostile JSON; they read it as plain JSON with the terms and prefixes that the page lists, not as
// arbitrary JSON-LD.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/supply/catalog/product.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

// A dcat:Dataset with its context inline. parse_dcat(to_dcat(p)) == p.
wire::Json to_dcat(const Product& product);
Result<Product> parse_dcat(const wire::Json& json);

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

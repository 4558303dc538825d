// Product: a dataset packaged to be offered; what people say about it, and what the node knows.
//
// Format: docs/formats/product.md. The dictionary tables of NDI-TR-2025-06 are not public; the record is a project
// profile built on DCAT 3 and the code tables that are. Thread-safety: values and pure functions.
// Trust: parsers take hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/supply/catalog/codes.h"
#include "weir/supply/grade/grade.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

using identifier::NodeId;
using identifier::ProductId;
using identifier::SubjectId;

// The state of one version. Stored and sent by name.
enum class Status : std::uint8_t { kDraft = 1, kSubmitted = 2, kPublished = 3, kSuperseded = 4, kDeregistered = 5 };
std::string_view name_of(Status status);
Text text_of(Status status);
Result<Status> parse_status(std::string_view name);

struct Column {
  std::string name;
  std::string type;  // "string", "integer", "number", "boolean", "date", "datetime", "bytes"
  Text title;
  Text description;
  bool personal = false;  // tells of a person
  friend bool operator==(const Column&, const Column&) = default;
};

struct Price {
  std::string currency;       // ISO 4217
  std::int64_t amount = 0;    // in ten-thousandths of the unit
  std::string per;            // "once", "use", "month", "year", "MiB"
  friend bool operator==(const Price&, const Price&) = default;
};

// Terms under which the product is offered.
struct Offer {
  std::string id;
  std::string policy;        // ODRL JSON, canonical (RFC 8785)
  std::string policy_hash;   // "sha256:<hex>" or "sm3:<hex>" of the bytes of `policy`
  std::optional<Price> price;
  friend bool operator==(const Offer&, const Offer&) = default;
};
// Canonicalises the policy and hashes it with SHA-256.
Offer make_offer(std::string id, const wire::Json& policy, std::optional<Price> price = std::nullopt);

struct Distribution {
  DeliveryForm form = DeliveryForm::kDataset;
  std::string format;        // "csv", "HttpData-PULL"
  std::string media_type;
  std::string access_url;
  std::string download_url;
  std::optional<std::int64_t> bytes;
  Text title;
  friend bool operator==(const Distribution&, const Distribution&) = default;
};

// The bytes of the product, as the delivery room laid them out. Set before publication.
struct Content {
  std::string hash_algorithm;  // "sha256", "sm3"
  std::string root;            // hex: root of the Merkle tree over the chunks
  std::int64_t bytes = 0;
  std::int64_t chunk_bytes = 0;
  std::int64_t chunks = 0;
  friend bool operator==(const Content&, const Content&) = default;
};

struct Period {
  std::optional<Timestamp> from;
  std::optional<Timestamp> until;
  std::string text;  // as the source said it, if it could not be read
  friend bool operator==(const Period&, const Period&) = default;
};

struct Place {
  std::string text;
  std::optional<std::array<double, 4>> box;  // west, south, east, north
  friend bool operator==(const Place&, const Place&) = default;
};

// Where a loaded record came from.
struct Origin {
  std::string catalog;       // "us-federal/nasa"
  std::string identifier;    // there
  std::string publisher;
  std::string modified;      // as the source said it
  std::string landing_page;
  std::string contact;       // mailto: or a name
  friend bool operator==(const Origin&, const Origin&) = default;
};

//= NDI-TR-2025-06#product-record
// What people say of a product: the content of one version.
struct Description {
  Text title;        // at least one language
  Text description;
  std::vector<std::string> keywords;  // any language
  std::string publisher_name;
  std::vector<Classification> classifications;
  std::vector<std::string> topics;    // "A0100", "S0200"
  std::vector<std::string> themes;    // free words
  std::optional<DataSource> source;
  std::optional<Frequency> frequency;
  std::optional<Quality> quality;
  std::optional<ServiceKind> service;
  std::string region;                 // GB/T 2260, 2 to 12 digits
  std::string industry;               // GB/T 4754: a letter and up to four digits
  std::vector<std::string> languages; // BCP 47
  std::string licence;                // IRI or name
  std::string rights;
  Period temporal;
  Place spatial;
  std::vector<Column> columns;
  std::optional<grade::Grading> grade;
  std::vector<Offer> offers;
  std::vector<Distribution> distributions;
  std::optional<Content> content;
  std::optional<Origin> origin;
  friend bool operator==(const Description&, const Description&) = default;
};

struct Product {
  ProductId id;
  SubjectId publisher;
  NodeId node;               // where it is published
  std::int64_t version = 1;
  Status status = Status::kDraft;
  Timestamp created;         // of the first version
  Timestamp updated;         // of this version's last transition
  Description description;
  friend bool operator==(const Product&, const Product&) = default;
};

// Fails with kInvalidArgument: "catalog.no_title", "catalog.too_long", "catalog.bad_code", "catalog.bad_offer",
// "catalog.bad_content"; what is well-formed may still lack what publication needs.
Result<> check(const Description& description);
// What publication needs besides: a grade, a description, and a grade that allows the offers ("grade.never_offered").
Result<> check_publishable(const Description& description);
// Names of the key members that are filled, as a share of all: the completeness of NDI practice (0 to 1).
double completeness(const Description& description);

// Empty members are left out. parse_description(to_json(d)) == d for every d that check() accepts.
wire::Json to_json(const Description& description);
Result<Description> parse_description(const wire::Json& json);
wire::Json to_json(const Product& product);
Result<Product> parse_product(const wire::Json& json);
// "sha256:<hex>" of the canonical JSON of the description: what a version is.
std::string content_hash(const Description& description);
// Names of the top-level members that differ.
std::vector<std::string> changed_members(const Description& before, const Description& after);

// A product of this node that is now published for the first time, or was ended: its identifier begins or ends to mean
// something.
struct Announcement {
  ProductId id;
  SubjectId publisher;
  bool ended = false;
};

}  // namespace weir::supply::catalog

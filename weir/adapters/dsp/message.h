// Message: what other connectors write as JSON-LD, as the compact form of the Dataspace Protocol 2025-1, and back.
//
// compact() understands the protocol's own form; the same with prefixes ("dspace:", "odrl:", "dcat:", or whatever an
// inline
// context calls them); the expanded form; and the messages of 2024-1 and 0.8, whose terms mean the same. Contexts
// are known
// here by name and never fetched. Format: docs/formats/dataspace-protocol.md. Thread-safety: pure functions.
// Trust: compact() takes hostile JSON, bounded by wire::parse_json; what it returns is shaped, not yet checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "weir/base/result.h"
#include "weir/wire/json.h"

namespace weir::adapters::dsp {

inline constexpr std::string_view kContext = "https://w3id.org/dspace/2025/1/context.jsonld";

//= DSP-2025-1#json-ld
// Fails with kInvalidArgument: "dsp.malformed" (no object, no type), "dsp.unknown_context" (a context that is not
// shipped
// here and without which the message has no meaning).
Result<wire::Json> compact(const wire::Json& message);

// Terms as they are compared: every right operand is text, as the protocol's schema wants it.
wire::Json plain_terms(wire::Json policy);

// A message for a connector that knows the protocol only: without the members that Weir adds for its own kind. The
// endpoint of a data address stands among its properties too: EDC looks for it nowhere else.
wire::Json for_foreigners(wire::Json message);

wire::Json catalog_error(const Error& error);

// Which part of the catalogue is asked for.
struct CatalogQuery {
  std::size_t offset = 0;
  std::size_t limit = 0;  // 0: as the answerer likes
};
// Of the filters, EDC's QuerySpec is understood as far as it says where to begin and how much to send. Fails with
// kInvalidArgument ("dsp.malformed", or "dsp.filter": another filter, or conditions in it).
Result<CatalogQuery> parse_catalog_request(const wire::Json& message);

}  // namespace weir::adapters::dsp

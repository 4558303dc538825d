// Dcat terms: the small pieces that DCAT-AP and the Dataspace Protocol share.
//
// Thread-safety: pure functions. Trust: readers take hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/supply/catalog/codes.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

namespace dcat_iris {
inline constexpr std::string_view kDcat = "http://www.w3.org/ns/dcat#";
inline constexpr std::string_view kDct = "http://purl.org/dc/terms/";
inline constexpr std::string_view kFoaf = "http://xmlns.com/foaf/0.1/";
inline constexpr std::string_view kSkos = "http://www.w3.org/2004/02/skos/core#";
inline constexpr std::string_view kVcard = "http://www.w3.org/2006/vcard/ns#";
inline constexpr std::string_view kOdrl = "http://www.w3.org/ns/odrl/2/";
inline constexpr std::string_view kCsvw = "http://www.w3.org/ns/csvw#";
inline constexpr std::string_view kRdfs = "http://www.w3.org/2000/01/rdf-schema#";
inline constexpr std::string_view kXsd = "http://www.w3.org/2001/XMLSchema#";
inline constexpr std::string_view kGeo = "http://www.opengis.net/ont/geosparql#";
inline constexpr std::string_view kHydra = "http://www.w3.org/ns/hydra/core#";
inline constexpr std::string_view kWeir = "urn:x-weir:catalog#";
inline constexpr std::string_view kTopic = "urn:x-weir:topic:";
inline constexpr std::string_view kMediaTypes = "https://www.iana.org/assignments/media-types/";
// The authority tables of the EU's Publications Office, which DCAT-AP names.
inline constexpr std::string_view kEuFrequency = "http://publications.europa.eu/resource/authority/frequency/";
inline constexpr std::string_view kEuAccess = "http://publications.europa.eu/resource/authority/access-right/";
inline constexpr std::string_view kEuLanguage = "http://publications.europa.eu/resource/authority/language/";
}  // namespace dcat_iris

std::string_view eu_frequency(Frequency frequency);  // "DAILY"
std::optional<Frequency> parse_eu_frequency(std::string_view code);
// A language as the authority table names it, or as ISO 639 does where that has no code for it here.
std::string language_iri(std::string_view bcp47);
// The tag of such an IRI, or the text itself.
std::string language_of(std::string_view text);
// Whether it is written as an absolute IRI of http, https, mailto or urn, without characters that no IRI has.
bool is_iri(std::string_view text);

// {"en": …, "zh": …} as [{"@language": "en", "@value": …}, …] and back; a plain text reads by its script.
wire::Json language_list(const wire::Json& by_language);
wire::Json language_object(const wire::Json& json);
// The value of {"@value": …}, or the value itself.
wire::Json plain_value(const wire::Json& json);
// An array's items; one for anything else; none for null.
wire::Json::Array as_list(const wire::Json& json);

// A box as WKT, "POLYGON((w s,e s,e n,w n,w s))", and back.
std::string box_text(const std::array<double, 4>& box);
Result<std::array<double, 4>> parse_box(std::string_view text);

}  // namespace weir::supply::catalog

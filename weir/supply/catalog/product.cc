// What a description must have, and what it is worth.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/product.h"

#include <algorithm>
#include <array>

#include "weir/base/check.h"
#include "weir/base/limits.h"
#include "weir/crypto/hash.h"
#include "weir/supply/catalog/json_fields.h"
#include "weir/wire/encoding.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kTitleBytesMax = 1024;
constexpr std::size_t kWordBytesMax = 512;
constexpr std::size_t kUrlBytesMax = 4096;
constexpr std::size_t kListMax = 512;
constexpr std::size_t kColumnsMax = 4096;
constexpr std::size_t kDistributionsMax = 1024;
constexpr std::size_t kOffersMax = 32;

struct StatusName {
  Status status;
  std::string_view name, en, zh;
};
constexpr StatusName kStatuses[] = {
    {Status::kDraft, "draft", "draft", "草稿"},
    {Status::kSubmitted, "submitted", "under review", "待审核"},
    {Status::kPublished, "published", "published", "已发布"},
    {Status::kSuperseded, "superseded", "replaced by a later version", "已被新版本取代"},
    {Status::kDeregistered, "deregistered", "deregistered", "已注销"},
};

const StatusName& row_of_status(Status status) {
  for (const StatusName& row : kStatuses) {
    if (row.status == status) return row;
  }
  WEIR_CHECK(!"an enumerator without a name");
  return kStatuses[0];
}

Error bad(std::string_view reason, std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

Result<> check_text(const std::string& text, std::size_t bytes_max, std::string_view what) {
  if (text.size() > bytes_max) return bad("catalog.too_long", std::string(what) + " is too long");
  if (!is_utf8(text)) return bad("catalog.malformed", std::string(what) + " is not UTF-8");
  return {};
}

Result<> check_list(const std::vector<std::string>& texts, std::string_view what) {
  if (texts.size() > kListMax) return bad("catalog.too_long", "more than 512 " + std::string(what));
  for (const std::string& text : texts) {
    if (text.empty()) return bad("catalog.malformed", "an empty entry in " + std::string(what));
    WEIR_TRY(check_text(text, kWordBytesMax, what));
  }
  return {};
}

bool digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<> check_codes(const Description& d) {
  for (const std::string& topic : d.topics) WEIR_TRY(check_topic(topic));
  const bool region = d.region.empty() || (d.region.size() >= 2 && d.region.size() <= 12 && digits(d.region));
  if (!region) return bad("catalog.bad_code", "the region is not a code of GB/T 2260");
  const bool industry = d.industry.empty() || (d.industry[0] >= 'A' && d.industry[0] <= 'T' && d.industry.size() <= 5 &&
                                               digits(std::string_view(d.industry).substr(1)));
  if (!industry) return bad("catalog.bad_code", "the industry is not a code of GB/T 4754");
  if (d.spatial.box) {
    const auto& [west, south, east, north] = *d.spatial.box;
    const auto within = [](double v, double most) { return v >= -most && v <= most; };
    if (!within(west, 180) || !within(east, 180) || !within(south, 90) || !within(north, 90)) {
      return bad("catalog.bad_code", "the box is not in degrees: west, south, east, north");
    }
  }
  return {};
}

Result<> check_offers(const std::vector<Offer>& offers) {
  if (offers.size() > kOffersMax) return bad("catalog.too_long", "more than 32 offers");
  for (const Offer& offer : offers) {
    if (offer.id.empty() || offer.id.size() > kWordBytesMax) return bad("catalog.bad_offer", "an offer without a short id");
    const auto same = [&](const Offer& other) { return other.id == offer.id; };
    if (std::count_if(offers.begin(), offers.end(), same) > 1) return bad("catalog.bad_offer", "two offers with one id");
    const auto policy = wire::parse_json(offer.policy);
    if (!policy || !policy->is_object()) return bad("catalog.bad_offer", "the policy of an offer is not a JSON object");
    if (policy->canonical() != offer.policy) return bad("catalog.bad_offer", "the policy of an offer is not canonical");
    const bool sm3 = offer.policy_hash.starts_with("sm3:");
    const auto algorithm = sm3 ? crypto::HashAlgorithm::kSm3 : crypto::HashAlgorithm::kSha256;
    const std::string hash = (sm3 ? "sm3:" : "sha256:") + wire::encode_hex(crypto::hash(algorithm, view_of(offer.policy)));
    if (hash != offer.policy_hash) return bad("catalog.bad_offer", "the hash of an offer is not that of its policy");
    if (offer.price && (offer.price->amount < 0 || offer.price->currency.size() != 3)) {
      return bad("catalog.bad_offer", "a price is a currency of three letters and an amount");
    }
  }
  return {};
}

Result<> check_content(const Content& content) {
  const auto root = wire::decode_hex(content.root);
  const bool known = content.hash_algorithm == "sha256" || content.hash_algorithm == "sm3";
  if (!known || !root || root->size() != crypto::kDigestBytes) return bad("catalog.bad_content", "the root is not a known hash");
  const bool counts = content.bytes >= 0 && content.chunk_bytes > 0 && content.chunks >= 0;
  const std::int64_t chunks = counts ? content.bytes / content.chunk_bytes + (content.bytes % content.chunk_bytes != 0) : -1;
  if (content.chunks != chunks) return bad("catalog.bad_content", "the chunks do not add up to the bytes");
  return {};
}

Result<> check_parts(const Description& d) {
  if (d.columns.size() > kColumnsMax) return bad("catalog.too_long", "more than 4096 columns");
  for (const Column& column : d.columns) {
    if (column.name.empty()) return bad("catalog.malformed", "a column without a name");
    for (const std::string* text : {&column.name, &column.type, &column.title.en, &column.title.zh}) {
      WEIR_TRY(check_text(*text, kWordBytesMax, "a column"));
    }
    WEIR_TRY(check_text(column.description.en, kUrlBytesMax, "a column's description"));
    WEIR_TRY(check_text(column.description.zh, kUrlBytesMax, "a column's description"));
  }
  if (d.distributions.size() > kDistributionsMax) return bad("catalog.too_long", "more than 1024 distributions");
  for (const Distribution& item : d.distributions) {
    WEIR_TRY(check_text(item.format, kWordBytesMax, "a format"));
    WEIR_TRY(check_text(item.media_type, kWordBytesMax, "a media type"));
    WEIR_TRY(check_text(item.title.en, kTitleBytesMax, "a distribution's title"));
    WEIR_TRY(check_text(item.title.zh, kTitleBytesMax, "a distribution's title"));
    WEIR_TRY(check_text(item.access_url, kUrlBytesMax, "an address"));
    WEIR_TRY(check_text(item.download_url, kUrlBytesMax, "an address"));
    if (item.bytes && *item.bytes < 0) return bad("catalog.malformed", "a size below zero");
  }
  if (d.content) WEIR_TRY(check_content(*d.content));
  if (d.origin) {
    const Origin& o = *d.origin;
    for (const std::string* text : {&o.catalog, &o.identifier, &o.publisher, &o.modified, &o.landing_page, &o.contact}) {
      WEIR_TRY(check_text(*text, kUrlBytesMax, "the origin"));
    }
  }
  return {};
}

}  // namespace

std::string_view name_of(Status status) { return row_of_status(status).name; }
Text text_of(Status status) {
  const StatusName& row = row_of_status(status);
  return {std::string(row.en), std::string(row.zh)};
}
Result<Status> parse_status(std::string_view name) {
  for (const StatusName& row : kStatuses) {
    if (row.name == name) return row.status;
  }
  return bad("catalog.malformed", "no such status");
}

Offer make_offer(std::string id, const wire::Json& policy, std::optional<Price> price) {
  Offer offer{.id = std::move(id), .policy = policy.canonical(), .policy_hash = {}, .price = std::move(price)};
  offer.policy_hash = "sha256:" + wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(offer.policy)));
  return offer;
}

Result<> check(const Description& d) {
  if (trim(d.title.en).empty() && trim(d.title.zh).empty()) {
    return bad("catalog.no_title", "a product needs a title").advise("Give it a title in English or Chinese.");
  }
  WEIR_TRY(check_text(d.title.en, kTitleBytesMax, "the title"));
  WEIR_TRY(check_text(d.title.zh, kTitleBytesMax, "the title"));
  WEIR_TRY(check_text(d.description.en, limits::kTextBytesMax, "the description"));
  WEIR_TRY(check_text(d.description.zh, limits::kTextBytesMax, "the description"));
  WEIR_TRY(check_text(d.publisher_name, kTitleBytesMax, "the publisher's name"));
  WEIR_TRY(check_text(d.licence, kUrlBytesMax, "the licence"));
  WEIR_TRY(check_text(d.rights, limits::kTextBytesMax, "the rights"));
  WEIR_TRY(check_text(d.temporal.text, kTitleBytesMax, "the period"));
  WEIR_TRY(check_text(d.spatial.text, kUrlBytesMax, "the place"));
  WEIR_TRY(check_list(d.keywords, "keywords"));
  WEIR_TRY(check_list(d.topics, "topics"));
  WEIR_TRY(check_list(d.themes, "themes"));
  WEIR_TRY(check_list(d.languages, "languages"));
  WEIR_TRY(check_codes(d));
  WEIR_TRY(check_offers(d.offers));
  return check_parts(d);
}

Result<> check_publishable(const Description& d) {
  WEIR_TRY(check(d));
  if (!d.grade) {
    return bad("catalog.no_grade", "a product is graded before it is published")
        .advise("Grade it: say what a leak would hurt and how badly.");
  }
  if (trim(d.description.en).empty() && trim(d.description.zh).empty()) {
    return bad("catalog.no_description", "a product is described before it is published");
  }
  if (!d.offers.empty()) WEIR_TRY(grade::may_be_offered(*d.grade));
  return {};
}

//= NDI capability draft#completeness
// Key fields filled, as a share; 0.95 is asked for.
double completeness(const Description& d) {
  const std::array filled{
      !d.title.en.empty() || !d.title.zh.empty(),
      !d.description.en.empty() || !d.description.zh.empty(),
      !d.keywords.empty(),
      !d.publisher_name.empty(),
      !d.classifications.empty() || !d.topics.empty() || !d.themes.empty() || !d.industry.empty(),
      d.source.has_value(),
      d.frequency.has_value(),
      d.grade.has_value(),
      !d.region.empty() || !d.spatial.text.empty() || d.spatial.box.has_value(),
      d.temporal.from.has_value() || !d.temporal.text.empty(),
      !d.licence.empty() || !d.offers.empty(),
      !d.distributions.empty(),
  };
  return static_cast<double>(std::count(filled.begin(), filled.end(), true)) / static_cast<double>(filled.size());
}

std::string content_hash(const Description& description) {
  const std::string text = to_json(description).canonical();
  return "sha256:" + wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(text)));
}

std::vector<std::string> changed_members(const Description& before, const Description& after) {
  const wire::Json a = to_json(before);
  const wire::Json b = to_json(after);
  std::vector<std::string> names;
  for (const auto& [name, value] : a.members()) {
    if (!(b[name] == value)) names.push_back(name);
  }
  for (const auto& [name, value] : b.members()) {
    if (!a.has(name)) names.push_back(name);
  }
  return names;
}

}  // namespace weir::supply::catalog

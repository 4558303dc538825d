// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/cursor.h"

#include "weir/supply/catalog/json_fields.h"
#include "weir/wire/encoding.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kCursorBytesMax = 1024;

// FNV-1a: tells queries apart by accident, not against an attacker; a cursor grants nothing.
std::int64_t fingerprint(const Query& query) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    hash = (hash ^ 0xff) * 0x100000001b3u;
  };
  mix(query.text);
  for (const Filter& filter : query.filters) {
    mix(name_of(filter.facet));
    for (const std::string& value : filter.any_of) mix(value);
    mix("");
  }
  mix(std::to_string(query.updated_from.value_or(Timestamp(-1)).value()));
  mix(std::to_string(query.updated_until.value_or(Timestamp(-1)).value()));
  mix(std::to_string(static_cast<int>(query.order)) + "/" + std::to_string(static_cast<int>(query.shelf)));
  return static_cast<std::int64_t>(hash >> 12);  // stays a whole number in JSON everywhere
}

Error bad() {
  return Error(Errc::kInvalidArgument, "the cursor is not one of this query")
      .because("catalog.bad_cursor")
      .advise("Start again without a cursor.");
}

}  // namespace

std::string format_cursor(const Cursor& cursor, const Query& query) {
  wire::Json json = wire::Json::object({{"q", fingerprint(query)}, {"s", cursor.sequence}, {"t", cursor.total}});
  if (cursor.more_than) json.set("m", true);
  if (cursor.top != 0) json.set("a", cursor.top);
  if (cursor.score != 0) json.set("r", cursor.score);
  set_text(json, "k", cursor.key);
  return wire::encode_base64url(view_of(json.dump()));
}

Result<Cursor> parse_cursor(std::string_view text, const Query& query) {
  if (text.size() > kCursorBytesMax) return bad();
  const auto bytes = wire::decode_base64url(text);
  if (!bytes) return bad();
  const auto json = wire::parse_json(weir::text_of(*bytes));
  if (!json || !json->is_object()) return bad();
  Fields fields(*json, "cursor");
  const std::int64_t of_query = fields.integer("q");
  const Cursor cursor{.sequence = fields.integer("s"),
                      .top = fields.maybe_integer("a").value_or(0),
                      .score = fields.maybe_integer("r").value_or(0),
                      .key = fields.text("k"),
                      .total = fields.integer("t"),
                      .more_than = fields.boolean("m")};
  const bool sane = cursor.sequence >= 1 && cursor.top >= 0 && cursor.total >= 0 && cursor.total <= kTotalMax;
  if (!fields.ok() || of_query != fingerprint(query) || !sane) return bad();
  return cursor;
}

}  // namespace weir::supply::catalog

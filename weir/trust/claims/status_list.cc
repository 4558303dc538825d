// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/status_list.h"

#include <zlib.h>

#include "weir/base/check.h"
#include "weir/wire/encoding.h"

namespace weir::trust::claims {
namespace {

using wire::Json;

constexpr std::size_t kListBytesMax = 1u << 20;  // eight million entries
constexpr int kGzipWindow = 15 + 16;
constexpr std::string_view kRevocation = "revocation";

Error malformed(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the status list cannot be read: " + std::string(why))
      .because("claims.malformed");
}

std::string_view list_type(Profile profile) {
  return profile == Profile::kVc20 ? "BitstringStatusList" : "StatusList2021";
}

Bytes pack(const Bytes& bytes) {
  z_stream stream{};
  WEIR_CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  Bytes out(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  WEIR_CHECK(status == Z_STREAM_END);
  return out;
}

Result<Bytes> unpack(const Bytes& packed) {
  z_stream stream{};
  WEIR_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK);
  Bytes out(kListBytesMax);
  stream.next_in = const_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_in == 0;
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (!whole || out.empty()) return malformed("its bits are not packed as GZIP, or too many");
  return out;
}

}  // namespace

Result<StatusList> StatusList::decode(std::string_view text) {
  if (text.starts_with('u')) text.remove_prefix(1);
  while (text.ends_with('=')) text.remove_suffix(1);
  const auto packed = wire::decode_base64url(text);
  if (!packed) return malformed("its bits are not base64url");
  StatusList list(0);
  WEIR_TRY_LET(list.bits_, unpack(*packed));
  return list;
}

std::string StatusList::encode(Profile profile) const {
  return (profile == Profile::kVc20 ? "u" : "") + wire::encode_base64url(pack(bits_));
}

// The first entry is the leftmost bit.
Result<bool> StatusList::get(std::int64_t index) const {
  if (index < 0 || index >= entries()) return malformed("it has no such entry");
  return (bits_[static_cast<std::size_t>(index / 8)] >> (7 - index % 8) & 1) != 0;
}

void StatusList::set(std::int64_t index) {
  WEIR_CHECK(index >= 0 && index < entries());
  bits_[static_cast<std::size_t>(index / 8)] |= static_cast<std::uint8_t>(1 << (7 - index % 8));
}

Result<bool> status_of(std::string_view list_token, const StatusEntry& entry, const Document& issuer, Timestamp now) {
  WEIR_TRY_LET(const Credential list, read_credential(list_token));
  WEIR_TRY(verify_credential(list, issuer, now));
  const std::string type = list.claims.text_or("type", "");
  const bool known = type == list_type(Profile::kVc20) || type == list_type(Profile::kVc11);
  if (!known || list.claims.text_or("statusPurpose", "") != entry.purpose) {
    return malformed("it is of another kind or purpose");
  }
  WEIR_TRY_LET(const StatusList bits, StatusList::decode(list.claims.text_or("encodedList", "")));
  return bits.get(entry.index);
}

StatusEntry status_entry(Profile profile, std::string url, std::int64_t index) {
  return {.type = std::string(list_type(profile)) + "Entry",
          .purpose = std::string(kRevocation),
          .index = index,
          .list = std::move(url)};
}

std::string make_status_list(const crypto::PrivateKey& key, const NewStatusList& list) {
  return make_credential(key, {.profile = list.profile,
                               .id = list.url,
                               .issuer = list.issuer,
                               .subject = list.url + "#list",
                               .type = std::string(list_type(list.profile)) + "Credential",
                               .claims = Json::object({{"type", list_type(list.profile)},
                                                       {"statusPurpose", kRevocation},
                                                       {"encodedList", list.bits.encode(list.profile)}}),
                               .from = list.now,
                               .until = after(list.now, list.length),
                               .kid = list.kid});
}

}  // namespace weir::trust::claims

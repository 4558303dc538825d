// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/manifest.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/crypto/hash_pair.h"
#include "weir/tlog/tree.h"
#include "weir/wire/encoding.h"
#include "weir/wire/reader.h"

namespace weir::flow::delivery {
namespace {

constexpr std::string_view kMagic = "WEIRMAN1";
constexpr std::uint8_t kLeafPrefix[1] = {0};

Error malformed(std::string_view what) {
  return Error(Errc::kInvalidArgument, "manifest: " + std::string(what)).because("delivery.malformed_manifest");
}

Error mismatch(ChunkIndex index) {
  return Error(Errc::kCorrupt, "chunk " + std::to_string(index.value()) + " is not what the agreement names")
      .because("delivery.chunk_mismatch")
      .advise("the sender, or somebody on the way, changed the data; nothing of it was kept");
}

}  // namespace

std::string format(const ContentRoot& root) {
  return std::string(crypto::name_of(root.algorithm)) + ":" + wire::encode_hex(root.digest);
}

Result<ContentRoot> parse_content_root(std::string_view text) {
  const Error bad = Error(Errc::kInvalidArgument, "not a content root").because("delivery.content_root");
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.size() != colon + 1 + 2 * crypto::kDigestBytes) return bad;
  ContentRoot out;
  WEIR_TRY_LET(out.algorithm, crypto::parse_hash_algorithm(text.substr(0, colon)));
  WEIR_TRY_LET(const Bytes raw, wire::decode_hex(text.substr(colon + 1)));
  std::copy(raw.begin(), raw.end(), out.digest.begin());
  if (format(out) != text) return bad;
  return out;
}

crypto::Digest chunk_digest(crypto::HashAlgorithm algorithm, ByteView chunk) {
  return tlog::leaf_hash(algorithm, chunk);
}

std::uint32_t Manifest::length_of(ChunkIndex index) const {
  WEIR_CHECK(index.value() < chunk_count());
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(chunk_bytes, size - offset_of(index)));
}

bool Manifest::has_place_for(ChunkIndex index, ByteView chunk) const {
  return index.value() < chunk_count() && chunk.size() == length_of(index);
}

ContentRoot Manifest::root() const { return {algorithm, tlog::root_of_leaves(algorithm, chunks)}; }

Result<> Manifest::verify(ChunkIndex index, ByteView chunk) const {
  if (!has_place_for(index, chunk) || chunk_digest(algorithm, chunk) != chunks[index.value()]) return mismatch(index);
  return {};
}

Result<> Manifest::verify_two(ChunkIndex index, ByteView chunk, ByteView next) const {
  const ChunkIndex after(index.value() + 1);
  if (!has_place_for(index, chunk)) return mismatch(index);
  if (!has_place_for(after, next)) return mismatch(after);
  const auto digests = crypto::hash_pair(algorithm, kLeafPrefix, chunk, next);
  if (digests[0] != chunks[index.value()]) return mismatch(index);
  if (digests[1] != chunks[after.value()]) return mismatch(after);
  return {};
}

Bytes encode(const Manifest& manifest) {
  wire::Builder out;
  out.put(kMagic).u8(static_cast<std::uint8_t>(manifest.algorithm)).u32(manifest.chunk_bytes).u64(manifest.size);
  for (const crypto::Digest& digest : manifest.chunks) out.put(digest);
  return out.take();
}

Result<Manifest> decode_manifest(ByteView bytes) {
  wire::Reader reader(bytes);
  WEIR_TRY_LET(const ByteView magic, reader.take(kMagic.size()));
  if (text_of(magic) != kMagic) return malformed("wrong magic");
  Manifest out;
  WEIR_TRY_LET(const std::uint8_t algorithm, reader.u8());
  if (algorithm != 1 && algorithm != 2) return malformed("unknown hash algorithm");
  out.algorithm = static_cast<crypto::HashAlgorithm>(algorithm);
  WEIR_TRY_LET(out.chunk_bytes, reader.u32());
  if (out.chunk_bytes < kChunkBytesMin || out.chunk_bytes > kChunkBytesMax) return malformed("chunk size out of range");
  WEIR_TRY_LET(out.size, reader.u64());
  const std::uint64_t count = out.size / out.chunk_bytes + (out.size % out.chunk_bytes != 0 ? 1 : 0);
  if (count > kChunksMax) return malformed("too many chunks");
  if (reader.left() != count * crypto::kDigestBytes) return malformed("digest count does not match the size");
  out.chunks.resize(count);
  for (crypto::Digest& digest : out.chunks) {
    WEIR_TRY_LET(const ByteView raw, reader.take(crypto::kDigestBytes));
    std::copy(raw.begin(), raw.end(), digest.begin());
  }
  WEIR_TRY(reader.finish());
  return out;
}

ManifestBuilder::ManifestBuilder(crypto::HashAlgorithm algorithm, std::uint32_t chunk_bytes) : hasher_(algorithm) {
  WEIR_CHECK(chunk_bytes >= kChunkBytesMin && chunk_bytes <= kChunkBytesMax);
  manifest_.algorithm = algorithm;
  manifest_.chunk_bytes = chunk_bytes;
}

Result<> ManifestBuilder::add(ByteView bytes) {
  while (!bytes.empty()) {
    if (in_chunk_ == 0) {
      if (manifest_.chunk_count() == kChunksMax) {
        return Error(Errc::kExhausted, "the file has more than " + std::to_string(kChunksMax) + " chunks")
            .because("delivery.too_large")
            .advise("publish it in parts");
      }
      hasher_.update(kLeafPrefix);
    }
    const std::size_t count = std::min<std::size_t>(bytes.size(), manifest_.chunk_bytes - in_chunk_);
    hasher_.update(bytes.first(count));
    bytes = bytes.subspan(count);
    in_chunk_ += static_cast<std::uint32_t>(count);
    manifest_.size += count;
    if (in_chunk_ == manifest_.chunk_bytes) close_chunk();
  }
  return {};
}

void ManifestBuilder::close_chunk() {
  manifest_.chunks.push_back(hasher_.finish());
  in_chunk_ = 0;
}

Manifest ManifestBuilder::finish() && {
  if (in_chunk_ > 0) close_chunk();
  return std::move(manifest_);
}

}  // namespace weir::flow::delivery

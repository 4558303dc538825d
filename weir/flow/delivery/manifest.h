// Manifest: a file as a list of chunk digests under one Merkle root, made once, at publication.
//
// The root names the content: it is in the product record, in the signed agreement and in the receipt. A chunk's digest
// is the RFC 6962 leaf hash of its bytes, the root their RFC 6962 tree head, so one chunk can be proven alone.
// Format: docs/formats/manifest.md. Thread-safety: values. Trust: decode_manifest takes hostile bytes; a decoded manifest
// is what somebody claims until its root() is compared with a signed one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/strong.h"
#include "weir/crypto/hash.h"

namespace weir::flow::delivery {

using ChunkIndex = Strong<std::uint64_t, struct ChunkIndexTag>;

inline constexpr std::uint32_t kChunkBytes = 1u << 20;
inline constexpr std::uint32_t kChunkBytesMin = 4096;
inline constexpr std::uint32_t kChunkBytesMax = 16u << 20;
inline constexpr std::uint64_t kChunksMax = 4u << 20;  // 4 TiB in chunks of 1 MiB

// "sha256:<64 hex digits>": the name of a content.
struct ContentRoot {
  crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256;
  crypto::Digest digest{};
  friend bool operator==(const ContentRoot&, const ContentRoot&) = default;
};
std::string format(const ContentRoot& root);
Result<ContentRoot> parse_content_root(std::string_view text);

crypto::Digest chunk_digest(crypto::HashAlgorithm algorithm, ByteView chunk);

struct Manifest {
  crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256;
  std::uint32_t chunk_bytes = kChunkBytes;
  std::uint64_t size = 0;
  std::vector<crypto::Digest> chunks;

  std::uint64_t chunk_count() const { return chunks.size(); }
  std::uint64_t offset_of(ChunkIndex index) const { return index.value() * chunk_bytes; }
  // Requires: index < chunk_count().
  std::uint32_t length_of(ChunkIndex index) const;
  ContentRoot root() const;
  // Fails with kCorrupt ("delivery.chunk_mismatch") unless `chunk` is the chunk of that place.
  Result<> verify(ChunkIndex index, ByteView chunk) const;
  // The same for a chunk and the next one; both at once cost little more than one.
  Result<> verify_two(ChunkIndex index, ByteView chunk, ByteView next) const;

 private:
  bool has_place_for(ChunkIndex index, ByteView chunk) const;
};

Bytes encode(const Manifest& manifest);
Result<Manifest> decode_manifest(ByteView bytes);

// Makes a manifest from bytes that arrive in pieces of any size.
class ManifestBuilder {
 public:
  explicit ManifestBuilder(crypto::HashAlgorithm algorithm, std::uint32_t chunk_bytes = kChunkBytes);
  // Fails with kExhausted ("delivery.too_large") past kChunksMax chunks.
  Result<> add(ByteView bytes);
  Manifest finish() &&;

 private:
  void close_chunk();
  Manifest manifest_;
  crypto::Hasher hasher_;
  std::uint32_t in_chunk_ = 0;
};

}  // namespace weir::flow::delivery

// Blobs: immutable runs of bytes named by their digest; files by default.
//
// Two puts of the same bytes are one blob. A put is durable when finish() returns, and leaves nothing if it does not.
// Layout of the files: docs/formats/store.md. Thread-safe; a writer belongs to one thread.
// Trust: bytes are hashed while written; opening does not hash again, so readers that must not trust the disk verify.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weir/crypto/hash.h"
#include "weir/store/files.h"

namespace weir::store {

struct BlobId {
  crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256;
  crypto::Digest digest = {};
  friend bool operator==(const BlobId&, const BlobId&) = default;
};
std::string format(const BlobId& id);               // "sha256:" and 64 hexadecimal digits
Result<BlobId> parse_blob_id(std::string_view text);  // exactly that, lower case

class BlobWriter {
 public:
  virtual ~BlobWriter() = default;  // without finish(): nothing was put
  virtual Result<> append(ByteView bytes) = 0;
  // Requires: called once. kCorrupt "store.blob_mismatch" if size or digest are not the expected ones.
  virtual Result<BlobId> finish() = 0;
};

class Blob {
 public:
  virtual ~Blob() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` from `offset`; fewer bytes only at the end.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
};

class Blobs {
 public:
  struct Expected {
    crypto::HashAlgorithm algorithm = crypto::HashAlgorithm::kSha256;
    std::optional<crypto::Digest> digest = {};
    std::optional<std::uint64_t> size = {};  // checked for space before the first byte, and enforced
  };

  virtual ~Blobs() = default;
  virtual Result<std::unique_ptr<BlobWriter>> create(const Expected& expected) = 0;
  virtual Result<std::unique_ptr<Blob>> open(const BlobId& id) = 0;  // kNotFound "store.no_blob"
  virtual Result<bool> exists(const BlobId& id) = 0;
  virtual Result<> remove(const BlobId& id) = 0;  // fine if it is not there; open readers keep reading

  Result<BlobId> put(crypto::HashAlgorithm algorithm, ByteView bytes);
};

// In the folder `root`, which it makes if needed, and which nobody else writes to. `files` outlives it.
// Unfinished puts of an earlier process are removed.
Result<std::unique_ptr<Blobs>> open_file_blobs(Files& files, const std::string& root);

}  // namespace weir::store

// Spill: bytes that wait on disk until all of them are there and have a name. Sealed under a key that only this process
// knows, so what a crash leaves behind says nothing.
//
// Thread-safety: none. Errors: those of Files; kCorrupt ("seal.broken") if the file was altered meanwhile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/base/random.h"
#include "weir/crypto/seal.h"
#include "weir/flow/delivery/manifest.h"
#include "weir/store/files.h"

namespace weir::flow::delivery {

class Spill {
 public:
  // Removes what an earlier one left at `path`. It takes half of what is free on the disk; the other half is for what
  // becomes of it.
  static Result<Spill> open(store::Files& files, std::string path, crypto::Suite suite, Random& random);
  Spill(Spill&&) noexcept = default;
  Spill& operator=(Spill&&) = delete;
  ~Spill();  // removes the file

  // Fails with kExhausted ("delivery.no_room").
  Result<> add(ByteView bytes);
  // No more comes. Requires: once, before read().
  Result<> finish();
  std::uint64_t size() const { return size_; }
  // The chunk of a manifest with chunks of kChunkBytes. Requires: index is one of it.
  Result<Bytes> read(ChunkIndex index) const;

 private:
  Spill(store::Files& files, std::string path, crypto::SealingKey key, std::size_t overhead,
        std::unique_ptr<store::File> file)
      : files_(&files), path_(std::move(path)), key_(std::move(key)), overhead_(overhead), file_(std::move(file)) {}
  Result<> write_chunk();
  std::uint64_t place_of(std::uint64_t chunk) const { return chunk * (kChunkBytes + overhead_); }

  store::Files* files_;
  std::string path_;
  crypto::SealingKey key_;
  std::size_t overhead_;
  std::unique_ptr<store::File> file_;
  Bytes chunk_;  // begun, not yet written
  std::uint64_t chunks_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t room_ = 0;
};

}  // namespace weir::flow::delivery

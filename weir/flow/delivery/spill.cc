// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/spill.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::flow::delivery {

namespace {

crypto::Nonce nonce_of(std::uint64_t chunk) {
  crypto::Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] = static_cast<std::uint8_t>(chunk >> (8 * i));
  return nonce;
}

}  // namespace

Result<Spill> Spill::open(store::Files& files, std::string path, crypto::Suite suite, Random& random) {
  WEIR_TRY(files.make_directories(store::parent_of(path)));
  WEIR_TRY_LET(const bool left, files.exists(path));
  if (left) WEIR_TRY(files.remove(path));
  WEIR_TRY_LET(auto file, files.open(path, store::OpenMode::kCreate));
  const auto key = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
  Spill out(files, std::move(path), crypto::SealingKey(suite, key), crypto::SealingKey::overhead(suite),
            std::move(file));
  WEIR_TRY_LET(const std::uint64_t free, files.free_bytes(store::parent_of(out.path_)));
  out.room_ = free / 2;
  return out;
}

Spill::~Spill() {
  if (!file_) return;  // moved away
  file_.reset();
  (void)files_->remove(path_);
}

Result<> Spill::write_chunk() {
  WEIR_TRY(file_->write_at(place_of(chunks_), key_.seal(nonce_of(chunks_), {}, chunk_)));
  ++chunks_;
  chunk_.clear();
  return {};
}

Result<> Spill::add(ByteView bytes) {
  if (bytes.size() > room_ - size_) {
    return Error(Errc::kExhausted, "what comes is more than half of what is free on the disk: over " +
                                       std::to_string(size_ >> 20) + " MiB")
        .because("delivery.no_room")
        .advise(
            "make room where the node keeps its data; a foreign provider's data are written twice before they are "
            "taken");
  }
  while (!bytes.empty()) {
    const std::size_t some = std::min<std::size_t>(bytes.size(), kChunkBytes - chunk_.size());
    chunk_.insert(chunk_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(some));
    bytes = bytes.subspan(some);
    size_ += some;
    if (chunk_.size() == kChunkBytes) WEIR_TRY(write_chunk());
  }
  return {};
}

Result<> Spill::finish() {
  if (!chunk_.empty()) WEIR_TRY(write_chunk());
  return {};
}

Result<Bytes> Spill::read(ChunkIndex index) const {
  WEIR_CHECK(index.value() < chunks_);
  const std::uint64_t plain = std::min<std::uint64_t>(kChunkBytes, size_ - index.value() * kChunkBytes);
  Bytes sealed(plain + overhead_);
  WEIR_TRY_LET(const std::size_t got, file_->read_at(place_of(index.value()), sealed));
  return key_.open(nonce_of(index.value()), {}, ByteView(sealed).first(got));
}

}  // namespace weir::flow::delivery

// SPDX-License-Identifier: Apache-2.0
#include "weir/node/image_file.h"

#include <algorithm>
#include <cstring>

#include "weir/base/check.h"
#include "weir/crypto/hash.h"
#include "weir/wire/reader.h"

namespace weir::node {
namespace {

using mpc::Block;
using mpc::Blocks;

constexpr std::size_t kRecordImages = 16384;  // of all but the last record
constexpr std::size_t kHeadBytes = 4;         // how many images there are
constexpr std::size_t kRecordBytes = kHeadBytes + sizeof(crypto::Digest) + sizeof(Block) * kRecordImages;
constexpr std::size_t kAtOnce = std::size_t{1} << 20;  // images that are given at once

crypto::Digest digest_of(Block name, std::size_t record, std::span<const Block> images) {
  wire::Builder head;
  head.u64(record).u64(images.size());
  return crypto::hash(crypto::HashAlgorithm::kSha256, {view_of("weir/images/1"), mpc::bytes_of(std::span(&name, 1)),
                                                       head.bytes(), mpc::bytes_of(images)});
}

}  // namespace

// What was written there; false if it is not whole.
Result<bool> ImageFile::read(std::size_t record, Blocks& images) {
  Bytes bytes(kRecordBytes);
  WEIR_TRY_LET(const std::size_t got, file_->read_at(record * kRecordBytes, bytes));
  if (got < kHeadBytes + sizeof(crypto::Digest)) return false;
  wire::Reader in(bytes);
  WEIR_TRY_LET(const std::uint32_t count, in.u32());
  const std::size_t behind = kHeadBytes + sizeof(crypto::Digest);
  if (count == 0 || count > kRecordImages || got < behind + sizeof(Block) * count) return false;
  images.resize(count);
  std::memcpy(images.data(), bytes.data() + behind, sizeof(Block) * count);
  const crypto::Digest wanted = digest_of(name_, record, images);
  return std::memcmp(wanted.data(), bytes.data() + kHeadBytes, sizeof wanted) == 0;
}

Result<std::size_t> ImageFile::find_end() {
  Blocks images;
  std::size_t out = 0;
  for (std::size_t record = 0;; ++record) {
    WEIR_TRY_LET(const bool whole, read(record, images));
    if (!whole) return out;
    out += images.size();
    if (images.size() < kRecordImages) return out;
  }
}

Result<std::size_t> ImageFile::open(Block name) {
  if (file_ && name == name_) return count_;
  name_ = name;
  WEIR_TRY_LET(file_, files_.open(path_, store::OpenMode::kCreateOrOpen));
  WEIR_TRY(files_.sync_directory(store::parent_of(path_)));
  WEIR_TRY_LET(count_, find_end());
  return count_;
}

Result<> ImageFile::add(std::span<const Block> images) {
  for (std::size_t at = 0; at < images.size(); at += kRecordImages) {
    if (count_ % kRecordImages != 0) {
      return Error(Errc::kCorrupt, "images came behind the last ones").because("mpc.images");
    }
    const auto some = images.subspan(at, std::min(kRecordImages, images.size() - at));
    const std::size_t record = count_ / kRecordImages;
    wire::Builder out;
    out.u32(static_cast<std::uint32_t>(some.size())).put(digest_of(name_, record, some)).put(mpc::bytes_of(some));
    WEIR_TRY(file_->write_at(record * kRecordBytes, out.bytes()));
    count_ += some.size();
  }
  return {};
}

Result<> ImageFile::close() { return file_->sync(); }

Result<> ImageFile::each(const std::function<void(std::span<const Block>)>& take) {
  Blocks some, images;
  std::size_t given = 0;
  for (std::size_t record = 0; given < count_; ++record) {
    WEIR_TRY_LET(const bool whole, read(record, images));
    if (!whole) return Error(Errc::kCorrupt, path_ + " is not as it was written").because("mpc.images");
    some.insert(some.end(), images.begin(), images.end());
    given += images.size();
    if (some.size() < kAtOnce && given < count_) continue;
    take(some);
    some.clear();
  }
  return {};
}

}  // namespace weir::node

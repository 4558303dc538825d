// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/contents.h"

#include "weir/wire/encoding.h"

namespace weir::flow::delivery {
namespace {

constexpr std::uint64_t kManifestBytesMax = 64 + kChunksMax * crypto::kDigestBytes;
constexpr std::string_view kTemporary = "incoming-";

}  // namespace

Contents::Contents(store::Files& files, std::string folder, crypto::HashAlgorithm algorithm, Random& random)
    : files_(files), folder_(std::move(folder)), algorithm_(algorithm), random_(random) {}

std::string Contents::folder_of(const ContentRoot& root) const {
  return folder_ + "/" + std::string(crypto::name_of(root.algorithm)) + "-" + wire::encode_hex(root.digest);
}

Result<StoredContent> Contents::put(const ReadBytes& source) {
  const std::string temporary = folder_ + "/" + std::string(kTemporary) + random_.uuid();
  WEIR_TRY(files_.make_directories(temporary));
  auto stored = write_and_name(temporary, source);
  if (!stored) {
    // The first error is the one worth reporting.
    [[maybe_unused]] const Result<> cleaned = files_.remove_tree(temporary);
  }
  return stored;
}

Result<StoredContent> Contents::write_and_name(const std::string& temporary, const ReadBytes& source) {
  WEIR_TRY_LET(auto data, files_.open(temporary + "/data", store::OpenMode::kCreate));
  ManifestBuilder builder(algorithm_);
  Bytes buffer(1u << 20);
  std::uint64_t offset = 0;
  while (true) {
    WEIR_TRY_LET(const std::size_t got, source(buffer));
    if (got == 0) break;
    const ByteView piece = ByteView(buffer).first(got);
    WEIR_TRY(builder.add(piece));
    WEIR_TRY(data->write_at(offset, piece));
    offset += got;
  }
  WEIR_TRY(data->sync());
  data.reset();
  const Manifest manifest = std::move(builder).finish();
  const StoredContent stored{manifest.root(), manifest.size, manifest.chunk_bytes};
  WEIR_TRY(files_.write_durable(temporary + "/manifest", encode(manifest)));
  const std::string final_folder = folder_of(stored.root);
  WEIR_TRY_LET(const bool there, files_.exists(final_folder));
  if (there) {
    WEIR_TRY(files_.remove_tree(temporary));
    return stored;
  }
  WEIR_TRY(files_.rename(temporary, final_folder));
  WEIR_TRY(files_.sync_directory(folder_));
  return stored;
}

Result<Content> Contents::open(const ContentRoot& root) {
  const std::string folder = folder_of(root);
  WEIR_TRY_LET(const bool there, files_.exists(folder));
  if (!there) {
    return Error(Errc::kNotFound, "no content " + format(root) + " on this node").because("delivery.no_content");
  }
  WEIR_TRY_LET(const Bytes encoded, files_.read_all(folder + "/manifest", kManifestBytesMax));
  WEIR_TRY_LET(Manifest manifest, decode_manifest(encoded));
  if (manifest.root() != root) {
    return Error(Errc::kCorrupt, "the stored manifest is not the one of " + format(root)).because("delivery.manifest");
  }
  WEIR_TRY_LET(auto data, files_.open(folder + "/data", store::OpenMode::kRead));
  return Content{std::move(manifest), std::move(data)};
}

Result<> Contents::remove(const ContentRoot& root) {
  WEIR_TRY(files_.remove_tree(folder_of(root)));
  return files_.sync_directory(folder_);
}

Result<> Contents::sweep() {
  WEIR_TRY_LET(const auto names, files_.list(folder_));
  for (const std::string& name : names) {
    if (name.starts_with(kTemporary)) WEIR_TRY(files_.remove_tree(folder_ + "/" + name));
  }
  return {};
}

}  // namespace weir::flow::delivery

// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/contents.h"

#include "weir/wire/encoding.h"

namespace weir::flow::delivery {
namespace {

constexpr std::uint64_t kManifestBytesMax = 64 + kChunksMax * crypto::kDigestBytes;
constexpr std::string_view kTemporary = "incoming-";

}  // namespace

Contents::Contents(store::Files& files, std::string folder, crypto::HashAlgorithm algorithm, Random& random,
                   std::uint32_t chunk_bytes)
    : files_(files), folder_(std::move(folder)), algorithm_(algorithm), random_(random), chunk_bytes_(chunk_bytes) {}

std::string Contents::folder_of(const ContentRoot& root) const {
  return folder_ + "/" + std::string(crypto::name_of(root.algorithm)) + "-" + wire::encode_hex(root.digest);
}

Result<std::unique_ptr<ContentWriter>> Contents::begin() {
  std::string temporary = folder_ + "/" + std::string(kTemporary) + random_.uuid();
  WEIR_TRY(files_.make_directories(temporary));
  WEIR_TRY_LET(auto data, files_.open(temporary + "/data", store::OpenMode::kCreate));
  return std::unique_ptr<ContentWriter>(new ContentWriter(*this, std::move(temporary), std::move(data)));
}

ContentWriter::ContentWriter(Contents& contents, std::string temporary, std::unique_ptr<store::File> data)
    : contents_(contents),
      temporary_(std::move(temporary)),
      data_(std::move(data)),
      builder_(contents.algorithm_, contents.chunk_bytes_) {}

ContentWriter::~ContentWriter() {
  if (temporary_.empty()) return;
  data_.reset();
  // What cannot be removed now is removed by sweep().
  [[maybe_unused]] const Result<> cleaned = contents_.files_.remove_tree(temporary_);
}

Result<> ContentWriter::add(ByteView bytes) {
  WEIR_TRY(builder_.add(bytes));
  WEIR_TRY(data_->write_at(offset_, bytes));
  offset_ += bytes.size();
  return {};
}

Result<StoredContent> ContentWriter::finish() {
  store::Files& files = contents_.files_;
  WEIR_TRY(data_->sync());
  data_.reset();
  const Manifest manifest = std::move(builder_).finish();
  const StoredContent stored{manifest.root(), manifest.size, manifest.chunk_bytes};
  WEIR_TRY(files.write_durable(temporary_ + "/manifest", encode(manifest)));
  const std::string final_folder = contents_.folder_of(stored.root);
  WEIR_TRY_LET(const bool there, files.exists(final_folder));
  if (there) return stored;  // the destructor drops the second copy
  WEIR_TRY(files.rename(temporary_, final_folder));
  temporary_.clear();
  WEIR_TRY(files.sync_directory(final_folder));
  WEIR_TRY(files.sync_directory(contents_.folder_));
  return stored;
}

Result<Content> Contents::open(const ContentRoot& root) {
  const std::string folder = folder_of(root);
  WEIR_TRY_LET(auto data, open_data(root));
  WEIR_TRY_LET(const Bytes encoded, files_.read_all(folder + "/manifest", kManifestBytesMax));
  WEIR_TRY_LET(Manifest manifest, decode_manifest(encoded));
  if (manifest.root() != root) {
    return Error(Errc::kCorrupt, "the stored manifest is not the one of " + format(root)).because("delivery.manifest");
  }
  return Content{std::move(manifest), std::move(data)};
}

Result<std::unique_ptr<store::File>> Contents::open_data(const ContentRoot& root) {
  WEIR_TRY_LET(const std::string path, path_of_data(root));
  return files_.open(path, store::OpenMode::kRead);
}

Result<std::string> Contents::path_of_data(const ContentRoot& root) {
  const std::string folder = folder_of(root);
  WEIR_TRY_LET(const bool there, files_.exists(folder));
  if (there) return folder + "/data";
  return Error(Errc::kNotFound, "no content " + format(root) + " on this node").because("delivery.no_content");
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

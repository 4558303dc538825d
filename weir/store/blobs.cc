// SPDX-License-Identifier: Apache-2.0
#include "weir/store/blobs.h"

#include <algorithm>
#include <atomic>

#include "weir/base/check.h"
#include "weir/wire/encoding.h"

namespace weir::store {

namespace {

class FileBlob final : public Blob {
 public:
  FileBlob(std::unique_ptr<File> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    return file_->read_at(offset, out);
  }

 private:
  const std::unique_ptr<File> file_;
  const std::uint64_t size_;
};

class FileBlobs final : public Blobs {
 public:
  FileBlobs(Files& files, std::string root) : files_(files), root_(std::move(root)) {}

  Result<> prepare() {
    WEIR_TRY(files_.make_directories(root_));
    WEIR_TRY(files_.remove_tree(incoming()));
    return files_.make_directories(incoming());
  }

  Result<std::unique_ptr<BlobWriter>> create(const Expected& expected) override;
  Result<std::unique_ptr<Blob>> open(const BlobId& id) override;
  Result<bool> exists(const BlobId& id) override { return files_.exists(path_of(id)); }
  Result<> remove(const BlobId& id) override;

  Files& files() { return files_; }
  // The folder of the first digest byte keeps folders small.
  std::string path_of(const BlobId& id) const {
    const std::string hex = wire::encode_hex(id.digest);
    return root_ + "/" + std::string(crypto::name_of(id.algorithm)) + "/" + hex.substr(0, 2) + "/" + hex;
  }

 private:
  std::string incoming() const { return root_ + "/incoming"; }

  Files& files_;
  const std::string root_;
  std::atomic<std::uint64_t> puts_ = 0;
};

class FileBlobWriter final : public BlobWriter {
 public:
  FileBlobWriter(FileBlobs& blobs, std::string path, std::unique_ptr<File> file, const Blobs::Expected& expected)
      : blobs_(blobs),
        path_(std::move(path)),
        file_(std::move(file)),
        expected_(expected),
        hasher_(expected.algorithm) {}
  ~FileBlobWriter() override {
    if (!path_.empty()) (void)blobs_.files().remove(path_);
  }

  Result<> append(ByteView bytes) override {
    if (expected_.size && bytes.size() > *expected_.size - size_) return mismatch("longer than announced");
    WEIR_TRY(file_->write_at(size_, bytes));
    hasher_.update(bytes);
    size_ += bytes.size();
    return {};
  }

  Result<BlobId> finish() override {
    WEIR_CHECK(file_ != nullptr);
    const BlobId id{.algorithm = expected_.algorithm, .digest = hasher_.finish()};
    if (expected_.size && size_ != *expected_.size) return mismatch("shorter than announced");
    if (expected_.digest && id.digest != *expected_.digest) return mismatch("not the bytes announced");
    WEIR_TRY(file_->sync());  // before any name points to them
    file_.reset();
    const std::string path = blobs_.path_of(id);
    WEIR_TRY_LET(const bool there, blobs_.files().exists(path));
    if (there) return id;  // synced by whoever put it first; ours goes with this writer
    WEIR_TRY(blobs_.files().make_directories(parent_of(path)));
    WEIR_TRY(blobs_.files().rename(path_, path));
    path_.clear();
    WEIR_TRY(blobs_.files().sync_directory(parent_of(path)));
    return id;
  }

 private:
  static Error mismatch(const char* how) {
    return Error(Errc::kCorrupt, std::string("the blob is ") + how).because("store.blob_mismatch");
  }

  FileBlobs& blobs_;
  std::string path_;  // empty: renamed
  std::unique_ptr<File> file_;
  const Blobs::Expected expected_;
  crypto::Hasher hasher_;
  std::uint64_t size_ = 0;
};

Result<std::unique_ptr<BlobWriter>> FileBlobs::create(const Expected& expected) {
  if (expected.size) {
    WEIR_TRY_LET(const std::uint64_t free, files_.free_bytes(incoming()));
    if (free < *expected.size) {
      return Error(Errc::kExhausted, "no space for a blob of " + std::to_string(*expected.size) + " bytes")
          .because("store.disk_full")
          .advise("Free space where the data folder lies.");
    }
  }
  const std::string path = incoming() + "/" + std::to_string(++puts_);
  WEIR_TRY_LET(auto file, files_.open(path, OpenMode::kCreate));
  return std::unique_ptr<BlobWriter>(std::make_unique<FileBlobWriter>(*this, path, std::move(file), expected));
}

Result<std::unique_ptr<Blob>> FileBlobs::open(const BlobId& id) {
  auto file = files_.open(path_of(id), OpenMode::kRead);
  if (!file && file.error().code() == Errc::kNotFound) {
    return Error(Errc::kNotFound, "no blob " + format(id)).because("store.no_blob");
  }
  WEIR_TRY_LET(auto opened, std::move(file));
  WEIR_TRY_LET(const std::uint64_t size, opened->size());
  return std::unique_ptr<Blob>(std::make_unique<FileBlob>(std::move(opened), size));
}

Result<> FileBlobs::remove(const BlobId& id) {
  const std::string path = path_of(id);
  auto removed = files_.remove(path);
  if (!removed && removed.error().code() == Errc::kNotFound) return {};
  WEIR_TRY(std::move(removed));
  return files_.sync_directory(parent_of(path));
}

}  // namespace

std::string format(const BlobId& id) {
  return std::string(crypto::name_of(id.algorithm)) + ":" + wire::encode_hex(id.digest);
}

Result<BlobId> parse_blob_id(std::string_view text) {
  const Error malformed =
      Error(Errc::kInvalidArgument, "a blob is named sha256:… or sm3:…").because("store.bad_blob_id");
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return malformed;
  WEIR_TRY_LET(const crypto::HashAlgorithm algorithm, crypto::parse_hash_algorithm(text.substr(0, colon)));
  const auto bytes = wire::decode_hex(text.substr(colon + 1));
  if (!bytes || bytes->size() != crypto::kDigestBytes) return malformed;
  BlobId id{.algorithm = algorithm};
  std::copy(bytes->begin(), bytes->end(), id.digest.begin());
  if (format(id) != text) return malformed;
  return id;
}

Result<BlobId> Blobs::put(crypto::HashAlgorithm algorithm, ByteView bytes) {
  WEIR_TRY_LET(const auto writer, create({.algorithm = algorithm, .size = bytes.size()}));
  WEIR_TRY(writer->append(bytes));
  return writer->finish();
}

Result<std::unique_ptr<Blobs>> open_file_blobs(Files& files, const std::string& root) {
  auto blobs = std::make_unique<FileBlobs>(files, root);
  WEIR_TRY(blobs->prepare());
  return std::unique_ptr<Blobs>(std::move(blobs));
}

}  // namespace weir::store

// Runs of bytes: from memory, from files, unpacked on the way.
// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <algorithm>
#include <array>

#include "weir/supply/catalog/load.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kPackedBytes = 64u << 10;

class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const std::size_t size = std::min(out.size(), text_.size() - at_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), size, out.begin());
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(std::unique_ptr<store::File> file) : file_(std::move(file)) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    WEIR_TRY_LET(const std::size_t size, file_->read_at(at_, out));
    at_ += size;
    return size;
  }

 private:
  std::unique_ptr<store::File> file_;
  std::uint64_t at_ = 0;
};

// Several gzip members one after the other are one run, as gzip(1) has it.
class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> packed) : packed_(std::move(packed)) {
    ready_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipSource() override { ::inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (!ready_) return bad();
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size(), 1u << 30));
    const std::size_t wanted = stream_.avail_out;
    while (stream_.avail_out > 0 && !finished_) WEIR_TRY(step());
    return wanted - stream_.avail_out;
  }

 private:
  Result<> step() {
    if (stream_.avail_in == 0) {
      WEIR_TRY_LET(const std::size_t size, packed_->read(buffer_));
      stream_.next_in = buffer_.data();
      stream_.avail_in = static_cast<uInt>(size);
      if (size == 0) {
        if (!between_members_) return bad();
        finished_ = true;
        return {};
      }
    }
    if (between_members_ && stream_.total_in > 0 && ::inflateReset(&stream_) != Z_OK) return bad();
    between_members_ = false;
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      between_members_ = true;
      return {};
    }
    return status == Z_OK || status == Z_BUF_ERROR ? Result<>() : Result<>(bad());
  }

  static Error bad() {
    return Error(Errc::kCorrupt, "the file is not whole gzip").because("catalog.bad_gzip").advise("Fetch the file again.");
  }

  std::unique_ptr<ByteSource> packed_;
  std::array<std::uint8_t, kPackedBytes> buffer_{};
  z_stream stream_{};
  bool ready_ = false;
  bool between_members_ = true;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> text_source(std::string text) { return std::make_unique<TextSource>(std::move(text)); }

Result<std::unique_ptr<ByteSource>> gunzip(std::unique_ptr<ByteSource> packed) {
  return std::unique_ptr<ByteSource>(std::make_unique<GzipSource>(std::move(packed)));
}

Result<std::unique_ptr<ByteSource>> file_source(store::Files& files, const std::string& path) {
  WEIR_TRY_LET(auto file, files.open(path, store::OpenMode::kRead));
  std::array<std::uint8_t, 2> magic{};
  WEIR_TRY_LET(const std::size_t size, file->read_at(0, magic));
  std::unique_ptr<ByteSource> plain = std::make_unique<FileSource>(std::move(file));
  if (size == 2 && magic[0] == 0x1f && magic[1] == 0x8b) return gunzip(std::move(plain));
  return plain;
}

}  // namespace weir::supply::catalog

// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "weir/store/files.h"

namespace weir::store {

namespace {

Error error_of(int number, const std::string& path) {
  const std::string text = path + ": " + std::strerror(number);
  switch (number) {
    case ENOENT:
    case ENOTDIR: return Error(Errc::kNotFound, text).because("store.no_file");
    case EEXIST: return Error(Errc::kConflict, text).because("store.file_exists");
    case ENOSPC:
    case EDQUOT:
      return Error(Errc::kExhausted, text).because("store.disk_full").advise("Free space where the data folder lies.");
    case EFBIG: return Error(Errc::kExhausted, text).because("store.too_big");
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
      return Error(Errc::kUnavailable, text)
          .because("store.cannot_open")
          .advise("Check that the data folder exists and that this user may write to it.");
    case EMFILE:
    case ENFILE:
      return Error(Errc::kExhausted, text).because("store.open_files").advise("Raise the limit of open files.");
    default: return Error(Errc::kUnavailable, text).because("store.io").advise("Check the disk and the kernel's log.");
  }
}

// Calls again what a signal interrupted.
template <class Call>
auto restarted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class PosixFile final : public File {
 public:
  // `direct` is the same file past the page cache, or -1.
  PosixFile(int fd, int direct, std::string path) : fd_(fd), direct_(direct), path_(std::move(path)) {}
  ~PosixFile() override {
    ::close(fd_);
    if (direct_ >= 0) ::close(direct_);
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto at = static_cast<off_t>(offset + done);
      const ssize_t count = restarted([&] { return ::pread(fd_, out.data() + done, out.size() - done, at); });
      if (count < 0) return error_of(errno, path_);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return done;
  }

  Result<> write_at(std::uint64_t offset, ByteView bytes) override {
    WEIR_TRY(usable());
    while (!bytes.empty()) {
      const auto at = static_cast<off_t>(offset);
      const bool direct = goes_direct(offset, bytes);
      const int fd = direct ? direct_ : fd_;
      const ssize_t count = restarted([&] { return ::pwrite(fd, bytes.data(), bytes.size(), at); });
      if (count < 0 && direct && errno == EINVAL) {  // this file system wants larger units
        direct_refused_ = true;
        continue;
      }
      if (count < 0) return error_of(errno, path_);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return error_of(errno, path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<> truncate(std::uint64_t size) override {
    WEIR_TRY(usable());
    if (restarted([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) != 0) return error_of(errno, path_);
    return {};
  }

  Result<> sync() override {
    WEIR_TRY(usable());
    if (::fdatasync(fd_) == 0) return {};
    const int number = errno;
    sync_failed_ = true;  // the kernel may have dropped the bytes: a second sync would say yes and mean nothing
    return error_of(number, path_);
  }

 private:
  Result<> usable() const {
    if (!sync_failed_) return {};
    return Error(Errc::kUnavailable, path_ + ": an earlier sync failed")
        .because("store.sync_failed")
        .advise("Check the disk and the kernel's log, then start the node again.");
  }

  bool goes_direct(std::uint64_t offset, ByteView bytes) const {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    return direct_ >= 0 && !direct_refused_ && (offset | bytes.size() | address) % kBulkUnit == 0;
  }

  const int fd_;
  const int direct_;
  const std::string path_;
  std::atomic<bool> direct_refused_ = false;
  std::atomic<bool> sync_failed_ = false;
};

class PosixFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    switch (mode) {
      case OpenMode::kRead: flags |= O_RDONLY; break;
      case OpenMode::kReadWrite:
      case OpenMode::kBulk: flags |= O_RDWR; break;
      case OpenMode::kCreate: flags |= O_RDWR | O_CREAT | O_EXCL; break;
      case OpenMode::kCreateOrOpen: flags |= O_RDWR | O_CREAT; break;
    }
    const int fd = restarted([&] { return ::open(path.c_str(), flags, 0600); });
    if (fd < 0) return error_of(errno, path);
    struct stat status {};
    if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
      ::close(fd);
      return error_of(EISDIR, path);
    }
    int direct = -1;
    if (mode == OpenMode::kBulk) direct = restarted([&] { return ::open(path.c_str(), flags | O_DIRECT, 0600); });
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, direct, path));
  }

  Result<> make_directories(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(parent_of(path));
    if (errno == ENOENT && parent_of(path) != path) {
      WEIR_TRY(make_directories(parent_of(path)));
      if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(parent_of(path));
    }
    const int number = errno;
    struct stat status {};
    if (number == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return error_of(number, path);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    DIR* stream = ::opendir(directory.c_str());
    if (!stream) return error_of(errno, directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {  // NOLINT: a stream of our own
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const int number = errno;
    ::closedir(stream);
    if (number != 0) return error_of(number, directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return error_of(errno, from);
    return {};
  }

  Result<> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return error_of(errno, path);
    return {};
  }

  Result<> remove_tree(const std::string& path) override {
    std::error_code code;
    std::filesystem::remove_all(path, code);
    if (code) return error_of(code.value(), path);
    return {};
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return error_of(errno, path);
  }

  Result<> sync_directory(const std::string& path) override {
    const int fd = restarted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return error_of(errno, path);
    const int failed = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (failed != 0) return error_of(failed, path);
    return {};
  }

  Result<std::uint64_t> free_bytes(const std::string& path) override {
    struct statvfs status {};
    if (restarted([&] { return ::statvfs(path.c_str(), &status); }) != 0) return error_of(errno, path);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }
};

}  // namespace

Files& real_files() {
  static PosixFiles files;
  return files;
}

}  // namespace weir::store

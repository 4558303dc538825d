// SPDX-License-Identifier: Apache-2.0
#include "weir/store/memory_files.h"

#include <algorithm>

#include "weir/base/check.h"

namespace weir::store {

namespace {

Error no_file(const std::string& path) {
  return Error(Errc::kNotFound, path + ": no such file").because("store.no_file");
}

std::string clean(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryFiles& disk, std::string path, std::shared_ptr<MemoryFiles::Inode> inode, bool writable)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)), writable_(writable), born_(disk.crashes_) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
    const std::lock_guard lock(disk_.mutex_);
    WEIR_TRY(alive(MemoryFiles::Op::kRead));
    const Bytes& bytes = inode_->now;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t length = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), length, out.begin());
    return length;
  }

  Result<> write_at(std::uint64_t offset, ByteView bytes) override {
    const std::lock_guard lock(disk_.mutex_);
    if (!writable_ || sync_failed_) return refused();
    auto result = alive(MemoryFiles::Op::kWrite);
    if (!result) bytes = bytes.first(bytes.size() / 2);
    if (born_ != disk_.crashes_) return result;
    if (inode_->now.size() < offset + bytes.size()) inode_->now.resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), inode_->now.begin() + static_cast<std::ptrdiff_t>(offset));
    return result;
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard lock(disk_.mutex_);
    return static_cast<std::uint64_t>(inode_->now.size());
  }

  Result<> truncate(std::uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    if (!writable_ || sync_failed_) return refused();
    WEIR_TRY(alive(MemoryFiles::Op::kTruncate));
    inode_->now.resize(size);
    return {};
  }

  Result<> sync() override {
    const std::lock_guard lock(disk_.mutex_);
    if (sync_failed_) return refused();
    auto result = alive(MemoryFiles::Op::kSync);
    if (!result) {
      inode_->lost = true;
      sync_failed_ = true;
    } else if (!inode_->lost) {
      inode_->synced = inode_->now;
    }
    return result;
  }

 private:
  Result<> alive(MemoryFiles::Op op) {
    if (born_ != disk_.crashes_) {
      return Error(Errc::kUnavailable, path_ + ": opened before a crash").because("store.io");
    }
    if (auto fault = disk_.count(op, path_)) return *std::move(fault);
    return {};
  }
  Error refused() const {
    if (!writable_) return Error(Errc::kUnavailable, path_ + ": opened for reading").because("store.io");
    return Error(Errc::kUnavailable, path_ + ": an earlier sync failed").because("store.sync_failed");
  }

  MemoryFiles& disk_;
  const std::string path_;
  const std::shared_ptr<MemoryFiles::Inode> inode_;
  const bool writable_;
  bool sync_failed_ = false;
  const std::uint64_t born_;
};

MemoryFiles::MemoryFiles() = default;
MemoryFiles::~MemoryFiles() = default;

void MemoryFiles::fail(Op op, std::uint64_t nth, Fault fault) {
  WEIR_CHECK(nth > 0);
  const std::lock_guard lock(mutex_);
  Plan& plan = plans_[static_cast<std::size_t>(op)];
  plan.fails_at = plan.calls + nth;
  plan.fault = fault;
}

void MemoryFiles::heal() {
  const std::lock_guard lock(mutex_);
  for (Plan& plan : plans_) plan.fails_at = 0;
}

std::uint64_t MemoryFiles::calls(Op op) const {
  const std::lock_guard lock(mutex_);
  return plans_[static_cast<std::size_t>(op)].calls;
}

std::optional<Error> MemoryFiles::count(Op op, const std::string& path) {
  Plan& plan = plans_[static_cast<std::size_t>(op)];
  ++plan.calls;
  if (plan.fails_at == 0 || plan.calls < plan.fails_at) return std::nullopt;
  if (plan.fault == Fault::kNoSpace) {
    return Error(Errc::kExhausted, path + ": no space left").because("store.disk_full");
  }
  if (plan.calls > plan.fails_at) return std::nullopt;
  return Error(Errc::kUnavailable, path + ": input or output error").because("store.io");
}

void MemoryFiles::crash(Unsynced unsynced) {
  const std::lock_guard lock(mutex_);
  ++crashes_;
  if (unsynced == Unsynced::kForgotten) {
    now_ = synced_;
    for (auto& [name, inode] : now_) {
      if (inode) inode->now = inode->synced;
    }
  } else {
    synced_ = now_;
    for (auto& [name, inode] : now_) {
      if (inode) inode->synced = inode->now;
    }
  }
  for (auto& [name, inode] : now_) {
    if (inode) inode->lost = false;
  }
}

bool MemoryFiles::is_directory(const std::string& path) const {
  if (path == "." || path == "/") return true;
  const auto found = now_.find(path);
  return found != now_.end() && !found->second;
}

Result<std::unique_ptr<File>> MemoryFiles::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  if (auto fault = count(Op::kOpen, path)) return *std::move(fault);
  if (is_directory(path)) return Error(Errc::kUnavailable, path + ": is a directory").because("store.cannot_open");
  const auto found = now_.find(path);
  std::shared_ptr<Inode> inode = found == now_.end() ? nullptr : found->second;
  if (inode && mode == OpenMode::kCreate) {
    return Error(Errc::kConflict, path + ": is there already").because("store.file_exists");
  }
  if (!inode) {
    const bool makes = mode == OpenMode::kCreate || mode == OpenMode::kCreateOrOpen;
    if (!makes || !is_directory(parent_of(path))) return no_file(path);
    inode = std::make_shared<Inode>();
    now_[path] = inode;
  }
  return std::unique_ptr<File>(std::make_unique<MemoryFile>(*this, path, inode, mode != OpenMode::kRead));
}

Result<> MemoryFiles::make_directories(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto fault = count(Op::kMakeDirectories, path)) return *std::move(fault);
  for (std::string at = clean(path); !is_directory(at); at = parent_of(at)) {
    if (now_.contains(at)) return Error(Errc::kConflict, at + ": is a file").because("store.file_exists");
    now_[at] = nullptr;
    synced_[at] = nullptr;
  }
  return {};
}

Result<std::vector<std::string>> MemoryFiles::list(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  const std::string folder = clean(directory);
  if (!is_directory(folder)) return no_file(directory);
  std::vector<std::string> names;
  for (const auto& [name, inode] : now_) {
    if (parent_of(name) == folder) names.push_back(name.substr(name.rfind('/') + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<> MemoryFiles::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (auto fault = count(Op::kRename, from)) return *std::move(fault);
  const auto found = now_.find(from);
  if (found == now_.end() || !is_directory(parent_of(to))) return no_file(from);
  if (from == to) return {};
  if (!found->second && now_.contains(to)) return Error(Errc::kConflict, to + ": exists").because("store.file_exists");
  // A folder takes what is in it along.
  Names moved;
  for (const auto& [name, inode] : now_) {
    if (name == from || name.starts_with(from + "/")) moved[to + name.substr(from.size())] = inode;
  }
  std::erase_if(now_, [&](const auto& entry) { return entry.first == from || entry.first.starts_with(from + "/"); });
  for (const auto& [name, inode] : moved) now_[name] = inode;
  return {};
}

Result<> MemoryFiles::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto fault = count(Op::kRemove, path)) return *std::move(fault);
  const auto found = now_.find(path);
  if (found == now_.end() || !found->second) return no_file(path);
  now_.erase(found);
  return {};
}

Result<> MemoryFiles::remove_tree(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto fault = count(Op::kRemove, path)) return *std::move(fault);
  const std::string root = clean(path);
  std::erase_if(now_, [&](const auto& entry) { return entry.first == root || entry.first.starts_with(root + "/"); });
  return {};
}

Result<bool> MemoryFiles::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return is_directory(clean(path)) || now_.contains(clean(path));
}

Result<> MemoryFiles::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (auto fault = count(Op::kSyncDirectory, path)) return *std::move(fault);
  const std::string folder = clean(path);
  if (!is_directory(folder)) return no_file(path);
  std::erase_if(synced_, [&](const auto& entry) {
    return parent_of(entry.first) == folder && !now_.contains(entry.first);
  });
  for (const auto& [name, inode] : now_) {
    if (parent_of(name) == folder) synced_[name] = inode;
  }
  return {};
}

Result<std::uint64_t> MemoryFiles::free_bytes(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!is_directory(clean(path)) && !now_.contains(clean(path))) return no_file(path);
  const Plan& writes = plans_[static_cast<std::size_t>(Op::kWrite)];
  const bool full = writes.fails_at != 0 && writes.fault == Fault::kNoSpace && writes.calls + 1 >= writes.fails_at;
  return full ? std::uint64_t{0} : std::uint64_t{1} << 40;
}

std::unique_ptr<Files> make_memory_files() { return std::make_unique<MemoryFiles>(); }

}  // namespace weir::store

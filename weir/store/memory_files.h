// MemoryFiles: a disk in memory that fails and crashes on demand, for tests and simulation.
//
// As strict as POSIX lets a disk be: contents survive a crash only if synced, names only if their directory was
// synced, and after a failed sync the bytes it was to save stay lost however often sync is called again. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>

#include "weir/store/files.h"

namespace weir::store {

class MemoryFiles final : public Files {
 public:
  enum class Op : std::uint8_t {
    kOpen, kRead, kWrite, kTruncate, kSync, kMakeDirectories, kRename, kRemove, kSyncDirectory
  };
  static constexpr std::size_t kOps = 9;
  enum class Fault : std::uint8_t { kNoSpace, kIo };
  enum class Unsynced : std::uint8_t { kForgotten, kKept };

  MemoryFiles();
  ~MemoryFiles() override;

  // The nth call of `op` from now fails (1: the next one), and with kNoSpace every later one until heal().
  // A failing write has written the first half of its bytes.
  void fail(Op op, std::uint64_t nth, Fault fault);
  void heal();
  std::uint64_t calls(Op op) const;  // since the start, to find every place that can fail
  // The machine stops and starts. Open files are dead; the disk holds what a disk may hold.
  void crash(Unsynced unsynced);

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<> make_directories(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> remove_tree(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::uint64_t> free_bytes(const std::string& path) override;

 private:
  friend class MemoryFile;
  struct Inode {
    Bytes now;
    Bytes synced;
    bool lost = false;  // a sync failed: later ones save nothing
  };
  struct Plan {
    std::uint64_t calls = 0;
    std::uint64_t fails_at = 0;  // 0: never
    Fault fault = Fault::kIo;
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;  // a directory has no inode

  std::optional<Error> count(Op op, const std::string& path);
  bool is_directory(const std::string& path) const;

  mutable std::mutex mutex_;  // guards everything below and every inode
  std::array<Plan, kOps> plans_;
  Names now_;
  Names synced_;
  std::uint64_t crashes_ = 0;
};

std::unique_ptr<Files> make_memory_files();

}  // namespace weir::store

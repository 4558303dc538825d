// Files: the only door to the disk, so that failure can be injected anywhere.
//
// Thread-safe. Every durable step names what it syncs; an fsync that failed is never repeated as if nothing had been
// lost: the file refuses writes and syncs from then on ("store.sync_failed") and must be opened and written anew.
//
// Reasons: "store.no_file" (kNotFound), "store.file_exists" (kConflict), "store.disk_full" (kExhausted),
// "store.too_big" (kExhausted), "store.cannot_open" (kUnavailable: permissions), "store.io", "store.sync_failed"
// (kUnavailable). Messages name the path, never contents.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/result.h"

namespace weir::store {

// An open file. Reads and writes at a place may run on several threads.
class File {
 public:
  virtual ~File() = default;
  // Fills `out` from `offset`; returns the bytes read, fewer only at the end of the file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  // All of `bytes`, or an error after which any part may be written. Past the end, the gap reads as zeros.
  virtual Result<> write_at(std::uint64_t offset, ByteView bytes) = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<> truncate(std::uint64_t size) = 0;
  virtual Result<> sync() = 0;  // fdatasync: contents and size, not the name (sync_directory does that)
};

enum class OpenMode : std::uint8_t {  // new files have mode 0600
  kRead,
  kReadWrite,
  kCreate,  // fails if it exists
  kCreateOrOpen,
  kBulk,  // as kReadWrite; what is written in whole multiples of kBulkUnit goes past the page cache where it can
};
inline constexpr std::size_t kBulkUnit = 4096;  // of the place, the length and the address in memory

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<> make_directories(const std::string& path) = 0;  // with parents, mode 0700, names synced
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, sorted
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;      // replaces `to`, atomically
  virtual Result<> remove(const std::string& path) = 0;                             // a file
  virtual Result<> remove_tree(const std::string& path) = 0;                        // fine if it is not there
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<> sync_directory(const std::string& path) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;

  // kExhausted "store.too_big" if the file is longer than `bytes_max`.
  Result<Bytes> read_all(const std::string& path, std::uint64_t bytes_max);
  // Atomic and durable: after any crash `path` holds the old bytes or the new. Writes `path`.new, syncs it, renames it
  // to `path`, syncs the directory. One writer a path.
  Result<> write_durable(const std::string& path, ByteView bytes);
};

// POSIX. A single instance serves the process.
Files& real_files();

// The folder a path lies in: "a/b" -> "a", "a" -> ".".
std::string parent_of(const std::string& path);

}  // namespace weir::store

// Files: the only door to the disk, so that failure can be injected anywhere.
//
// Thread-safe unless said. Every durable step names what it syncs; an fsync that failed is never repeated as if
// nothing had been lost.
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
  virtual Result<> write_at(std::uint64_t offset, ByteView bytes) = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<> truncate(std::uint64_t size) = 0;
  virtual Result<> sync() = 0;  // fdatasync
};

enum class OpenMode : std::uint8_t { kRead, kReadWrite, kCreate /* fails if it exists */, kCreateOrOpen };

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Result<> make_directories(const std::string& path) = 0;  // mode 0700
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, sorted
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> remove(const std::string& path) = 0;
  virtual Result<> remove_tree(const std::string& path) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<> sync_directory(const std::string& path) = 0;
  virtual Result<std::uint64_t> free_bytes(const std::string& path) = 0;

  Result<Bytes> read_all(const std::string& path, std::uint64_t bytes_max);
  // Atomic and durable: write to a temporary name, sync, rename, sync the directory. Mode 0600.
  Result<> write_durable(const std::string& path, ByteView bytes);
};

// POSIX. A single instance serves the process.
Files& real_files();

// In memory, with faults: the nth call of an operation fails with ENOSPC or EIO; crash() forgets what was not synced.
class FaultyFiles;
std::unique_ptr<Files> make_memory_files();

}  // namespace weir::store

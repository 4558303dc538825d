// SPDX-License-Identifier: Apache-2.0
#include "tests/support/faulty_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <new>

#include "weir/base/check.h"

namespace weir::testing {

namespace {

// What SQLite allocates for a file of ours; the real file's bytes follow it.
struct FaultyFile {
  sqlite3_file base;
  std::string* path;  // null: a file that is not watched
  FaultyVfs* disk;    // that it lies on
  sqlite3_file* real;
};

FaultyFile* self_of(sqlite3_file* file) { return reinterpret_cast<FaultyFile*>(file); }
sqlite3_file* real_of(sqlite3_file* file) { return self_of(file)->real; }
sqlite3_vfs* real_of(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }
FaultyVfs& disk_of(sqlite3_file* file) { return *self_of(file)->disk; }

std::map<std::string, FaultyVfs*>& disks() {
  static std::map<std::string, FaultyVfs*> all;
  return all;
}

int close_file(sqlite3_file* file) {
  const int code = real_of(file)->pMethods ? real_of(file)->pMethods->xClose(real_of(file)) : SQLITE_OK;
  delete self_of(file)->path;
  return code;
}
int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  return real_of(file)->pMethods->xRead(real_of(file), out, size, at);
}
int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  const std::string* path = self_of(file)->path;
  if (path) {
    if (disk_of(file).stopped()) return SQLITE_IOERR_WRITE;
    const int fault = disk_of(file).count(FaultyVfs::Op::kWrite);
    if (fault != SQLITE_OK) {
      size /= 2;  // a write that fails may have begun
      disk_of(file).image(*path).dirty.emplace_back(at, size);
      (void)real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
      return fault == SQLITE_IOERR ? SQLITE_IOERR_WRITE : fault;
    }
    disk_of(file).image(*path).dirty.emplace_back(at, size);
  }
  return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (self_of(file)->path) {
    if (disk_of(file).stopped()) return SQLITE_IOERR_TRUNCATE;
    if (disk_of(file).count(FaultyVfs::Op::kTruncate) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
  }
  return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  const std::string* path = self_of(file)->path;
  if (!path) return real_of(file)->pMethods->xSync(real_of(file), flags);
  if (disk_of(file).stopped()) return SQLITE_IOERR_FSYNC;
  FaultyVfs::Image& image = disk_of(file).image(*path);
  const auto dirty = std::exchange(image.dirty, {});
  if (disk_of(file).count(FaultyVfs::Op::kSync) != SQLITE_OK) return SQLITE_IOERR_FSYNC;
  sqlite3_int64 size = 0;
  real_of(file)->pMethods->xFileSize(real_of(file), &size);
  image.synced.resize(static_cast<std::size_t>(size));
  for (const auto& [at, length] : dirty) {
    if (at >= image.synced.size()) continue;
    const auto here = std::min<std::uint64_t>(length, image.synced.size() - at);
    (void)real_of(file)->pMethods->xRead(real_of(file), image.synced.data() + at, static_cast<int>(here),
                                         static_cast<sqlite3_int64>(at));
  }
  return SQLITE_OK;  // the image is what counts, so the real disk need not be waited for
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
int lock_file(sqlite3_file* file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
int unlock_file(sqlite3_file* file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); }
int check_lock(sqlite3_file* file, int* out) { return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out); }
int control(sqlite3_file* file, int op, void* arg) {
  return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}
int sector_size(sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
int characteristics(sqlite3_file* file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int at, int n, int flags) {
  return real_of(file)->pMethods->xShmLock(real_of(file), at, n, flags);
}
void shm_barrier(sqlite3_file* file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real_of(file)->pMethods->xShmUnmap(real_of(file), remove); }

// Version 2: shared memory, but no mapped reads, so that every byte passes here.
const sqlite3_io_methods kMethods = {
    2,          close_file, read_file,   write_file,      truncate_file, sync_file,   file_size, lock_file, unlock_file,
    check_lock, control,    sector_size, characteristics, shm_map,       shm_lock,    shm_barrier, shm_unmap,
    nullptr,    nullptr};

int open_file(sqlite3_vfs* self, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  FaultyFile* faulty = self_of(file);
  const bool watched = name && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
  faulty->path = nullptr;
  faulty->disk = nullptr;
  faulty->real = reinterpret_cast<sqlite3_file*>(faulty + 1);
  faulty->real->pMethods = nullptr;
  const int code = real_of(self)->xOpen(real_of(self), name, faulty->real, flags, out_flags);
  faulty->base.pMethods = faulty->real->pMethods ? &kMethods : nullptr;
  if (code == SQLITE_OK && watched) {
    faulty->path = new std::string(name);
    faulty->disk = &FaultyVfs::of(name);
  }
  return code;
}

int delete_file(sqlite3_vfs* self, const char* name, int sync_directory) {
  FaultyVfs& disk = FaultyVfs::of(name);
  if (disk.stopped()) return SQLITE_IOERR_DELETE;
  disk.forget(name);
  return real_of(self)->xDelete(real_of(self), name, sync_directory);
}

}  // namespace

FaultyVfs& FaultyVfs::instance() {
  static FaultyVfs one{std::string()};
  return one;
}

FaultyVfs& FaultyVfs::of(const std::string& path) {
  const auto found = disks().find(path.substr(0, path.rfind('/')));
  return found == disks().end() ? instance() : *found->second;
}

FaultyVfs::FaultyVfs(std::string folder) : folder_(std::move(folder)) {
  register_layer();
  if (!folder_.empty()) WEIR_CHECK(disks().emplace(folder_, this).second);
}

FaultyVfs::~FaultyVfs() { disks().erase(folder_); }

void FaultyVfs::register_layer() {
  static sqlite3_vfs layer;
  static const bool registered = [] {
    sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    layer = *real;
    layer.zName = kName;
    layer.szOsFile = static_cast<int>(sizeof(FaultyFile)) + real->szOsFile;
    layer.pAppData = real;
    layer.pNext = nullptr;
    layer.xOpen = open_file;
    layer.xDelete = delete_file;
    return sqlite3_vfs_register(&layer, 0) == SQLITE_OK;
  }();
  WEIR_CHECK(registered);
}

std::map<std::string, Bytes> FaultyVfs::synced() const {
  std::map<std::string, Bytes> out;
  for (const auto& [path, image] : images_) out.emplace(path, image.synced);
  return out;
}

void FaultyVfs::put(const std::string& path, const Bytes& bytes) {
  images_[path] = Image{.synced = bytes, .dirty = {}};
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  WEIR_CHECK(out.good());
}

void FaultyVfs::reset() {
  plans_ = {};
  images_.clear();
  stopped_ = false;
}

void FaultyVfs::fail(Op op, std::uint64_t nth, Fault fault) {
  Plan& plan = plans_[static_cast<std::size_t>(op)];
  plan.fails_at = plan.calls + nth;
  plan.fault = fault;
}

void FaultyVfs::heal() {
  for (Plan& plan : plans_) plan.fails_at = 0;
}

int FaultyVfs::count(Op op) {
  Plan& plan = plans_[static_cast<std::size_t>(op)];
  ++plan.calls;
  if (plan.fails_at == 0 || plan.calls < plan.fails_at) return SQLITE_OK;
  if (plan.fault == Fault::kNoSpace) return SQLITE_FULL;
  return plan.calls == plan.fails_at ? SQLITE_IOERR : SQLITE_OK;
}

void FaultyVfs::start(bool power_lost) {
  stopped_ = false;
  heal();
  if (!power_lost) return;
  for (auto& [path, image] : images_) {
    put(path, Bytes(image.synced));
  }
}

}  // namespace weir::testing

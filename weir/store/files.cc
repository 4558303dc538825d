// SPDX-License-Identifier: Apache-2.0
#include "weir/store/files.h"

namespace weir::store {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<Bytes> Files::read_all(const std::string& path, std::uint64_t bytes_max) {
  WEIR_TRY_LET(const auto file, open(path, OpenMode::kRead));
  WEIR_TRY_LET(const std::uint64_t size, file->size());
  if (size > bytes_max) {
    return Error(Errc::kExhausted, path + ": longer than " + std::to_string(bytes_max) + " bytes")
        .because("store.too_big");
  }
  Bytes bytes(size);
  WEIR_TRY_LET(const std::size_t read, file->read_at(0, bytes));
  bytes.resize(read);
  return bytes;
}

Result<> Files::write_durable(const std::string& path, ByteView bytes) {
  const std::string fresh = path + ".new";
  const auto written = [&]() -> Result<> {
    WEIR_TRY_LET(const auto file, open(fresh, OpenMode::kCreateOrOpen));
    WEIR_TRY(file->truncate(0));  // what a crash left
    WEIR_TRY(file->write_at(0, bytes));
    WEIR_TRY(file->sync());  // the bytes, before any name points to them
    return rename(fresh, path);
  }();
  if (!written) {
    (void)remove(fresh);
    return written;
  }
  return sync_directory(parent_of(path));  // the name
}

}  // namespace weir::store

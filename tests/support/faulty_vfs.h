// FaultyVfs: SQLite's file layer with a disk that fails and loses power on demand.
//
// Keeps, beside each database and log file, the image that a power cut would leave: what was written and then synced.
// A failed sync drops the bytes it was to save, and later syncs do not bring them back, as on Linux.
// Each object is one disk: that of the folder it was made for, or, instance(), of every other path.
// Thread-safety: one thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/bytes.h"

namespace weir::testing {

class FaultyVfs {
 public:
  enum class Op : std::uint8_t { kWrite, kSync, kTruncate };
  enum class Fault : std::uint8_t { kNoSpace /* this and every later one */, kIo /* this one */ };

  // The disk under `folder`, as long as this lives. Files on it are closed before it goes.
  explicit FaultyVfs(std::string folder);
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  // Registered with SQLite under kName on first use, as is any other.
  static FaultyVfs& instance();
  static constexpr const char* kName = "weir-faulty";

  void reset();  // no faults, no images
  void fail(Op op, std::uint64_t nth /* 1: the next */, Fault fault);
  void heal();
  std::uint64_t calls(Op op) const { return plans_[static_cast<std::size_t>(op)].calls; }
  // From now on nothing reaches the disk: what a dying process would still do on closing does not happen.
  void stop() { stopped_ = true; }
  // The machine is up again. With `power_lost`, files become what a power cut leaves of them.
  void start(bool power_lost);

  // What is on it after a power cut now, by path; put() makes it that, as if it had been written and synced before.
  std::map<std::string, Bytes> synced() const;
  void put(const std::string& path, const Bytes& bytes);

  // For the layer itself.
  static FaultyVfs& of(const std::string& path);
  struct Image {
    Bytes synced;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> dirty;  // offset and length
  };
  int count(Op op);  // a SQLite result code
  bool stopped() const { return stopped_; }
  Image& image(const std::string& path) { return images_[path]; }
  void forget(const std::string& path) { images_.erase(path); }

 private:
  void register_layer();
  struct Plan {
    std::uint64_t calls = 0;
    std::uint64_t fails_at = 0;
    Fault fault = Fault::kIo;
  };
  const std::string folder_;
  std::array<Plan, 3> plans_;
  std::map<std::string, Image> images_;
  bool stopped_ = false;
};

}  // namespace weir::testing

// SortedKeys: the keys of a table of any size, ascending, with the lines that have them; on disk where they are many.
//
// Keys fall by their first byte into 256 parts, each of which is sorted alone; a bucket of a run is some parts in a
// row. What does not fit a few mebibytes lies in one file, which goes with this object: what is lost is read again.
// Memory: about 100 bytes for each key of the greatest part, and 16 MiB for each thread.
// Thread-safety: one thread, apart from what it gives to Threads. Trust: takes any table; errors name the line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weir/store/files.h"
#include "weir/use/job/set.h"

namespace weir::use::job {

// Hears how much is done.
using Watch = std::function<void(std::uint64_t done)>;

// A key, and the line of the table that has it.
struct KeyLine {
  std::uint64_t high = 0;  // of the key's bytes, big-endian
  std::uint64_t low = 0;
  std::uint64_t line = 0;
  friend auto operator<=>(const KeyLine&, const KeyLine&) = default;
};
inline bool same_key(const KeyLine& a, const KeyLine& b) { return a.high == b.high && a.low == b.low; }

class SortedKeys {
 public:
  static constexpr std::size_t kParts = 256;

  SortedKeys(SortedKeys&&) noexcept;
  SortedKeys& operator=(SortedKeys&&) noexcept;
  ~SortedKeys();
  // Reads the table to its end. `path` is made where it is needed. Fails as read_heading() and
  // PieceReader do, and with kExhausted ("store.disk_full").
  static Result<SortedKeys> read(ByteSource source, const std::vector<std::string>& columns,
                                 const std::vector<Form>& forms, store::Files& files, const std::string& path,
                                 const Threads& threads = {});
  // Sorts, and commits to the keys; `watch` hears of keys. Once, before what follows.
  Result<> settle(ByteView salt, const Threads& threads = {}, const Watch& watch = {});

  const Claim& claim() const { return claim_; }
  std::uint64_t rows() const { return rows_; }        // of the table
  std::uint64_t keyless() const { return keyless_; }  // rows without a key
  // Distinct keys of a bucket. Requires: `of` divides kParts.
  std::size_t count(std::size_t bucket, std::size_t of) const;
  // Ascending; keys of several lines are there several times.
  Result<std::vector<KeyLine>> bucket(std::size_t bucket, std::size_t of) const;

 private:
  struct Part;
  struct Spill;
  struct Reader;
  SortedKeys();
  Result<mpc::Blocks> sort(std::size_t place);

  std::unique_ptr<Spill> spill_;
  std::vector<Part> parts_;
  std::uint64_t rows_ = 0;
  std::uint64_t keyless_ = 0;
  Claim claim_;
};

// The keys of such lines, each once.
mpc::Blocks keys_of(std::span<const KeyLine> lines);

// Lines of a table that were found, as a set of numbers; then the records themselves.
class LineSet {
 public:
  void add(std::uint64_t line);
  bool has(std::uint64_t line) const {
    return line / 64 < words_.size() && ((words_[line / 64] >> (line % 64)) & 1) != 0;
  }

 private:
  std::vector<std::uint64_t> words_;
};
// Writes the heading and the records that begin on these lines; returns how many those are.
Result<std::uint64_t> write_lines(ByteSource source, const LineSet& lines, const TextSink& sink);

}  // namespace weir::use::job

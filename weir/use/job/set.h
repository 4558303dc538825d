// Set: the keys of a table as a set of digests, the commitment to it, and a sketch by which sets are compared.
//
// A key is SHA-256 of its columns in their forms, each with its length, cut to 128 bits; rows with the same key are one
// element, rows without a key are none. The commitment is the Merkle root (tlog/tree.h) over the leaves salt || key in
// ascending order; the salt is the owner's secret and stays the same for one counterpart and product, so that the same
// set gives the same root in every run, and whoever sees the root learns nothing of what is in it.
// The sketch is the smallest 512 of the leaf hashes' first 64 bits: it shows how much two sets share.
// Format: docs/formats/jobs.md. Thread-safety: pure.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weir/mpc/block.h"
#include "weir/table/csv.h"
#include "weir/tlog/tree.h"
#include "weir/use/job/key.h"

namespace weir::use::job {

using table::ByteSource;

struct KeySet {
  mpc::Blocks keys;          // ascending by their bytes, each once
  std::uint64_t rows = 0;    // of the table
  std::uint64_t keyless = 0; // rows without a key
};

// The key of a record. Requires: as many values as forms.
std::optional<mpc::Block> key_of(const std::vector<std::string_view>& values, const std::vector<Form>& forms);
using TextSink = std::function<Result<>(std::string_view text)>;
bool before(const mpc::Block& a, const mpc::Block& b);  // by their bytes

// A column that takes part in a joint figure: committed to as the keys are, with its value in each leaf.
struct ColumnClaim {
  std::string name;
  std::int64_t decimals = 0;  // of its numbers; -1 for the column that is grouped by
  std::string root;
  friend bool operator==(const ColumnClaim&, const ColumnClaim&) = default;
};

// What a side says of its set before a run.
struct Claim {
  std::int64_t count = 0;
  std::string root;                   // "sha256:<hex>"
  std::vector<std::uint64_t> sketch;  // ascending
  std::vector<ColumnClaim> columns;   // of a query: the summed ones, then the group's
  std::int64_t groups = 0;            // values of the group's column that enough keys of this side have
  std::vector<std::string> values;    // the same, said by the provider only: the consumer's are its own
  friend bool operator==(const Claim&, const Claim&) = default;
};
inline constexpr std::size_t kSketchMax = 512;
Claim claim_of(const mpc::Blocks& keys, ByteView salt);

// Who does several things at once, if anybody: a function that runs task(0) to task(tasks - 1) and returns when all are
// done.
struct Threads {
  using Task = std::function<void(std::size_t)>;
  std::size_t count = 1;
  std::function<void(std::size_t tasks, const Task& task)> pool = {};

  void run(std::size_t tasks, const Task& task) const {
    if (pool) return pool(tasks, task);
    for (std::size_t i = 0; i < tasks; ++i) task(i);
  }
};

// claim_of(), key by key.
class Commitment {
 public:
  explicit Commitment(ByteView salt);
  // The next keys, ascending.
  void add(std::span<const mpc::Block> keys, const Threads& threads = {});
  std::uint64_t count() const { return count_; }
  Claim finish();

 private:
  // The root over keys whose number is a power of two; smaller heads of their leaf hashes go to `heads`.
  crypto::Digest root_over(std::span<const mpc::Block> keys, std::vector<std::uint64_t>& heads) const;
  void keep(std::span<const std::uint64_t> heads);

  Bytes salt_;
  tlog::Frontier tree_;
  mpc::Blocks rest_;  // fewer than a thread folds at a time
  std::vector<std::uint64_t> sketch_;
  std::uint64_t sketch_most_ = ~std::uint64_t{0};
  std::uint64_t count_ = 0;
};
// Estimates in how many elements two sets differ; exact where both sketches hold the whole set.
double difference(const Claim& a, const Claim& b);

}  // namespace weir::use::job

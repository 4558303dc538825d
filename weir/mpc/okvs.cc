// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/okvs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kClusterKeys = std::size_t{1} << 15;  // 0.7 MB of sparse places: fits the second cache
constexpr double kFailureBits = 40;
constexpr std::uint32_t kNone = ~std::uint32_t{0};

using Dense = std::array<Block, OkvsShape::kDense>;

// Where a key lies.
struct Row {
  std::uint32_t cluster = 0;
  std::array<std::uint32_t, 3> places{};
  Block weight;  // the dense places have its first four powers
};

std::uint32_t scaled(std::uint32_t random, std::size_t bound) {
  return static_cast<std::uint32_t>((random * static_cast<std::uint64_t>(bound)) >> 32);
}

class Rows {
 public:
  Rows(OkvsShape shape, Block seed) : shape_(shape), places_(seed), weights_(seed ^ Block{1, 0}) {}

  // The cluster of each key.
  void find_clusters(std::span<const Block> keys, std::span<std::uint32_t> clusters) const {
    std::array<Block, kBatch> places;
    for (std::size_t at = 0; at < keys.size(); at += kBatch) {
      const auto batch = keys.subspan(at, std::min(kBatch, keys.size() - at));
      places_.encrypt(batch, std::span(places).first(batch.size()));
      for (std::size_t i = 0; i < batch.size(); ++i) {
        clusters[at + i] = scaled(static_cast<std::uint32_t>(places[i].lo ^ batch[i].lo), shape_.clusters);
      }
    }
  }
  // Requires: at most kBatch keys.
  void find(std::span<const Block> keys, std::span<Row> rows) const {
    std::array<Block, kBatch> places;
    std::array<Block, kBatch> weights;
    places_.encrypt(keys, std::span(places).first(keys.size()));
    weights_.encrypt(keys, std::span(weights).first(keys.size()));
    const auto third = static_cast<std::uint32_t>(shape_.third);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Block place = places[i] ^ keys[i];
      rows[i] = {scaled(static_cast<std::uint32_t>(place.lo), shape_.clusters),
                 {scaled(static_cast<std::uint32_t>(place.lo >> 32), third),
                  scaled(static_cast<std::uint32_t>(place.hi), third) + third,
                  scaled(static_cast<std::uint32_t>(place.hi >> 32), third) + 2 * third},
                 weights[i] ^ keys[i]};
    }
  }

 private:
  OkvsShape shape_;
  Aes places_;
  Aes weights_;
};

// dense[0] * w + dense[1] * w^2 + ... for the weight of each row; `dense_of(row)` is where its cluster's dense places
// begin.
template <class DenseOf>
void dense_parts(std::span<const Row> rows, DenseOf&& dense_of, std::span<Block> out) {
  std::array<Block, kBatch> weights;
  for (std::size_t at = 0; at < rows.size(); at += kBatch) {
    const auto batch = rows.subspan(at, std::min(kBatch, rows.size() - at));
    const auto sums = out.subspan(at, batch.size());
    std::fill(sums.begin(), sums.end(), Block{});
    for (std::size_t i = 0; i < batch.size(); ++i) weights[i] = batch[i].weight;
    for (std::size_t power = OkvsShape::kDense; power-- > 0;) {
      for (std::size_t i = 0; i < batch.size(); ++i) sums[i] ^= dense_of(batch[i])[power];
      multiply_each(sums, std::span(weights).first(batch.size()));
    }
  }
}

Block sparse_sum(const Row& row, std::span<const Block> sparse) {
  return sparse[row.places[0]] ^ sparse[row.places[1]] ^ sparse[row.places[2]];
}

double fullest(std::size_t keys, std::size_t parts) {
  if (parts == 1) return static_cast<double>(keys);
  const double mean = static_cast<double>(keys) / static_cast<double>(parts);
  const double bits = (kFailureBits + std::log2(static_cast<double>(parts))) * std::log(2.0);
  return mean + bits / 3 + std::sqrt(bits * bits / 9 + 2 * bits * mean);
}

Error does_not_fit() { return Error(Errc::kUnavailable, "the keys do not fit this seed").because("okvs.seed"); }

// One cluster's system of equations, solved by peeling: a place that only one row uses belongs to that row. Rows that
// never come free are set aside ("gaps") and settled by the dense places.
class Cluster {
 public:
  explicit Cluster(std::size_t sparse) : uses_(sparse), users_(sparse) {}

  // Fails if there are more gaps than dense places.
  Result<> peel(std::span<const Row> rows);
  // Fills the cluster's part of the store.
  Result<> solve(std::span<const Row> rows, std::span<const Block> values, std::span<Block> store) const;

 private:
  struct Freed {
    std::uint32_t row;
    std::uint32_t place;
  };
  void release(const Row& row, std::uint32_t id, std::vector<std::uint32_t>& free);
  // Gives the freed places what makes each row's sparse sum its target, last freed first.
  void substitute(std::span<const Row> rows, std::span<const Block> targets, std::span<Block> sparse) const;
  // How the dense places must change. `targets`: what the sparse places should sum to now.
  Result<Dense> settle_gaps(std::span<const Row> rows, std::span<const Block> targets,
                            std::span<const Block> sparse) const;

  std::vector<std::uint32_t> uses_;   // how many rows use a place
  std::vector<std::uint32_t> users_;  // the XOR of their numbers
  std::vector<Freed> freed_;
  std::vector<std::uint32_t> gaps_;
};

void Cluster::release(const Row& row, std::uint32_t id, std::vector<std::uint32_t>& free) {
  for (const std::uint32_t place : row.places) {
    users_[place] ^= id;
    if (--uses_[place] == 1) free.push_back(place);
  }
}

Result<> Cluster::peel(std::span<const Row> rows) {
  std::fill(uses_.begin(), uses_.end(), 0);
  std::fill(users_.begin(), users_.end(), 0);
  freed_.clear();
  gaps_.clear();
  for (std::uint32_t id = 0; id < rows.size(); ++id) {
    for (const std::uint32_t place : rows[id].places) {
      ++uses_[place];
      users_[place] ^= id;
    }
  }
  std::vector<std::uint32_t> free;
  for (std::uint32_t place = 0; place < uses_.size(); ++place) {
    if (uses_[place] == 1) free.push_back(place);
  }
  std::size_t seen = 0;  // places looked at for a row to set aside
  while (freed_.size() + gaps_.size() < rows.size()) {
    while (!free.empty()) {
      const std::uint32_t place = free.back();
      free.pop_back();
      if (uses_[place] != 1) continue;
      const std::uint32_t id = users_[place];
      freed_.push_back({id, place});
      release(rows[id], id, free);
    }
    if (freed_.size() + gaps_.size() == rows.size()) break;
    if (gaps_.size() == OkvsShape::kDense) return does_not_fit();
    while (uses_[seen] == 0) ++seen;
    // Which rows use the place is known only as a sum; any row of the core will do: the one found by trying.
    for (std::uint32_t id = 0; id < rows.size(); ++id) {
      const auto& places = rows[id].places;
      if (std::find(places.begin(), places.end(), seen) == places.end()) continue;
      const bool done = std::any_of(freed_.begin(), freed_.end(), [&](const Freed& f) { return f.row == id; }) ||
                        std::find(gaps_.begin(), gaps_.end(), id) != gaps_.end();
      if (done) continue;
      gaps_.push_back(id);
      release(rows[id], id, free);
      break;
    }
  }
  return {};
}

void Cluster::substitute(std::span<const Row> rows, std::span<const Block> targets, std::span<Block> sparse) const {
  for (std::size_t i = freed_.size(); i-- > 0;) {
    const auto& [id, place] = freed_[i];
    sparse[place] = {};
    sparse[place] = targets[id] ^ sparse_sum(rows[id], sparse);
  }
}

// The gap rows are linear in the dense places: how each of those moves them is found by substituting it alone.
Result<Dense> Cluster::settle_gaps(std::span<const Row> rows, std::span<const Block> targets,
                                   std::span<const Block> sparse) const {
  const std::size_t count = gaps_.size();
  std::array<std::array<Block, OkvsShape::kDense + 1>, OkvsShape::kDense> system{};
  for (std::size_t g = 0; g < count; ++g) system[g][count] = targets[gaps_[g]] ^ sparse_sum(rows[gaps_[g]], sparse);
  Blocks effect(sparse.size());
  Blocks moved(rows.size());
  for (std::size_t column = 0; column < count; ++column) {
    Dense unit{};
    unit[column] = {1, 0};
    dense_parts(rows, [&](const Row&) { return unit.data(); }, moved);
    std::fill(effect.begin(), effect.end(), Block{});
    substitute(rows, moved, effect);
    for (std::size_t g = 0; g < count; ++g) system[g][column] = moved[gaps_[g]] ^ sparse_sum(rows[gaps_[g]], effect);
  }
  for (std::size_t column = 0; column < count; ++column) {
    std::size_t pivot = column;
    while (pivot < count && system[pivot][column] == Block{}) ++pivot;
    if (pivot == count) return does_not_fit();
    std::swap(system[pivot], system[column]);
    const Block scale = inverse(system[column][column]);
    for (Block& cell : system[column]) cell = multiply(cell, scale);
    for (std::size_t g = 0; g < count; ++g) {
      if (g == column) continue;
      const Block factor = system[g][column];
      add_multiples(system[g], factor, system[column]);
    }
  }
  Dense change{};
  for (std::size_t g = 0; g < count; ++g) change[g] = system[g][count];
  return change;
}

Result<> Cluster::solve(std::span<const Row> rows, std::span<const Block> values, std::span<Block> store) const {
  const auto sparse = store.first(uses_.size());
  const auto dense = store.subspan(sparse.size());
  Blocks targets(rows.size());
  const auto aim = [&] {
    dense_parts(rows, [&](const Row&) { return dense.data(); }, targets);
    for (std::size_t i = 0; i < rows.size(); ++i) targets[i] ^= values[i];
  };
  aim();
  substitute(rows, targets, sparse);
  if (gaps_.empty()) return {};
  WEIR_TRY_LET(const Dense change, settle_gaps(rows, targets, sparse));
  for (std::size_t i = 0; i < change.size(); ++i) dense[i] ^= change[i];
  aim();
  substitute(rows, targets, sparse);
  return {};
}

}  // namespace

std::size_t fullest_part(std::size_t keys, std::size_t parts) {
  return std::min(keys, static_cast<std::size_t>(std::ceil(fullest(keys, parts))));
}

OkvsShape::OkvsShape(std::size_t keys) : clusters((keys + kClusterKeys - 1) / kClusterKeys) {
  if (clusters == 0) clusters = 1;
  const double most = fullest(keys, clusters);
  third = static_cast<std::size_t>(std::ceil((1.23 * most + 4 * std::sqrt(most)) / 3)) + 32;
}

Result<Blocks> okvs_encode(OkvsShape shape, Block seed, std::span<const Block> keys, std::span<const Block> values,
                           Random& random) {
  WEIR_CHECK(keys.size() == values.size() && keys.size() < kNone);
  const Rows finder(shape, seed);
  std::vector<std::uint32_t, LargeAllocator<std::uint32_t>> clusters(keys.size());
  finder.find_clusters(keys, clusters);
  std::vector<std::size_t> starts(shape.clusters + 1);
  for (const std::uint32_t c : clusters) ++starts[c + 1];
  for (std::size_t c = 0; c < shape.clusters; ++c) starts[c + 1] += starts[c];
  Blocks sorted(keys.size()), sorted_values(keys.size());
  std::vector<std::size_t> next(starts.begin(), starts.end() - 1);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::size_t to = next[clusters[i]]++;
    sorted[to] = keys[i];
    sorted_values[to] = values[i];
  }
  std::vector<Row> rows;
  Blocks store(shape.size());
  Prg(random_block(random)).fill(store);
  Cluster cluster(3 * shape.third);
  for (std::size_t c = 0; c < shape.clusters; ++c) {
    const auto own = std::span<const Block>(sorted).subspan(starts[c], starts[c + 1] - starts[c]);
    rows.resize(own.size());
    for (std::size_t at = 0; at < own.size(); at += kBatch) {
      const std::size_t count = std::min(kBatch, own.size() - at);
      finder.find(own.subspan(at, count), std::span(rows).subspan(at, count));
    }
    WEIR_TRY(cluster.peel(rows));
    WEIR_TRY(cluster.solve(rows, std::span<const Block>(sorted_values).subspan(starts[c], own.size()),
                           std::span(store).subspan(c * shape.cluster_size(), shape.cluster_size())));
  }
  return store;
}

void okvs_decode(OkvsShape shape, Block seed, std::span<const Block> store, std::span<const Block> keys,
                 std::span<Block> values) {
  WEIR_CHECK(store.size() == shape.size() && keys.size() == values.size());
  const Rows finder(shape, seed);
  std::array<Row, kBatch> rows;
  for (std::size_t at = 0; at < keys.size(); at += kBatch) {
    const std::size_t count = std::min(kBatch, keys.size() - at);
    finder.find(keys.subspan(at, count), rows);
    const auto cluster_of = [&](const Row& row) { return store.data() + row.cluster * shape.cluster_size(); };
    const auto batch = std::span<const Row>(rows).first(count);
    for (const Row& row : batch) {
      for (const std::uint32_t place : row.places) __builtin_prefetch(cluster_of(row) + place);
    }
    const auto out = values.subspan(at, count);
    dense_parts(batch, [&](const Row& row) { return cluster_of(row) + 3 * shape.third; }, out);
    for (std::size_t i = 0; i < count; ++i) {
      const Block* sparse = cluster_of(batch[i]);
      const auto& places = batch[i].places;
      out[i] ^= sparse[places[0]] ^ sparse[places[1]] ^ sparse[places[2]];
    }
  }
}

}  // namespace weir::mpc

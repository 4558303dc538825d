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
constexpr std::size_t kRowsMax = 0xffff;  // of a cluster: two bytes tell them and their places

using Dense = std::array<Block, OkvsShape::kDense>;
using Places = std::array<std::uint16_t, 3>;  // in the cluster, one in each third

std::uint32_t scaled(std::uint32_t random, std::size_t bound) {
  return static_cast<std::uint32_t>((random * static_cast<std::uint64_t>(bound)) >> 32);
}

// Where keys lie.
class Finder {
 public:
  Finder(OkvsShape shape, Block seed) : shape_(shape), places_(seed), weights_(seed ^ Block{1, 0}) {}

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
  // The dense places have the first four powers of the weight. Requires: at most kBatch keys.
  void find(std::span<const Block> keys, std::span<Places> places, std::span<Block> weights) const {
    std::array<Block, kBatch> random;
    places_.encrypt(keys, std::span(random).first(keys.size()));
    weights_.encrypt(keys, weights);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Block place = random[i] ^ keys[i];
      const auto in_third = [size = shape_.third](std::uint64_t word, std::size_t third) {
        return static_cast<std::uint16_t>(scaled(static_cast<std::uint32_t>(word), size) + third * size);
      };
      places[i] = {in_third(place.lo >> 32, 0), in_third(place.hi, 1), in_third(place.hi >> 32, 2)};
      weights[i] ^= keys[i];
    }
  }

 private:
  OkvsShape shape_;
  Aes places_;
  Aes weights_;
};

// dense[0] * w + dense[1] * w^2 + ... for each weight.
void dense_parts(std::span<const Block> weights, std::span<const Block> dense, std::span<Block> out) {
  for (std::size_t at = 0; at < weights.size(); at += kBatch) {
    const auto batch = weights.subspan(at, std::min(kBatch, weights.size() - at));
    const auto sums = out.subspan(at, batch.size());
    std::fill(sums.begin(), sums.end(), Block{});
    for (std::size_t power = OkvsShape::kDense; power-- > 0;) {
      for (Block& sum : sums) sum ^= dense[power];
      multiply_each(sums, batch);
    }
  }
}

Block sparse_sum(const Places& places, std::span<const Block> sparse) {
  return sparse[places[0]] ^ sparse[places[1]] ^ sparse[places[2]];
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
  explicit Cluster(std::size_t sparse) : uses_(sparse), free_(sparse + 1) {}

  // Fails if there are more gaps than dense places.
  Result<> peel(std::span<const Places> rows);
  // Fills the cluster's part of the store.
  Result<> solve(std::span<const Places> rows, std::span<const Block> weights, std::span<const Block> values,
                 std::span<Block> store) const;

 private:
  struct Freed {
    std::uint16_t row;
    std::uint16_t place;
  };
  void release(const Places& row, std::uint32_t id);
  // Places that one row uses come free; by arithmetic, for nobody can guess which.
  void free_if_one(std::uint16_t place) {
    free_[free_count_] = place;
    free_count_ += uses_[place] / kUse == 1 ? 1 : 0;
  }
  // Gives the freed places what makes each row's sparse sum its target, last freed first.
  void substitute(std::span<const Places> rows, std::span<const Block> targets, std::span<Block> sparse) const;
  // How the dense places must change. `targets`: what the sparse places should sum to now.
  Result<Dense> settle_gaps(std::span<const Places> rows, std::span<const Block> weights,
                            std::span<const Block> targets, std::span<const Block> sparse) const;

  static constexpr std::uint32_t kUse = kRowsMax + 1;
  std::vector<std::uint32_t> uses_;  // of a place: how many rows use it, times kUse, and the XOR of their numbers
  std::vector<std::uint16_t> free_;  // places, each at most once, and room for one more
  std::size_t free_count_ = 0;
  std::vector<Freed> freed_;
  std::vector<std::uint16_t> gaps_;
};

void Cluster::release(const Places& row, std::uint32_t id) {
  for (const std::uint16_t place : row) {
    uses_[place] = (uses_[place] - kUse) ^ id;
    free_if_one(place);
  }
}

Result<> Cluster::peel(std::span<const Places> rows) {
  if (rows.size() > kRowsMax) return does_not_fit();
  std::fill(uses_.begin(), uses_.end(), 0);
  freed_.clear();
  gaps_.clear();
  for (std::uint32_t id = 0; id < rows.size(); ++id) {
    for (const std::uint16_t place : rows[id]) uses_[place] = (uses_[place] + kUse) ^ id;
  }
  free_count_ = 0;
  for (std::size_t place = 0; place < uses_.size(); ++place) free_if_one(static_cast<std::uint16_t>(place));
  std::size_t seen = 0;  // places looked at for a row to set aside
  while (freed_.size() + gaps_.size() < rows.size()) {
    while (free_count_ > 0) {
      const std::uint16_t place = free_[--free_count_];
      if (uses_[place] / kUse != 1) continue;
      const auto id = static_cast<std::uint16_t>(uses_[place] % kUse);
      freed_.push_back({id, place});
      release(rows[id], id);
    }
    if (freed_.size() + gaps_.size() == rows.size()) break;
    if (gaps_.size() == OkvsShape::kDense) return does_not_fit();
    while (uses_[seen] / kUse == 0) ++seen;
    // Which rows use the place is known only as a sum; any row of the core will do: the one found by trying.
    for (std::size_t number = 0; number < rows.size(); ++number) {
      const auto id = static_cast<std::uint16_t>(number);
      if (std::find(rows[id].begin(), rows[id].end(), seen) == rows[id].end()) continue;
      const bool done = std::any_of(freed_.begin(), freed_.end(), [&](const Freed& f) { return f.row == id; }) ||
                        std::find(gaps_.begin(), gaps_.end(), id) != gaps_.end();
      if (done) continue;
      gaps_.push_back(id);
      release(rows[id], id);
      break;
    }
  }
  return {};
}

void Cluster::substitute(std::span<const Places> rows, std::span<const Block> targets, std::span<Block> sparse) const {
  for (std::size_t i = freed_.size(); i-- > 0;) {
    const auto& [id, place] = freed_[i];
    sparse[place] = {};
    sparse[place] = targets[id] ^ sparse_sum(rows[id], sparse);
  }
}

// The gap rows are linear in the dense places: how each of those moves them is found by substituting it alone.
Result<Dense> Cluster::settle_gaps(std::span<const Places> rows, std::span<const Block> weights,
                                   std::span<const Block> targets, std::span<const Block> sparse) const {
  const std::size_t count = gaps_.size();
  std::array<std::array<Block, OkvsShape::kDense + 1>, OkvsShape::kDense> system{};
  for (std::size_t g = 0; g < count; ++g) system[g][count] = targets[gaps_[g]] ^ sparse_sum(rows[gaps_[g]], sparse);
  Blocks effect(sparse.size());
  Blocks moved(rows.size());
  for (std::size_t column = 0; column < count; ++column) {
    Dense unit{};
    unit[column] = {1, 0};
    dense_parts(weights, unit, moved);
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

Result<> Cluster::solve(std::span<const Places> rows, std::span<const Block> weights, std::span<const Block> values,
                        std::span<Block> store) const {
  const auto sparse = store.first(uses_.size());
  const auto dense = store.subspan(sparse.size());
  Blocks targets(rows.size());
  const auto aim = [&] {
    dense_parts(weights, dense, targets);
    for (std::size_t i = 0; i < rows.size(); ++i) targets[i] ^= values[i];
  };
  aim();
  substitute(rows, targets, sparse);
  if (gaps_.empty()) return {};
  WEIR_TRY_LET(const Dense change, settle_gaps(rows, weights, targets, sparse));
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

OkvsKeys::OkvsKeys(OkvsShape shape, Block seed, std::span<const Block> keys)
    : shape_(shape), seed_(seed), clusters_(keys.size()), starts_(shape.clusters + 1), keys_(keys.size()) {
  Finder(shape, seed).find_clusters(keys, clusters_);
  for (const std::uint32_t c : clusters_) ++starts_[c + 1];
  for (std::size_t c = 0; c < shape.clusters; ++c) starts_[c + 1] += starts_[c];
  to_clusters(keys, keys_);
}

void OkvsKeys::to_clusters(std::span<const Block> given, std::span<Block> out) const {
  std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
  for (std::size_t i = 0; i < given.size(); ++i) out[next[clusters_[i]]++] = given[i];
}

Result<Blocks> okvs_encode(const OkvsKeys& keys, std::span<const Block> values, Random& random) {
  WEIR_CHECK(keys.keys().size() == values.size());
  const auto copied = [&](std::size_t from, std::span<Block> out) {
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(from), out.size(), out.begin());
  };
  return okvs_encode(keys, copied, random);
}

Result<Blocks> okvs_encode(const OkvsKeys& keys, const OkvsValues& values, Random& random) {
  const OkvsShape shape = keys.shape();
  const Finder finder(shape, keys.seed());
  std::vector<Places> rows;
  Blocks weights, own_values;
  Blocks store(shape.size());
  Prg(random_block(random)).fill(store);
  Cluster cluster(3 * shape.third);
  for (std::size_t c = 0; c < shape.clusters; ++c) {
    const auto own = keys.of_cluster(c);
    rows.resize(own.size());
    weights.resize(own.size());
    own_values.resize(own.size());
    values(keys.start(c), own_values);
    for (std::size_t at = 0; at < own.size(); at += kBatch) {
      const std::size_t count = std::min(kBatch, own.size() - at);
      finder.find(own.subspan(at, count), std::span(rows).subspan(at, count), std::span(weights).subspan(at, count));
    }
    WEIR_TRY(cluster.peel(rows));
    WEIR_TRY(cluster.solve(rows, weights, own_values,
                           std::span(store).subspan(c * shape.cluster_size(), shape.cluster_size())));
  }
  return store;
}

void okvs_decode(const OkvsKeys& keys, std::span<const Block> store, std::span<Block> values) {
  const OkvsShape shape = keys.shape();
  WEIR_CHECK(store.size() == shape.size() && keys.keys().size() == values.size());
  const Finder finder(shape, keys.seed());
  std::array<Places, kBatch> rows;
  std::array<Block, kBatch> weights;
  for (std::size_t c = 0; c < shape.clusters; ++c) {
    const auto part = store.subspan(c * shape.cluster_size(), shape.cluster_size());
    const auto own = keys.of_cluster(c);
    for (std::size_t at = 0; at < own.size(); at += kBatch) {
      const std::size_t count = std::min(kBatch, own.size() - at);
      finder.find(own.subspan(at, count), rows, std::span(weights).first(count));
      for (std::size_t i = 0; i < count; ++i) {
        for (const std::uint16_t place : rows[i]) __builtin_prefetch(&part[place]);
      }
      const auto out = values.subspan(keys.start(c) + at, count);
      dense_parts(std::span<const Block>(weights).first(count), part.subspan(3 * shape.third), out);
      for (std::size_t i = 0; i < count; ++i) out[i] ^= sparse_sum(rows[i], part);
    }
  }
}

}  // namespace weir::mpc

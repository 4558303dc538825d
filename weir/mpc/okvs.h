// OKVS: a key-value store that shows nothing of its keys: a vector of field elements, linear in the values.
//
// Source: Garimella, Pinkas, Rosulek, Trieu, Yanai, "Oblivious Key-Value Stores", CRYPTO 2021; clustered as in
// Raghuraman and Rindal, "Blazing Fast PSI from Improved OKVS and Subfield VOLE", CCS 2022: keys fall into clusters
// that fit a cache; in a cluster each key is the sum of three sparse places, one in each third, and of four dense ones
// weighted by powers of a hash.
// Size: about 1.3 field elements a key; docs/formats/private-computing.md has the exact rule and how it was fitted so
// that encoding fails with probability below 2^-40. Thread-safe: pure. Time and memory access depend on the keys of the
// encoding party only, never on the other side's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/mpc/block.h"

namespace weir::mpc {

// How many of that many keys the fullest of `parts` has at most, if each key falls into any of them alike: more with
// probability below 2^-40. By Bernstein's inequality.
std::size_t fullest_part(std::size_t keys, std::size_t parts);

struct OkvsShape {
  std::size_t clusters = 1;
  std::size_t third = 0;  // sparse places in one third of a cluster

  explicit OkvsShape(std::size_t keys);
  static constexpr std::size_t kDense = 4;
  std::size_t cluster_size() const { return 3 * third + kDense; }
  std::size_t size() const { return clusters * cluster_size(); }
};

// Keys in the order of their clusters: a cluster's part of a store is in the cache while its keys are looked up.
class OkvsKeys {
 public:
  OkvsKeys(OkvsShape shape, Block seed, std::span<const Block> keys);
  OkvsShape shape() const { return shape_; }
  Block seed() const { return seed_; }
  std::span<const Block> keys() const { return keys_; }
  std::span<const Block> of_cluster(std::size_t cluster) const {
    return keys().subspan(starts_[cluster], starts_[cluster + 1] - starts_[cluster]);
  }
  std::size_t start(std::size_t cluster) const { return starts_[cluster]; }
  // What belongs to the keys as they were given, to these, and back. Requires: equal sizes.
  void to_clusters(std::span<const Block> given, std::span<Block> out) const;
  template <class T>
  void from_clusters(std::span<const T> own, std::span<T> out) const {
    std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
    for (std::size_t i = 0; i < own.size(); ++i) out[i] = own[next[clusters_[i]]++];
  }

 private:
  OkvsShape shape_;
  Block seed_;
  std::vector<std::uint32_t, LargeAllocator<std::uint32_t>> clusters_;  // of each key as it was given
  std::vector<std::size_t> starts_;
  Blocks keys_;
};

// Gives the values of `out.size()` keys from keys.keys()[from] on.
using OkvsValues = std::function<void(std::size_t from, std::span<Block> out)>;
// A store in which each key has its value and everything else is random. Requires: distinct keys.
// Fails with kUnavailable ("okvs.seed"), with probability below 2^-40: take another seed.
Result<Blocks> okvs_encode(const OkvsKeys& keys, const OkvsValues& values, Random& random);
// The same of values in the order of the clusters. Requires: equal sizes.
Result<Blocks> okvs_encode(const OkvsKeys& keys, std::span<const Block> values, Random& random);

// values[i] = what the store has for keys.keys()[i]. Requires: store.size() == shape.size(); equal sizes.
void okvs_decode(const OkvsKeys& keys, std::span<const Block> store, std::span<Block> values);

}  // namespace weir::mpc

// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/join.h"

#include <algorithm>
#include <array>
#include <map>

#include "weir/base/check.h"
#include "weir/mpc/aes.h"
#include "weir/mpc/oprf.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kTagBits = 64;  // one word
constexpr std::uint32_t kEmpty = UINT32_MAX;
constexpr std::size_t kMovesMax = 10'000;

// The cuckoo table: three thirds, one place for each key in each.
struct Places {
  Places(std::size_t keys, Block the_seed) : third(join_places(keys) / 3), seed(the_seed) {}
  std::size_t count() const { return 3 * third; }
  std::vector<std::array<std::uint32_t, 3>> of(std::span<const Block> keys) const {
    Blocks hashes(keys.size());
    Aes(seed).encrypt(keys, hashes);
    std::vector<std::array<std::uint32_t, 3>> out(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::array<std::uint64_t, 3> words = {hashes[i].lo & 0xffffffff, hashes[i].lo >> 32,
                                                  hashes[i].hi & 0xffffffff};
      for (std::size_t j = 0; j < 3; ++j) out[i][j] = static_cast<std::uint32_t>(j * third + (words[j] * third >> 32));
    }
    return out;
  }
  std::size_t third;
  Block seed;
};

// Which key lies in which place; kEmpty for none.
Result<std::vector<std::uint32_t>> settle(const Places& places, std::span<const Block> keys, Random& random) {
  const auto choices = places.of(keys);
  std::vector<std::uint32_t> table(places.count(), kEmpty);
  for (std::uint32_t first = 0; first < keys.size(); ++first) {
    std::uint32_t key = first;
    std::size_t moves = 0;
    while (true) {
      const auto free = std::find_if(choices[key].begin(), choices[key].end(),
                                     [&](std::uint32_t place) { return table[place] == kEmpty; });
      if (free != choices[key].end()) {
        table[*free] = key;
        break;
      }
      if (++moves > kMovesMax) {
        return Error(Errc::kUnavailable, "the keys do not settle in the table").because("mpc.cuckoo");
      }
      std::swap(key, table[choices[key][random.below(3)]]);
    }
  }
  return table;
}

// A key at a place, as an element of the random function.
void at_places(std::span<Block> keys, std::span<const std::uint32_t> places) {
  Blocks tweaks(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) tweaks[i] = {places[i], 1};
  hash_blocks(keys, tweaks);
}

// The nth pad of an image: each hides one block of what is programmed.
Blocks pads(const Blocks& images, std::size_t n) {
  Blocks out = images;
  constexpr std::size_t kPiece = 4096;
  const Blocks tweaks(std::min(out.size(), kPiece), Block{n, 2});
  for (std::size_t at = 0; at < out.size(); at += kPiece) {
    const std::size_t some = std::min(kPiece, out.size() - at);
    hash_blocks(std::span(out).subspan(at, some), std::span(tweaks).first(some));
  }
  return out;
}

bool holder_groups(const JoinShape& shape) { return shape.groups > 1 && !shape.groups_of_asker; }

// Words that are programmed at each place, two to a block: the tag, the group if it is the holder's, its columns.
std::size_t programmed_words(const JoinShape& shape) {
  return 1 + (holder_groups(shape) ? 1 : 0) + shape.holder_columns;
}
std::size_t programmed_blocks(const JoinShape& shape) { return (programmed_words(shape) + 1) / 2; }

// What a party has at each place, on shares where the other has it too.
struct Aligned {
  std::vector<std::uint64_t> tags;
  std::vector<std::uint64_t> groups;                // shares of one bit a group
  std::vector<std::vector<std::uint64_t>> asker;    // the asker's columns; at the holder empty
  std::vector<std::vector<std::uint64_t>> holder;   // shares of the holder's
};

std::uint64_t one_hot(const JoinTable& table, std::size_t row) {
  if (table.groups.empty()) return 1;
  return table.groups[row] == kNoGroup ? 0 : std::uint64_t{1} << table.groups[row];
}

// A number of column c within the bounds that the noise was made for.
std::uint64_t clamped(const std::vector<JoinBounds>& bounds, std::size_t c, std::uint64_t number) {
  if (bounds.empty()) return number;
  return static_cast<std::uint64_t>(std::clamp(static_cast<std::int64_t>(number), bounds[c].low, bounds[c].high));
}

// What the words at the places are; a group column of the asker's is its own: the holder's share of it is nothing.
Aligned aligned(const JoinShape& shape, std::vector<std::vector<std::uint64_t>> words) {
  Aligned out;
  out.tags = std::move(words[0]);
  const std::size_t first = holder_groups(shape) ? 2 : 1;
  out.groups = holder_groups(shape) ? std::move(words[1]) : std::vector<std::uint64_t>(out.tags.size());
  for (std::size_t c = 0; c < shape.holder_columns; ++c) out.holder.push_back(std::move(words[first + c]));
  return out;
}

Result<Aligned> align_asker(Channel& channel, Random& random, const JoinShape& shape, const JoinTable& table) {
  channel.phase("place");
  const Block seed = random_block(random);
  const Places places(shape.asker_keys, seed);
  WEIR_TRY_LET(const auto settled, settle(places, table.keys, random));
  WEIR_TRY(channel.send(Tag::kJoinSeed, std::span<const Block>(&seed, 1)));
  Blocks elements(places.count());
  std::vector<std::uint32_t> numbers(places.count());
  Prg nobody(random_block(random));
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = i;
    elements[i] = settled[i] == kEmpty ? nobody.next() : table.keys[settled[i]];
  }
  at_places(elements, numbers);
  WEIR_TRY_LET(const OprfImages asked, oprf_ask(channel, random, elements));
  const Blocks images = asked.in_order();
  channel.phase("program");
  Block store_seed;
  WEIR_TRY(channel.receive(Tag::kJoinSeed, std::span(&store_seed, 1)));
  const OkvsKeys sorted(OkvsShape(3 * shape.holder_keys), store_seed, elements);
  std::vector<std::vector<std::uint64_t>> words(2 * programmed_blocks(shape),
                                                std::vector<std::uint64_t>(elements.size()));
  Blocks shares(elements.size()), values(elements.size());
  for (std::size_t n = 0; n < programmed_blocks(shape); ++n) {
    Blocks store(sorted.shape().size());
    WEIR_TRY(channel.receive(Tag::kJoinStore, std::span(store)));
    okvs_decode(sorted, store, shares);
    sorted.from_clusters<Block>(shares, values);
    const Blocks hidden = pads(images, n);
    for (std::size_t i = 0; i < values.size(); ++i) {
      words[2 * n][i] = values[i].lo ^ hidden[i].lo;
      words[2 * n + 1][i] = values[i].hi ^ hidden[i].hi;
    }
  }
  Aligned out = aligned(shape, std::move(words));
  out.asker.resize(shape.asker_columns);
  for (auto& column : out.asker) column.reserve(settled.size());
  for (std::size_t i = 0; i < settled.size(); ++i) {
    const bool empty = settled[i] == kEmpty;
    for (std::size_t c = 0; c < shape.asker_columns; ++c) {
      out.asker[c].push_back(empty ? 0 : clamped(shape.asker_bounds, c, table.columns[c][settled[i]]));
    }
    if (!holder_groups(shape)) out.groups[i] = empty ? 0 : one_hot(table, settled[i]);
  }
  return out;
}

Result<Aligned> align_holder(Channel& channel, Random& random, const JoinShape& shape, const JoinTable& table) {
  Block seed;
  WEIR_TRY(channel.receive(Tag::kJoinSeed, std::span(&seed, 1)));
  const Places places(shape.asker_keys, seed);
  WEIR_TRY_LET(const OprfKey function, oprf_serve(channel, random, places.count()));
  channel.phase("program");
  const auto choices = places.of(table.keys);
  Blocks elements;
  std::vector<std::uint32_t> numbers;
  elements.reserve(3 * choices.size());
  numbers.reserve(3 * choices.size());
  for (std::size_t row = 0; row < choices.size(); ++row) {
    for (const std::uint32_t place : choices[row]) {
      elements.push_back(table.keys[row]);
      numbers.push_back(place);
    }
  }
  at_places(elements, numbers);
  Blocks images(elements.size());
  function.evaluate(elements, images);
  // Random at each place: the holder's own shares.
  std::vector<std::vector<std::uint64_t>> words(programmed_words(shape), std::vector<std::uint64_t>(places.count()));
  for (auto& each : words) random.fill({reinterpret_cast<std::uint8_t*>(each.data()), each.size() * sizeof each[0]});
  const Block store_seed = random_block(random);
  WEIR_TRY(channel.send(Tag::kJoinSeed, std::span<const Block>(&store_seed, 1)));
  const OkvsKeys sorted(OkvsShape(3 * shape.holder_keys), store_seed, elements);
  Prg spare(random_block(random));
  const std::size_t columns = words.size() - shape.holder_columns;  // the first of them
  const auto share = [&](std::size_t w, std::size_t row, std::uint32_t place) -> std::uint64_t {
    if (w >= words.size()) return spare.next().lo;  // anything known would show the asker which keys are here
    const std::size_t c = w - columns;
    if (w >= columns) return clamped(shape.holder_bounds, c, table.columns[c][row]) - words[w][place];
    return words[w][place] ^ (w == 1 ? one_hot(table, row) : 0);
  };
  for (std::size_t n = 0; n < programmed_blocks(shape); ++n) {
    Blocks values = pads(images, n);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] ^= {share(2 * n, i / 3, numbers[i]), share(2 * n + 1, i / 3, numbers[i])};
    }
    Blocks shares(values.size());
    sorted.to_clusters(values, shares);
    WEIR_TRY_LET(const Blocks store, okvs_encode(sorted, shares, random));
    WEIR_TRY(channel.send(Tag::kJoinStore, std::span<const Block>(store)));
  }
  return aligned(shape, std::move(words));
}

Bits plane(const std::vector<std::uint64_t>& words, std::size_t bit) {
  Bits out(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) out.set(i, (words[i] >> bit & 1) != 0);
  return out;
}

// Shares of whether the tags are equal, place by place: 64 bits of each side, then 16 shares, 4, and one. Shares of
// ones are equal where one side negates its own.
Result<Bits> equal_tags(Gmw& gmw, const Aligned& own) {
  Bits bits(own.tags.size() * kTagBits);
  bits.words = own.tags;
  WEIR_TRY_LET(bits, gmw.equal_fours(bits));
  for (int level = 0; level < 2; ++level) {
    WEIR_TRY_LET(bits, gmw.equal_fours(gmw.negate(bits)));
  }
  return bits;
}

// One side's shares of the sums over all places of a run: `own` says whose numbers they are.
Result<std::vector<std::uint64_t>> sums(Gmw& gmw, const Bits& members, const std::vector<std::uint64_t>* own,
                                        std::size_t groups) {
  const std::size_t run = members.count / groups;
  if (own == nullptr) return gmw.sums_of_theirs(members, run);
  std::vector<std::uint64_t> numbers;
  for (std::size_t g = 0; g < groups; ++g) numbers.insert(numbers.end(), own->begin(), own->end());
  return gmw.sums_of_own(members, numbers, run);
}

// All shares of the sums: counts, the asker's columns, the holder's, each for every group.
Result<std::vector<std::vector<std::uint64_t>>> all_sums(Channel& channel, Gmw& gmw, const JoinShape& shape,
                                                         const Aligned& own) {
  channel.phase("equality");
  const bool asks = gmw.side() == Side::kFirst;
  const std::size_t places = own.tags.size();
  WEIR_TRY_LET(const Bits matched, equal_tags(gmw, own));
  channel.phase("sums");
  std::vector<Bits> wanted;
  for (std::size_t g = 0; g < shape.groups; ++g) wanted.push_back(plane(own.groups, g));
  const Bits everywhere = concatenate(std::vector<Bits>(shape.groups, matched));
  WEIR_TRY_LET(const Bits members, gmw.conjoin(everywhere, concatenate(wanted)));
  std::vector<std::vector<std::uint64_t>> out;
  const std::vector<std::uint64_t> ones(places, 1);
  WEIR_TRY_LET(auto counts, sums(gmw, members, asks ? &ones : nullptr, shape.groups));
  out.push_back(std::move(counts));
  for (std::size_t c = 0; c < shape.asker_columns; ++c) {
    WEIR_TRY_LET(auto column, sums(gmw, members, asks ? &own.asker[c] : nullptr, shape.groups));
    out.push_back(std::move(column));
  }
  for (std::size_t c = 0; c < shape.holder_columns; ++c) {
    // Both have a share of each number: one product for each share.
    WEIR_TRY_LET(auto first, sums(gmw, members, asks ? &own.holder[c] : nullptr, shape.groups));
    WEIR_TRY_LET(const auto second, sums(gmw, members, asks ? nullptr : &own.holder[c], shape.groups));
    for (std::size_t g = 0; g < shape.groups; ++g) first[g] += second[g];
    out.push_back(std::move(first));
  }
  return out;
}

// Adds to each figure of each group noise of its own.
Result<> blur(Gmw& gmw, const JoinShape& shape, std::vector<std::vector<std::uint64_t>>& shares) {
  for (std::size_t n = 0; n < shape.noise.size(); ++n) {
    WEIR_TRY_LET(const auto noise, draw_noise(gmw, shape.noise[n], shape.groups));
    for (std::size_t g = 0; g < shape.groups; ++g) shares[n][g] += noise[g];
  }
  return {};
}

// The bits of all numbers, lowest first.
void append_planes(std::vector<Bits>& out, const std::vector<std::uint64_t>& numbers) {
  for (std::size_t k = 0; k < 64; ++k) {
    Bits bits(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) bits.set(i, (numbers[i] >> k & 1) != 0);
    out.push_back(std::move(bits));
  }
}

// Shows the asker what belongs to groups that are large enough; the rest as zeros.
Result<JoinAnswer> show(Channel& channel, Random& random, Gmw& gmw, const JoinShape& shape,
                        const std::vector<std::vector<std::uint64_t>>& shares) {
  const bool asks = gmw.side() == Side::kFirst;
  const std::size_t groups = shape.groups;
  const std::vector<std::uint64_t> nothing(groups);
  std::vector<std::uint64_t> above = nothing;
  for (std::size_t g = 0; asks && g < groups; ++g) above[g] = shares[0][g] - shape.least;
  std::vector<Bits> bits;
  append_planes(bits, above);
  for (const auto& each : shares) append_planes(bits, asks ? each : nothing);
  for (const auto& each : shares) append_planes(bits, asks ? nothing : each);
  WEIR_TRY_LET(Yao yao, Yao::open(channel, random, gmw.side()));
  WEIR_TRY_LET(const std::vector<Bits> allowed, yao.compute(join_circuit(shares.size()), bits));
  WEIR_TRY_LET(const Bits shown, gmw.reveal_to_first(concatenate(allowed)));
  JoinAnswer out(groups);
  if (!asks) return out;
  for (std::size_t g = 0; g < groups; ++g) {
    if (!shown.at(64 * shares.size() * groups + g)) continue;
    JoinGroup group;
    for (std::size_t n = 0; n < shares.size(); ++n) {
      std::uint64_t number = 0;
      for (std::size_t k = 0; k < 64; ++k) {
        number |= static_cast<std::uint64_t>(shown.at((64 * n + k) * groups + g)) << k;
      }
      if (n == 0) group.count = number;
      if (n > 0) group.sums.push_back(number);
    }
    out[g] = std::move(group);
  }
  return out;
}

void check(const JoinShape& shape, const JoinTable& table, std::size_t keys, std::size_t columns, bool has_groups) {
  const std::size_t figures = 1 + shape.asker_columns + shape.holder_columns;
  WEIR_CHECK(shape.noise.empty() || shape.noise.size() == figures);
  WEIR_CHECK(shape.asker_bounds.size() == (shape.noise.empty() ? 0 : shape.asker_columns));
  WEIR_CHECK(shape.holder_bounds.size() == (shape.noise.empty() ? 0 : shape.holder_columns));
  WEIR_CHECK(shape.groups >= 1 && shape.groups <= kGroupsMax);
  WEIR_CHECK(table.keys.size() == keys && table.columns.size() == columns);
  for (const auto& column : table.columns) WEIR_CHECK(column.size() == keys);
  WEIR_CHECK(table.groups.size() == (has_groups ? keys : 0));
  for (const std::uint8_t group : table.groups) WEIR_CHECK(group < shape.groups || group == kNoGroup);
}

}  // namespace

Circuit join_circuit(std::size_t figures) {
  CircuitBuilder make;
  const auto above = make.inputs(64);
  std::vector<CircuitBuilder::Number> own, theirs;
  for (std::size_t n = 0; n < figures; ++n) own.push_back(make.inputs(64));
  for (std::size_t n = 0; n < figures; ++n) theirs.push_back(make.inputs(64));
  const auto enough = make.negate(make.sum(above, theirs[0])[63]);
  CircuitBuilder::Number out;
  for (std::size_t n = 0; n < figures; ++n) {
    for (const auto bit : make.sum(own[n], theirs[n])) out.push_back(make.conjoin(bit, enough));
  }
  out.push_back(enough);
  return make.build(out);
}

std::size_t join_places(std::size_t keys) { return 3 * ((keys * 127 / 100 + 98) / 3 + 1); }

Result<JoinAnswer> join_ask(Channel& channel, Random& random, const JoinShape& shape, const JoinTable& table) {
  check(shape, table, shape.asker_keys, shape.asker_columns, shape.groups > 1 && shape.groups_of_asker);
  WEIR_TRY_LET(const Aligned own, align_asker(channel, random, shape, table));
  channel.phase("base_ot");
  WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, random, Side::kFirst, shape.silent));
  WEIR_TRY_LET(auto shares, all_sums(channel, gmw, shape, own));
  channel.phase("noise");
  WEIR_TRY(blur(gmw, shape, shares));
  channel.phase("show");
  return show(channel, random, gmw, shape, shares);
}

Result<> join_hold(Channel& channel, Random& random, const JoinShape& shape, const JoinTable& table) {
  check(shape, table, shape.holder_keys, shape.holder_columns, shape.groups > 1 && !shape.groups_of_asker);
  WEIR_TRY_LET(const Aligned own, align_holder(channel, random, shape, table));
  channel.phase("base_ot");
  WEIR_TRY_LET(Gmw gmw, Gmw::open(channel, random, Side::kSecond, shape.silent));
  WEIR_TRY_LET(auto shares, all_sums(channel, gmw, shape, own));
  channel.phase("noise");
  WEIR_TRY(blur(gmw, shape, shares));
  channel.phase("show");
  WEIR_TRY(show(channel, random, gmw, shape, shares));
  return {};
}

JoinAnswer ideal_join(const JoinShape& shape, const JoinTable& asker, const JoinTable& holder) {
  const auto less = [](Block a, Block b) { return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo; };
  std::map<Block, std::size_t, decltype(less)> rows(less);
  for (std::size_t i = 0; i < holder.keys.size(); ++i) rows[holder.keys[i]] = i;
  const JoinGroup nothing{0, std::vector<std::uint64_t>(shape.asker_columns + shape.holder_columns)};
  std::vector<JoinGroup> groups(shape.groups, nothing);
  for (std::size_t i = 0; i < asker.keys.size(); ++i) {
    const auto found = rows.find(asker.keys[i]);
    if (found == rows.end()) continue;
    std::size_t group = 0;
    if (shape.groups > 1) group = shape.groups_of_asker ? asker.groups[i] : holder.groups[found->second];
    if (group == kNoGroup) continue;
    ++groups[group].count;
    for (std::size_t c = 0; c < shape.asker_columns; ++c) {
      groups[group].sums[c] += clamped(shape.asker_bounds, c, asker.columns[c][i]);
    }
    for (std::size_t c = 0; c < shape.holder_columns; ++c) {
      groups[group].sums[shape.asker_columns + c] +=
          clamped(shape.holder_bounds, c, holder.columns[c][found->second]);
    }
  }
  JoinAnswer out(shape.groups);
  for (std::size_t g = 0; g < shape.groups; ++g) {
    if (groups[g].count >= shape.least) out[g] = groups[g];
  }
  return out;
}

}  // namespace weir::mpc

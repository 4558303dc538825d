// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/traffic.h"

#include <algorithm>

#include "weir/mpc/gmw.h"
#include "weir/mpc/okvs.h"
#include "weir/mpc/vole.h"

namespace weir::mpc {
namespace {

constexpr std::uint64_t kHead = 10;  // of a frame
constexpr std::uint64_t kBlock = 16;
constexpr std::uint64_t kTrees = 32;  // of an extension with four bits a tree
constexpr std::uint64_t kPoint = 32;

std::uint64_t blocks(std::uint64_t count) { return kHead + kBlock * count; }
std::uint64_t up(std::uint64_t count, std::uint64_t unit) { return (count + unit - 1) / unit; }

// Of the party that chooses in these transfers; the other's is the reverse.
Traffic opening() {
  return {.sent = kHead + 2 * kPoint + blocks(256), .received = kHead + 2 * 128 * kPoint, .rounds = 1};
}
Traffic extension(std::uint64_t count) {
  Traffic out;
  for (std::uint64_t at = 0; at < count; at += kOtPiece) {
    const std::uint64_t piece = std::min<std::uint64_t>(kOtPiece, count - at);
    out.sent += kTrees * blocks(up(piece, 128) + 1) + blocks(129);
    out.received += blocks(1);
  }
  out.rounds = up(up(count, kOtPiece), kOtAhead);
  out.transfers = count;
  return out;
}
Traffic reversed(const Traffic& of) {
  return {.sent = of.received, .received = of.sent, .rounds = of.rounds, .transfers = of.transfers};
}

// What one party chooses in a computation, and the other sends; silent transfers come in batches.
class Choices {
 public:
  explicit Choices(const std::optional<SilentShape>& silent) : silent_(silent) {}
  Traffic open() const {
    Traffic out = opening();
    if (silent_) out += extension(silent_->reserve());
    return out;
  }
  // At who chooses.
  Traffic take(std::uint64_t count) {
    if (!silent_) {
      pieces_ += up(count, kOtPiece);
      return extension(count);
    }
    Traffic out{.transfers = count};
    for (std::uint64_t done = 0; done < count;) {
      const std::uint64_t wanted = count - done;
      if (left_ < std::min<std::uint64_t>(wanted, 128)) out += grow();
      const std::uint64_t run = wanted <= left_ ? wanted : left_ / 128 * 128;
      out.sent += kBlock * up(run, 128) + kHead * up(run, kOtPiece);
      pieces_ += up(run, kOtPiece);
      left_ -= run;
      done += run;
    }
    return out;
  }
  // Messages in which they went.
  std::uint64_t pieces() const { return pieces_; }

 private:
  Traffic grow() {
    constexpr std::uint64_t kTreesAtOnce = 64;
    left_ = silent_->leaves() - silent_->reserve();
    return {.sent = blocks(2),
            .received = kHead * up(silent_->trees, kTreesAtOnce) +
                        kBlock * silent_->trees * (2 * silent_->depth + 1) + kHead + 32,
            .rounds = 2};
  }
  std::optional<SilentShape> silent_;
  std::uint64_t left_ = 0;  // of a batch
  std::uint64_t pieces_ = 0;
};

// The asker's vector OLE.
Traffic vole(std::size_t count) {
  const VoleShape shape(count);
  Traffic out = extension(shape.transfers());
  out.received += shape.blocks * blocks(shape.trees * (2 * shape.depth + 1)) + (kHead + 32) + blocks(2);
  out.sent += blocks(2) + blocks(1);
  out.rounds += 2;
  out.transfers = 0;  // few; they are in the cost of the vector OLE
  return out;
}

Traffic oprf(std::size_t count) {
  const std::size_t store = OkvsShape(count).size();
  Traffic out = opening();
  out += vole(store);
  out.sent += blocks(2) + blocks(store);
  out.received += kHead + 32 + blocks(1);
  out.rounds += 1;
  return out;
}

// What gmw.h moves; the asker is first.
struct Shares {
  explicit Shares(const std::optional<SilentShape>& silent) : asker(silent), holder(silent) {}
  Choices asker;
  Choices holder;

  Traffic open() const {
    Traffic out = asker.open();
    return out += reversed(holder.open());
  }
  // ANDs of one layer: transfers both ways, then two bits each way.
  Traffic layer(std::uint64_t count) {
    Traffic out = asker.take(count);
    out += reversed(holder.take(count));
    const std::uint64_t shares = kHead + 2 * 8 * up(count, 64);
    return out += {.sent = shares, .received = shares, .rounds = 1};
  }
  // Fours of bits, the asker choosing.
  Traffic equalities(std::uint64_t count) {
    const std::uint64_t before = asker.pieces();
    Traffic out = asker.take(count);
    return out += {.received = count / 2 + kHead * (asker.pieces() - before), .rounds = 1};
  }
  // Sums of shared bits times numbers of who does not choose.
  static Traffic products(Choices& choices, std::uint64_t count) {
    Traffic out;
    for (std::uint64_t at = 0; at < count; at += kTransfersAtOnce) {
      const std::uint64_t piece = std::min<std::uint64_t>(kTransfersAtOnce, count - at);
      out += choices.take(piece);
      out.received += kHead + 8 * piece;
    }
    return out;
  }
  // Of the asker's numbers.
  Traffic products_of_own(std::uint64_t count) { return reversed(products(holder, count)); }
  Traffic products_of_theirs(std::uint64_t count) { return products(asker, count); }
  // Numbers of noise: comparisons of 64 bits, and one run of products.
  Traffic noise(const DiscreteLaplace& law, std::uint64_t count) {
    const std::uint64_t places = count * 2 * noise_digits(law);
    Traffic out;
    for (std::uint64_t pairs = 32; pairs > 0; pairs /= 2) out += layer(2 * pairs * places);
    return out += products_of_own(places);
  }
};

}  // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
  sent += other.sent;
  received += other.received;
  rounds += other.rounds;
  transfers += other.transfers;
  return *this;
}

Traffic psi_traffic(std::size_t own, std::size_t others) {
  Traffic out = oprf(own);
  out.received += kBlock * others + kHead * up(others, std::size_t{1} << 14);
  return out;
}

Traffic psi_both_traffic(std::size_t own, std::size_t others) {
  Traffic out = psi_traffic(own, others);
  out += reversed(psi_traffic(others, own));
  return out;
}

Traffic ecdh_size_traffic(DhCurve curve, std::size_t own, std::size_t others) {
  Traffic out = ecdh_psi_traffic(curve, own, others);
  out.rounds = 1;
  return out;
}

Traffic ecdh_psi_traffic(DhCurve curve, std::size_t own, std::size_t others) {
  const std::uint64_t pieces = up(own, 1024);
  const std::uint64_t there = point_bytes(curve) * own + kHead * pieces;
  return {.sent = there,
          .received = there + kBlock * others + kHead * up(others, std::size_t{1} << 14),
          .rounds = up(pieces, 2)};
}

Traffic ecdh_kept_traffic(DhCurve curve, std::size_t own, std::size_t others, std::size_t kept) {
  Traffic out = ecdh_psi_traffic(curve, own, others - kept);
  out += {.sent = kHead + 8, .received = 2 * blocks(1), .rounds = 1};
  return out;
}

Traffic yao_traffic(const Circuit& circuit, std::size_t rows) {
  constexpr std::uint64_t kTableBlocks = 4096;  // of a message
  const std::size_t batch = batch_rows(circuit), chunk = yao_rows(circuit);
  Traffic out = opening();
  out.received += blocks(2);
  for (std::size_t at = 0; at < rows; at += chunk) out += extension(std::min(chunk, rows - at) * circuit.inputs);
  for (std::size_t at = 0; at < rows; at += batch) {
    const std::uint64_t gate = 2 * std::min(batch, rows - at);
    const std::uint64_t messages = up(circuit.ands, std::max<std::uint64_t>(1, kTableBlocks / gate));
    out.received += kBlock * gate * circuit.ands + kHead * messages;
  }
  return out;
}

Traffic join_traffic(const JoinShape& shape) {
  const std::uint64_t places = join_places(shape.asker_keys);
  const std::uint64_t members = shape.groups * places;
  const std::uint64_t store = blocks(OkvsShape(3 * shape.holder_keys).size());
  const bool grouped = shape.groups > 1 && !shape.groups_of_asker;
  Traffic out = oprf(places);
  out.sent += blocks(1);
  out.received += blocks(1) + up(1 + (grouped ? 1 : 0) + shape.holder_columns, 2) * store;
  Shares shares(shape.silent);
  out += shares.open();
  for (std::uint64_t left = 64; left > 1; left /= 4) out += shares.equalities(left * places);
  out += shares.layer(members);
  for (std::size_t c = 0; c < 1 + shape.asker_columns; ++c) out += shares.products_of_own(members);
  for (std::size_t c = 0; c < shape.holder_columns; ++c) {
    out += shares.products_of_own(members);
    out += shares.products_of_theirs(members);
  }
  for (const DiscreteLaplace& law : shape.noise) out += shares.noise(law, shape.groups);
  const std::size_t figures = 1 + shape.asker_columns + shape.holder_columns;
  out += reversed(yao_traffic(join_circuit(figures), shape.groups));
  out.received += kHead + 8 * up((64 * figures + 1) * shape.groups, 64);
  out.rounds += 1;
  return out;
}

}  // namespace weir::mpc

// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/run.h"

#include <array>
#include <cstring>

#include "weir/mpc/aes.h"
#include "weir/mpc/ecdh_psi.h"
#include "weir/mpc/psi.h"
#include "weir/wire/reader.h"

namespace weir::use::job {
namespace {

Result<crypto::Digest> greet(mpc::Channel& channel, const Job& job) {
  const crypto::Digest own = terms_digest(job);
  crypto::Digest other{};
  WEIR_TRY(channel.send(mpc::Tag::kHello, ByteView(own)));
  WEIR_TRY(channel.receive(mpc::Tag::kHello, std::span<std::uint8_t>(other)));
  if (own == other) return own;
  return Error(Errc::kConflict, "the other side means another job, other sets or another algorithm")
      .because("job.mismatch");
}

mpc::Blocks elements_of(const crypto::Digest& digest, const mpc::Blocks& keys) {
  mpc::Block salt;
  std::memcpy(&salt, digest.data(), sizeof salt);
  mpc::Blocks out(keys.size());
  mpc::Aes(salt).encrypt(keys, out);
  return out;
}

Error other_place() {
  return Error(Errc::kConflict, "the other side has other parts of the computation behind it").because("job.mismatch");
}

struct Place {
  std::uint32_t buckets = 0;
  std::uint32_t done = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

Result<> send_place(mpc::Channel& channel, Place place) {
  wire::Builder out;
  out.u32(place.buckets).u32(place.done);
  return channel.send(mpc::Tag::kProgress, out.bytes());
}

Result<Place> receive_place(mpc::Channel& channel) {
  std::array<std::uint8_t, 8> bytes{};
  WEIR_TRY(channel.receive(mpc::Tag::kProgress, std::span<std::uint8_t>(bytes)));
  wire::Reader in(bytes);
  Place out;
  WEIR_TRY_LET(out.buckets, in.u32());
  WEIR_TRY_LET(out.done, in.u32());
  return out;
}

Place place_of(std::size_t buckets, std::int64_t done) {
  return {static_cast<std::uint32_t>(buckets), static_cast<std::uint32_t>(done)};
}

// The bucket with which both go on: the first that one of them lacks. Neither can be ahead by more than one.
Result<std::int64_t> resume(mpc::Channel& channel, std::size_t buckets, Progress& progress) {
  const Place own = place_of(buckets, progress.now.done);
  WEIR_TRY(send_place(channel, own));
  WEIR_TRY_LET(const Place other, receive_place(channel));
  if (other.buckets != own.buckets || other.done > own.done + 1 || other.done + 1 < own.done) return other_place();
  if (other.done < own.done) progress.now = progress.before;
  return progress.now.done;
}

Result<> expect_place(mpc::Channel& channel, const Place& wanted) {
  WEIR_TRY_LET(const Place other, receive_place(channel));
  return other == wanted ? Result<>() : Result<>(other_place());
}

// Where both learn: the provider says that it has written down what it found, before the consumer does so. Who has
// ended its last bucket then knows that the other has.
Result<> announce(mpc::Channel& channel, Role role, std::size_t buckets, std::int64_t done) {
  const Place place = place_of(buckets, done);
  if (role == Role::kConsumer) return expect_place(channel, place);
  WEIR_TRY(send_place(channel, place));
  return channel.flush();
}

// The consumer says that it has written down what it found.
Result<> acknowledge(mpc::Channel& channel, Role role, std::size_t buckets, std::int64_t done) {
  const Place place = place_of(buckets, done);
  if (role == Role::kConsumer) {
    WEIR_TRY(send_place(channel, place));
    return channel.flush();
  }
  return expect_place(channel, place);
}

// One bucket of a run.
struct Bucket {
  mpc::Channel& channel;
  Random& random;
  const Job& job;
  const Algorithm& algorithm;
  const crypto::Digest& terms;
  std::size_t buckets;
  Side& side;

  bool both() const { return algorithm.answer == Answer::kBoth; }

  Result<Checkpoint> compute(std::int64_t number, const Checkpoint& before) const {
    const std::uint64_t sent_before = channel.sent(), received_before = channel.received();
    mpc::Blocks elements;
    if (!algorithm.keeps_images) {
      WEIR_TRY_LET(elements, open(static_cast<std::size_t>(number)));
    }
    channel.keep_transcript();
    channel.phases();
    WEIR_TRY_LET(const Found found, algorithm.keeps_images
                                        ? part_with_images(number)
                                        : protocol(elements, bucket_size(job.theirs.count, buckets)));
    const auto transcript = channel.transcript();
    Checkpoint out = before;
    for (const mpc::Phase& each : channel.phases()) mpc::add_phase(out.phases, each);
    out.done = number + 1;
    out.matches += static_cast<std::int64_t>(found.count);
    out.sent += static_cast<std::int64_t>(channel.sent() - sent_before);
    out.received += static_cast<std::int64_t>(channel.received() - received_before);
    out.sent_hash = chained(before.sent_hash, transcript.sent);
    out.received_hash = chained(before.received_hash, transcript.received);
    if (job.role == Role::kConsumer && both()) WEIR_TRY(announce(channel, job.role, buckets, out.done));
    if (!found.places.empty()) {
      WEIR_TRY_LET(out.lines, side.keep(found.places, before.lines));
    }
    return out;
  }

  // What this side learned.
  struct Found {
    std::size_t count = 0;
    std::vector<std::size_t> places;  // if it learns which
  };
  Result<Found> protocol(std::span<const mpc::Block> elements, std::size_t others) const {
    Found out;
    const bool asks = job.role == Role::kConsumer;
    const auto curve = algorithm.curve.value_or(mpc::DhCurve::kX25519);
    if (algorithm.answer == Answer::kSize) {
      if (!asks) return sent(mpc::ecdh_size_send(channel, random, curve, elements, others));
      WEIR_TRY_LET(out.count, mpc::ecdh_size_receive(channel, random, curve, elements, others));
      return out;
    }
    if (both()) {
      WEIR_TRY_LET(out.places, mpc::psi_both(channel, random, elements, others, !asks));
    } else if (algorithm.curve) {
      if (!asks) return sent(mpc::ecdh_psi_send(channel, random, curve, elements, others));
      WEIR_TRY_LET(out.places, mpc::ecdh_psi_receive(channel, random, curve, elements, others));
    } else {
      if (!asks) return sent(mpc::psi_send(channel, random, elements, others));
      WEIR_TRY_LET(out.places, mpc::psi_receive(channel, random, elements, others));
    }
    out.count = out.places.size();
    return out;
  }
  // First the images, then the points.
  Result<Found> part_with_images(std::int64_t number) const {
    const auto theirs = static_cast<std::size_t>(job.theirs.count);
    if (job.role == Role::kProvider) {
      WEIR_TRY_LET(const mpc::DhSecret secret, side.secret(*algorithm.curve));
      if (number > 0) return sent(mpc::ecdh_psi_send_kept(channel, secret, theirs));
      return sent(mpc::ecdh_send_images(channel, secret, static_cast<std::size_t>(job.mine.count), [&] {
        return open_whole();
      }));
    }
    if (number == 0) return sent(mpc::ecdh_receive_images(channel, side.images(), theirs));
    Found out;
    WEIR_TRY_LET(const mpc::Blocks elements, open_whole());
    WEIR_TRY_LET(out.places, mpc::ecdh_psi_receive_kept(channel, random, *algorithm.curve, elements, side.images(),
                                                        theirs));
    out.count = out.places.size();
    return out;
  }
  Result<mpc::Blocks> open_whole() const {
    WEIR_TRY_LET(const mpc::Blocks keys, side.open(0, 1));
    return elements_of(images_digest(job), keys);
  }
  static Result<Found> sent(const Result<>& ran) { return ran ? Result<Found>(Found()) : Result<Found>(ran.error()); }

  // The elements of the bucket, filled up; no filler is anybody else's element but with probability below 2^-80.
  Result<mpc::Blocks> open(std::size_t number) const {
    WEIR_TRY_LET(const mpc::Blocks keys, side.open(number, buckets));
    const std::size_t size = bucket_size(job.mine.count, buckets);
    if (keys.size() > size) {
      return Error(Errc::kConflict, "more keys fall into one part of the computation than hashes do")
          .because("job.bucket_full")
          .advise("look at who may choose the keys of the table, or ask with a greater --bucket");
    }
    mpc::Blocks out = elements_of(terms, keys);
    out.resize(size);
    mpc::Prg(mpc::random_block(random)).fill(std::span(out).subspan(keys.size()));
    return out;
  }
};

}  // namespace

Result<Checkpoint> run_intersection(mpc::Channel& channel, Random& random, const Job& job, Side& side) {
  WEIR_TRY_LET(const Algorithm* algorithm, find_algorithm(job.work.algorithm));
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const std::size_t buckets = buckets_of(job);
  const bool both = algorithm->answer == Answer::kBoth;
  Progress progress = job.progress;
  WEIR_TRY_LET(const std::int64_t first, resume(channel, buckets, progress));
  const std::int64_t spent = progress.now.milliseconds;
  if (first == static_cast<std::int64_t>(buckets)) return progress.now;
  progress.begin(first, true);
  const bool asked = !algorithm->keeps_images || progress.begun > 1;  // images may break off as often as they like
  if (asked && (both || job.role == Role::kProvider) && progress.tries > kTriesMax) {
    return Error(Errc::kForbidden, "the line broke too often in one part of the computation")
        .because("job.too_many_tries");
  }
  WEIR_TRY(side.note(progress));
  const Bucket bucket{channel, random, job, *algorithm, terms, buckets, side};
  for (std::int64_t i = first; i < static_cast<std::int64_t>(buckets); ++i) {
    WEIR_TRY_LET(Checkpoint next, bucket.compute(i, progress.now));
    next.milliseconds = spent + side.milliseconds();
    progress.before = progress.now;
    progress.now = next;
    if (next.done < static_cast<std::int64_t>(buckets)) progress.begin(next.done, false);
    WEIR_TRY(side.note(progress));
    if (both && job.role == Role::kProvider) WEIR_TRY(announce(channel, job.role, buckets, next.done));
    WEIR_TRY(acknowledge(channel, job.role, buckets, next.done));
  }
  return progress.now;
}

Result<mpc::JoinAnswer> ask_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures) {
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const mpc::JoinTable table = table_of(figures, elements_of(terms, figures.set.keys));
  WEIR_TRY_LET(const Algorithm* algorithm, find_algorithm(job.work.algorithm));
  const mpc::JoinShape shape = shape_of(*algorithm, *job.work.query, job.mine, job.theirs);
  WEIR_TRY_LET(auto answer, mpc::join_ask(channel, random, shape, table));
  WEIR_TRY(channel.send(mpc::Tag::kBye, ByteView()));
  WEIR_TRY(channel.flush());
  return answer;
}

Result<> answer_query(mpc::Channel& channel, Random& random, const Job& job, const Figures& figures) {
  WEIR_TRY_LET(const crypto::Digest terms, greet(channel, job));
  const mpc::JoinTable table = table_of(figures, elements_of(terms, figures.set.keys));
  WEIR_TRY_LET(const Algorithm* algorithm, find_algorithm(job.work.algorithm));
  const mpc::JoinShape shape = shape_of(*algorithm, *job.work.query, job.theirs, job.mine);
  WEIR_TRY(mpc::join_hold(channel, random, shape, table));
  return channel.receive(mpc::Tag::kBye, std::span<std::uint8_t>());
}

}  // namespace weir::use::job

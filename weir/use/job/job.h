// Job: one private computation under one agreement: what it computes, on what, and how far it is.
//
// Consumer: preparing -> proposed -> approved -> running -> done. Provider: proposed -> accepted -> approved ->
// running -> done. Before running, the provider may reject; before done, either side may fail. Nothing leaves a final
// state. Format: docs/formats/jobs.md. Thread-safety: values and pure functions. Trust: parse functions take hostile
// JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/crypto/hash.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/plan.h"
#include "weir/use/job/progress.h"
#include "weir/use/job/query.h"
#include "weir/use/job/set.h"
#include "weir/wire/json.h"

namespace weir::use::job {

// Stored as numbers, with gaps.
enum class State : std::int32_t {
  kPreparing = 100,  // consumer: its table is being read
  kProposed = 200,   // asked; at the provider it waits for a person
  kAccepted = 250,   // provider: a person or the contract said yes; its table is being read
  kApproved = 300,   // both sets are committed to
  kRunning = 400,
  kDone = 500,
  kRejected = 600,
  kFailed = 700,
};
std::string_view name_of(State state);  // "PREPARING"
Result<State> parse_state(std::int64_t number);
inline bool is_final(State state) { return state >= State::kDone; }

enum class Event : std::uint8_t { kPropose, kAccept, kApprove, kStart, kFinish, kReject, kFail };
// Fails with kConflict ("job.wrong_state").
Result<State> next_state(Role role, State state, Event event);

// One column of the key, as each side calls it.
struct KeyColumn {
  std::string consumer;
  std::string provider;
  Form form = Form::kText;
  friend bool operator==(const KeyColumn&, const KeyColumn&) = default;
};

// What is to be computed: both sides see these bytes before anything runs.
struct Work {
  std::string algorithm;  // id
  std::string version;
  std::string hash;
  std::vector<KeyColumn> keys;
  std::string action = "compute";
  std::string purpose;
  std::optional<Query> query;          // of an algorithm that answers one
  std::int64_t bucket = kBucketKeys;   // of an intersection: about how many keys are computed on at once
  friend bool operator==(const Work&, const Work&) = default;
};
wire::Json to_json(const Work& work);
// Fails with kInvalidArgument: "job.malformed", "job.form"; kConflict ("job.other_algorithm") if the algorithm is not
// the one that is registered here under that name, version and hash.
Result<Work> parse_work(const wire::Json& json);

wire::Json to_json(const Claim& claim);
// Without the sketch: what is written down, shown and agreed on.
wire::Json head_json(const Claim& claim);
// Fails with kInvalidArgument ("job.malformed") if a claim is not about the columns that the work reads of its side,
// ("job.set_too_large") if it has more keys than are computed on at once and the algorithm knows no buckets.
Result<> check_claim(const Work& work, Role side, const Claim& claim);
Result<Claim> parse_claim(const wire::Json& json);

// What came of a run, as one side saw it.
struct Outcome {
  std::int64_t matches = -1;  // distinct keys; unknown to the provider
  std::int64_t rows = -1;     // of the result
  std::int64_t sent = 0;      // bytes on the channel
  std::int64_t received = 0;
  std::int64_t milliseconds = 0;
  std::string sent_hash;      // transcript: "sha256:<hex>"
  std::string received_hash;
  std::string result_hash;    // of the result's bytes
  std::vector<mpc::Phase> phases = {};  // where the time went; stays on this side, and in none of its messages
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
wire::Json to_json(const Outcome& outcome);
Result<Outcome> parse_outcome(const wire::Json& json);

struct Moved {
  std::int64_t sent = 0;  // bytes
  std::int64_t received = 0;
};

struct Job {
  std::string id;  // the same on both sides
  Role role = Role::kConsumer;
  State state = State::kPreparing;
  supply::identifier::NodeId peer;
  std::string peer_address;  // base URL of the peer's protocol endpoint
  std::string agreement;
  std::string contract;
  std::string product;
  Work work;
  std::string input;  // content root of the own table
  Claim mine;
  Claim theirs;
  Outcome outcome;
  std::optional<Estimate> estimate;  // made by the consumer before the run
  Progress progress = {};            // of an intersection, while it runs
  Moved broken = {};                 // by lines that broke, and in no outcome
  std::string error;  // why it was rejected or failed
  std::string actor;
  Timestamp created{};
  Timestamp updated{};

  const Claim& of(Role side) const { return side == role ? mine : theirs; }
};
wire::Json to_json(const Moved& moved);
// For the API.
wire::Json to_json(const Job& job);

// What the work gives; rows if its algorithm is not known any more.
Answer answer_of(const Work& work);
bool keeps_images(const Work& work);
// Whether this side learns the answer, and whether that is a table.
bool learns(const Job& job);
bool has_result(const Job& job);
// In how many parts it is computed: the buckets into which the keys fall; of an algorithm that keeps images, these and
// then the points. Requires: both claims.
std::size_t buckets_of(const Job& job);

// By all its lines, as far as this side wrote it down: what is metered.
Moved moved(const Job& job);

// The work's query as SQL; empty if it has none.
std::string statement_of(const Work& work);

// What both sides must agree on before a byte that depends on data: agreement, work and both claims.
crypto::Digest terms_digest(const Job& job);

// Of an algorithm that keeps images: the name under which both sides keep what belongs to the provider's columns under
// the agreement (hex), and the digest that salts the elements.
std::string images_name(const Job& job);
crypto::Digest images_digest(const Job& job);

}  // namespace weir::use::job

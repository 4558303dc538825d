// Job service: the use cases of both sides. Every transition commits with its evidence and its message (I-1, I-2).
//
// Evidence kinds: job.asked, job.proposed, job.accepted, job.approved, job.started, job.finished, job.released,
// job.rejected, job.failed. Both claims are in both logs before a run begins. I-5: a run needs a live agreement, a
// decision, and its bytes are metered. I-6: both sides decide.
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "weir/base/random.h"
#include "weir/store/outbox.h"
#include "weir/trust/evidence/evidence.h"
#include "weir/use/job/ledger.h"
#include "weir/use/job/store.h"

namespace weir::use::job {

// Below the peer's protocol address.
inline constexpr std::string_view kJobsPath = "/jobs";

struct Agreed {
  std::string contract;
  std::string product;
  Role role = Role::kConsumer;  // this node's
  supply::identifier::NodeId peer;
  std::string peer_address;
  std::string content;  // root of the product's content; empty if it has none
};

// What the terms say to a job.
struct Ruling {
  bool allowed = false;
  bool automatic = false;  // the terms name the algorithm: no person is asked
  Text words;              // of a refusal
  std::optional<std::int64_t> budget;  // of privacy, that the terms set: epsilon in millionths
};

// A refusal: of a spent budget what the ledger says, else the words of the terms.
Error denied(const Ruling& ruling, Privacy privacy);

// The neighbours, as jobs see them; the node adapts contract, usage and metering to it.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  // Fails with kNotFound, or kForbidden ("agreement.not_live").
  virtual Result<Agreed> agreed(store::Tx& tx, const std::string& agreement) = 0;
  // Whether it is over for good.
  virtual Result<bool> ended(store::Tx& tx, const std::string& agreement) = 0;
  // Outside of any transaction; nothing is counted.
  virtual Result<Ruling> preview(const Job& job, const Privacy& privacy) = 0;
  // Counts, and writes down what was decided.
  virtual Result<Ruling> authorize(store::Tx& tx, const Job& job, const Privacy& privacy,
                                   const std::string& actor) = 0;
  // What the run moved, both ways; the meter is closed.
  virtual Result<> meter(store::Tx& tx, const Job& job) = 0;
};

struct Proposal {
  std::string agreement;
  std::string algorithm = "psi-rr22";
  std::vector<KeyColumn> keys;
  std::string action = "compute";
  std::string purpose;
  std::string input;  // content root of the own table
  std::optional<Query> query;  // without a least number, the own rules' is taken
  std::int64_t bucket = kBucketKeys;
};

// What each algorithm that could answer a proposal would take; in each the draft of its job says what would be learned.
struct Plan {
  std::vector<Candidate> candidates;
  std::vector<Job> drafts;
  std::vector<std::optional<Error>> refusals;  // by the terms
  Privacy privacy;
  std::optional<std::size_t> chosen;
  Text why;  // that one was
};

class Service {
 public:
  struct Deps {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    Neighbours& neighbours;
    std::string node;  // identifier of this node
    LedgerRules rules = {};
    std::function<void(const std::string& id)> wake = [](const std::string&) {};
  };
  explicit Service(Deps deps) : deps_(std::move(deps)) {}

  // ── consumer ──
  // Fails with kForbidden ("job.denied": the denial is in the log), "agreement.not_live", kConflict
  // ("job.not_consumer", "job.no_content"), "job.no_algorithm".
  Result<Job> propose(const Proposal& proposal, const std::string& actor);
  // The job that a proposal would become; nothing is kept.
  Result<Job> draft(const Proposal& proposal, const std::string& actor);
  // By each algorithm that gives this answer. Nothing is asked and nothing counted.
  Result<Plan> plan(Proposal proposal, Answer answer, const Sizes& sizes, const LineSpeed& line,
                    const std::string& actor);
  // Keys of the other side in the newest job under the agreement, if there was one.
  Result<std::optional<std::int64_t>> their_last_count(const std::string& agreement);
  // What a run that is about to start is expected to take.
  Result<> expect(const std::string& id, const Estimate& estimate);
  // The result may leave the node: written down first. Fails with kConflict ("job.no_result").
  Result<Job> release(const std::string& id, const std::string& actor);

  // ── provider ──
  Result<Job> approve(const std::string& id, const std::string& actor);
  // The provider says no, or takes back what it approved; the consumer takes its question back.
  Result<Job> reject(const std::string& id, std::string_view reason, const std::string& actor);
  // The consumer opens the channel. Fails with kNotFound for whoever is not the job's consumer, "job.wrong_state".
  Result<Job> open_channel(const std::string& id, const supply::identifier::NodeId& peer);

  // ── both: the node's worker ──
  Result<Bytes> salt(const Job& job);
  // The own table is read: commits to it, and tells the other side. A table that the rules do not admit ends the job.
  Result<> claim(const std::string& id, const Claim& mine);
  // Before the first byte that depends on data; again after an interruption. Both claims and the decision are in the
  // log when it returns, and what the run takes of the privacy budget is spent, whatever becomes of the run: one that
  // is made again draws new noise, and is another use. Fails with kConflict ("job.set_swapped") if `mine` is not what
  // was committed to, "job.denied", "job.budget_spent".
  Result<Job> start(const std::string& id, const Claim& mine);
  // How far a run is: where it goes on after an interruption. Fails with kConflict ("job.wrong_state") if it ended.
  Result<> note(const std::string& id, const Progress& progress);
  Result<> finish(const std::string& id, const Outcome& outcome);
  // A line broke that moved so much since the job was as `before`.
  Result<> broke(const std::string& id, const Moved& line, const Checkpoint& before);
  // Both sides have all that was computed; this one, a provider that learns, has yet to write its rows.
  Result<> ran(const std::string& id, const Outcome& outcome);
  Result<> fail(const std::string& id, const Error& error);

  // ── images that are kept from one question to the next ──
  // Provider: what it claimed of this content when it was asked before; nothing if it must read it.
  Result<std::optional<Claim>> kept_claim(const Job& job);
  // Provider: of a job that started.
  Result<mpc::DhSecret> image_secret(const Job& job, mpc::DhCurve curve);
  // How many a consumer has of the provider's table: all or 0.
  Result<std::int64_t> images_kept(const Job& job);
  // Names of what belongs to agreements that are over; drop_images() when nothing else of it is left.
  Result<std::vector<std::string>> images_of_ended();
  Result<> drop_images(const std::string& name);

  // ── hear; the same message again changes nothing ──
  Result<Job> receive_proposal(const supply::identifier::NodeId& peer, const wire::Json& body);
  Result<Job> receive_event(const supply::identifier::NodeId& peer, const std::string& id, const wire::Json& body);
  // The peer refused a message for good. Runs in the transaction that sets it aside.
  Result<> refused(store::Tx& tx, const std::string& id, const Error& error);

  // ── look ──
  Result<Job> get(const std::string& id);
  Result<Page> list(const std::string& cursor, std::size_t limit);
  Result<std::vector<Job>> unfinished();
  // What the job's question takes of the privacy of its product, and what the counterpart has spent of it.
  Result<Privacy> privacy(const Job& job);

 private:
  Result<> step(store::Tx& tx, Job& job, Event event);
  Result<> record(store::Tx& tx, const Job& job, std::string_view kind, const std::string& actor, wire::Json more = {});
  Result<> tell(store::Tx& tx, const Job& job, std::string_view path, wire::Json body);
  Result<> end(store::Tx& tx, Job& job, Event event, const Error& error, const std::string& actor, bool tell_peer);
  // Outside of any transaction: what the terms say to the job, and the ledger.
  struct Preview {
    Ruling ruling;
    Privacy privacy;
  };
  Result<Preview> preview(const Job& job);
  Result<> check_ledger(store::Tx& tx, const Job& job);
  Result<> take_approval(store::Tx& tx, Job& job, const wire::Json& body, const std::string& actor);
  Result<> take_completion(store::Tx& tx, Job& job, const wire::Json& body, const std::string& actor);
  // What a run that begins keeps images under.
  Result<> open_images(store::Tx& tx, const Job& job);
  void wake_after(store::Tx& tx, const std::string& id);
  std::string self() const { return "node:" + deps_.node; }

  Deps deps_;
};

}  // namespace weir::use::job

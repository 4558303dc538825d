// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/service.h"

#include "weir/tlog/entry.h"
#include "weir/use/job/algorithm.h"

namespace weir::use::job {

using supply::identifier::NodeId;
using wire::Json;

namespace {

Result<Privacy> privacy_of(store::Tx& tx, const Job& job) {
  Privacy out{.cost = job.work.query ? job.work.query->epsilon : 0};
  WEIR_TRY_LET(out.spent, privacy_spent(tx, job.peer.text(), job.product));
  return out;
}

std::string digest_text(const crypto::Digest& digest) {
  return tlog::format_digest(crypto::HashAlgorithm::kSha256, digest);
}

}  // namespace

// Of a privacy budget that the terms set, the ledger knows more than they.
Error denied(const Ruling& ruling, Privacy privacy) {
  privacy.budget = ruling.budget;
  if (Result<> may = may_spend(privacy); !may) return Error(may.error());
  return Error(Errc::kForbidden, ruling.words).because("job.denied").advise("the terms: weir contract show AGREEMENT");
}

Result<> Service::step(store::Tx& tx, Job& job, Event event) {
  WEIR_TRY_LET(job.state, next_state(job.role, job.state, event));
  job.updated = deps_.clock.now();
  return update(tx, job);
}

Result<> Service::record(store::Tx& tx, const Job& job, std::string_view kind, const std::string& actor, Json more) {
  Json body = Json::object({{"agreement", job.agreement}, {"role", name_of(job.role)}, {"work", to_json(job.work)}});
  if (!job.of(Role::kConsumer).root.empty()) body.set("consumer", head_json(job.of(Role::kConsumer)));
  if (!job.of(Role::kProvider).root.empty()) body.set("provider", head_json(job.of(Role::kProvider)));
  if (more.is_object()) {
    for (const auto& [name, value] : more.members()) body.set(name, value);
  }
  WEIR_TRY(deps_.log.append(tx, {.kind = std::string(kind),
                                 .time = deps_.clock.now(),
                                 .actor = actor,
                                 .contract = job.contract,
                                 .product = job.product,
                                 .process = job.id,
                                 .participants = {deps_.node, job.peer.text()},
                                 .body = std::move(body)}));
  return {};
}

Result<> Service::tell(store::Tx& tx, const Job& job, std::string_view path, Json body) {
  WEIR_TRY(store::enqueue(tx, {.lane = "job:" + job.id,
                               .peer = job.peer.text(),
                               .address = job.peer_address,
                               .path = std::string(kJobsPath) + std::string(path),
                               .body = body.canonical()}));
  return {};
}

void Service::wake_after(store::Tx& tx, const std::string& id) {
  tx.after_commit([wake = deps_.wake, id] { wake(id); });
}

Result<> Service::end(store::Tx& tx, Job& job, Event event, const Error& error, const std::string& actor,
                      bool tell_peer) {
  job.error = error.message();
  const Moved lines = moved(job);
  WEIR_TRY(step(tx, job, event));
  if (lines.sent + lines.received > 0) WEIR_TRY(deps_.neighbours.meter(tx, job));
  const bool rejected = event == Event::kReject;
  const Json why = Json::object({{"reason", error.reason()}, {"words", error.message()}});
  WEIR_TRY(record(tx, job, rejected ? "job.rejected" : "job.failed", actor, why));
  if (tell_peer) {
    Json body = why;
    body.set("event", rejected ? "rejection" : "failure");
    WEIR_TRY(tell(tx, job, "/" + job.id, std::move(body)));
  }
  wake_after(tx, job.id);
  return {};
}

Result<Service::Preview> Service::preview(const Job& job) {
  Preview out;
  WEIR_TRY_LET(out.privacy, store::sql_read<Privacy>(deps_.sql, [&](store::Tx& tx) { return privacy_of(tx, job); }));
  WEIR_TRY_LET(out.ruling, deps_.neighbours.preview(job, out.privacy));
  out.privacy.budget = out.ruling.budget;
  return out;
}

Result<Privacy> Service::privacy(const Job& job) {
  WEIR_TRY_LET(const Preview found, preview(job));
  return found.privacy;
}

Result<Job> Service::draft(const Proposal& proposal, const std::string& actor) {
  WEIR_TRY_LET(const Algorithm* algorithm, find_algorithm(proposal.algorithm));
  Work wanted{.algorithm = algorithm->id,
              .version = algorithm->version,
              .hash = algorithm->hash,
              .keys = proposal.keys,
              .action = proposal.action,
              .purpose = proposal.purpose,
              .query = proposal.query,
              .bucket = proposal.bucket};
  if (wanted.query && wanted.query->least == 0) wanted.query->least = deps_.rules.group_least;
  WEIR_TRY_LET(const Work work, parse_work(to_json(wanted)));
  return store::sql_read<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(Agreed agreed, deps_.neighbours.agreed(tx, proposal.agreement));
    if (agreed.role != Role::kConsumer) {
      return Error(Errc::kConflict, "the consumer of an agreement asks for its computations")
          .because("job.not_consumer");
    }
    const Timestamp now = deps_.clock.now();
    return Job{.id = deps_.random.uuid(),
               .role = Role::kConsumer,
               .state = State::kPreparing,
               .peer = std::move(agreed.peer),
               .peer_address = std::move(agreed.peer_address),
               .agreement = proposal.agreement,
               .contract = std::move(agreed.contract),
               .product = std::move(agreed.product),
               .work = work,
               .input = proposal.input,
               .mine = {},
               .theirs = {},
               .outcome = {},
               .estimate = {},
               .error = {},
               .actor = actor,
               .created = now,
               .updated = now};
  });
}

Result<Job> Service::propose(const Proposal& proposal, const std::string& actor) {
  WEIR_TRY_LET(const Job job, draft(proposal, actor));
  WEIR_TRY_LET(const Preview at, preview(job));
  if (!at.ruling.allowed) {
    // The denial is written down; nothing is counted.
    WEIR_TRY_LET(const Ruling written, store::sql_write<Ruling>(deps_.sql, [&](store::Tx& tx) {
                   return deps_.neighbours.authorize(tx, job, at.privacy, actor);
                 }));
    return denied(written.allowed ? at.ruling : written, at.privacy);
  }
  WEIR_TRY(deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(insert(tx, job));
    WEIR_TRY(record(tx, job, "job.asked", actor));
    wake_after(tx, job.id);
    return {};
  }));
  return job;
}

Result<Bytes> Service::salt(const Job& job) {
  return store::sql_write<Bytes>(
      deps_.sql, [&](store::Tx& tx) { return salt_of(tx, job.peer.text(), job.product, deps_.random); });
}

Result<> Service::claim(const std::string& id, const Claim& mine) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    const bool asks = job.role == Role::kConsumer;
    if (job.state != (asks ? State::kPreparing : State::kAccepted)) return {};
    job.mine = mine;
    if (const Result<> sound = check_claim(job.work, job.role, mine); !sound) {
      return end(tx, job, asks ? Event::kFail : Event::kReject, sound.error(), self(), !asks);
    }
    if (mine.count < deps_.rules.set_least) {
      const Error small = Error(Errc::kForbidden, "the own table has too few keys: " + std::to_string(mine.count))
                              .because("job.set_too_small");
      return end(tx, job, asks ? Event::kFail : Event::kReject, small, self(), !asks);
    }
    WEIR_TRY(step(tx, job, asks ? Event::kPropose : Event::kApprove));
    WEIR_TRY(record(tx, job, asks ? "job.proposed" : "job.approved", self()));
    if (!asks) {
      return tell(tx, job, "/" + id, Json::object({{"event", "approval"}, {"set", to_json(mine)}}));
    }
    return tell(tx, job, "/request", Json::object({{"job", id},
                                                   {"agreement", job.agreement},
                                                   {"work", to_json(job.work)},
                                                   {"set", to_json(mine)}}));
  });
}

Result<Job> Service::start(const std::string& id, const Claim& mine) {
  return store::sql_write<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (mine != job.mine) {
      return Error(Errc::kConflict, "the own table is not the one that was committed to").because("job.set_swapped");
    }
    WEIR_TRY(deps_.neighbours.agreed(tx, job.agreement));
    WEIR_TRY_LET(Privacy privacy, privacy_of(tx, job));
    const bool again = job.state == State::kRunning;
    if (again && privacy.cost == 0) return job;
    if (!again) WEIR_TRY(step(tx, job, Event::kStart));
    WEIR_TRY_LET(const Ruling ruling, deps_.neighbours.authorize(tx, job, privacy, self()));
    if (!ruling.allowed) return denied(ruling, privacy);
    Json more = Json::object({{"terms", digest_text(terms_digest(job))}});
    if (privacy.cost > 0) {
      WEIR_TRY(spend_privacy(tx, job, privacy.cost, deps_.clock.now()));
      privacy.spent += privacy.cost;
      privacy.budget = ruling.budget;
      more.set("privacy", to_json(privacy));
    }
    WEIR_TRY(open_images(tx, job));
    WEIR_TRY(record(tx, job, "job.started", self(), std::move(more)));
    return job;
  });
}

Result<> Service::expect(const std::string& id, const Estimate& estimate) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    job.estimate = estimate;
    return update(tx, job);
  });
}

Result<Plan> Service::plan(Proposal proposal, Answer answer, const Sizes& sizes, const LineSpeed& line,
                           const std::string& actor) {
  Plan out;
  for (const Algorithm& each : algorithms()) {
    if (each.answer != answer) continue;
    proposal.algorithm = each.id;
    WEIR_TRY_LET(const Job job, draft(proposal, actor));
    WEIR_TRY_LET(const Preview at, preview(job));
    Candidate candidate{&each, at.ruling.allowed, {}, {}};
    Sizes these = sizes;
    if (each.keeps_images) {
      WEIR_TRY_LET(const std::int64_t kept, images_kept(job));
      these.kept = sizes.provider;
      candidate.later = estimate(each, these, job.work.query, line);
      these.kept = std::min(kept, sizes.provider);
    }
    candidate.estimate = estimate(each, these, job.work.query, line);
    out.candidates.push_back(std::move(candidate));
    out.drafts.push_back(job);
    out.refusals.push_back(at.ruling.allowed ? std::nullopt : std::optional(denied(at.ruling, at.privacy)));
    out.privacy = at.privacy;
  }
  out.chosen = choose(out.candidates);
  if (out.chosen) out.why = why(out.candidates, *out.chosen);
  return out;
}

Result<std::optional<std::int64_t>> Service::their_last_count(const std::string& agreement) {
  return store::sql_read<std::optional<std::int64_t>>(
      deps_.sql, [&](store::Tx& tx) { return last_count(tx, agreement); });
}

Result<> Service::finish(const std::string& id, const Outcome& outcome) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (job.state == State::kDone) return {};
    job.outcome = outcome;
    WEIR_TRY(step(tx, job, Event::kFinish));
    WEIR_TRY(record(tx, job, "job.finished", self(), Json::object({{"outcome", to_json(outcome)}})));
    WEIR_TRY(deps_.neighbours.meter(tx, job));
    wake_after(tx, id);
    if (job.role == Role::kProvider) return {};
    // What the consumer learned stays with it.
    Outcome told = outcome;
    told.matches = told.rows = -1;
    told.result_hash.clear();
    return tell(tx, job, "/" + id, Json::object({{"event", "completion"}, {"outcome", to_json(told)}}));
  });
}

Result<> Service::fail(const std::string& id, const Error& error) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (is_final(job.state)) return {};
    return end(tx, job, Event::kFail, error, self(), job.role == Role::kProvider || !job.mine.root.empty());
  });
}

Result<Job> Service::release(const std::string& id, const std::string& actor) {
  return store::sql_write<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(const Job job, load(tx, id));
    if (job.state != State::kDone || !has_result(job)) {
      return Error(Errc::kConflict, "the job has no result on this side: it is " + std::string(name_of(job.state)))
          .because("job.no_result");
    }
    WEIR_TRY(record(tx, job, "job.released", actor, Json::object({{"resultHash", job.outcome.result_hash}})));
    return job;
  });
}

Result<Job> Service::get(const std::string& id) {
  return store::sql_read<Job>(deps_.sql, [&](store::Tx& tx) { return load(tx, id); });
}

Result<Page> Service::list(const std::string& cursor, std::size_t limit) {
  return store::sql_read<Page>(deps_.sql, [&](store::Tx& tx) { return job::list(tx, cursor, limit); });
}

Result<std::vector<Job>> Service::unfinished() {
  return store::sql_read<std::vector<Job>>(deps_.sql, [](store::Tx& tx) { return job::unfinished(tx); });
}

}  // namespace weir::use::job

// SPDX-License-Identifier: Apache-2.0
// What the provider decides, and what each side hears from the other.
#include "weir/use/job/service.h"

namespace weir::use::job {

using supply::identifier::NodeId;
using wire::Json;

namespace {

// Unknown and foreign jobs look alike.
Result<Job> load_of(store::Tx& tx, const std::string& id, const NodeId& peer) {
  WEIR_TRY_LET(Job job, load(tx, id));
  if (job.peer == peer) return job;
  return Error(Errc::kNotFound, "no such job").because("job.not_found");
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (hyphen ? text[i] != '-' : !hex) return false;
  }
  return true;
}

Error not_for(const Job& job) {
  return Error(Errc::kConflict, "this is not what the " + std::string(name_of(job.role)) + " of a job is told")
      .because("job.wrong_state");
}

struct Heard {
  std::string id;
  std::string agreement;
  Work work;
  Claim claim;
};

Result<Heard> parse_proposal(const Json& body) {
  Heard out;
  WEIR_TRY_LET(out.id, body.text("job"));
  if (!is_uuid(out.id)) {
    return Error(Errc::kInvalidArgument, "a job is named by a UUID in lower case").because("job.malformed");
  }
  WEIR_TRY_LET(out.agreement, body.text("agreement"));
  WEIR_TRY_LET(out.work, parse_work(body["work"]));
  WEIR_TRY_LET(out.claim, parse_claim(body["set"]));
  WEIR_TRY(check_claim(out.work, Role::kConsumer, out.claim));
  return out;
}

}  // namespace

Result<> Service::check_ledger(store::Tx& tx, const Job& job) {
  if (job.work.query && job.work.query->least < deps_.rules.group_least) {
    const std::string least = std::to_string(deps_.rules.group_least);
    return Error(Errc::kForbidden, "groups of fewer than " + least + " keys are not shown here")
        .because("job.group_too_small")
        .advise("HAVING COUNT(*) >= " + least);
  }
  WEIR_TRY_LET(const auto earlier, claims_of(tx, job.peer.text(), job.product, job.id));
  return may_ask(deps_.rules, earlier, job.theirs);
}

Result<Job> Service::receive_proposal(const NodeId& peer, const Json& body) {
  WEIR_TRY_LET(const Heard heard, parse_proposal(body));
  const auto make = [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(const auto known, find(tx, heard.id));
    if (known && known->peer == peer) return *known;
    WEIR_TRY_LET(Agreed agreed, deps_.neighbours.agreed(tx, heard.agreement));
    if (known || agreed.peer != peer || agreed.role != Role::kProvider) {
      return Error(Errc::kNotFound, "no such agreement").because("contract.no_agreement");
    }
    if (agreed.content.empty()) {
      return Error(Errc::kConflict, "the product of this agreement has no content to compute on")
          .because("job.no_content");
    }
    const Timestamp now = deps_.clock.now();
    return Job{.id = heard.id,
               .role = Role::kProvider,
               .state = State::kProposed,
               .peer = peer,
               .peer_address = std::move(agreed.peer_address),
               .agreement = heard.agreement,
               .contract = std::move(agreed.contract),
               .product = std::move(agreed.product),
               .work = heard.work,
               .input = std::move(agreed.content),
               .mine = {},
               .theirs = heard.claim,
               .outcome = {},
               .estimate = {},
               .error = {},
               .actor = "peer:" + peer.text(),
               .created = now,
               .updated = now};
  };
  WEIR_TRY_LET(const Job fresh, store::sql_read<Job>(deps_.sql, make));
  WEIR_TRY_LET(const Preview at, preview(fresh));
  return store::sql_write<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(const auto known, find(tx, fresh.id));
    if (known) return *known;
    Job job = fresh;
    WEIR_TRY(insert(tx, job));
    WEIR_TRY(record(tx, job, "job.proposed", "peer:" + peer.text()));
    if (!at.ruling.allowed) {
      WEIR_TRY_LET(const Ruling written, deps_.neighbours.authorize(tx, job, at.privacy, self()));
      const Error no = denied(written.allowed ? at.ruling : written, at.privacy);
      WEIR_TRY(end(tx, job, Event::kReject, no, self(), true));
      return job;
    }
    if (const Result<> may = check_ledger(tx, job); !may) {
      if (may.error().code() != Errc::kForbidden) return Error(may.error());
      WEIR_TRY(end(tx, job, Event::kReject, may.error(), self(), true));
      return job;
    }
    if (!at.ruling.automatic) return job;
    WEIR_TRY(step(tx, job, Event::kAccept));
    WEIR_TRY(record(tx, job, "job.accepted", self()));
    wake_after(tx, job.id);
    return job;
  });
}

Result<Job> Service::approve(const std::string& id, const std::string& actor) {
  return store::sql_write<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(Job job, load(tx, id));
    WEIR_TRY(step(tx, job, Event::kAccept));
    WEIR_TRY(record(tx, job, "job.accepted", actor));
    wake_after(tx, id);
    return job;
  });
}

Result<Job> Service::reject(const std::string& id, std::string_view reason, const std::string& actor) {
  return store::sql_write<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(Job job, load(tx, id));
    // What was approved is taken back, by either side.
    const bool no = job.role == Role::kProvider && (job.state == State::kProposed || job.state == State::kAccepted);
    const Error why = Error(Errc::kForbidden, std::string(reason)).because(no ? "job.rejected" : "job.withdrawn");
    WEIR_TRY(end(tx, job, no ? Event::kReject : Event::kFail, why, actor, true));
    return job;
  });
}

Result<Job> Service::open_channel(const std::string& id, const NodeId& peer) {
  return store::sql_read<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(Job job, load_of(tx, id, peer));
    if (job.role == Role::kProvider && (job.state == State::kApproved || job.state == State::kRunning)) return job;
    const std::string why = job.error.empty() ? "nothing is to be computed now" : job.error;
    return Error(Errc::kConflict, "the job is " + std::string(name_of(job.state)) + ": " + why)
        .because("job.wrong_state");
  });
}

Result<> Service::take_approval(store::Tx& tx, Job& job, const Json& body, const std::string& actor) {
  if (job.role != Role::kConsumer) return not_for(job);
  if (job.state != State::kProposed) return {};  // heard before
  WEIR_TRY_LET(job.theirs, parse_claim(body["set"]));
  WEIR_TRY(check_claim(job.work, Role::kProvider, job.theirs));
  WEIR_TRY(step(tx, job, Event::kApprove));
  WEIR_TRY(record(tx, job, "job.approved", actor));
  wake_after(tx, job.id);
  return {};
}

// The consumer's word that it has all: counts if this side did not hear the end of the run itself.
Result<> Service::take_completion(store::Tx& tx, Job& job, const Json& body, const std::string& actor) {
  if (job.role != Role::kProvider) return not_for(job);
  if (job.state == State::kDone) return {};
  WEIR_TRY_LET(const Outcome theirs, parse_outcome(body["outcome"]));
  const bool writes = learns(job);
  if (writes && job.progress.now.done < static_cast<std::int64_t>(buckets_of(job))) return not_for(job);
  job.outcome = {.matches = -1,
                 .rows = -1,
                 .sent = theirs.received,
                 .received = theirs.sent,
                 .milliseconds = theirs.milliseconds,
                 .sent_hash = theirs.received_hash,
                 .received_hash = theirs.sent_hash,
                 .result_hash = {}};
  if (writes) {  // its own rows first
    wake_after(tx, job.id);
    return update(tx, job);
  }
  WEIR_TRY(step(tx, job, Event::kFinish));
  WEIR_TRY(record(tx, job, "job.finished", actor, Json::object({{"outcome", to_json(job.outcome)}, {"told", true}})));
  WEIR_TRY(deps_.neighbours.meter(tx, job));
  wake_after(tx, job.id);
  return {};
}

Result<Job> Service::receive_event(const NodeId& peer, const std::string& id, const Json& body) {
  WEIR_TRY_LET(const std::string event, body.text("event"));
  const std::string actor = "peer:" + peer.text();
  return store::sql_write<Job>(deps_.sql, [&](store::Tx& tx) -> Result<Job> {
    WEIR_TRY_LET(Job job, load_of(tx, id, peer));
    if (event == "approval") {
      WEIR_TRY(take_approval(tx, job, body, actor));
    } else if (event == "completion") {
      WEIR_TRY(take_completion(tx, job, body, actor));
    } else if (event == "rejection" || event == "failure") {
      if (is_final(job.state)) return job;
      WEIR_TRY_LET(const std::string words, body.text("words"));
      if (words.size() > 2000) return Error(Errc::kInvalidArgument, "too many words").because("job.malformed");
      const Error why = Error(Errc::kForbidden, words).because(body.text_or("reason", "job.rejected"));
      const bool rejected = event == "rejection" && job.role == Role::kConsumer && job.state == State::kProposed;
      WEIR_TRY(end(tx, job, rejected ? Event::kReject : Event::kFail, why, actor, false));
    } else {
      return Error(Errc::kInvalidArgument, "there is no event of that name").because("job.malformed");
    }
    return job;
  });
}

Result<> Service::refused(store::Tx& tx, const std::string& id, const Error& error) {
  WEIR_TRY_LET(auto job, find(tx, id));
  if (!job || is_final(job->state)) return {};
  const bool asked = job->role == Role::kConsumer && job->state == State::kProposed;
  return end(tx, *job, asked ? Event::kReject : Event::kFail, error, "peer:" + job->peer.text(), false);
}

}  // namespace weir::use::job

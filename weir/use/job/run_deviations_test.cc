// A side of a job's run that deviates at every message, and a line that breaks at every message.
// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <algorithm>

#include "weir/mpc/deviations.h"
#include "weir/use/job/run_parties.h"

namespace weir::use::job {
namespace {

using mpc::Deviated;
using mpc::Deviation;

std::string complaint_of(const Deviated& what, const Error& error) {
  const bool ends = what.kind == Deviation::kStall || what.kind == Deviation::kHangUp;
  return error.reason() == "job.mismatch" && !ends ? "" : mpc::complaint_about(what, error);
}

// Where two sides may find themselves when the line is there again; children note in shared memory what one of them
// has tried, since what follows depends on nothing else.
class Resumed {
 public:
  Resumed() : seen_(static_cast<Seen*>(::mmap(nullptr, sizeof(Seen), PROT_READ | PROT_WRITE,
                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  Resumed(const Resumed&) = delete;
  Resumed& operator=(const Resumed&) = delete;
  ~Resumed() { ::munmap(seen_, sizeof(Seen)); }
  std::size_t count() const { return seen_->count; }

  // A complaint unless a second connection finds the rest, and computes nothing that both have behind them.
  std::string complaint(const Party& consumer, const Party& provider, const mpc::Blocks& wanted) {
    const State state{consumer.progress(), provider.progress(), consumer.found.size()};
    if (std::find(seen_->states, seen_->states + seen_->count, state) != seen_->states + seen_->count) return "";
    if (seen_->count < std::size(seen_->states)) seen_->states[seen_->count++] = state;
    Both again(consumer, provider);
    again.consumer.opened.clear();
    again.connect();
    if (!again.at_consumer || !again.at_provider) return "does not go on";
    if (again.consumer.found != wanted) return "goes on to what is wrong";
    if (again.at_consumer->sent_hash != again.at_provider->received_hash) return "has two transcripts";
    const std::int64_t behind = std::min(state.consumer.now.done, state.provider.now.done);
    const auto& opened = again.consumer.opened;
    const bool whole = opened.empty() || keeps_images(again.consumer.job().work);
    if (!whole && opened.front() != static_cast<std::size_t>(behind)) return "goes on somewhere else";
    return "";
  }

 private:
  struct State {
    Progress consumer, provider;
    std::size_t found;
    friend bool operator==(const State&, const State&) = default;
  };
  struct Seen {
    std::size_t count;
    State states[64];
  };
  Seen* seen_;
};

// The algorithm in two buckets, one side honest, the other not: wherever it deviates, and wherever the line breaks.
void expect_every_deviation_is_met(const Algorithm& algorithm, Role honest, std::size_t least) {
  const auto mine = keys_from(0, 40), theirs = keys_from(30, 70);
  const auto wanted = algorithm.answer == Answer::kSize ? mpc::Blocks() : keys_from(30, 40);
  Both run(mine, theirs, 20);
  run.each([&](Job& job) { job.work.algorithm = algorithm.id; });
  const bool consumes = honest == Role::kConsumer;
  const Party fresh = consumes ? run.consumer : run.provider;
  Party other = consumes ? run.provider : run.consumer;
  std::optional<Party> own;
  std::vector<Party> others;  // as it was before each of its messages
  const auto deviating = [&](mpc::Channel& c, Random& r) { return run_intersection(c, r, other.job(), other); };
  const auto party = [&](mpc::Channel& c, Random& r) {
    own.emplace(fresh);
    return run_intersection(c, r, own->job(), *own);
  };
  const mpc::Script script = mpc::script_of(deviating, party, [&] { others.push_back(other); });
  ASSERT_EQ(others.size(), script.size());
  others.push_back(other);
  Resumed resumed;
  const auto goes_on = [&](const Party& with) {
    return consumes ? resumed.complaint(*own, with, wanted) : resumed.complaint(with, *own, wanted);
  };
  const bool malicious = algorithm.malicious;
  const auto judge = [&](const Deviated& what, const Result<Checkpoint>& got) -> std::string {
    if (!got) {
      const std::string complaint = complaint_of(what, got.error());
      if (!complaint.empty()) return complaint;
      if (what.kind != Deviation::kHangUp) return "";
      // Images that are on their way: who sent them may have gone on.
      const bool images = what.tag == mpc::Tag::kPsiImages;
      const std::string complains = goes_on(others[what.message]);
      return complains.empty() && images ? goes_on(others[what.message + 1]) : complains;
    }
    if (!consumes || !malicious) return "";
    if (what.tag != mpc::Tag::kPsiImages) return own->found == wanted ? "" : "ends with what is wrong";
    const auto shared = [&](const mpc::Block& key) { return std::ranges::find(wanted, key) != wanted.end(); };
    return std::ranges::all_of(own->found, shared) && own->found.size() + 1 >= wanted.size() ? "" : "ends with others";
  };
  // The line breaks at every message; what else may be at those that are alike, the protocols' own tests show.
  const auto tried = mpc::try_deviations(script, party, judge, [](const Deviated& what) {
    return !what.alike || what.kind == Deviation::kHangUp;
  });
  EXPECT_GE(tried.count, least);
  EXPECT_GE(resumed.count(), 2u);
  for (const std::string& each : tried.complaints) ADD_FAILURE() << algorithm.id << ": " << each;
}

TEST(RunDeviations, AreMetByTheConsumerWhoGoesOnWhereTheLineBroke) {
  for (const Algorithm& each : algorithms()) {
    if (!each.answers_query()) expect_every_deviation_is_met(each, Role::kConsumer, each.in_buckets() ? 40 : 20);
  }
}

TEST(RunDeviations, AreMetByTheProviderWhoGoesOnWhereTheLineBroke) {
  for (const Algorithm& each : algorithms()) {
    if (!each.answers_query()) expect_every_deviation_is_met(each, Role::kProvider, each.in_buckets() ? 40 : 20);
  }
}

// What is in between is join.h's, and tested there.
TEST(RunDeviations, FromAFigureAtItsFirstAndLastMessagesEndBothSides) {
  const Query query = parse_statement("SELECT COUNT(*) FROM mine JOIN theirs USING (id)", {})->query;
  const Figures own = figures_of("id\n1\n2\n", query, Role::kConsumer);
  const Figures other = figures_of("id\n2\n3\n", query, Role::kProvider);
  const auto job = [&](Role role) {
    Job out = job_of(role, own.set.keys, other.set.keys);
    out.work.query = query;
    return out;
  };
  const auto ask = [&, is = job(Role::kConsumer)](mpc::Channel& c, Random& r) { return ask_query(c, r, is, own); };
  const auto answer = [&, is = job(Role::kProvider)](mpc::Channel& c, Random& r) {
    return answer_query(c, r, is, other);
  };
  const auto judge = [](const Deviated& what, const auto& got) -> std::string {
    return got ? "" : complaint_of(what, got.error());
  };
  const auto try_ends = [&](const auto& deviating, const auto& honest) {
    const mpc::Script script = mpc::script_of(deviating, honest);
    const auto tried = mpc::try_deviations(script, honest, judge, [&](const Deviated& what) {
      return what.message < 4 || what.message + 4 >= script.size();
    });
    EXPECT_GE(tried.count, 40u);
    for (const std::string& each : tried.complaints) ADD_FAILURE() << each;
  };
  try_ends(answer, ask);
  try_ends(ask, answer);
}

}  // namespace
}  // namespace weir::use::job

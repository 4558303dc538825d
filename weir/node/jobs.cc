// SPDX-License-Identifier: Apache-2.0
#include "weir/node/jobs.h"

#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "weir/adapters/peer/channel.h"
#include "weir/base/log.h"
#include "weir/node/job_tables.h"
#include "weir/node/post.h"
#include "weir/tlog/entry.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/probe.h"
#include "weir/use/job/run.h"

namespace weir::node {

using adapters::http::Line;
using adapters::peer::PeerChannel;
using use::job::Job;
using use::job::Outcome;
using use::job::Role;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr Milliseconds kPatience{300'000};  // the other side may have a hundred million keys to hash
constexpr Milliseconds kProbePatience{30'000};
constexpr std::chrono::minutes kLineKept{10};
constexpr auto kHash = crypto::HashAlgorithm::kSha256;

bool may_pass(const Error& error) {
  return error.code() == Errc::kUnavailable || error.code() == Errc::kExhausted;
}

// What is expected to move; both sides know the sizes, and the consumer how many images it has.
use::job::Estimate estimate_of(const Job& job, std::int64_t kept, const use::job::LineSpeed& line) {
  const auto algorithm = use::job::find_algorithm(job.work.algorithm);
  if (!algorithm) return {};
  const use::job::Sizes sizes{.consumer = job.of(Role::kConsumer).count,
                              .provider = job.of(Role::kProvider).count,
                              .groups = std::max(job.mine.groups, job.theirs.groups),
                              .bucket = job.work.bucket,
                              .kept = kept};
  return use::job::estimate(**algorithm, sizes, job.work.query, line);
}

Outcome outcome_of(const Job& job, const use::job::Checkpoint& ran) {
  return {.matches = learns(job) ? ran.matches : -1,
          .rows = -1,
          .sent = ran.sent,
          .received = ran.received,
          .milliseconds = ran.milliseconds,
          .sent_hash = tlog::format_digest(kHash, ran.sent_hash),
          .received_hash = tlog::format_digest(kHash, ran.received_hash),
          .result_hash = {},
          .phases = ran.phases};
}

std::int64_t nanoseconds_now() {
  return std::chrono::nanoseconds(SteadyClock::now().time_since_epoch()).count();
}

}  // namespace

struct Jobs::State {
  explicit State(Deps given)
      : deps(std::move(given)),
        tables({.service = deps.service,
                .inputs = deps.inputs,
                .contents = deps.contents,
                .files = deps.files,
                .results = deps.results,
                .work = deps.work,
                .images = deps.images,
                .random = deps.random,
                .watch = watch}) {}

  Deps deps;
  JobWatch watch;
  JobTables tables;
  std::atomic<bool> stopping{false};
  std::mutex mutex;  // guards all below
  std::condition_variable work;
  std::multimap<SteadyClock::time_point, std::string> queue;
  struct Attempts {
    int made = 0;
    std::int64_t done = 0;  // buckets, when the last of them ended
  };
  std::map<std::string, Attempts> attempts;
  std::map<std::string, bool> running;  // true: woken meanwhile
  std::map<std::string, std::pair<use::job::LineSpeed, SteadyClock::time_point>> lines;  // by node, and since when
  std::multimap<std::string, PeerChannel*> channels;  // in use, by job
  std::condition_variable channel_gone;
  std::list<std::pair<std::jthread, std::shared_ptr<std::atomic<bool>>>> visitors;  // and whether they are done
  std::vector<std::jthread> threads;

  void loop();
  bool next(std::unique_lock<std::mutex>& lock, std::string& id);
  void settle(const std::string& id, const Result<>& outcome);
  Result<> advance(const std::string& id);
  Result<> compute(const Job& job);
  Result<> serve(const Job& job, std::unique_ptr<Line> line);
  // Breaks the lines of a job; none is left, or this node stops. Requires: the lock.
  void cut(std::unique_lock<std::mutex>& lock, const std::string& id);
  Result<> tidy_up(const Job& job);
  Result<> finish(const Job& job, Outcome outcome);
  Result<> write_own(const Job& job);
  Result<use::job::LineSpeed> measure(const std::string& address, const supply::identifier::NodeId& peer);
  template <class Act>
  void visit(std::unique_ptr<Line> line, Act act);
  void expect(const Job& job);
  void note_broken(const Job& before, const PeerChannel& channel);
  template <class Function>
  Result<Outcome> timed(const Job& job, std::unique_ptr<Line> line, Function&& function);
  Result<Outcome> intersect(const Job& job, std::unique_ptr<Line> line, const JobTables::Prepared& table);
};

// Runs one side over the line; what went each way. An older line of the same job is broken first: the other side has
// given it up.
template <class Function>
Result<Outcome> Jobs::State::timed(const Job& job, std::unique_ptr<Line> line, Function&& function) {
  WEIR_TRY_LET(const std::int64_t kept, deps.service.images_kept(job));
  line->set_patience(kPatience);
  PeerChannel channel(std::move(line));
  channel.keep_phases(nanoseconds_now);
  {
    std::unique_lock lock(mutex);
    cut(lock, job.id);
    if (stopping) return Error(Errc::kUnavailable, "this node is stopping").because("node.stopping");
    channels.emplace(job.id, &channel);
  }
  const use::job::Estimate whole = estimate_of(job, kept, {});
  const auto before = static_cast<std::uint64_t>(job.progress.now.sent + job.progress.now.received);
  watch.begin(job.id, "computing", static_cast<std::uint64_t>(whole.sent + whole.received),
              [&] { return before + channel.sent() + channel.received(); });
  const Result<Job> at_start = deps.service.get(job.id);
  Result<Outcome> ran = function(channel);
  watch.end(job.id);
  if (!ran && at_start) note_broken(*at_start, channel);
  const std::scoped_lock lock(mutex);
  std::erase_if(channels, [&](const auto& each) { return each.second == &channel; });
  channel_gone.notify_all();
  return ran;
}

Result<Outcome> Jobs::State::intersect(const Job& job, std::unique_ptr<Line> line, const JobTables::Prepared& table) {
  return timed(job, std::move(line), [&](PeerChannel& channel) -> Result<Outcome> {
    // What an earlier line of the job came to is written down by now.
    WEIR_TRY_LET(const Job fresh, deps.service.get(job.id));
    const auto side = tables.side(fresh, table);
    WEIR_TRY_LET(const auto ran, use::job::run_intersection(channel, deps.random, fresh, *side));
    Outcome outcome = outcome_of(fresh, ran);
    if (fresh.role == Role::kConsumer && has_result(fresh)) WEIR_TRY(tables.write_rows(fresh, outcome, ran.lines));
    return outcome;
  });
}

void Jobs::State::note_broken(const Job& before, const PeerChannel& channel) {
  const use::job::Moved line{.sent = static_cast<std::int64_t>(channel.sent()),
                             .received = static_cast<std::int64_t>(channel.received())};
  const Result<> written = deps.service.broke(before.id, line, before.progress.now);
  if (!written) log::warning("job.unwritable", {{"job", before.id}, {"error", written.error().message()}});
}

// With where all its time went: before the line was there, on it, and after.
Result<> Jobs::State::finish(const Job& job, Outcome outcome) {
  std::vector<mpc::Phase> all;
  for (const mpc::Phase& each : watch.spent(job.id)) {
    if (each.name != "computing") mpc::add_phase(all, each);
    if (each.name == "computing") all.insert(all.end(), outcome.phases.begin(), outcome.phases.end());
  }
  outcome.phases = std::move(all);
  return deps.service.finish(job.id, outcome);
}

// A provider that learned too writes its rows when both have all of the run.
Result<> Jobs::State::write_own(const Job& job) {
  const use::job::Checkpoint& ran = job.progress.now;
  Outcome outcome = outcome_of(job, ran);
  WEIR_TRY(tables.write_rows(job, outcome, ran.lines));
  return finish(job, std::move(outcome));
}

// The same for a figure: `run(channel)` is the whole of it.
template <class Run>
Result<Outcome> whole_run(PeerChannel& channel, Run&& run) {
  channel.keep_transcript();
  const auto start = SteadyClock::now();
  WEIR_TRY(run(channel));
  const auto spent = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - start);
  const auto transcript = channel.transcript();
  return Outcome{.matches = -1,
                 .rows = -1,
                 .sent = static_cast<std::int64_t>(channel.sent()),
                 .received = static_cast<std::int64_t>(channel.received()),
                 .milliseconds = spent.count(),
                 .sent_hash = tlog::format_digest(kHash, transcript.sent),
                 .received_hash = tlog::format_digest(kHash, transcript.received),
                 .result_hash = {},
                 .phases = channel.phases()};
}

// Beside the run, so that status may say how right it was; a line that cannot be measured is no reason not to compute.
void Jobs::State::expect(const Job& job) {
  if (job.estimate) return;
  const auto line = measure(job.peer_address, job.peer);
  if (!line) return;
  const auto kept = deps.service.images_kept(job);
  if (!kept) return;
  const Result<> written = deps.service.expect(job.id, estimate_of(job, *kept, *line));
  if (!written) log::warning("job.unwritable", {{"job", job.id}, {"error", written.error().message()}});
}

Result<use::job::LineSpeed> Jobs::State::measure(const std::string& address, const supply::identifier::NodeId& peer) {
  {
    const std::scoped_lock lock(mutex);
    const auto found = lines.find(peer.text());
    if (found != lines.end() && SteadyClock::now() - found->second.second < kLineKept) return found->second.first;
  }
  adapters::http::ClientRequest request{.url = address + std::string(use::job::kJobsPath) + "/probe"};
  request.node = peer.text();
  WEIR_TRY_LET(auto line, deps.client.upgrade(std::move(request), adapters::peer::kProtocol));
  line->set_patience(kProbePatience);
  PeerChannel channel(std::move(line));
  WEIR_TRY_LET(const auto speed, use::job::probe(channel, nanoseconds_now));
  const std::scoped_lock lock(mutex);
  lines[peer.text()] = {speed, SteadyClock::now()};
  return speed;
}

Result<> Jobs::State::compute(const Job& job) {
  WEIR_TRY_LET(const auto table, tables.prepare(job));
  expect(job);
  adapters::http::ClientRequest request{
      .url = job.peer_address + std::string(use::job::kJobsPath) + "/" + job.id + "/channel"};
  request.node = job.peer.text();
  WEIR_TRY_LET(auto line, deps.client.upgrade(std::move(request), adapters::peer::kProtocol));
  // Now that the other side is there: what a start spends is spent.
  WEIR_TRY_LET(const Job started, deps.service.start(job.id, table->claim));
  if (!started.work.query) {
    WEIR_TRY_LET(Outcome outcome, intersect(started, std::move(line), *table));
    return finish(job, std::move(outcome));
  }
  mpc::JoinAnswer answer;
  WEIR_TRY_LET(Outcome outcome, timed(started, std::move(line), [&](PeerChannel& channel) {
                 return whole_run(channel, [&](PeerChannel& line_of_it) -> Result<> {
                   WEIR_TRY_LET(answer, use::job::ask_query(line_of_it, deps.random, started, table->figures));
                   return {};
                 });
               }));
  WEIR_TRY(tables.write_figures(started, outcome, *table, answer));
  return finish(job, std::move(outcome));
}

Result<> Jobs::State::serve(const Job& job, std::unique_ptr<Line> line) {
  WEIR_TRY_LET(const auto table, tables.prepare(job));
  WEIR_TRY_LET(const Job started, deps.service.start(job.id, table->claim));
  if (!started.work.query) {
    WEIR_TRY_LET(Outcome outcome, intersect(started, std::move(line), *table));
    return learns(started) ? deps.service.ran(job.id, outcome) : finish(job, std::move(outcome));
  }
  WEIR_TRY_LET(Outcome outcome, timed(started, std::move(line), [&](PeerChannel& channel) {
                 return whole_run(channel, [&](PeerChannel& line_of_it) {
                   return use::job::answer_query(line_of_it, deps.random, started, table->figures);
                 });
               }));
  return finish(job, std::move(outcome));
}

void Jobs::State::cut(std::unique_lock<std::mutex>& lock, const std::string& id) {
  for (auto [line, end] = channels.equal_range(id); line != end; ++line) line->second->cut();
  channel_gone.wait(lock, [&] { return stopping || !channels.contains(id); });
}

// What a run that still lasts writes goes when it has ended.
Result<> Jobs::State::tidy_up(const Job& job) {
  {
    std::unique_lock lock(mutex);
    attempts.erase(job.id);
    cut(lock, job.id);
  }
  return tables.forget(job);
}

Result<> Jobs::State::advance(const std::string& id) {
  WEIR_TRY_LET(const Job job, deps.service.get(id));
  if (is_final(job.state)) return tidy_up(job);
  using use::job::State;
  const bool asks = job.role == Role::kConsumer;
  if (job.state == (asks ? State::kPreparing : State::kAccepted)) {
    WEIR_TRY_LET(const auto table, tables.prepare(job));
    return deps.service.claim(id, table->claim);
  }
  if (asks && (job.state == State::kApproved || job.state == State::kRunning)) return compute(job);
  if (!asks && job.state == State::kRunning && !job.outcome.sent_hash.empty()) return write_own(job);
  return {};
}

// What follows from an attempt: nothing, another one later, or the end of the job.
void Jobs::State::settle(const std::string& id, const Result<>& outcome) {
  const Result<Job> job = deps.service.get(id);
  std::unique_lock lock(mutex);
  const bool again = running[id];
  running.erase(id);
  if (again) queue.emplace(SteadyClock::now(), id);
  if (outcome || stopping) return;
  log::warning("job.failed", {{"job", id}, {"error", outcome.error().message()}});
  watch.end(id);
  Attempts& tried = attempts[id];
  if (job && job->progress.now.done > tried.done) tried = {.made = 0, .done = job->progress.now.done};
  const int most = job && job->work.query ? deps.options.figure_attempts : deps.options.attempts;
  if (may_pass(outcome.error()) && ++tried.made < most) {
    const auto pause = backoff(tried.made - 1, deps.options.retry_first, deps.options.retry_most);
    queue.emplace(SteadyClock::now() + pause, id);
    return;
  }
  lock.unlock();
  const Result<> failed = deps.service.fail(id, outcome.error());
  if (!failed) log::error("job.unwritable", {{"job", id}, {"error", failed.error().message()}});
}

// Waits for a job that is due and that nobody works on. False at the end.
bool Jobs::State::next(std::unique_lock<std::mutex>& lock, std::string& id) {
  while (!stopping) {
    const auto first = queue.begin();
    if (first == queue.end()) {
      work.wait(lock);
    } else if (const auto due = first->first; due > SteadyClock::now()) {
      work.wait_until(lock, due);  // not a time in the queue, which others change meanwhile
    } else {
      id = first->second;
      queue.erase(first);
      const auto found = running.find(id);
      if (found == running.end()) {
        running[id] = false;
        return true;
      }
      found->second = true;
    }
  }
  return false;
}

void Jobs::State::loop() {
  while (true) {
    std::string id;
    {
      std::unique_lock lock(mutex);
      if (!next(lock, id)) return;
    }
    settle(id, advance(id));
  }
}

Jobs::Jobs(Deps deps) : state_(std::make_unique<State>(std::move(deps))) {
  for (std::size_t i = 0; i < state_->deps.options.workers; ++i) {
    state_->threads.emplace_back([this] { state_->loop(); });
  }
}

Jobs::~Jobs() { stop(); }

void Jobs::wake(const std::string& id) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->queue.emplace(SteadyClock::now(), id);
  }
  state_->work.notify_one();
}

void Jobs::cut(const std::string& id) {
  std::unique_lock lock(state_->mutex);
  state_->cut(lock, id);
}

// On a thread of its own; the line is dropped if there are too many.
template <class Act>
void Jobs::State::visit(std::unique_ptr<Line> line, Act act) {
  const std::scoped_lock lock(mutex);
  std::erase_if(visitors, [](const auto& each) { return each.second->load(); });
  if (stopping || visitors.size() >= deps.options.channels) return;
  const auto done = std::make_shared<std::atomic<bool>>(false);
  // A std::function must be copyable; a thread's work need not be.
  std::jthread thread([act = std::move(act), done, held = std::move(line)]() mutable {
    act(std::move(held));
    *done = true;
  });
  visitors.emplace_back(std::move(thread), done);
}

Result<use::job::LineSpeed> Jobs::probe(const std::string& address, const supply::identifier::NodeId& peer) {
  return state_->measure(address, peer);
}

void Jobs::take_probe(std::unique_ptr<Line> line) {
  state_->visit(std::move(line), [](std::unique_ptr<Line> held) {
    held->set_patience(kProbePatience);
    PeerChannel channel(std::move(held));
    if (const Result<> answered = use::job::answer_probe(channel); !answered) {
      log::info("job.probe_failed", {{"error", answered.error().message()}});
    }
  });
}

void Jobs::take(const std::string& id, std::unique_ptr<Line> line) {
  State& state = *state_;
  state.visit(std::move(line), [&state, id](std::unique_ptr<Line> held) {
    const Result<Job> job = state.deps.service.get(id);
    const Result<> served = job ? state.serve(*job, std::move(held)) : Result<>(job.error());
    if (!served && !state.stopping) {
      log::warning("job.channel_failed", {{"job", id}, {"error", served.error().message()}});
      if (!may_pass(served.error())) {
        const Result<> failed = state.deps.service.fail(id, served.error());
        if (!failed) log::error("job.unwritable", {{"job", id}, {"error", failed.error().message()}});
      }
    }
  });
}

Result<std::unique_ptr<store::File>> Jobs::open_result(const std::string& id, bool parquet) {
  return parquet ? state_->tables.open_parquet(id) : state_->tables.open_result(id);
}

Result<> Jobs::drop_input(const std::string& input) { return state_->tables.drop_input(input); }
std::shared_ptr<void> Jobs::hold_inputs() { return state_->tables.hold_inputs(); }

Result<> Jobs::sweep() { return state_->tables.sweep(); }

Result<std::int64_t> Jobs::forget_images() { return state_->tables.forget_images(); }
Result<std::int64_t> Jobs::forget_results(Timestamp before) { return state_->tables.forget_results(before); }

std::optional<wire::Json> Jobs::progress(const std::string& id) const { return state_->watch.look(id); }

void Jobs::stop() {
  State& state = *state_;
  {
    const std::scoped_lock lock(state.mutex);
    state.stopping = true;
    for (const auto& [id, channel] : state.channels) channel->cut();
  }
  state.channel_gone.notify_all();
  state.work.notify_all();
  state.threads.clear();  // joins
  state.visitors.clear();
}

}  // namespace weir::node

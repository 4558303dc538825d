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
#include "weir/node/post.h"
#include "weir/tlog/entry.h"
#include "weir/use/job/algorithm.h"
#include "weir/use/job/probe.h"
#include "weir/use/job/run.h"

namespace weir::node {

using adapters::http::Line;
using adapters::peer::PeerChannel;
using flow::delivery::Contents;
using use::job::Claim;
using use::job::Form;
using use::job::Job;
using use::job::Outcome;
using use::job::Role;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr Milliseconds kPatience{300'000};  // the other side may have a hundred million keys to hash
constexpr Milliseconds kProbePatience{30'000};
constexpr std::chrono::minutes kLineKept{10};
constexpr std::size_t kPreparedMax = 4;
constexpr auto kHash = crypto::HashAlgorithm::kSha256;

// A table that was read: kept from the claim to the run.
struct Prepared {
  use::job::Figures figures;  // of a job without a query only the keys
  Claim claim;
};

// One side of the key.
struct Columns {
  explicit Columns(const Job& job) {
    for (const auto& key : job.work.keys) {
      names.push_back(job.role == Role::kConsumer ? key.consumer : key.provider);
      forms.push_back(key.form);
    }
  }
  std::vector<std::string> names;
  std::vector<Form> forms;
};

use::job::ByteSource source_of(std::shared_ptr<store::File> file) {
  return [file = std::move(file), at = std::uint64_t{0}](std::span<std::uint8_t> out) mutable -> Result<std::size_t> {
    WEIR_TRY_LET(const std::size_t got, file->read_at(at, out));
    at += got;
    return got;
  };
}

bool may_pass(const Error& error) {
  return error.code() == Errc::kUnavailable || error.code() == Errc::kExhausted;
}

// The figures of a query as CSV.
Result<std::uint64_t> write_answer(const Job& job, const use::job::Figures& own, const mpc::JoinAnswer& answer,
                                   const use::job::TextSink& sink) {
  const auto decimals = [](const Claim& claim) {
    std::vector<std::int64_t> out;
    for (const auto& column : claim.columns) out.push_back(column.decimals);
    return out;
  };
  return use::job::write_answer(*job.work.query,
                                {.values = own.group.empty() ? job.theirs.values : own.values,
                                 .consumer_decimals = decimals(job.mine),
                                 .provider_decimals = decimals(job.theirs)},
                                answer, sink);
}

// Writes pieces to a file and hashes them.
class ResultFile {
 public:
  explicit ResultFile(std::unique_ptr<store::File> file) : file_(std::move(file)), hasher_(kHash) {}
  Result<> add(std::string_view text) {
    waiting_ += text;
    return waiting_.size() < kGather ? Result<>() : flush();
  }
  // Durable; the digest of all.
  Result<std::string> finish() {
    WEIR_TRY(flush());
    WEIR_TRY(file_->sync());
    return tlog::format_digest(kHash, hasher_.finish());
  }

 private:
  static constexpr std::size_t kGather = 1u << 20;
  Result<> flush() {
    hasher_.update(view_of(waiting_));
    WEIR_TRY(file_->write_at(at_, view_of(waiting_)));
    at_ += waiting_.size();
    waiting_.clear();
    return {};
  }
  std::unique_ptr<store::File> file_;
  crypto::Hasher hasher_;
  std::string waiting_;
  std::uint64_t at_ = 0;
};

}  // namespace

struct Jobs::State {
  explicit State(Deps given) : deps(std::move(given)) {}

  Deps deps;
  std::atomic<bool> stopping{false};
  std::mutex mutex;  // guards all below
  std::condition_variable work;
  std::multimap<SteadyClock::time_point, std::string> queue;
  std::map<std::string, int> attempts;
  std::map<std::string, bool> running;  // true: woken meanwhile
  std::map<std::string, std::shared_ptr<const Prepared>> prepared;
  std::map<std::string, std::pair<use::job::LineSpeed, SteadyClock::time_point>> lines;  // by node, and since when
  std::list<PeerChannel*> channels;     // in use
  std::list<std::pair<std::jthread, std::shared_ptr<std::atomic<bool>>>> visitors;  // and whether they are done
  std::vector<std::jthread> threads;

  std::string result_path(const std::string& id) const { return deps.results + "/" + id + ".csv"; }

  void loop();
  bool next(std::unique_lock<std::mutex>& lock, std::string& id);
  void settle(const std::string& id, const Result<>& outcome);
  Result<> advance(const std::string& id);
  Result<std::shared_ptr<const Prepared>> prepare(const Job& job);
  Result<> compute(const Job& job);
  Result<> serve(const Job& job, std::unique_ptr<Line> line);
  template <class Write>
  Result<> write_result(const Job& job, Outcome& outcome, const Write& write);
  Result<std::uint64_t> write_rows(const Job& job, const mpc::Blocks& found, const use::job::TextSink& sink);
  Result<> tidy_up(const Job& job);
  Result<use::job::LineSpeed> measure(const std::string& address, const supply::identifier::NodeId& peer);
  template <class Act>
  void visit(std::unique_ptr<Line> line, Act act);
  void expect(const Job& job);
  template <class Function>
  Result<Outcome> timed(std::unique_ptr<Line> line, Function&& function);
};

Result<std::shared_ptr<const Prepared>> Jobs::State::prepare(const Job& job) {
  {
    const std::scoped_lock lock(mutex);
    if (const auto found = prepared.find(job.id); found != prepared.end()) return found->second;
  }
  WEIR_TRY_LET(const auto root, flow::delivery::parse_content_root(job.input));
  Contents& where = job.role == Role::kConsumer ? deps.inputs : deps.contents;
  WEIR_TRY_LET(std::shared_ptr<store::File> file, where.open_data(root));
  const Columns columns(job);
  auto out = std::make_shared<Prepared>();
  WEIR_TRY_LET(const Bytes salt, deps.service.salt(job));
  auto source = source_of(std::move(file));
  if (job.work.query) {
    WEIR_TRY_LET(out->figures, use::job::read_figures(std::move(source), columns.names, columns.forms, *job.work.query,
                                                      job.role));
    out->claim = use::job::claim_of(out->figures, job.role, salt);
  } else {
    WEIR_TRY_LET(out->figures.set, use::job::read_keys(std::move(source), columns.names, columns.forms));
    out->claim = use::job::claim_of(out->figures.set.keys, salt);
  }
  const std::scoped_lock lock(mutex);
  if (prepared.size() < kPreparedMax) prepared[job.id] = out;
  return std::shared_ptr<const Prepared>(out);
}

// Runs one side over the line; what went each way.
template <class Function>
Result<Outcome> Jobs::State::timed(std::unique_ptr<Line> line, Function&& function) {
  line->set_patience(kPatience);
  PeerChannel channel(std::move(line));
  std::list<PeerChannel*>::iterator place;
  {
    const std::scoped_lock lock(mutex);
    if (stopping) return Error(Errc::kUnavailable, "this node is stopping").because("node.stopping");
    place = channels.insert(channels.end(), &channel);
  }
  channel.keep_transcript();
  const auto start = SteadyClock::now();
  const Result<> ran = function(channel);
  const auto spent = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - start);
  {
    const std::scoped_lock lock(mutex);
    channels.erase(place);
  }
  WEIR_TRY(ran);
  const auto transcript = channel.transcript();
  return Outcome{.matches = -1,
                 .rows = -1,
                 .sent = static_cast<std::int64_t>(channel.sent()),
                 .received = static_cast<std::int64_t>(channel.received()),
                 .milliseconds = spent.count(),
                 .sent_hash = tlog::format_digest(kHash, transcript.sent),
                 .received_hash = tlog::format_digest(kHash, transcript.received),
                 .result_hash = {}};
}

// Beside the run, so that status may say how right it was; a line that cannot be measured is no reason not to compute.
void Jobs::State::expect(const Job& job) {
  const auto algorithm = use::job::find_algorithm(job.work.algorithm);
  const auto line = measure(job.peer_address, job.peer);
  if (!algorithm || !line || job.estimate) return;
  const use::job::Sizes sizes{.consumer = job.mine.count,
                              .provider = job.theirs.count,
                              .groups = std::max(job.mine.groups, job.theirs.groups)};
  const Result<> written =
      deps.service.expect(job.id, use::job::estimate(**algorithm, sizes, job.work.query, *line));
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
  WEIR_TRY_LET(const auto speed, use::job::probe(channel, [] {
                 return std::chrono::nanoseconds(SteadyClock::now().time_since_epoch()).count();
               }));
  const std::scoped_lock lock(mutex);
  lines[peer.text()] = {speed, SteadyClock::now()};
  return speed;
}

Result<> Jobs::State::compute(const Job& job) {
  WEIR_TRY_LET(const auto table, prepare(job));
  expect(job);
  adapters::http::ClientRequest request{
      .url = job.peer_address + std::string(use::job::kJobsPath) + "/" + job.id + "/channel"};
  request.node = job.peer.text();
  WEIR_TRY_LET(auto line, deps.client.upgrade(std::move(request), adapters::peer::kProtocol));
  // Now that the other side is there: what a start spends is spent.
  WEIR_TRY_LET(const Job started, deps.service.start(job.id, table->claim));
  mpc::Blocks found;
  mpc::JoinAnswer answer;
  WEIR_TRY_LET(Outcome outcome, timed(std::move(line), [&](PeerChannel& channel) -> Result<> {
                 if (started.work.query) {
                   WEIR_TRY_LET(answer, use::job::ask_query(channel, deps.random, started, table->figures));
                 } else {
                   WEIR_TRY_LET(found, use::job::run_consumer(channel, deps.random, started, table->figures.set.keys));
                 }
                 return {};
               }));
  if (!job.work.query) outcome.matches = static_cast<std::int64_t>(found.size());
  WEIR_TRY(write_result(started, outcome, [&](const use::job::TextSink& sink) -> Result<std::uint64_t> {
    return job.work.query ? write_answer(started, table->figures, answer, sink) : write_rows(started, found, sink);
  }));
  return deps.service.finish(job.id, outcome);
}

Result<std::uint64_t> Jobs::State::write_rows(const Job& job, const mpc::Blocks& found,
                                              const use::job::TextSink& sink) {
  WEIR_TRY_LET(const auto root, flow::delivery::parse_content_root(job.input));
  WEIR_TRY_LET(std::shared_ptr<store::File> input, deps.inputs.open_data(root));
  const Columns columns(job);
  return use::job::write_matches(source_of(std::move(input)), columns.names, columns.forms, found, sink);
}

template <class Write>
Result<> Jobs::State::write_result(const Job& job, Outcome& outcome, const Write& write) {
  const std::string path = result_path(job.id);
  WEIR_TRY_LET(auto made, deps.files.open(path + ".part", store::OpenMode::kCreateOrOpen));
  WEIR_TRY(made->truncate(0));
  ResultFile file(std::move(made));
  WEIR_TRY_LET(const std::uint64_t rows, write([&](std::string_view text) { return file.add(text); }));
  outcome.rows = static_cast<std::int64_t>(rows);
  WEIR_TRY_LET(outcome.result_hash, file.finish());
  WEIR_TRY(deps.files.rename(path + ".part", path));
  return deps.files.sync_directory(deps.results);
}

Result<> Jobs::State::serve(const Job& job, std::unique_ptr<Line> line) {
  WEIR_TRY_LET(const auto table, prepare(job));
  WEIR_TRY_LET(const Job started, deps.service.start(job.id, table->claim));
  WEIR_TRY_LET(const Outcome outcome, timed(std::move(line), [&](PeerChannel& channel) {
                 return started.work.query
                            ? use::job::answer_query(channel, deps.random, started, table->figures)
                            : use::job::run_provider(channel, deps.random, started, table->figures.set.keys);
               }));
  return deps.service.finish(job.id, outcome);
}

// The own table was there for the job alone.
Result<> Jobs::State::tidy_up(const Job& job) {
  {
    const std::scoped_lock lock(mutex);
    prepared.erase(job.id);
    attempts.erase(job.id);
  }
  if (job.role != Role::kConsumer) return {};
  WEIR_TRY_LET(const auto others, deps.service.unfinished());
  for (const Job& other : others) {
    if (other.role == Role::kConsumer && other.input == job.input) return {};
  }
  WEIR_TRY_LET(const auto root, flow::delivery::parse_content_root(job.input));
  return deps.inputs.remove(root);
}

Result<> Jobs::State::advance(const std::string& id) {
  WEIR_TRY_LET(const Job job, deps.service.get(id));
  if (is_final(job.state)) return tidy_up(job);
  using use::job::State;
  const bool asks = job.role == Role::kConsumer;
  if (job.state == (asks ? State::kPreparing : State::kAccepted)) {
    WEIR_TRY_LET(const auto table, prepare(job));
    return deps.service.claim(id, table->claim);
  }
  if (asks && (job.state == State::kApproved || job.state == State::kRunning)) return compute(job);
  return {};
}

// What follows from an attempt: nothing, another one later, or the end of the job.
void Jobs::State::settle(const std::string& id, const Result<>& outcome) {
  std::unique_lock lock(mutex);
  const bool again = running[id];
  running.erase(id);
  if (again) queue.emplace(SteadyClock::now(), id);
  if (outcome || stopping) return;
  log::warning("job.failed", {{"job", id}, {"error", outcome.error().message()}});
  const int tried = ++attempts[id];
  if (may_pass(outcome.error()) && tried < deps.options.attempts) {
    const auto pause = backoff(tried - 1, deps.options.retry_first, deps.options.retry_most);
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
    } else if (first->first > SteadyClock::now()) {
      work.wait_until(lock, first->first);
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

Result<std::unique_ptr<store::File>> Jobs::open_result(const std::string& id) {
  const std::string path = state_->result_path(id);
  WEIR_TRY_LET(const bool there, state_->deps.files.exists(path));
  if (there) return state_->deps.files.open(path, store::OpenMode::kRead);
  return Error(Errc::kNotFound, "this job has left no result here").because("job.no_result");
}

void Jobs::stop() {
  State& state = *state_;
  {
    const std::scoped_lock lock(state.mutex);
    state.stopping = true;
    for (PeerChannel* channel : state.channels) channel->cut();
  }
  state.work.notify_all();
  state.threads.clear();  // joins
  state.visitors.clear();
}

}  // namespace weir::node

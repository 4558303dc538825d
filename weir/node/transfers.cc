// SPDX-License-Identifier: Apache-2.0
#include "weir/node/transfers.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "weir/adapters/http/url.h"
#include "weir/base/log.h"
#include "weir/node/duties.h"
#include "weir/node/post.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::http::Client;
using wire::Json;
using adapters::http::ClientRequest;
using adapters::http::Method;
using flow::delivery::ChunkIndex;
using flow::delivery::Content;
using flow::delivery::Custody;
using flow::delivery::Manifest;
using flow::delivery::PullSession;
using flow::delivery::Role;
using flow::delivery::Transfer;
using flow::delivery::TransferState;

namespace {

// Reads a content from the sender's data plane.
class HttpContent final : public flow::delivery::RemoteContent {
 public:
  HttpContent(Client& client, const Transfer& transfer, std::shared_ptr<RateLimiter> limiter)
      : client_(client), transfer_(transfer), limiter_(std::move(limiter)) {}

  ClientRequest request(std::string_view end) const {
    ClientRequest out{.url = transfer_.endpoint + std::string(end)};
    out.headers.set("Authorization", "Bearer " + transfer_.token);
    out.node = transfer_.peer.text();
    out.limiter = limiter_;
    return out;
  }

  Result<Manifest> manifest() {
    ClientRequest ask = request("/manifest");
    ask.body_bytes_max = 256u << 20;
    WEIR_TRY_LET(const auto response, client_.request(ask));
    WEIR_TRY(response.ok());
    return flow::delivery::decode_manifest(view_of(response.body));
  }

  Result<> read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
    Result<> sunk;
    const auto piece = [&](ByteView bytes) -> Result<bool> {
      sunk = sink(bytes);
      return sunk.ok();
    };
    const auto response = client_.download(request("/content"), offset, length, piece, sink.room);
    WEIR_TRY(sunk);
    if (!response) return Error(response.error());
    return response->ok();
  }

 private:
  Client& client_;
  const Transfer& transfer_;
  std::shared_ptr<RateLimiter> limiter_;
};

constexpr Milliseconds kLookEvery{200};

// A part of a content, for the body of a request.
class ChunkSource final : public adapters::http::BodySource {
 public:
  // `look`, if there is one, is asked now and then whether bytes may still leave.
  ChunkSource(store::File& file, std::uint64_t offset, std::uint64_t length, std::function<Result<>()> look = {})
      : file_(file), offset_(offset), left_(length), length_(length), look_(std::move(look)) {}
  std::uint64_t length() const override { return length_; }
  std::uint64_t taken() const { return length_ - left_; }
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (const auto now = std::chrono::steady_clock::now(); look_ && now - looked_ > kLookEvery) {
      looked_ = now;
      WEIR_TRY(look_());
    }
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    WEIR_TRY_LET(const std::size_t got, file_.read_at(offset_, out.first(want)));
    offset_ += got;
    left_ -= got;
    return got;
  }

 private:
  store::File& file_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::uint64_t length_;
  std::function<Result<>()> look_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

}  // namespace

struct RateLimits::State {
  std::mutex mutex;  // guards limiters
  std::map<std::string, std::shared_ptr<RateLimiter>> limiters;
};

std::shared_ptr<RateLimits::State> RateLimits::make() { return std::make_shared<State>(); }

std::shared_ptr<RateLimiter> RateLimits::of(const std::string& pid, std::int64_t bytes_per_second) {
  const std::scoped_lock lock(state_->mutex);
  auto& limiter = state_->limiters[pid];
  if (!limiter) {
    const std::int64_t rate = bytes_per_second > 0 ? bytes_per_second : otherwise_;
    limiter = std::make_shared<RateLimiter>(static_cast<std::uint64_t>(rate));
  }
  return limiter;
}

void RateLimits::set(const std::string& pid, std::int64_t bytes_per_second) {
  of(pid, bytes_per_second)->set_rate(static_cast<std::uint64_t>(bytes_per_second));
}

void RateLimits::lift() {
  const std::scoped_lock lock(state_->mutex);
  for (const auto& [pid, limiter] : state_->limiters) limiter->set_rate(0);
}

void RateLimits::forget(const std::string& pid) {
  const std::scoped_lock lock(state_->mutex);
  state_->limiters.erase(pid);
}

Result<> take_whole(flow::delivery::Service& service, const std::string& pid, flow::delivery::Spill& spill,
                    flow::delivery::ManifestBuilder builder) {
  WEIR_TRY(spill.finish());
  const Manifest manifest = std::move(builder).finish();
  WEIR_TRY_LET(auto session, service.open_pull(pid, manifest));
  for (std::uint64_t i = 0; i < manifest.chunk_count(); ++i) {
    const ChunkIndex index(i);
    WEIR_TRY_LET(const Bytes chunk, spill.read(index));
    WEIR_TRY(session->accept(index, chunk));
  }
  WEIR_TRY(service.record_progress(pid, *session));
  WEIR_TRY(service.complete(pid));
  return {};
}

// A pull that runs now.
struct Pull {
  PullSession& session;
  std::atomic<bool> changed{false};  // the state of the transfer may be another: look
};

struct Transfers::State {
  flow::delivery::Service& service;
  flow::delivery::Contents& contents;
  Client& client;
  RateLimits& limits;
  TransfersOptions options;

  using TimePoint = std::chrono::steady_clock::time_point;
  std::atomic<bool> stopping{false};
  mutable std::mutex mutex;  // guards everything below
  std::condition_variable work;
  std::multimap<TimePoint, std::string> queue;
  std::map<std::string, std::int64_t> failures;
  std::map<std::string, Pull*> running;
  std::set<std::string> busy;
  std::set<std::string> again;  // woken while it ran
  std::vector<std::jthread> threads;

  void run();
  void take_up(const std::string& pid);
  void again_later(const std::string& pid);
  Result<> move(const Transfer& transfer);
  Result<> pull(const Transfer& transfer);
  Result<ClientRequest> foreign_request(const Transfer& transfer);
  Result<bool> renew_foreign(const Transfer& transfer);
  Result<> pull_foreign(const Transfer& started);
  Result<> push_foreign(const Transfer& transfer);
  Result<> run_streams(const Transfer& transfer, Pull& pulling);
  Result<> push(const Transfer& transfer);
  Result<> push_chunks(const Transfer& transfer, const Content& content, const std::vector<ChunkIndex>& chunks,
                       std::uint64_t& sent);
  Result<std::vector<bool>> ask_missing(const Transfer& transfer, const Content& content);
  ClientRequest put_request(const Transfer& transfer, std::string_view end);
};

void Transfers::State::run() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (queue.empty()) {
      work.wait(lock);
      continue;
    }
    const TimePoint first = queue.begin()->first;
    if (first > std::chrono::steady_clock::now()) {
      work.wait_until(lock, first);
      continue;
    }
    const std::string pid = queue.begin()->second;
    queue.erase(queue.begin());
    if (!busy.insert(pid).second) {
      again.insert(pid);
      continue;
    }
    lock.unlock();
    take_up(pid);
    lock.lock();
    busy.erase(pid);
    if (again.erase(pid) > 0) queue.emplace(std::chrono::steady_clock::now(), pid);
  }
}

void Transfers::State::take_up(const std::string& pid) {
  const auto transfer = service.get(pid);
  if (!transfer) {
    log::error("transfer.unreadable", {{"transfer", pid}, {"error", transfer.error().message()}});
    return;
  }
  const Result<> moved = move(*transfer);
  if (moved) {
    const std::scoped_lock lock(mutex);
    failures.erase(pid);
    return;
  }
  if (!stopping && again_after(service, *transfer, moved.error())) again_later(pid);
}

void Transfers::State::again_later(const std::string& pid) {
  const std::scoped_lock lock(mutex);
  const Milliseconds pause = backoff(failures[pid]++, options.retry_first, options.retry_most);
  queue.emplace(std::chrono::steady_clock::now() + pause, pid);
}

Result<> Transfers::State::move(const Transfer& transfer) {
  if (transfer.custody == Custody::kDestroying) {
    WEIR_TRY(service.destroy(transfer.agreement, "finished after a restart", "node"));
    return {};
  }
  if (is_final(transfer.state)) limits.forget(transfer.pid);
  if (transfer.state != TransferState::kStarted) return {};
  const bool pulls = transfer.format == flow::delivery::kPullFormat;
  // A data plane moves it, or its control plane said nothing yet of where the data are.
  if (!transfer.carried_by.empty() || (!transfer.ordered_by.empty() && transfer.endpoint.empty())) return {};
  if (transfer.role == Role::kConsumer && pulls && transfer.custody < Custody::kHeld) {
    return transfer.foreign() ? pull_foreign(transfer) : pull(transfer);
  }
  if (transfer.role == Role::kProvider && !pulls) return transfer.foreign() ? push_foreign(transfer) : push(transfer);
  return {};
}

Result<> Transfers::State::pull(const Transfer& transfer) {
  const auto limiter = limits.of(transfer.pid, transfer.rate_bytes_per_second);
  WEIR_TRY_LET(const Manifest manifest, HttpContent(client, transfer, limiter).manifest());
  WEIR_TRY_LET(auto session, service.open_pull(transfer.pid, manifest));
  Pull pulling{.session = *session};
  {
    const std::scoped_lock lock(mutex);
    running[transfer.pid] = &pulling;
  }
  Result<> streamed = run_streams(transfer, pulling);
  {
    const std::scoped_lock lock(mutex);
    running.erase(transfer.pid);
  }
  const Result<> recorded = service.record_progress(transfer.pid, *session);
  WEIR_TRY(streamed);
  WEIR_TRY(recorded);
  if (!session->complete()) return Error(Errc::kUnavailable, "the transfer is not whole yet");
  WEIR_TRY(service.complete(transfer.pid));
  limits.forget(transfer.pid);
  return {};
}

// A request to the data address of a foreign connector, with what it said is to be shown there.
Result<ClientRequest> Transfers::State::foreign_request(const Transfer& transfer) {
  if (options.foreign == nullptr || !adapters::http::may_be_called(transfer.endpoint)) {
    return Error(Errc::kInvalidArgument, "the data address is no place this node talks to: " + transfer.endpoint)
        .because("delivery.endpoint")
        .advise("an endpoint is https; plain http is for this machine only");
  }
  ClientRequest out{.url = transfer.endpoint};
  const bool schemed = transfer.token.find(' ') != std::string::npos;
  if (!transfer.token.empty()) out.headers.set("Authorization", schemed ? transfer.token : "Bearer " + transfer.token);
  out.limiter = limits.of(transfer.pid, transfer.rate_bytes_per_second);
  return out;
}

// The HttpData-PUSH of connectors that know nothing of chunks: all of it in one POST. What broke off is sent again,
// whole.
Result<> Transfers::State::push_foreign(const Transfer& transfer) {
  const auto stream = service.open_stream(transfer.pid);
  WEIR_TRY_LET(ClientRequest post, foreign_request(transfer));
  WEIR_TRY_LET(const Content content, contents.open(transfer.root));
  post.method = Method::kPost;
  post.headers.set("Content-Type", "application/octet-stream");
  WEIR_TRY_LET(const std::int64_t sending, service.begin_sending(transfer.pid, content.manifest.size));
  ChunkSource source(*content.data, 0, content.manifest.size, [this, &transfer]() -> Result<> {
    if (stopping) return Error(Errc::kUnavailable, "stopped").because("delivery.stopped");
    return service.may_send(transfer.pid);
  });
  const auto response = options.foreign->upload(post, source);
  WEIR_TRY(service.record_sent(transfer.pid, sending, source.taken()));
  if (!response) return Error(response.error());
  WEIR_TRY(response->ok());
  return service.finish(transfer.pid, "node");
}

// A new token for one that has expired (RFC 6749 section 6); false if this data address has no way to that.
Result<bool> Transfers::State::renew_foreign(const Transfer& transfer) {
  WEIR_TRY_LET(const auto renewal, service.renewal(transfer.pid));
  if (!renewal || renewal->refresh_endpoint.empty()) return false;
  ClientRequest ask{.method = Method::kPost, .url = renewal->refresh_endpoint};
  ask.headers.set("Content-Type", "application/x-www-form-urlencoded");
  ask.body = "grant_type=refresh_token&refresh_token=" + wire::escape_url(renewal->refresh_token);
  WEIR_TRY_LET(const auto response, options.foreign->request(ask));
  WEIR_TRY_LET(const Json granted, response.json());
  WEIR_TRY_LET(const std::string token, granted.text("access_token"));
  WEIR_TRY(service.renewed(transfer.pid, token, granted.text_or("refresh_token", "")));
  return true;
}

Result<> Transfers::State::pull_foreign(const Transfer& started) {
  Transfer transfer = started;
  WEIR_TRY_LET(flow::delivery::Spill spill, options.spill(transfer.pid));
  flow::delivery::ManifestBuilder builder(transfer.root.algorithm);
  const auto take = [&](ByteView piece) -> Result<bool> {
    WEIR_TRY(builder.add(piece));
    WEIR_TRY(spill.add(piece));
    return !stopping;
  };
  WEIR_TRY_LET(const ClientRequest first, foreign_request(transfer));
  WEIR_TRY_LET(auto response, options.foreign->download(first, 0, 0, take));
  if (response.status == 401 || response.status == 403) {
    WEIR_TRY_LET(const bool renewed, renew_foreign(transfer));
    if (renewed) {
      WEIR_TRY_LET(transfer, service.get(transfer.pid));
      WEIR_TRY_LET(const ClientRequest second, foreign_request(transfer));
      WEIR_TRY_LET(response, options.foreign->download(second, 0, 0, take));
    }
  }
  WEIR_TRY(response.ok());
  if (response.status != 200) {
    return Error(Errc::kUnavailable, "the data address answered with status " + std::to_string(response.status))
        .because("delivery.foreign_answer");
  }
  if (stopping) return Error(Errc::kUnavailable, "stopped").because("delivery.stopped");
  WEIR_TRY(take_whole(service, transfer.pid, spill, std::move(builder)));
  limits.forget(transfer.pid);
  return {};
}

Result<> Transfers::State::run_streams(const Transfer& transfer, Pull& pulling) {
  PullSession& session = pulling.session;
  const auto limiter = limits.of(transfer.pid, transfer.rate_bytes_per_second);
  std::mutex outcome_mutex;  // guards outcome and next_checkpoint
  Result<> outcome;
  std::uint64_t next_checkpoint = session.bytes_received() + options.checkpoint_bytes;
  std::atomic<bool> halt{false};
  const auto each_chunk = [&]() -> Result<> {
    if (stopping) halt = true;
    if (pulling.changed.exchange(false)) {
      WEIR_TRY_LET(const Transfer now, service.get(transfer.pid));
      if (now.state != TransferState::kStarted) halt = true;
    }
    {
      const std::scoped_lock lock(outcome_mutex);
      if (session.bytes_received() < next_checkpoint) return {};
      next_checkpoint = session.bytes_received() + options.checkpoint_bytes;
    }
    return service.record_progress(transfer.pid, session);
  };
  const auto stream = [&] {
    HttpContent remote(client, transfer, limiter);
    const Result<> ran =
        flow::delivery::run_stream(session, remote, options.chunks_per_request, halt, each_chunk);
    if (ran) return;
    halt = true;
    const std::scoped_lock lock(outcome_mutex);
    if (outcome) outcome = ran;
  };
  const std::uint64_t useful =
      std::max<std::uint64_t>(1, session.manifest().chunk_count() / options.chunks_per_request);
  std::vector<std::jthread> streams;
  for (std::size_t i = 1; i < std::min<std::uint64_t>(options.streams, useful); ++i) streams.emplace_back(stream);
  stream();
  streams.clear();  // joins
  return outcome;
}

ClientRequest Transfers::State::put_request(const Transfer& transfer, std::string_view end) {
  ClientRequest out{.method = Method::kPut, .url = transfer.endpoint + std::string(end)};
  out.headers.set("Authorization", "Bearer " + transfer.token);
  out.node = transfer.peer.text();
  out.limiter = limits.of(transfer.pid, transfer.rate_bytes_per_second);
  return out;
}

Result<std::vector<bool>> Transfers::State::ask_missing(const Transfer& transfer, const Content& content) {
  ClientRequest put = put_request(transfer, "/manifest");
  const Bytes encoded = encode(content.manifest);
  put.body = std::string(text_of(encoded));
  put.headers.set("Content-Type", "application/octet-stream");
  WEIR_TRY_LET(const auto response, client.request(put));
  WEIR_TRY(response.ok());
  return flow::delivery::decode_bitmap(view_of(response.body), content.manifest.chunk_count());
}

Result<> Transfers::State::push(const Transfer& transfer) {
  const auto stream = service.open_stream(transfer.pid);
  WEIR_TRY_LET(Content content, contents.open(transfer.root));
  WEIR_TRY_LET(const std::vector<bool> present, ask_missing(transfer, content));
  for (std::uint64_t next = 0; next < present.size();) {
    std::vector<ChunkIndex> chunks;
    std::uint64_t bytes = 0;
    for (; next < present.size() && chunks.size() < options.chunks_per_request; ++next) {
      if (present[next]) continue;
      chunks.emplace_back(next);
      bytes += content.manifest.length_of(ChunkIndex(next));
    }
    if (chunks.empty()) break;
    // Asked anew for each run of chunks: the agreement may have ended meanwhile (I-5).
    WEIR_TRY_LET(const std::int64_t sending, service.begin_sending(transfer.pid, bytes));
    std::uint64_t sent = 0;
    const Result<> pushed = push_chunks(transfer, content, chunks, sent);
    WEIR_TRY(service.record_sent(transfer.pid, sending, sent));  // also of a push that broke
    WEIR_TRY(pushed);
  }
  return {};
}

Result<> Transfers::State::push_chunks(const Transfer& transfer, const Content& content,
                                       const std::vector<ChunkIndex>& chunks, std::uint64_t& sent) {
  for (const ChunkIndex index : chunks) {
    if (stopping) return Error(Errc::kUnavailable, "stopped").because("delivery.stopped");
    WEIR_TRY_LET(const Transfer now, service.get(transfer.pid));
    if (now.state != TransferState::kStarted) return {};
    ChunkSource source(*content.data, content.manifest.offset_of(index), content.manifest.length_of(index));
    const std::string path = "/chunks/" + std::to_string(index.value());
    const auto response = client.upload(put_request(transfer, path), source);
    sent += source.taken();
    if (!response) return Error(response.error());
    WEIR_TRY(response->ok());
  }
  return {};
}

Transfers::Transfers(flow::delivery::Service& service, flow::delivery::Contents& contents, Client& client,
                     RateLimits& limits, TransfersOptions options)
    : state_(new State{
          .service = service, .contents = contents, .client = client, .limits = limits, .options = options}) {
  for (std::size_t i = 0; i < options.jobs; ++i) state_->threads.emplace_back([this] { state_->run(); });
}

Transfers::~Transfers() { stop(); }

void Transfers::wake(const std::string& pid) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->queue.emplace(std::chrono::steady_clock::now(), pid);
    if (const auto found = state_->running.find(pid); found != state_->running.end()) found->second->changed = true;
  }
  state_->work.notify_one();
}

Result<TransferProgress> Transfers::progress(const std::string& pid) const {
  const std::scoped_lock lock(state_->mutex);
  const auto found = state_->running.find(pid);
  if (found == state_->running.end()) return Error(Errc::kNotFound, "this transfer does not run now");
  return TransferProgress{found->second->session.bytes_done(), found->second->session.manifest().size};
}

void Transfers::stop() {
  state_->stopping = true;
  state_->limits.lift();
  {
    const std::scoped_lock lock(state_->mutex);
  }
  state_->work.notify_all();
  state_->threads.clear();  // joins
}

}  // namespace weir::node

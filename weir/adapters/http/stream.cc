// Stream: how long bodies leave and arrive, on a stream thread, in pieces of bounded size.
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>

#include "weir/adapters/http/connection.h"
#include "weir/adapters/http/line.h"
#include "weir/base/log.h"

namespace weir::adapters::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kPatienceMs = 20;                    // how long a stream thread itself waits for a socket
constexpr std::uint64_t kTurnBytes = 16u << 20;    // then others have their turn
constexpr std::size_t kLimitedPieceMin = 4u << 10;
constexpr milliseconds kDelayMax{100};             // so that a changed rate is noticed soon

// A tenth of a second's worth, so that a limited body flows evenly.
std::size_t piece_size(const RateLimiter* limiter, std::uint64_t left) {
  std::uint64_t size = kPieceBytes;
  if (limiter != nullptr && limiter->rate() > 0) {
    size = std::clamp<std::uint64_t>(limiter->rate() / 10, kLimitedPieceMin, kPieceBytes);
  }
  return static_cast<std::size_t>(std::min(size, left));
}

}  // namespace

bool Connection::wait_briefly(Wait what) const {
  pollfd entry{
      .fd = transport_.fd(), .events = static_cast<short>(what == Wait::kRead ? POLLIN : POLLOUT), .revents = 0};
  return ::poll(&entry, 1, kPatienceMs) > 0;
}

// The peer is slow: the edge waits for it, and no thread is held.
void Connection::wait_on_edge(Wait what) {
  asio::post(hub_.edge, [self = shared_from_this(), what] {
    self->away_ = false;
    if (self->hub_.cutting) return self->close();
    if (self->stage_ == Stage::kUpload) {
      self->set_body_deadline();
    } else {
      self->set_write_deadline();
    }
    self->arm(what == Wait::kRead ? Next::kRead : Next::kWrite);
  });
}

void Connection::delay_on_edge(std::chrono::nanoseconds length) {
  const auto wait = std::min<std::chrono::nanoseconds>(length, kDelayMax);
  asio::post(hub_.edge, [self = shared_from_this(), wait] {
    self->away_ = false;
    if (self->hub_.cutting) return self->close();
    self->set_deadline(self->hub_.options.write_timeout);
    self->delay_.expires_after(wait);
    self->delay_.async_wait([self](const boost::system::error_code& code) {
      if (!code && self->stage_ != Stage::kClosed) self->step();
    });
  });
}

void Connection::abort_on_edge() {
  asio::post(hub_.edge, [self = shared_from_this()] {
    self->away_ = false;
    self->close();
  });
}

// The head of a 101 is sent: the connection is somebody else's until the line is let go of.
Connection::Next Connection::give_line() {
  const auto take = std::exchange(takeover_, nullptr);
  // What came before this side agreed belongs to no protocol.
  if (!in_.empty()) close_after_ = true;
  if (finish_exchange() != Next::kAgain) return Next::kStop;
  stage_ = Stage::kBusy;
  away_ = true;
  const std::shared_ptr<void> owner(this, [self = shared_from_this()](void*) { self->abort_on_edge(); });
  take(std::make_unique<Line>(transport_, owner));
  return Next::kStop;
}

Connection::Flow Connection::next_piece() {
  if (source_left_ == 0) return Flow::kDone;
  if (limiter_) {
    const std::chrono::nanoseconds wait = limiter_->wait(steady_clock::now());
    if (wait.count() > 0) {
      delay_on_edge(wait);
      return Flow::kLater;
    }
  }
  if (!piece_) piece_ = std::make_unique_for_overwrite<std::uint8_t[]>(kPieceBytes);
  const std::size_t wanted = piece_size(limiter_.get(), source_left_);
  const Result<std::size_t> got = source_->read(std::span(piece_.get(), wanted));
  if (!got || *got == 0 || *got > wanted) {
    log::warning("http.body_broke",
                 {{"request", request_.id},
                  {"message", got ? std::string("the source ended early") : std::string(got.error().message())}});
    return Flow::kBroken;
  }
  piece_at_ = 0;
  piece_size_ = *got;
  source_left_ -= *got;
  if (limiter_) static_cast<void>(limiter_->take(*got, steady_clock::now()));
  return Flow::kMore;
}

Connection::Flow Connection::push_piece() {
  while (piece_at_ < piece_size_) {
    const Result<Io> io = transport_.write(ByteView(piece_.get() + piece_at_, piece_size_ - piece_at_));
    if (!io || io->ended || hub_.cutting) return Flow::kBroken;
    piece_at_ += io->bytes;
    if (io->wait == Wait::kNone || wait_briefly(io->wait)) continue;
    wait_on_edge(io->wait);
    return Flow::kLater;
  }
  return Flow::kMore;
}

void Connection::stream_out() {
  std::uint64_t turn = 0;
  while (true) {
    Flow flow = push_piece();
    if (flow == Flow::kMore) flow = next_piece();
    if (flow == Flow::kLater) return;
    if (flow == Flow::kBroken) return abort_on_edge();
    if (flow == Flow::kDone) {
      stage_ = Stage::kWrite;  // nothing is left to write: the edge finishes the exchange
      return return_to_edge();
    }
    turn += piece_size_;
    if (turn >= kTurnBytes && hub_.streams.others_waiting()) {
      hub_.streams.go_on([self = shared_from_this()] { self->stream_out(); });
      return;
    }
  }
}

void Connection::open_upload() {
  const auto turn_away = [this](const Error& error) {
    close_after_ = true;
    respond(hub_.router.failure(request_, error));
  };
  const Result<> known = hub_.router.admit(*route_, request_);
  if (!known) return turn_away(known.error());
  admitted_ = true;
  Result<std::unique_ptr<BodySink>> sink = route_->open_upload(request_);
  if (!sink) return turn_away(sink.error());
  request_.upload = *std::move(sink);
  if (request_.headers.has_token("Expect", "100-continue")) {
    static_cast<void>(transport_.write(view_of("HTTP/1.1 100 Continue\r\n\r\n")));
  }
  parser_->set_body(
      [this](std::string_view piece) -> Result<> {
        WEIR_TRY(request_.upload->write(view_of(piece)));
        request_.body_bytes += piece.size();
        return {};
      },
      std::nullopt);
  body_start_ = steady_clock::now();
  stream_in();
}

// Reads until the socket is empty or the piece is full, then gives it to the sink. `held` bytes at the start of the
// piece are left from before: the beginning of a chunk header.
Connection::Flow Connection::pull_piece(std::size_t& held) {
  Wait wait = Wait::kNone;
  bool ended = false;
  while (held < kPieceBytes && wait == Wait::kNone && !ended) {
    const Result<Io> io = transport_.read(std::span(piece_.get() + held, kPieceBytes - held));
    if (!io || hub_.cutting) return Flow::kBroken;
    held += io->bytes;
    wait = io->wait;
    ended = io->ended;
  }
  const Result<std::size_t> taken = parser_->feed({reinterpret_cast<const char*>(piece_.get()), held});
  if (!taken) {
    close_after_ = true;
    request_.upload.reset();
    in_.clear();
    respond(hub_.router.failure(request_, taken.error()));
    return Flow::kLater;
  }
  held -= *taken;
  std::memmove(piece_.get(), piece_.get() + *taken, held);
  if (parser_->done()) return Flow::kDone;
  if (ended) return Flow::kBroken;
  if (wait == Wait::kNone || wait_briefly(wait)) return Flow::kMore;
  in_.assign(reinterpret_cast<const char*>(piece_.get()), held);
  wait_on_edge(wait);
  return Flow::kLater;
}

void Connection::stream_in() {
  if (!piece_) piece_ = std::make_unique_for_overwrite<std::uint8_t[]>(kPieceBytes);
  std::size_t held = std::min(in_.size(), kPieceBytes);
  std::memcpy(piece_.get(), in_.data(), held);
  in_.clear();
  std::uint64_t turn = request_.body_bytes + kTurnBytes;
  Flow flow = parser_->done() ? Flow::kDone : Flow::kMore;
  while (flow == Flow::kMore) {
    flow = pull_piece(held);
    if (flow == Flow::kMore && request_.body_bytes >= turn && hub_.streams.others_waiting()) {
      in_.assign(reinterpret_cast<const char*>(piece_.get()), held);
      hub_.streams.go_on([self = shared_from_this()] { self->stream_in(); });
      return;
    }
  }
  if (flow == Flow::kBroken) return abort_on_edge();
  if (flow == Flow::kDone) finish_upload(held);
}

void Connection::finish_upload(std::size_t held) {
  in_.assign(reinterpret_cast<const char*>(piece_.get()), held);
  const Result<> finished = request_.upload->finish();
  if (!finished) return respond(hub_.router.failure(request_, finished.error()));
  respond(hub_.router.run(*route_, request_));
}

}  // namespace weir::adapters::http

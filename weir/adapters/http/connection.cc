// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/connection.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <ctime>

#include "weir/adapters/http/problem.h"
#include "weir/base/check.h"
#include "weir/base/log.h"

namespace weir::adapters::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kAdmitFirstBytes = 64u << 10;  // a larger body is read only when the caller is known
constexpr std::size_t kLingerBytesMax = 4u << 20;
constexpr milliseconds kLingerTime{2000};
constexpr std::size_t kCallersMax = 4096;

std::string http_date() {
  const std::time_t now = static_cast<std::time_t>(SystemClock().now().value() / 1000);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

Error busy() {
  return Error(Errc::kUnavailable, "this node has more to do than it can queue")
      .because("http.busy")
      .advise("wait as long as Retry-After says, then send it again");
}

Error too_large(std::size_t most) {
  return Error(Errc::kExhausted, "the body is larger than the " + std::to_string(most) + " bytes that may be sent here")
      .because("http.body_too_large")
      .advise("send less at once");
}

bool has_no_body(int status) { return status == 204 || status == 304 || status / 100 == 1; }

}  // namespace

bool Hub::may_ask(const std::string& address) {
  const std::uint64_t rate = options.requests_per_second;
  if (rate == 0) return true;
  if (callers.size() >= kCallersMax && !callers.contains(address)) callers.clear();
  std::unique_ptr<RateLimiter>& limiter = callers[address];
  if (!limiter) limiter = std::make_unique<RateLimiter>(rate, rate);
  return limiter->try_take(1, steady_clock::now());
}

void Hub::forget(const std::shared_ptr<Connection>& connection) {
  if (connections.erase(connection) == 0) return;
  const std::lock_guard lock(empty_mutex);
  if (--numbers.open == 0) empty.notify_all();
}

Connection::Connection(Hub& hub, Socket socket, std::shared_ptr<const TlsContext> tls, std::string address,
                       bool surplus)
    : hub_(hub),
      socket_(std::move(socket)),
      transport_(Transport::accepting(socket_.native_handle(), std::move(tls))),
      address_(std::move(address)),
      surplus_(surplus),
      timer_(hub.edge),
      delay_(hub.edge) {}

Connection::~Connection() { hub_.buffered -= body_held_; }

void Connection::start() {
  set_deadline(hub_.options.handshake_timeout);
  step();
}

void Connection::drain() {
  close_after_ = true;
  if (away_) return;
  const bool idle = stage_ == Stage::kHandshake || (stage_ == Stage::kHead && in_.empty());
  if (idle) close();
}

void Connection::cut() {
  if (!away_) return close();
  // Another thread has it: break the connection under its hands; it will come back here and close.
  ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

void Connection::abandon() {
  away_ = false;
  close();
}

void Connection::close() {
  if (stage_ == Stage::kClosed) return;
  WEIR_CHECK(!away_);
  stage_ = Stage::kClosed;
  if (exchange_open_) {
    exchange_open_ = false;
    account();
    if (source_) source_->finished(transport_.bytes_out() - socket_out_at_start_, false);
    if (Observer* observer = hub_.router.observer()) {
      observer->finished({.method = request_.method,
                          .route = route_ != nullptr ? std::string_view(route_->pattern) : std::string_view{},
                          .status = 499,
                          .bytes_in = request_.body_bytes,
                          .bytes_out = body_out_});
    }
  }
  account();
  source_.reset();
  request_ = Request{};
  boost::system::error_code ignored;
  timer_.cancel();
  delay_.cancel();
  socket_.close(ignored);
  hub_.forget(shared_from_this());
}

void Connection::account() {
  hub_.numbers.in += transport_.bytes_in() - accounted_in_;
  hub_.numbers.out += transport_.bytes_out() - accounted_out_;
  accounted_in_ = transport_.bytes_in();
  accounted_out_ = transport_.bytes_out();
}

void Connection::set_deadline(milliseconds from_now) { deadline_ = steady_clock::now() + from_now; }

// A body must keep moving, and average a KiB a second after its grace: a trickle does not hold a connection.
void Connection::set_body_deadline() {
  const milliseconds grace = hub_.options.body_timeout;
  const SteadyTime average = body_start_ + grace + milliseconds(request_.body_bytes);
  deadline_ = std::min(steady_clock::now() + grace, average);
}

// A reader that trickles does not hold a connection either, unless this side asked for slowness.
void Connection::set_write_deadline() {
  const milliseconds grace = hub_.options.write_timeout;
  deadline_ = steady_clock::now() + grace;
  if (limiter_) return;
  const std::uint64_t sent = body_out_ - source_left_ - (piece_size_ - piece_at_);
  deadline_ = std::min(deadline_, write_start_ + grace + milliseconds(sent));
}

void Connection::arm(Next what) {
  const auto type = what == Next::kRead ? Socket::wait_read : Socket::wait_write;
  watch_deadline();
  socket_.async_wait(type, [self = shared_from_this(), ticket = ++ticket_](const boost::system::error_code& code) {
    if (!code && ticket == self->ticket_ && !self->away_) self->step();
  });
}

void Connection::returned() {
  away_ = false;
  step();
}

// One timer a connection. It is set anew only when the deadline came nearer; else it looks again when it fires.
void Connection::watch_deadline() {
  if (timer_armed_ && timer_at_ <= deadline_) return;
  timer_armed_ = true;
  timer_at_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
    if (!code) self->on_timer();
  });
}

void Connection::on_timer() {
  timer_armed_ = false;
  if (away_ || stage_ == Stage::kClosed) return;
  if (steady_clock::now() < deadline_) return watch_deadline();
  on_timeout();
}

void Connection::on_timeout() {
  const bool mid_request = stage_ == Stage::kBody || (stage_ == Stage::kHead && !in_.empty());
  if (!mid_request) return close();
  const Error late = Error(Errc::kUnavailable, "the request took too long to arrive")
                         .because("http.timeout")
                         .advise("send it again, on a better connection");
  ++ticket_;
  static_cast<void>(refuse(late));
}

void Connection::return_to_edge() {
  asio::post(hub_.edge, [self = shared_from_this()] { self->returned(); });
}

void Connection::step() {
  while (true) {
    Next next = Next::kStop;
    switch (stage_) {
      case Stage::kHandshake: next = handshake(); break;
      case Stage::kHead: next = read_head(); break;
      case Stage::kBody: next = read_body(); break;
      case Stage::kWrite: next = flush(); break;
      case Stage::kLinger: next = linger(); break;
      case Stage::kSource:
      case Stage::kUpload:
        // The socket is ready again: back to a stream thread.
        away_ = true;
        hub_.streams.go_on([self = shared_from_this()] {
          if (self->stage_ == Stage::kSource) {
            self->stream_out();
          } else {
            self->stream_in();
          }
        });
        return;
      case Stage::kBusy:
      case Stage::kClosed: return;
    }
    if (next == Next::kStop) return;
    if (next != Next::kAgain) return arm(next);
  }
}

Connection::Next Connection::handshake() {
  const Result<Wait> wait = transport_.handshake();
  if (!wait) {
    ++hub_.numbers.handshakes_failed;
    log::debug("http.handshake_failed", {{"from", address_}, {"message", wait.error().message()}});
    // The TLS library has sent its alert. The client may have sent more already; unread, it would destroy the alert.
    ::shutdown(socket_.native_handle(), SHUT_WR);
    return begin_linger();
  }
  if (*wait != Wait::kNone) return *wait == Wait::kRead ? Next::kRead : Next::kWrite;
  peer_ = transport_.peer();
  stage_ = Stage::kHead;
  set_deadline(hub_.options.header_timeout);
  return Next::kAgain;
}

Connection::Next Connection::fill(std::size_t room) {
  const auto bytes =
      std::span(reinterpret_cast<std::uint8_t*>(hub_.scratch.data()), std::min(room, hub_.scratch.size()));
  const Result<Io> io = transport_.read(bytes);
  if (!io || io->ended) {
    close();
    return Next::kStop;
  }
  if (io->wait != Wait::kNone) return io->wait == Wait::kRead ? Next::kRead : Next::kWrite;
  if (stage_ == Stage::kHead && in_.empty()) set_deadline(hub_.options.header_timeout);
  in_.append(hub_.scratch, 0, io->bytes);
  return Next::kAgain;
}

Connection::Next Connection::read_head() {
  if (!parser_) {
    parser_ = std::make_unique<Parser>(MessageKind::kRequest,
                                       ParserLimits{.header_bytes_max = hub_.options.header_bytes_max});
  }
  if (!in_.empty()) {
    const Result<std::size_t> taken = parser_->feed(in_);
    if (!taken) return refuse(taken.error());
    in_.erase(0, *taken);
    if (parser_->header_done()) return on_head();
  }
  return fill(hub_.scratch.size());
}

Result<> Connection::check_request() {
  const MessageHead& head = parser_->head();
  const std::optional<Method> method = parse_method(head.method);
  request_.target = head.target;
  request_.headers = head.headers;
  request_.remote_address = address_;
  request_.secure = transport_.secure();
  request_.peer = peer_;
  if (!method) {
    return Error(Errc::kInvalidArgument, "a verb that this node does not know").because("http.method_unknown");
  }
  request_.method = *method;
  if (surplus_) {
    return Error(Errc::kUnavailable, "this node has as many connections as it takes")
        .because("http.too_many_connections")
        .advise("close connections that are not needed, or try again later");
  }
  if (!hub_.may_ask(address_)) {
    return Error(Errc::kExhausted, "too many requests a second from " + address_)
        .because("http.rate")
        .advise("wait as long as Retry-After says");
  }
  WEIR_TRY_LET(route_, hub_.router.match(request_));
  const std::optional<std::uint64_t> length = parser_->content_length();
  if (!route_->open_upload && length && *length > route_->body_bytes_max) return too_large(route_->body_bytes_max);
  return {};
}

Connection::Next Connection::on_head() {
  ++hub_.numbers.requests;
  exchange_open_ = true;
  exchange_start_ = steady_clock::now();
  request_ = Request{};
  route_ = nullptr;
  admitted_ = false;
  body_out_ = 0;
  socket_out_at_start_ = transport_.bytes_out();
  if (Observer* observer = hub_.router.observer()) observer->started();
  if (!parser_->keep_alive()) close_after_ = true;
  const Result<> fine = check_request();
  if (!fine) return refuse(fine.error());
  return begin_body();
}

Connection::Next Connection::begin_body() {
  body_start_ = steady_clock::now();
  if (route_->open_upload) {
    stage_ = Stage::kUpload;
    away_ = true;
    if (hub_.streams.post([self = shared_from_this()] { self->open_upload(); })) return Next::kStop;
    return refuse(busy());
  }
  if (!parser_->has_body()) return hand_over_to_worker(false);
  parser_->set_body(
      [this](std::string_view piece) -> Result<> {
        if (request_.body.size() + piece.size() > route_->body_bytes_max) return too_large(route_->body_bytes_max);
        if (!take_body_piece(piece.size())) {
          return Error(Errc::kUnavailable, "this node holds as many bodies as it can").because("http.memory");
        }
        request_.body += piece;
        request_.body_bytes = request_.body.size();
        return {};
      },
      std::nullopt);
  const bool small = parser_->content_length().value_or(kAdmitFirstBytes + 1) <= kAdmitFirstBytes;
  if (!small) return hand_over_to_worker(true);
  if (request_.headers.has_token("Expect", "100-continue")) {
    static_cast<void>(transport_.write(view_of("HTTP/1.1 100 Continue\r\n\r\n")));
  }
  set_body_deadline();
  stage_ = Stage::kBody;
  return Next::kAgain;
}

bool Connection::take_body_piece(std::size_t bytes) {
  if (hub_.buffered.fetch_add(bytes) + bytes > hub_.options.buffered_bytes_max) {
    hub_.buffered -= bytes;
    return false;
  }
  body_held_ += bytes;
  return true;
}

Connection::Next Connection::read_body() {
  if (!in_.empty()) {
    const Result<std::size_t> taken = parser_->feed(in_);
    if (!taken) return refuse(taken.error());
    in_.erase(0, *taken);
    if (*taken > 0) set_body_deadline();
    if (parser_->done()) return hand_over_to_worker(false);
  }
  return fill(hub_.scratch.size());
}

Connection::Next Connection::hand_over_to_worker(bool admit_only) {
  stage_ = Stage::kBusy;
  away_ = true;
  if (hub_.workers.post([self = shared_from_this(), admit_only] { self->work(admit_only); })) return Next::kStop;
  return refuse(busy());
}

void Connection::work(bool admit_only) {
  if (!admitted_) {
    const Result<> known = hub_.router.admit(*route_, request_);
    if (!known) {
      if (!parser_->done()) close_after_ = true;
      return respond(hub_.router.failure(request_, known.error()));
    }
    admitted_ = true;
  }
  if (!admit_only) return respond(hub_.router.run(*route_, request_));
  asio::post(hub_.edge, [self = shared_from_this()] {
    if (self->request_.headers.has_token("Expect", "100-continue")) {
      static_cast<void>(self->transport_.write(view_of("HTTP/1.1 100 Continue\r\n\r\n")));
    }
    self->body_start_ = steady_clock::now();
    self->set_body_deadline();
    self->stage_ = Stage::kBody;
    self->returned();
  });
}

Connection::Next Connection::refuse(const Error& error) {
  // What is left of the request is not read any more, so the next one could not be found.
  if (!parser_ || !parser_->done()) close_after_ = true;
  if (surplus_) close_after_ = true;
  stage_ = Stage::kBusy;
  away_ = true;  // respond() posts it back
  if (!exchange_open_) {
    exchange_open_ = true;
    exchange_start_ = steady_clock::now();
    socket_out_at_start_ = transport_.bytes_out();
    request_ = Request{};
    route_ = nullptr;
    if (Observer* observer = hub_.router.observer()) observer->started();
  }
  respond(hub_.router.failure(request_, error));
  return Next::kStop;
}

// On any thread that owns the connection.
void Connection::respond(Response response) {
  status_ = response.status;
  limiter_ = std::move(response.limiter);
  source_ = std::move(response.source);
  takeover_ = std::move(response.takeover);
  const bool bodiless = has_no_body(status_);
  // What is long leaves from a stream thread, so that the edge stays quick.
  if (response.body.size() > kPieceBytes) source_ = make_memory_source(std::move(response.body));
  const std::uint64_t length = source_ ? source_->length() : response.body.size();
  const bool send_body = !bodiless && request_.method != Method::kHead;
  out_ = "HTTP/1.1 " + std::to_string(status_) + " " + std::string(phrase_of(status_)) + "\r\n";
  out_ += "Date: " + http_date() + "\r\n";
  for (const Headers::Field& field : response.headers.all()) out_ += field.first + ": " + field.second + "\r\n";
  if (!bodiless) out_ += "Content-Length: " + std::to_string(length) + "\r\n";
  const bool old_client = parser_ && parser_->header_done() && !parser_->head().http11;
  if (close_after_) out_ += "Connection: close\r\n";
  if (!close_after_ && old_client) out_ += "Connection: keep-alive\r\n";
  out_ += "\r\n";
  out_at_ = 0;
  source_left_ = 0;
  if (send_body && source_) {
    source_left_ = length;
    body_out_ = length;
  } else if (send_body) {
    out_ += response.body;
    body_out_ = response.body.size();
  }
  piece_at_ = piece_size_ = 0;
  stage_ = Stage::kWrite;
  return_to_edge();
}

// On the edge. A long body follows from a stream thread.
Connection::Next Connection::flush() {
  if (out_at_ == 0) set_deadline(hub_.options.write_timeout);
  while (out_at_ < out_.size()) {
    const Result<Io> io = transport_.write(view_of(std::string_view(out_).substr(out_at_)));
    if (!io || io->ended) {
      close();
      return Next::kStop;
    }
    if (io->wait != Wait::kNone) return io->wait == Wait::kRead ? Next::kRead : Next::kWrite;
    out_at_ += io->bytes;
    set_deadline(hub_.options.write_timeout);
  }
  if (takeover_) return give_line();
  if (source_left_ > 0) {
    stage_ = Stage::kSource;
    write_start_ = steady_clock::now();
    away_ = true;
    hub_.streams.go_on([self = shared_from_this()] { self->stream_out(); });
    return Next::kStop;
  }
  return finish_exchange();
}

Connection::Next Connection::finish_exchange() {
  exchange_open_ = false;
  account();
  if (source_) source_->finished(transport_.bytes_out() - socket_out_at_start_, true);
  if (Observer* observer = hub_.router.observer()) {
    observer->finished({.method = request_.method,
                        .route = route_ != nullptr ? std::string_view(route_->pattern) : std::string_view{},
                        .status = status_,
                        .seconds = std::chrono::duration<double>(steady_clock::now() - exchange_start_).count(),
                        .bytes_in = request_.body_bytes,
                        .bytes_out = body_out_});
  }
  source_.reset();
  limiter_.reset();
  piece_.reset();
  hub_.buffered -= body_held_;
  body_held_ = 0;
  const bool body_unread = !parser_ || !parser_->done();
  request_ = Request{};
  route_ = nullptr;
  parser_.reset();
  std::string().swap(out_);
  if (in_.empty()) std::string().swap(in_);
  if (close_after_ || hub_.draining) {
    transport_.close_write();
    if (!body_unread) {
      close();
      return Next::kStop;
    }
    return begin_linger();
  }
  stage_ = Stage::kHead;
  set_deadline(in_.empty() ? hub_.options.idle_timeout : hub_.options.header_timeout);
  return Next::kAgain;
}

// The client may still be sending: read a little, or the reset would destroy what is on its way to it.
Connection::Next Connection::begin_linger() {
  stage_ = Stage::kLinger;
  set_deadline(kLingerTime);
  piece_at_ = 0;
  return Next::kAgain;
}

Connection::Next Connection::linger() {
  std::uint8_t* const bytes = reinterpret_cast<std::uint8_t*>(hub_.scratch.data());
  // Straight from the socket: what it means is of no interest any more.
  while (piece_at_ < kLingerBytesMax) {
    const ssize_t got = ::recv(socket_.native_handle(), bytes, hub_.scratch.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Next::kRead;
    if (got <= 0) break;
    piece_at_ += static_cast<std::size_t>(got);
  }
  close();
  return Next::kStop;
}

}  // namespace weir::adapters::http

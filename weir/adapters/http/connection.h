// Connection: one client of the server: its state machine, from the handshake to the last byte.
//
// Owned by one thread at a time: the edge while it waits for the socket, a worker while a handler runs, a stream
// thread while a long body moves. Ownership passes through the queues, which order the memory too.
// Only connection.cc, stream.cc and server.cc include this file: it brings Asio along.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "weir/adapters/http/parser.h"
#include "weir/adapters/http/server.h"
#include "weir/adapters/http/transport.h"
#include "weir/adapters/http/workers.h"
#include "weir/base/rate_limiter.h"

namespace weir::adapters::http {

class Connection;
using SteadyTime = std::chrono::steady_clock::time_point;

inline constexpr std::size_t kPieceBytes = 256u << 10;

// What the connections of a server share.
struct Hub {
  Hub(const ServerOptions& given, const Router& routes)
      : options(given), router(routes), workers("weir-worker", given.workers, given.queue_max),
        streams("weir-stream", given.streams, given.queue_max) {}

  struct Numbers {
    std::atomic<std::uint64_t> open{0}, accepted{0}, refused{0}, handshakes_failed{0}, requests{0}, in{0}, out{0};
  };

  const ServerOptions& options;
  const Router& router;
  boost::asio::io_context edge{1};
  Workers workers;
  Workers streams;
  Numbers numbers;
  std::atomic<std::size_t> buffered{0};  // bytes of request bodies in memory
  std::atomic<bool> cutting{false};      // stop moving long bodies
  std::mutex empty_mutex;                // with which stop() waits for numbers.open to become 0
  std::condition_variable empty;
  // Of the edge thread:
  std::unordered_set<std::shared_ptr<Connection>> connections;
  bool draining = false;
  std::string scratch = std::string(32u << 10, '\0');  // what was just read
  std::unordered_map<std::string, std::unique_ptr<RateLimiter>> callers;

  // Whether this address may send one more request now.
  bool may_ask(const std::string& address);
  void forget(const std::shared_ptr<Connection>& connection);
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  // `surplus`: one connection too many; it is told so and closed.
  Connection(Hub& hub, Socket socket, std::shared_ptr<const TlsContext> tls, std::string address, bool surplus);
  ~Connection();

  // On the edge thread:
  void start();
  void drain();  // close now if idle, else after the response
  void cut();    // close now
  // When no thread is left that could have it.
  void abandon();

 private:
  enum class Stage : std::uint8_t { kHandshake, kHead, kBody, kBusy, kWrite, kSource, kUpload, kLinger, kClosed };
  enum class Next : std::uint8_t { kAgain, kRead, kWrite, kStop };
  using Self = std::shared_ptr<Connection>;

  // connection.cc, on the edge:
  void step();
  Next handshake();
  Next read_head();
  Next read_body();
  Next on_head();
  Next begin_body();
  Next fill(std::size_t room);  // reads what is there into in_
  Next flush();
  Next finish_exchange();
  Next give_line();
  Next begin_linger();
  Next linger();
  void arm(Next what);
  void returned();  // from another thread, which is done with it
  void watch_deadline();
  void on_timer();
  void on_timeout();
  void close();
  Next refuse(const Error& error);  // answers with a problem and closes
  Next hand_over_to_worker(bool admit_only);
  bool take_body_piece(std::size_t bytes);
  Result<> check_request();
  void set_deadline(std::chrono::milliseconds from_now);
  void set_body_deadline();
  void set_write_deadline();

  // On the thread that owns the connection:
  void work(bool admit_only);
  void respond(Response response);
  void return_to_edge();
  void account();

  // stream.cc, on a stream thread:
  void stream_out();
  void stream_in();
  enum class Flow : std::uint8_t { kMore, kDone, kLater, kBroken };
  Flow next_piece();
  Flow push_piece();
  Flow pull_piece(std::size_t& held);
  void open_upload();
  void finish_upload(std::size_t held);
  bool wait_briefly(Wait what) const;
  void wait_on_edge(Wait what);
  void delay_on_edge(std::chrono::nanoseconds length);
  void abort_on_edge();

  Hub& hub_;
  Socket socket_;
  Transport transport_;
  const std::string address_;
  const bool surplus_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer delay_;
  // Of the edge thread alone:
  bool away_ = false;          // another thread has the connection; the edge keeps its hands off
  std::uint64_t ticket_ = 0;   // of the last wait that was armed: earlier ones mean nothing
  bool timer_armed_ = false;
  SteadyTime timer_at_{};
  SteadyTime deadline_{};

  // Of the thread that owns the connection:
  Stage stage_ = Stage::kHandshake;
  std::optional<PeerCertificate> peer_;
  std::string in_;   // received and not yet parsed
  std::string out_;  // to be sent
  std::size_t out_at_ = 0;
  std::unique_ptr<Parser> parser_;
  Request request_;
  const Route* route_ = nullptr;
  bool admitted_ = false;
  bool exchange_open_ = false;
  std::atomic<bool> close_after_{false};  // drain() sets it from the edge
  std::size_t body_held_ = 0;  // of hub_.buffered
  SteadyTime exchange_start_{};
  SteadyTime body_start_{};
  SteadyTime write_start_{};

  // The response under way.
  int status_ = 0;
  std::unique_ptr<BodySource> source_;
  std::function<void(std::unique_ptr<Line>)> takeover_;
  std::shared_ptr<RateLimiter> limiter_;
  std::uint64_t source_left_ = 0;
  std::uint64_t body_out_ = 0;
  std::uint64_t socket_out_at_start_ = 0;
  std::unique_ptr<std::uint8_t[]> piece_;
  std::size_t piece_at_ = 0;
  std::size_t piece_size_ = 0;
  std::uint64_t accounted_in_ = 0;
  std::uint64_t accounted_out_ = 0;
};

}  // namespace weir::adapters::http

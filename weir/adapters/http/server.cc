// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/server.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "weir/adapters/http/connection.h"
#include "weir/base/log.h"

namespace weir::adapters::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr std::size_t kSurplusMax = 64;  // connections too many that are still told so

Error cannot_listen(const ServerOptions& options, const error_code& code) {
  const std::string where = options.address + ":" + std::to_string(options.port);
  if (code == asio::error::address_in_use) {
    return Error(Errc::kUnavailable, where + " is already in use")
        .because("http.address_in_use")
        .advise("stop the other program, or listen on another port");
  }
  return Error(Errc::kInvalidArgument, "cannot listen on " + where + ": " + code.message())
      .because("http.listen")
      .advise("choose an address of this machine and a port that may be used");
}

}  // namespace

struct Server::State {
  State(ServerOptions given, const Router& router)
      : options(std::move(given)), hub(options, router), acceptor(hub.edge), retry(hub.edge) {}

  ServerOptions options;
  Hub hub;
  tcp::acceptor acceptor;
  asio::steady_timer retry;  // accepting again, after the machine ran out of something
  std::uint16_t port = 0;
  std::thread thread;
  std::mutex mutex;  // guards tls, stopped
  std::shared_ptr<const TlsContext> tls;
  bool stopped = false;

  Result<> listen() {
    error_code code;
    const asio::ip::address address = asio::ip::make_address(options.address, code);
    if (code) return cannot_listen(options, code);
    if (!options.tls && !address.is_loopback()) {
      return Error(Errc::kInvalidArgument, "plain HTTP is served on loopback addresses only")
          .because("http.plain")
          .advise("configure a certificate, or listen on 127.0.0.1");
    }
    const tcp::endpoint endpoint(address, options.port);
    acceptor.open(endpoint.protocol(), code);
    if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor.bind(endpoint, code);
    if (!code) acceptor.listen(static_cast<int>(options.connections_max), code);
    if (code) return cannot_listen(options, code);
    port = acceptor.local_endpoint(code).port();
    return {};
  }

  void accept() {
    acceptor.async_accept([this](const error_code& code, tcp::socket socket) {
      if (code == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (code) {
        log::warning("http.accept_failed", {{"message", code.message()}});
        retry.expires_after(std::chrono::milliseconds(100));
        retry.async_wait([this](const error_code& cancelled) {
          if (!cancelled) accept();
        });
        return;
      }
      welcome(std::move(socket));
      accept();
    });
  }

  void welcome(tcp::socket socket) {
    error_code code;
    const tcp::endpoint remote = socket.remote_endpoint(code);
    const std::size_t open = hub.connections.size();
    const bool surplus = open >= options.connections_max;
    if (surplus) ++hub.numbers.refused;
    if (code || open >= options.connections_max + kSurplusMax) return;  // the socket closes
    socket.non_blocking(true, code);
    socket.set_option(tcp::no_delay(true), code);
    std::shared_ptr<const TlsContext> context;
    {
      const std::lock_guard lock(mutex);
      context = tls;
    }
    auto connection = std::make_shared<Connection>(hub, std::move(socket), std::move(context),
                                                   remote.address().to_string(), surplus);
    ++hub.numbers.accepted;
    ++hub.numbers.open;
    hub.connections.insert(connection);
    connection->start();
  }

  void drain() {
    error_code ignored;
    hub.draining = true;
    retry.cancel();
    acceptor.close(ignored);
    // Copied: closing takes connections out of the set.
    const std::vector<std::shared_ptr<Connection>> all(hub.connections.begin(), hub.connections.end());
    for (const auto& connection : all) connection->drain();
  }

  void cut() {
    const std::vector<std::shared_ptr<Connection>> all(hub.connections.begin(), hub.connections.end());
    for (const auto& connection : all) connection->cut();
  }

  void wait_until_empty(Milliseconds deadline) {
    std::unique_lock lock(hub.empty_mutex);
    hub.empty.wait_for(lock, deadline, [this] { return hub.numbers.open == 0; });
  }
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() { stop(Milliseconds(0)); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, const Router& router) {
  auto state = std::make_unique<State>(std::move(options), router);
  if (state->options.tls) {
    WEIR_TRY_LET(state->tls, TlsContext::for_server(*state->options.tls));
    state->options.tls->identity.key = crypto::SecretBytes();  // the TLS library has it now
  }
  WEIR_TRY(state->listen());
  State& running = *state;
  state->accept();
  state->thread = std::thread([&running] {
    pthread_setname_np(pthread_self(), "weir-edge");
    const auto guard = asio::make_work_guard(running.hub.edge);
    running.hub.edge.run();
  });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

std::uint16_t Server::port() const { return state_->port; }

std::string Server::url() const {
  const std::string& address = state_->options.address;
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return std::string(state_->options.tls ? "https" : "http") + "://" + host + ":" + std::to_string(state_->port);
}

ServerStats Server::stats() const {
  const Hub::Numbers& numbers = state_->hub.numbers;
  return {.connections_open = numbers.open,
          .connections_accepted = numbers.accepted,
          .connections_refused = numbers.refused,
          .handshakes_failed = numbers.handshakes_failed,
          .requests = numbers.requests,
          .bytes_in = numbers.in,
          .bytes_out = numbers.out};
}

Result<> Server::replace_tls(const TlsServerOptions& tls) {
  WEIR_TRY_LET(std::shared_ptr<const TlsContext> context, TlsContext::for_server(tls));
  const std::lock_guard lock(state_->mutex);
  if (!state_->tls) return Error(Errc::kInvalidArgument, "this server speaks plain HTTP").because("http.plain");
  state_->tls = std::move(context);
  return {};
}

void Server::stop(Milliseconds deadline) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
  }
  State& state = *state_;
  asio::post(state.hub.edge, [&state] { state.drain(); });
  // The post may not have run yet: an empty set now may not be one then. So ask the edge first.
  std::mutex mutex;
  std::condition_variable ran;
  bool drained = false;
  asio::post(state.hub.edge, [&] {
    const std::lock_guard lock(mutex);
    drained = true;
    ran.notify_one();
  });
  {
    std::unique_lock lock(mutex);
    ran.wait(lock, [&] { return drained; });
  }
  state.wait_until_empty(deadline);
  state.hub.cutting = true;
  asio::post(state.hub.edge, [&state] { state.cut(); });
  state.hub.workers.stop();
  state.hub.streams.stop();
  state.hub.edge.stop();
  state.thread.join();
  for (const auto& connection : std::vector(state.hub.connections.begin(), state.hub.connections.end())) {
    connection->abandon();
  }
}

}  // namespace weir::adapters::http

// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/client.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "weir/adapters/http/client_connection.h"
#include "weir/adapters/http/line.h"
#include "weir/adapters/http/problem.h"
#include "weir/base/check.h"

namespace weir::adapters::http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kPieceBytes = 256u << 10;
constexpr int kInformationalMax = 8;              // 1xx answers before the real one
constexpr std::chrono::milliseconds kNapMax{50};  // so that a changed rate is noticed soon
using Held = std::unique_ptr<ClientConnection>;

struct Kept {
  std::string key;
  Held connection;
  Deadline until;
};

// What is asked for, and where its parts come from and go to.
struct Exchange {
  const ClientRequest& request;
  Url url;
  BodySource* source = nullptr;      // of the request
  const PieceSink* sink = nullptr;   // of a 200 or 206
  const PieceRoom* room = nullptr;   // for it
  std::string range;                 // of the request; empty: none
  Milliseconds timeout{0};

  bool bulk() const { return source != nullptr || sink != nullptr; }
  // Of the whole of a small exchange; of a bulk one it is set anew with each piece.
  Deadline deadline() const { return steady_clock::now() + timeout; }
};

void pay(RateLimiter* limiter, std::size_t bytes) {
  if (limiter == nullptr) return;
  std::chrono::nanoseconds wait = limiter->take(bytes, steady_clock::now());
  while (wait.count() > 0) {
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(wait, kNapMax));
    wait = limiter->wait(steady_clock::now());
  }
}

std::size_t piece_size(const RateLimiter* limiter) {
  if (limiter == nullptr || limiter->rate() == 0) return kPieceBytes;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(limiter->rate() / 10, 4096, kPieceBytes));
}

std::string format_head(const Exchange& exchange, const std::string& agent) {
  const ClientRequest& request = exchange.request;
  std::string out = std::string(name_of(request.method)) + " " + exchange.url.target + " HTTP/1.1\r\nHost: " +
                    exchange.url.authority() + "\r\nUser-Agent: " + agent + "\r\n";
  for (const auto& [name, value] : request.headers.all()) out += name + ": " + value + "\r\n";
  if (!exchange.range.empty()) out += "Range: " + exchange.range + "\r\n";
  const std::uint64_t length = exchange.source != nullptr ? exchange.source->length() : request.body.size();
  if (length > 0 || !is_safe(request.method)) out += "Content-Length: " + std::to_string(length) + "\r\n";
  return out + "\r\n";
}

Error malformed(Error error) {
  // The parser speaks of requests; here it is the other side that erred.
  const bool large = error.code() == Errc::kExhausted;
  return Error(large ? Errc::kExhausted : Errc::kCorrupt,
               "the answer of the other side: " + std::string(error.message()))
      .because(large ? "http.response_too_large" : "http.malformed_response");
}

// Nothing of it can have been done yet, or doing it twice is no harm.
bool may_repeat(const ClientRequest& request) {
  const bool idempotent =
      is_safe(request.method) || request.method == Method::kPut || request.method == Method::kDelete;
  return idempotent || request.headers.has("Idempotency-Key");
}

bool takes_no_body(const ClientRequest& request) { return request.method == Method::kHead; }

}  // namespace

struct Client::State {
  ClientOptions options;
  std::shared_ptr<const TlsContext> tls;
  std::mutex mutex;        // guards idle
  std::vector<Kept> idle;  // most recently used last

  Held take_kept(const std::string& key) {
    const std::lock_guard lock(mutex);
    const auto now = steady_clock::now();
    std::erase_if(idle, [&](const Kept& kept) { return kept.until < now; });
    for (std::size_t i = idle.size(); i-- > 0;) {
      if (idle[i].key != key) continue;
      Held connection = std::move(idle[i].connection);
      idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
      if (connection->fresh()) return connection;
    }
    return nullptr;
  }

  void keep(std::string key, Held connection) {
    const std::lock_guard lock(mutex);
    if (options.idle_connections_max == 0) return;
    if (idle.size() >= options.idle_connections_max) idle.erase(idle.begin());
    idle.push_back({std::move(key), std::move(connection), steady_clock::now() + options.idle_timeout});
  }

  Result<Held> connect(const Exchange& exchange, Deadline deadline) const;
  Result<ClientResponse> run(Exchange& exchange);
  Result<ClientResponse> attempt(Exchange& exchange, ClientConnection& connection, Deadline deadline, bool& answered,
                                 bool& reusable) const;
};

namespace {

Result<> check_node(const Exchange& exchange, const ClientConnection& connection) {
  const std::string& node = exchange.request.node;
  if (node.empty() || connection.peer_node() == node) return {};
  return Error(Errc::kUnauthenticated, exchange.url.authority() + " proves to be node '" + connection.peer_node() +
                                           "', not '" + node + "'")
      .because("tls.node")
      .advise("the address may be out of date: resolve the node's identifier again");
}

// Sends the body piece by piece. Stops early if the other side already answers: it will not want the rest.
Result<bool> send_body(const Exchange& exchange, ClientConnection& connection) {
  const ClientRequest& request = exchange.request;
  std::uint64_t left = exchange.source->length();
  const auto piece = std::make_unique_for_overwrite<std::uint8_t[]>(kPieceBytes);
  while (left > 0) {
    if (connection.readable() && connection.transport().has_pending()) return false;
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size(request.limiter.get())));
    WEIR_TRY_LET(const std::size_t got, exchange.source->read(std::span(piece.get(), wanted)));
    if (got == 0 || got > wanted) {
      return Error(Errc::kCorrupt, "the body to be sent ended before its length").because("http.source_short");
    }
    pay(request.limiter.get(), got);
    WEIR_TRY(connection.write_all(ByteView(piece.get(), got), exchange.deadline()));
    left -= got;
  }
  return true;
}

// One message from the connection: `response` gets the head; the body goes to the sink or into it.
class Receiver {
 public:
  Receiver(const Exchange& exchange, ClientConnection& connection, std::string& rest)
      : exchange_(exchange), connection_(connection), rest_(rest), parser_(MessageKind::kResponse, {}) {
    if (takes_no_body(exchange.request)) parser_.expect_no_body();
  }

  Result<ClientResponse> receive(Deadline deadline, bool& answered) {
    deadline_ = deadline;
    while (!parser_.header_done()) WEIR_TRY(advance(answered));
    const MessageHead& head = parser_.head();
    response_.status = head.status;
    response_.headers = head.headers;
    to_sink_ = exchange_.sink != nullptr && (head.status == 200 || head.status == 206);
    if (to_sink_) connection_.transport().read_ahead();
    if (to_sink_ && !exchange_.range.empty() && head.status == 200) {
      return Error(Errc::kCorrupt, "the other side sent all where a part was asked for").because("http.range");
    }
    parser_.set_body([this](std::string_view piece) { return take(piece); },
                     to_sink_ ? std::nullopt : std::optional<std::uint64_t>(exchange_.request.body_bytes_max));
    const std::optional<std::uint64_t> length = parser_.content_length();
    if (!to_sink_ && parser_.has_body() && length && *length > exchange_.request.body_bytes_max) return too_large();
    while (!done() && !stopped_) WEIR_TRY(advance(answered));
    return std::move(response_);
  }

  bool reusable() const { return done() && parser_.keep_alive() && !stopped_ && rest_.empty(); }

 private:
  // Bytes of known number may go past the parser.
  bool done() const { return parser_.done() || (past_parser_ && response_.body_bytes == parser_.content_length()); }

  static Error too_large() {
    return Error(Errc::kExhausted, "the answer is larger than may be received").because("http.response_too_large");
  }

  Result<> advance(bool& answered) {
    if (!rest_.empty()) {
      Result<std::size_t> taken = parser_.feed(rest_);
      if (own_error_) return Error(*own_error_);
      if (!taken) return malformed(std::move(taken).error());
      rest_.erase(0, *taken);
      if (*taken > 0) return {};
    }
    return to_sink_ && rest_.empty() ? read_direct() : read_rest(answered);
  }

  Result<> read_rest(bool& answered) {
    std::uint8_t record[16u << 10];  // of TLS, at most
    WEIR_TRY_LET(const std::size_t got, connection_.read_some(record, deadline_));
    if (got == 0) return ended();
    answered = true;
    rest_.append(reinterpret_cast<const char*>(record), got);
    return {};
  }

  // A long body: from the TLS library to the sink without another stop, at best to where the sink wants it.
  Result<> read_direct() {
    if (exchange_.room != nullptr && parser_.has_body() && parser_.content_length()) {
      const std::span<std::uint8_t> room = (*exchange_.room)();
      if (!room.empty()) return read_past_parser(room);
    }
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kPieceBytes);
    WEIR_TRY_LET(const std::size_t held, fill({buffer_.get(), kPieceBytes}));
    if (held == 0) return ended();
    Result<std::size_t> taken = parser_.feed({reinterpret_cast<const char*>(buffer_.get()), held});
    if (own_error_) return Error(*own_error_);
    if (!taken) return malformed(std::move(taken).error());
    rest_.assign(reinterpret_cast<const char*>(buffer_.get()) + *taken, held - *taken);
    pay(exchange_.request.limiter.get(), *taken);
    return {};
  }

  Result<> read_past_parser(std::span<std::uint8_t> room) {
    past_parser_ = true;
    const std::uint64_t left = *parser_.content_length() - response_.body_bytes;
    WEIR_TRY_LET(const std::size_t held, fill(room.first(std::min<std::uint64_t>(room.size(), left))));
    if (held == 0) return ended();
    const Result<> taken = take(text_of(room.first(held)));
    if (own_error_) return Error(*own_error_);
    pay(exchange_.request.limiter.get(), held);
    return taken;
  }

  // Reads what is there, up to a piece; waits only for the first of it. 0: the other side closed.
  Result<std::size_t> fill(std::span<std::uint8_t> out) {
    const std::size_t size = std::min(out.size(), piece_size(exchange_.request.limiter.get()));
    std::size_t held = 0;
    do {
      WEIR_TRY_LET(const std::size_t got, connection_.read_some(out.subspan(held, size - held), exchange_.deadline()));
      held += got;
      if (got == 0) break;
    } while (held < size && connection_.readable());
    return held;
  }

  Result<> ended() {
    if (past_parser_) return lost_in_the_middle();
    if (parser_.header_done() && parser_.end()) return {};
    return lost_in_the_middle();
  }

  static Error lost_in_the_middle() {
    return Error(Errc::kUnavailable, "the other side closed the connection before its answer was whole")
        .because("http.connection_lost")
        .advise("try again");
  }

  Result<> take(std::string_view piece) {
    response_.body_bytes += piece.size();
    if (!to_sink_) {
      response_.body += piece;
      return {};
    }
    if (stopped_) return {};
    Result<bool> more = (*exchange_.sink)(view_of(piece));
    if (!more) {
      own_error_ = more.error();
      return std::move(more).error();
    }
    stopped_ = !*more;
    return {};
  }

  const Exchange& exchange_;
  ClientConnection& connection_;
  std::string& rest_;  // received and not yet parsed
  Parser parser_;
  Deadline deadline_{};
  ClientResponse response_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::optional<Error> own_error_;
  bool to_sink_ = false;
  bool past_parser_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<ClientResponse> Client::State::attempt(Exchange& exchange, ClientConnection& connection, Deadline deadline,
                                              bool& answered, bool& reusable) const {
  const std::uint64_t sent_before = connection.transport().bytes_out();
  const std::uint64_t received_before = connection.transport().bytes_in();
  std::string head = format_head(exchange, options.user_agent);
  if (exchange.source == nullptr) head += exchange.request.body;
  // A peer that turned the request away may have closed while we wrote; its answer, or its alert, may still be there.
  const auto hopeless = [](const Error& error) { return error.reason() != "http.connection_lost"; };
  const Result<> head_sent = connection.write_all(view_of(head), deadline);
  if (!head_sent && hopeless(head_sent.error())) return head_sent.error();
  bool body_sent = head_sent.ok();
  if (head_sent && exchange.source != nullptr) {
    Result<bool> sent = send_body(exchange, connection);
    if (!sent && hopeless(sent.error())) return std::move(sent).error();
    body_sent = sent && *sent;
  }
  const Deadline answer_deadline = exchange.bulk() ? exchange.deadline() : deadline;
  std::string rest;
  for (int i = 0; i < kInformationalMax; ++i) {
    Receiver receiver(exchange, connection, rest);
    WEIR_TRY_LET(ClientResponse response, receiver.receive(answer_deadline, answered));
    if (response.status / 100 == 1) continue;
    reusable = receiver.reusable() && body_sent;
    response.bytes_sent = connection.transport().bytes_out() - sent_before;
    response.bytes_received = connection.transport().bytes_in() - received_before;
    response.peer_node = connection.peer_node();
    return response;
  }
  return Error(Errc::kCorrupt, "only provisional answers came").because("http.malformed_response");
}

Result<Held> Client::State::connect(const Exchange& exchange, Deadline deadline) const {
  const Deadline connect_deadline = std::min(deadline, steady_clock::now() + options.connect_timeout);
  WEIR_TRY_LET(Held connection,
               ClientConnection::open(exchange.url, exchange.url.secure ? tls : nullptr, connect_deadline));
  WEIR_TRY(check_node(exchange, *connection));
  return connection;
}

Result<ClientResponse> Client::State::run(Exchange& exchange) {
  const ClientRequest& request = exchange.request;
  exchange.timeout = request.timeout.count() > 0 ? request.timeout : options.timeout;
  const Deadline deadline = exchange.deadline();
  const std::string key = (exchange.url.secure ? "s " : "p ") + exchange.url.host + " " +
                          std::to_string(exchange.url.port);
  for (Held connection = take_kept(key);; connection = nullptr) {
    const bool kept = connection != nullptr;
    if (!kept) {
      WEIR_TRY_LET(connection, connect(exchange, deadline));
    }
    if (kept) WEIR_TRY(check_node(exchange, *connection));
    bool answered = false;
    bool reusable = false;
    Result<ClientResponse> response = attempt(exchange, *connection, deadline, answered, reusable);
    if (response) {
      if (reusable) keep(key, std::move(connection));
      return response;
    }
    // A kept connection may have been closed as we wrote to it. Then nobody read the request: once more, afresh.
    const bool stale = kept && !answered && response.error().reason() == "http.connection_lost";
    if (!stale || !may_repeat(request) || exchange.source != nullptr) {
      return std::move(response).error();
    }
  }
}

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::open(ClientOptions options) {
  auto state = std::make_unique<State>();
  WEIR_TRY_LET(state->tls, TlsContext::for_client(options.tls));
  options.tls = {};  // the TLS library has it now
  state->options = std::move(options);
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

Result<ClientResponse> Client::request(const ClientRequest& request) {
  WEIR_TRY_LET(Url url, parse_url(request.url));
  Exchange exchange{.request = request, .url = std::move(url)};
  return state_->run(exchange);
}

Result<ClientResponse> Client::download(const ClientRequest& request, std::uint64_t offset, std::uint64_t length,
                                        const PieceSink& sink, const PieceRoom& room) {
  // A range is a matter of GET; a whole answer may come to any method.
  WEIR_CHECK(request.method == Method::kGet || (offset == 0 && length == 0));
  WEIR_TRY_LET(Url url, parse_url(request.url));
  Exchange exchange{.request = request, .url = std::move(url), .sink = &sink};
  if (room) exchange.room = &room;
  if (offset > 0 || length > 0) {
    exchange.range = "bytes=" + std::to_string(offset) + "-" + (length > 0 ? std::to_string(offset + length - 1) : "");
  }
  return state_->run(exchange);
}

Result<ClientResponse> Client::upload(const ClientRequest& request, BodySource& source) {
  WEIR_CHECK(request.body.empty());
  WEIR_TRY_LET(Url url, parse_url(request.url));
  Exchange exchange{.request = request, .url = std::move(url), .source = &source};
  return state_->run(exchange);
}

Result<std::unique_ptr<Line>> Client::upgrade(ClientRequest request, std::string_view protocol) {
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Upgrade", protocol);
  WEIR_TRY_LET(Url url, parse_url(request.url));
  Exchange exchange{.request = request, .url = std::move(url)};
  exchange.timeout = request.timeout.count() > 0 ? request.timeout : state_->options.timeout;
  const Deadline deadline = exchange.deadline();
  WEIR_TRY_LET(std::shared_ptr<ClientConnection> connection, state_->connect(exchange, deadline));
  WEIR_TRY(connection->write_all(view_of(format_head(exchange, state_->options.user_agent)), deadline));
  std::string rest;
  bool answered = false;
  Receiver receiver(exchange, *connection, rest);
  WEIR_TRY_LET(const ClientResponse response, receiver.receive(deadline, answered));
  if (response.status != 101) {
    WEIR_TRY(response.ok());
    return Error(Errc::kCorrupt, "the other side did not change the protocol").because("http.malformed_response");
  }
  if (!rest.empty()) return malformed(Error(Errc::kCorrupt, "it goes on before it was asked to"));
  Transport& transport = connection->transport();
  return std::make_unique<Line>(transport, std::move(connection));
}

Result<> ClientResponse::ok() const {
  if (status >= 200 && status < 300) return {};
  return error_of(status, body);
}

Result<wire::Json> ClientResponse::json() const {
  WEIR_TRY(ok());
  Result<wire::Json> value = wire::parse_json(body);
  if (!value) return malformed(std::move(value).error());
  return value;
}

}  // namespace weir::adapters::http

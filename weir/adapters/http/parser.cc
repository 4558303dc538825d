// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "weir/base/check.h"

namespace weir::adapters::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using View = beast::string_view;
using BeastError = beast::http::error;

std::string_view plain(View view) { return {view.data(), view.size()}; }

Error malformed(std::string_view what) {
  return Error(Errc::kInvalidArgument, "not a well-formed HTTP message: " + std::string(what)).because("http.malformed");
}

Error too_large(std::string_view what, std::string_view reason) {
  return Error(Errc::kExhausted, std::string(what)).because(reason).advise("send less at once");
}

Error translate(const error_code& code) {
  if (code == BeastError::header_limit) {
    return too_large("the header fields are larger than this node takes", "http.header_too_large");
  }
  if (code == BeastError::body_limit) {
    return too_large("the body is larger than may be sent here", "http.body_too_large");
  }
  if (code == BeastError::bad_version) {
    return Error(Errc::kInvalidArgument, "only HTTP/1.1 and HTTP/1.0 are spoken here").because("http.version");
  }
  return malformed(code.message());
}

// What the parser found, and the errors that are ours and not Beast's.
struct Sink {
  MessageKind kind;
  MessageHead head;
  Parser::Body body;
  std::optional<Error> error;
  std::size_t fields = 0;
  bool header_done = false;

  void fail(error_code& code, Error why) {
    error = std::move(why);
    code = BeastError::bad_value;
  }

  void field(View name, View value, error_code& code) {
    if (header_done) return;  // a trailer
    if (++fields > kHeaderFieldsMax) {
      return fail(code, too_large("there are more than 128 header fields", "http.header_too_large"));
    }
    head.headers.add(plain(name), plain(value));
  }

  void header(error_code& code) {
    header_done = true;
    const Headers& all = head.headers;
    const std::size_t length_count = all.count("Content-Length");
    const std::size_t coding_count = all.count("Transfer-Encoding");
    if (length_count > 1) return fail(code, malformed("Content-Length twice"));
    if (length_count + coding_count > 1) {
      return fail(code, malformed("the length of the body is given twice"));
    }
    if (coding_count == 1 && to_lower_ascii(all.get("Transfer-Encoding")) != "chunked") {
      return fail(code, malformed("a transfer coding other than chunked"));
    }
    if (coding_count == 1 && !head.http11) return fail(code, malformed("a chunked body in HTTP/1.0"));
    if (kind == MessageKind::kResponse) return;
    const std::size_t hosts = all.count("Host");
    if (hosts > 1 || (hosts == 0 && head.http11)) return fail(code, malformed("exactly one Host is needed"));
    if (all.get("Host").find_first_of(" \t,/@") != std::string_view::npos) {
      return fail(code, malformed("a Host that is no host"));
    }
  }

  std::size_t piece(View bytes, error_code& code) {
    if (!body) return bytes.size();
    Result<> taken = body(plain(bytes));
    if (!taken) fail(code, std::move(taken).error());
    return bytes.size();
  }
};

template <bool kIsRequest>
class Impl final : public beast::http::basic_parser<kIsRequest> {
 public:
  explicit Impl(Sink& sink) : sink_(sink) {}

 private:
  void on_request_impl(beast::http::verb, View method, View target, int version, error_code&) override {
    sink_.head.method = plain(method);
    sink_.head.target = plain(target);
    sink_.head.http11 = version == 11;
  }
  void on_response_impl(int status, View, int version, error_code&) override {
    sink_.head.status = status;
    sink_.head.http11 = version == 11;
  }
  void on_field_impl(beast::http::field, View name, View value, error_code& code) override {
    sink_.field(name, value, code);
  }
  void on_header_impl(error_code& code) override { sink_.header(code); }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View bytes, error_code& code) override { return sink_.piece(bytes, code); }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code& code) override {
    return sink_.piece(bytes, code);
  }
  void on_finish_impl(error_code&) override {}

  Sink& sink_;
};

}  // namespace

struct Parser::State {
  Sink sink;
  ParserLimits bounds;
  std::unique_ptr<Impl<true>> request;
  std::unique_ptr<Impl<false>> response;

  template <class Function>
  auto with(Function&& function) const {
    return request ? function(*request) : function(*response);
  }
};

Parser::Parser(MessageKind kind, ParserLimits limits) : state_(std::make_unique<State>()) {
  state_->sink.kind = kind;
  state_->bounds = limits;
  if (kind == MessageKind::kRequest) {
    state_->request = std::make_unique<Impl<true>>(state_->sink);
  } else {
    state_->response = std::make_unique<Impl<false>>(state_->sink);
  }
  state_->with([&](auto& parser) {
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    parser.body_limit(boost::none);
    parser.eager(false);
  });
}

Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;
Parser::~Parser() = default;

void Parser::set_body(Body body, std::optional<std::uint64_t> bytes_max) {
  state_->sink.body = std::move(body);
  if (bytes_max) state_->with([&](auto& parser) { parser.body_limit(*bytes_max); });
}

void Parser::expect_no_body() {
  state_->with([](auto& parser) { parser.skip(true); });
}

Result<std::size_t> Parser::feed(std::string_view input) {
  std::size_t taken = 0;
  while (taken < input.size() && !done()) {
    const bool in_header = !header_done();
    const std::string_view rest = input.substr(taken);
    error_code code;
    const std::size_t count = state_->with(
        [&](auto& parser) { return parser.put(boost::asio::const_buffer(rest.data(), rest.size()), code); });
    if (state_->sink.error) return Error(*state_->sink.error);
    if (code && code != BeastError::need_more) return translate(code);
    taken += count;
    if (in_header && header_done()) {
      const std::string_view raw = rest.substr(0, count);
      if (raw.find("\n ") != std::string_view::npos || raw.find("\n\t") != std::string_view::npos) {
        return malformed("a folded header line");
      }
      return taken;
    }
    if (code == BeastError::need_more || count == 0) {
      if (rest.size() - count > state_->bounds.header_bytes_max) return malformed("a chunk header without end");
      break;
    }
  }
  return taken;
}

Result<> Parser::end() {
  error_code code;
  if (!header_done()) return malformed("it ended within the headers");
  state_->with([&](auto& parser) { parser.put_eof(code); });
  if (code || !done()) return malformed("it ended within the body");
  return {};
}

const MessageHead& Parser::head() const { return state_->sink.head; }
bool Parser::header_done() const {
  return state_->with([](const auto& parser) { return parser.is_header_done(); });
}
bool Parser::done() const {
  return state_->with([](const auto& parser) { return parser.is_done(); });
}
bool Parser::keep_alive() const {
  return state_->with([](const auto& parser) { return parser.keep_alive(); });
}
bool Parser::has_body() const { return header_done() && !done(); }
std::optional<std::uint64_t> Parser::content_length() const {
  const auto length = state_->with([](const auto& parser) { return parser.content_length(); });
  if (!length) return std::nullopt;
  return *length;
}

}  // namespace weir::adapters::http

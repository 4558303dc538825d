// Parser: HTTP/1.1 messages from a stream of bytes, strictly.
//
// RFC 9112, by Boost.Beast, and stricter: no folded lines, one Host, no transfer coding but "chunked", never both
// lengths, at most 128 fields. Trailers are read and dropped.
// Thread-safety: belongs to one thread at a time. Trust: hostile input, fuzzed.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weir/adapters/http/http.h"

namespace weir::adapters::http {

inline constexpr std::size_t kHeaderFieldsMax = 128;

struct MessageHead {
  std::string method;   // of a request
  std::string target;
  int status = 0;       // of a response
  bool http11 = true;
  Headers headers;
};

enum class MessageKind : std::uint8_t { kRequest, kResponse };

struct ParserLimits {
  std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
};

class Parser {
 public:
  // Takes pieces of the body in order.
  using Body = std::function<Result<>(std::string_view)>;

  Parser(MessageKind kind, ParserLimits limits);
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;
  ~Parser();

  // Reads from `input` and returns how many bytes it took; the caller gives the rest again with what follows. Stops
  // after the headers, so that set_body() can be called, and after the message. Fails with kInvalidArgument
  // ("http.malformed", "http.version"), kExhausted ("http.header_too_large", "http.body_too_large"), or what the
  // body function said.
  Result<std::size_t> feed(std::string_view input);
  void set_body(Body body, std::optional<std::uint64_t> bytes_max);
  // The body of an answer to HEAD is not there, whatever its headers say. Before the first feed.
  void expect_no_body();
  // The stream has ended. Fails if the message has not.
  Result<> end();

  const MessageHead& head() const;
  bool header_done() const;
  bool done() const;
  bool keep_alive() const;
  bool has_body() const;  // after the headers
  // As declared; nothing if the body is chunked or lasts to the end of the connection.
  std::optional<std::uint64_t> content_length() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::adapters::http

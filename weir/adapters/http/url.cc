// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/url.h"

#include <algorithm>
#include <charconv>

#include "weir/base/text.h"

namespace weir::adapters::http {
namespace {

constexpr std::size_t kUrlBytesMax = 8192;

Error bad_url(std::string_view why) {
  return Error(Errc::kInvalidArgument, "the address cannot be used: " + std::string(why))
      .because("http.url")
      .advise("give an address such as https://node.example:8443");
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (status != std::errc{} || end != text.data() + text.size() || port == 0) return bad_url("the port is no port");
  return port;
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (secure ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (text.size() > kUrlBytesMax || !std::all_of(text.begin(), text.end(), visible)) {
    return bad_url("too long, or with characters that must be escaped");
  }
  const std::string scheme = to_lower_ascii(text.substr(0, 8));
  url.secure = scheme.starts_with("https://");
  if (!url.secure && !scheme.starts_with("http://")) return bad_url("it starts with neither https:// nor http://");
  std::string_view rest = text.substr(url.secure ? 8 : 7);
  if (rest.find('#') != std::string_view::npos) return bad_url("a fragment");
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return bad_url("user information");
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url("a bracket is missing");
    url.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && !authority.starts_with(':')) return bad_url("text after the bracket");
    if (!authority.empty()) port = authority.substr(1);
    if (!authority.empty() && port.empty()) return bad_url("the port is missing");
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    if (colon != std::string_view::npos && port.empty()) return bad_url("the port is missing");
  }
  if (url.host.empty()) return bad_url("no host");
  url.port = url.secure ? 443 : 80;
  if (!port.empty()) {
    WEIR_TRY_LET(url.port, parse_port(port));
  }
  return url;
}

bool may_be_called(std::string_view url) {
  const auto parsed = parse_url(url);
  if (!parsed) return false;
  return parsed->secure || parsed->host == "localhost" || parsed->host == "::1" || parsed->host.starts_with("127.");
}

}  // namespace weir::adapters::http

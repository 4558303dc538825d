// Url: what the client needs of an http or https address.
//
// Thread-safety: pure function. Trust: addresses come from peers and operators.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"

namespace weir::adapters::http {

struct Url {
  bool secure = false;
  std::string host;    // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string target;  // path and query, starts with '/'
  // As in Host: brackets where needed, no default port.
  std::string authority() const;
};

// Fails with kInvalidArgument ("http.url"): another scheme, user info, a fragment, spaces, a port out of range.
Result<Url> parse_url(std::string_view text);

// Whether a foreign address may be spoken to: https, or http on this machine.
bool may_be_called(std::string_view url);

}  // namespace weir::adapters::http

// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/free_port.h"

#include <boost/asio/ip/tcp.hpp>

namespace weir::adapters::http {

Result<std::uint16_t> free_port(Random& random) {
  using boost::asio::ip::tcp;
  constexpr std::uint16_t kFirst = 10000;
  constexpr std::uint16_t kEnd = 32768;
  boost::asio::io_context context;
  for (int tries = 0; tries < 100; ++tries) {
    const auto port = static_cast<std::uint16_t>(kFirst + random.below(kEnd - kFirst));
    tcp::acceptor door(context, tcp::v4());
    boost::system::error_code failed;
    door.bind({boost::asio::ip::address_v4::loopback(), port}, failed);
    if (!failed) return port;
  }
  return Error(Errc::kUnavailable, "no free port on this machine");
}

}  // namespace weir::adapters::http

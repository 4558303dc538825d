// Command: what weir-verify does, as a function, so that `weir verify` and the tests run the same.
//
//   weir-verify BUNDLE [--anchor FILE]… [--anchor-fingerprint HEX]… [--json] [--lang en|zh]
//   weir-verify log FILE|FOLDER [the same options]
//
// Thread-safety: uses nothing but its arguments and the files they name. Trust: the files are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace weir::apps {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // something does not hold
inline constexpr int kExitUsage = 2;   // wrong arguments, or no file of the format

// `language` as in LANG; --lang wins.
int verify_command(const std::vector<std::string>& arguments, std::string_view language, std::ostream& out,
                   std::ostream& err);

}  // namespace weir::apps

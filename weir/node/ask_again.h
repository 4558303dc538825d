// AskAgain: a question to a node that may know the answer a moment later.
//
// Thread-safe: no state.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>

#include "weir/base/time.h"
#include "weir/wire/json.h"

namespace weir::node {

inline constexpr std::array kAskAgainAfter = {Milliseconds{200}, Milliseconds{400}, Milliseconds{800}};

// Asks once more after each pause for as long as the answer is kNotFound; any other is the answer. Fails as a pause
// does.
inline Result<wire::Json> ask_again(const std::function<Result<wire::Json>()>& ask,
                                    const std::function<Result<>(Milliseconds)>& pause) {
  auto answer = ask();
  for (const Milliseconds wait : kAskAgainAfter) {
    if (answer || answer.error().code() != Errc::kNotFound) break;
    WEIR_TRY(pause(wait));
    answer = ask();
  }
  return answer;
}

}  // namespace weir::node

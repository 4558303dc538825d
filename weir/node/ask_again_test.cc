// SPDX-License-Identifier: Apache-2.0
#include "weir/node/ask_again.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir::node {
namespace {

using wire::Json;

// A node above, and a clock that only pauses move.
struct Above {
  Result<Json> ask() {
    return ask_again(
        [&]() -> Result<Json> {
          ++asked;
          if (broken) return Error(Errc::kUnavailable, "cannot be reached");
          if (now < published) return Error(Errc::kNotFound, "no such product");
          return Json("the product");
        },
        [&](Milliseconds wait) -> Result<> {
          if (stopping) return Error(Errc::kUnavailable, "this node is stopping").because("node.stopping");
          now += wait;
          return {};
        });
  }
  Milliseconds now{0};
  Milliseconds published{0};
  bool broken = false;
  bool stopping = false;
  int asked = 0;
};

TEST(AskAgain, WhatIsKnownIsAskedForOnce) {
  Above above;
  EXPECT_EQ(above.ask()->as_string(), "the product");
  EXPECT_EQ(above.asked, 1);
  EXPECT_EQ(above.now, Milliseconds{0});
}

TEST(AskAgain, WhatIsPublishedBetweenTwoAsksIsFound) {
  for (const auto& [published, asked] : {std::pair{1, 2}, std::pair{200, 2}, std::pair{201, 3}, std::pair{1400, 4}}) {
    Above above{.published = Milliseconds{published}};
    ASSERT_TRUE(above.ask()) << published;
    EXPECT_EQ(above.asked, asked) << published;
  }
}

// ── what fails ──

TEST(AskAgain, WhatNobodyPublishesIsGivenUpAfterABit) {
  Above above{.published = Milliseconds{1401}};
  EXPECT_EQ(above.ask().error().code(), Errc::kNotFound);
  EXPECT_EQ(above.asked, 4);
  EXPECT_EQ(above.now, Milliseconds{1400});
}

TEST(AskAgain, ANodeThatCannotBeReachedIsNotAskedAgain) {
  Above above{.broken = true};
  EXPECT_EQ(above.ask().error().code(), Errc::kUnavailable);
  EXPECT_EQ(above.asked, 1);
}

TEST(AskAgain, ANodeThatStopsDoesNotWait) {
  Above above{.published = Milliseconds{1}, .stopping = true};
  EXPECT_EQ(above.ask().error().reason(), "node.stopping");
  EXPECT_EQ(above.asked, 1);
}

}  // namespace
}  // namespace weir::node

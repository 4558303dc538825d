// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/story.h"

#include <gtest/gtest.h>

namespace weir::tlog {
namespace {

Story tell(std::initializer_list<const char*> kinds) {
  std::vector<Entry> entries;
  for (const std::string kind : kinds) {  // "delivery.started/t2": with a process
    const std::size_t slash = kind.find('/');
    entries.push_back(
        {.kind = kind.substr(0, slash), .process = slash == std::string::npos ? "p" : kind.substr(slash + 1)});
  }
  return read_story(entries);
}

//= TC609-6-2025-11#7.2.6 type=test
TEST(Story, FromOfferToDestructionIsWhole) {
  const Story story =
      tell({"contract.requested", "contract.offered", "contract.requested", "contract.offered", "contract.accepted",
            "contract.agreed", "contract.verified", "contract.finalized", "delivery.requested", "delivery.started",
            "delivery.suspended", "delivery.started", "delivery.completed", "usage.allowed", "usage.denied",
            "contract.expired", "delivery.destroying", "delivery.destroyed", "contract.destroyed"});
  EXPECT_TRUE(story.legal());
  EXPECT_TRUE(story.whole());
}

TEST(Story, SaysWhatIsMissing) {
  EXPECT_EQ(tell({}).missing.size(), 5u);
  EXPECT_EQ(tell({"contract.requested", "contract.agreed", "contract.verified", "contract.finalized"}).missing.size(),
            3u);
  EXPECT_TRUE(tell({"contract.requested", "contract.terminated"}).legal());
}

TEST(Story, RemarksMayStandAnywhere) {
  EXPECT_TRUE(
      tell({"node.noted", "contract.requested", "contract.noted", "usage.denied", "delivery.rate_changed"}).legal());
}

TEST(Story, DeliveriesAreOrderedEachByItself) {
  EXPECT_TRUE(tell({"contract.requested", "contract.agreed", "contract.verified", "contract.finalized",
                    "delivery.requested/t1", "delivery.requested/t2", "delivery.started/t2", "delivery.started/t1",
                    "delivery.completed/t1", "delivery.terminated/t2"})
                  .legal());
}

// --- Errors ---

TEST(StoryErrors, StepsOutOfOrderAreNamedByTheirPlace) {
  struct Case {
    std::initializer_list<const char*> kinds;
    std::size_t place;
  };
  const Case cases[] = {
      {{"contract.agreed"}, 0},
      {{"contract.requested", "contract.finalized"}, 1},
      {{"contract.requested", "contract.agreed", "contract.finalized"}, 2},
      {{"contract.requested", "contract.terminated", "contract.agreed"}, 2},
      {{"contract.requested", "contract.destroyed"}, 1},
      {{"contract.requested", "contract.agreed", "contract.verified", "delivery.requested"}, 3},
      {{"contract.requested", "contract.agreed", "contract.verified", "contract.finalized", "delivery.started"}, 4},
      {{"contract.requested", "contract.agreed", "contract.verified", "contract.finalized", "delivery.requested",
        "delivery.completed"},
       5},
      {{"contract.requested", "contract.agreed", "contract.verified", "contract.finalized", "contract.expired",
        "usage.allowed"},
       5},
      {{"contract.requested", "contract.agreed", "contract.verified", "contract.finalized", "delivery.requested",
        "delivery.destroyed", "delivery.started"},
       6},
  };
  for (const Case& wrong : cases) {
    const Story story = tell(wrong.kinds);
    ASSERT_FALSE(story.legal()) << *(wrong.kinds.end() - 1);
    EXPECT_EQ(story.problems[0].place, wrong.place);
    EXPECT_FALSE(story.problems[0].what.en.empty());
    EXPECT_FALSE(story.problems[0].what.zh.empty());
  }
}

}  // namespace
}  // namespace weir::tlog

// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/phases.h"

#include <gtest/gtest.h>

#include "weir/mpc/psi.h"
#include "weir/mpc/two_parties.h"

namespace weir::mpc {
namespace {

TEST(Phases, HaveTheTimeAndTheBytesUntilTheNext) {
  std::int64_t now = 100;
  Phases phases([&] { return now; });
  now = 110;
  phases.begin("one", 5, 6);
  now = 130;
  phases.begin("two", 15, 6);
  now = 131;
  phases.begin("one", 15, 7);
  now = 135;
  EXPECT_EQ(phases.take(16, 7), (std::vector<Phase>{{"one", 24, 11, 0}, {"two", 1, 0, 1}}));
  now = 200;
  EXPECT_TRUE(phases.take(16, 7).empty());
}

TEST(Phases, OfAnIntersectionCoverAllThatWasMoved) {
  Blocks set;
  for (std::size_t i = 0; i < 100; ++i) set.push_back({i, i});
  std::vector<Phase> found;
  std::uint64_t sent = 0, received = 0;
  const auto [asked, answered] = both(
      [&](Channel& channel, Random& random) -> Result<> {
        channel.keep_phases([] { return 0; });
        const auto got = psi_receive(channel, random, set, set.size());
        found = channel.phases();
        sent = channel.sent();
        received = channel.received();
        return got ? Result<>() : Result<>(got.error());
      },
      [&](Channel& channel, Random& random) {
        auto ran = psi_send(channel, random, set, set.size());
        EXPECT_TRUE(channel.phases().empty());  // nobody keeps them
        return ran;
      });
  ASSERT_TRUE(asked && answered);
  std::vector<std::string> names;
  for (const Phase& each : found) {
    names.push_back(each.name);
    sent -= each.sent;
    received -= each.received;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"base_ot", "transfers", "encode", "vole", "store", "decode", "images",
                                             "match"}));
  EXPECT_EQ(sent, 0u);
  EXPECT_EQ(received, 0u);
}

}  // namespace
}  // namespace weir::mpc

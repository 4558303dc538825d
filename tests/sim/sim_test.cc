// Seeds, and mistakes made on purpose that the checker must find.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <unistd.h>

#include "tests/sim/world.h"
#include "weir/base/log.h"

namespace weir::sim {
namespace {

constexpr std::uint64_t kSeedsInCi = 20;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

volatile std::sig_atomic_t current_seed = 0;

// A program that dies says of which seed.
void say_seed(int) {
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "\nWEIR_TEST_SEED=%lld\n", static_cast<long long>(current_seed));
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, static_cast<std::size_t>(length));
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

class Simulation : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGABRT, say_seed);
    if (std::getenv("WEIR_TEST_TRACE") == nullptr) log::set_level(static_cast<log::Level>(9));
  }
  void TearDown() override {
    log::set_level(log::Level::kInfo);
    std::signal(SIGABRT, SIG_DFL);
  }
};

std::string report(const World& world, std::uint64_t seed) {
  std::string out = "WEIR_TEST_SEED=" + std::to_string(seed) + " replays this\n";
  const auto& trace = world.trace();
  const bool all = std::getenv("WEIR_TEST_TRACE") != nullptr;
  for (std::size_t i = all || trace.size() < 40 ? 0 : trace.size() - 40; i < trace.size(); ++i)
    out += trace[i] + "\n";
  for (const Violation& violation : world.violations()) out += violation.invariant + ": " + violation.what + "\n";
  return out;
}

//= I-9 type=test
TEST_F(Simulation, EveryInvariantHoldsAfterEveryStepOfEverySeed) {
  const std::uint64_t one = number_from("WEIR_TEST_SEED", 0);
  const std::uint64_t first = one != 0 ? one : 1;
  const std::uint64_t last = one != 0 ? one : number_from("WEIR_TEST_SEEDS", kSeedsInCi);
  Seen seen;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    current_seed = static_cast<std::sig_atomic_t>(seed);
    World world({.seed = seed});
    world.run();
    seen += world.seen();
    ASSERT_TRUE(world.violations().empty()) << report(world, seed);
  }
  std::printf("%s\n", seen.text().c_str());
  if (one != 0) return;
  // A simulation in which nothing happens proves nothing.
  for (const int count : {seen.concluded, seen.delivered, seen.uses, seen.denied, seen.crashes, seen.power_cuts}) {
    EXPECT_GT(count, 0);
  }
}

TEST_F(Simulation, TheSameSeedIsTheSameHistory) {
  World first({.seed = 7});
  World second({.seed = 7});
  first.run();
  second.run();
  EXPECT_EQ(first.trace(), second.trace());
}

// ── mistakes made on purpose: each is found under its name within a few seeds ──

struct Mistake {
  Bug bug;
  const char* name;
  const char* invariant;
};

constexpr std::uint64_t kSeedsMost = 20;

class Mistakes : public Simulation, public ::testing::WithParamInterface<Mistake> {};

TEST_P(Mistakes, AreFound) {
  std::string other;
  for (std::uint64_t seed = 1; seed <= kSeedsMost; ++seed) {
    World world({.seed = seed, .bug = GetParam().bug});
    world.run();
    for (const Violation& violation : world.violations()) {
      if (violation.invariant == GetParam().invariant) {
        std::printf("found with seed %llu\n", static_cast<unsigned long long>(seed));
        return;
      }
      other = violation.invariant + ": " + violation.what;
    }
  }
  FAIL() << "not found in " << kSeedsMost << " seeds; what was: " << other;
}

INSTANTIATE_TEST_SUITE_P(Simulation, Mistakes,
                         ::testing::Values(Mistake{Bug::kForgetsEvidence, "TransitionWithoutEvidence", "I-1"},
                                           Mistake{Bug::kInventsEvidence, "EvidenceWithoutTransition", "I-1"},
                                           Mistake{Bug::kLosesDisk, "LostDisk", "I-2"},
                                           Mistake{Bug::kLosesDisk, "ForkedLog", "I-11"},
                                           Mistake{Bug::kDecidesWithoutRules, "DecisionWithoutRules", "I-4"},
                                           Mistake{Bug::kForgetsMeter, "BytesWithoutReading", "I-5"},
                                           Mistake{Bug::kUsesUnasked, "UseWithoutDecision", "I-6"},
                                           Mistake{Bug::kAltersAgreement, "AlteredAgreement", "same-bytes"},
                                           Mistake{Bug::kStealsIdentifier, "StolenIdentifier", "unique-ids"},
                                           Mistake{Bug::kForgetsChange, "ForgottenChange", "catalogue"},
                                           Mistake{Bug::kForgetsArrival, "WrongMeter", "meters"},
                                           Mistake{Bug::kLosesMessages, "LostMessage", "quiet"}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace weir::sim

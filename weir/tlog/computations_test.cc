// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/computations.h"

#include <gtest/gtest.h>

#include <functional>

namespace weir::tlog {
namespace {

using wire::Json;

std::vector<Entry> side(bool consumer) {
  const auto set = [](const char* root) { return Json::object({{"count", 100}, {"root", root}}); };
  const Json body = Json::object({{"terms", "sha256:t"}, {"work", Json::object({{"algorithm", "psi-rr22"}})},
                                  {"consumer", set("sha256:a")}, {"provider", set("sha256:b")}});
  Json outcome = Json::object({{"sent", 10}, {"received", 20}, {"sentHash", "sha256:x"}, {"receivedHash", "sha256:y"}});
  if (!consumer) {
    outcome = Json::object({{"sent", 20}, {"received", 10}, {"sentHash", "sha256:y"}, {"receivedHash", "sha256:x"}});
  }
  return {{.kind = "job.started", .process = "j", .body = body},
          {.kind = "job.finished", .process = "j", .body = Json::object({{"outcome", outcome}})}};
}

Computations compare(const std::function<void(std::vector<Entry>&)>& change = {}) {
  const std::vector<Entry> bank = side(true);
  std::vector<Entry> telecom = side(false);
  if (change) change(telecom);
  const std::vector<ToldLog> logs = {{"bank", bank}, {"telecom", telecom}};
  return compare_computations(logs);
}

TEST(Computations, TwoLogsThatAgreeAreCompared) {
  EXPECT_EQ(compare().compared, 1u);
  EXPECT_TRUE(compare().problems.empty());
}

TEST(Computations, ARunThatOneSideDoesNotKnowToHaveEndedIsComparedToItsBeginning) {
  const Computations got = compare([](std::vector<Entry>& entries) { entries.pop_back(); });
  EXPECT_EQ(got.compared, 1u);
  EXPECT_TRUE(got.problems.empty());
  EXPECT_EQ(compare([](std::vector<Entry>& entries) { entries.clear(); }).compared, 0u);
}

// --- Errors ---

TEST(ComputationsErrors, OtherTermsSetsWorkOrBytesAreNamed) {
  for (const char* member : {"terms", "work", "consumer", "provider"}) {
    const Computations got = compare([&](std::vector<Entry>& entries) { entries[0].body.set(member, "other"); });
    ASSERT_EQ(got.problems.size(), 1u) << member;
    EXPECT_NE(got.problems[0].find("computation j: bank and telecom state other " + std::string(member)),
              std::string::npos);
  }
  for (const char* member : {"sent", "received", "sentHash", "receivedHash"}) {
    const Computations got = compare([&](std::vector<Entry>& entries) {
      Json outcome = entries[1].body["outcome"];
      entries[1].body.set("outcome", outcome.set(member, "sha256:z"));
    });
    ASSERT_EQ(got.problems.size(), 1u) << member;
  }
}

}  // namespace
}  // namespace weir::tlog

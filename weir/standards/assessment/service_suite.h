// Service suite: what filing and assessing promise on every database.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/standards/assessment/service.h"
#include "weir/standards/assessment/test_support.h"
#include "weir/trust/evidence/test_support.h"

namespace weir::standards::assessment {

struct ServiceFixture {
  explicit ServiceFixture(const std::string& place = ":memory:") : log(place) {
    EXPECT_TRUE(store::migrate(*log.database, migration()));
  }
  trust::evidence::TestLog log;
  ManualClock clock{Timestamp(1767225600000)};
  SystemRandom random;
  crypto::PrivateKey key = tlog::test_key(3);
  Service service{{.sql = *log.database,
                   .log = *log.log,
                   .clock = clock,
                   .random = random,
                   .clauses = clause::Registry::shipped,
                   .key = key,
                   .certificate = "PEM",
                   .node = "node",
                   .hash = crypto::HashAlgorithm::kSha256}};

  NewAttestation drill() {
    return {.clause = "TC609-6-2025-13#drill", .answer = State::kMet, .maturity = 0, .statement = "Drilled in May",
            .file_name = "drill.pdf", .file = {1, 2, 3}, .valid_until = {}};
  }
  std::vector<std::string> kinds() {
    return log.read<std::vector<std::string>>([&](store::Tx& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> out;
      WEIR_TRY_LET(const auto page, trust::evidence::Archive().search(tx, {}));
      for (const auto& entry : page.entries) out.push_back(entry.entry.kind);
      return out;
    });
  }
};

inline void files_and_assesses(ServiceFixture& f) {
  const auto filed = f.service.file(f.drill(), "anna");
  ASSERT_TRUE(filed) << filed.error().message();
  EXPECT_EQ(filed->file_hash, "sha256:039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81");
  EXPECT_EQ(*f.service.file_of(filed->id), (Bytes{1, 2, 3}));
  const auto signature = crypto::parse_signature(filed->signature);
  ASSERT_TRUE(signature);
  const std::string bytes = filed->canonical_bytes();
  EXPECT_TRUE(f.key.public_key().verify(view_of(bytes), *signature));

  f.clock.advance(Milliseconds(1000));
  ASSERT_TRUE(f.service.file(f.drill(), "bert"));
  const auto all = f.service.filed("TC609-6-2025-13#drill");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->front().actor, "bert");
  EXPECT_EQ(f.service.filed("TC609-6-2025-13")->size(), 2u);
  EXPECT_TRUE(f.service.filed("GB/T 1")->empty());

  f.clock.advance(Milliseconds(1000));
  const auto made = f.service.make({"tc609-6-2025-13"}, {"connector", "international"}, good_facts(), "1", "anna");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_TRUE(verify(*made, f.key.public_key()));
  const std::string id = made->assessment.text_or("assessment", "");
  const auto again = f.service.get(id);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->assessment.canonical(), made->assessment.canonical());
  EXPECT_TRUE(verify(*again, f.key.public_key()));
  EXPECT_EQ(f.service.get("latest")->assessment.text_or("assessment", ""), id);
  const auto list = f.service.list(10);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ(list->front().actor, "anna");
  EXPECT_THAT(f.kinds(), ::testing::ElementsAre("assessment.filed", "assessment.filed", "assessment.made"));
}

}  // namespace weir::standards::assessment

// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/service_suite.h"

namespace weir::standards::assessment {
namespace {

using wire::Json;

TEST(AssessmentService, FilesAndAssessesAndKeepsWhatWasSigned) {
  ServiceFixture fixture;
  files_and_assesses(fixture);
}

TEST(AssessmentService, AssessesByAllChecklistsIfNoneIsNamed) {
  ServiceFixture f;
  const auto made = f.service.make({}, {"connector", "international"}, good_facts(), "1", "anna");
  ASSERT_TRUE(made);
  std::size_t assessable = 0;
  for (const clause::Checklist& list : clause::Registry::embedded().all()) assessable += list.assessable();
  EXPECT_EQ(made->assessment["documents"].size(), assessable);
}

// ── what is refused ──

std::string refused(const NewAttestation& fresh) {
  ServiceFixture f;
  const auto filed = f.service.file(fresh, "anna");
  EXPECT_FALSE(filed);
  EXPECT_TRUE(f.kinds().empty());
  return filed ? "" : std::string(filed.error().reason());
}
template <class Function>
std::string refused_with(Function change) {
  NewAttestation fresh = ServiceFixture().drill();
  change(fresh);
  return refused(fresh);
}

TEST(AssessmentServiceRefuses, WhatShowsNothing) {
  EXPECT_EQ(refused_with([](auto& a) { a.clause = "TC609-6-2025-13#nothing"; }), "assessment.no_clause");
  EXPECT_EQ(refused_with([](auto& a) { a.clause = "TC609-6-2025-13#storage"; }), "assessment.not_attestable");
  EXPECT_EQ(refused_with([](auto& a) { a.clause = "Invariants#I-1"; }), "assessment.not_attestable");
  EXPECT_EQ(refused_with([](auto& a) { a.file.clear(); }), "assessment.no_file");
  EXPECT_EQ(refused_with([](auto& a) { a.file_name.clear(); }), "assessment.no_file");
  EXPECT_EQ(refused_with([](auto& a) { a.file.resize(kFileBytesMax + 1); }), "assessment.too_large");
  EXPECT_EQ(refused_with([](auto& a) { a.statement.clear(); }), "assessment.no_statement");
  EXPECT_EQ(refused_with([](auto& a) { a.statement = std::string(4001, 'x'); }), "assessment.no_statement");
  EXPECT_EQ(refused_with([](auto& a) { a.maturity = 3; }), "assessment.maturity");
  EXPECT_EQ(refused_with([](auto& a) { a.clause = "GB/T 37988-2019#PA01.people"; }), "assessment.maturity");
  EXPECT_EQ(refused_with([](auto& a) { a.valid_until = Timestamp(1); }), "assessment.validity");
}

TEST(AssessmentServiceRefuses, WhatItDoesNotHave) {
  ServiceFixture f;
  EXPECT_EQ(f.service.get("latest").error().reason(), "assessment.unknown");
  EXPECT_EQ(f.service.get("x").error().reason(), "assessment.unknown");
  EXPECT_EQ(f.service.file_of("x").error().reason(), "assessment.no_file");
  const clause::Subject subject{"connector", "international"};
  EXPECT_EQ(f.service.make({"GB/T 0"}, subject, good_facts(), "1", "a").error().reason(), "assessment.no_checklist");
  EXPECT_EQ(f.service.make({"RFC8785"}, subject, good_facts(), "1", "a").error().reason(), "assessment.no_checklist");
  EXPECT_TRUE(f.kinds().empty());
}

TEST(AssessmentServiceRefuses, AnAssessmentOfWhichOneWordWasChanged) {
  ServiceFixture f;
  auto made = f.service.make({"TC609-6-2025-13"}, {"connector", "international"}, good_facts(), "1", "anna");
  ASSERT_TRUE(made);
  made->assessment.set("time", "2026-01-01T00:00:01Z");
  const auto verified = verify(*made, f.key.public_key());
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().reason(), "signature.invalid");
}

// I-1: what cannot be recorded is not kept.
class FailingLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(store::Tx&, const trust::evidence::Entry&) override {
    return Error(Errc::kUnavailable, "the log is full");
  }
};
TEST(AssessmentServiceRefuses, ToKeepWhatIsNotInEvidence) {
  ServiceFixture f;
  FailingLog broken;
  Service service({.sql = *f.log.database, .log = broken, .clock = f.clock, .random = f.random,
                   .clauses = clause::Registry::shipped, .key = f.key, .certificate = "PEM", .node = "node",
                   .hash = crypto::HashAlgorithm::kSha256});
  EXPECT_FALSE(service.file(f.drill(), "anna"));
  EXPECT_FALSE(service.make({"TC609-6-2025-13"}, {"connector", "international"}, good_facts(), "1", "anna"));
  EXPECT_TRUE(f.service.filed("")->empty());
  EXPECT_TRUE(f.service.list(10)->empty());
}

}  // namespace
}  // namespace weir::standards::assessment

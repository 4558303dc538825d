// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/oscal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "weir/crypto/uuid.h"
#include "weir/standards/assessment/assess.h"
#include "weir/standards/assessment/test_support.h"
#include "weir/standards/clause/registry.h"

namespace weir::standards::assessment {
namespace {

using wire::Json;

Json assessment_of(const std::string& role, Facts facts, const std::vector<std::string>& documents = {}) {
  Input input{.lists = {}, .subject = {role, "international"}, .facts = std::move(facts), .filed = {},
              .now = Timestamp(1767225600123), .hash = crypto::HashAlgorithm::kSha256, .version = "0.1.0"};
  for (const clause::Checklist& list : clause::Registry::embedded().all()) {
    const bool wanted =
        documents.empty() || std::find(documents.begin(), documents.end(), list.document) != documents.end();
    if (list.assessable() && wanted) input.lists.push_back(&list);
  }
  Attestation one;
  one.id = "11111111-1111-4111-8111-111111111111";
  one.document = "TC609-6-2025-13";
  one.clause = "drill";
  one.kind = clause::CheckKind::kDocument;
  one.statement = "Drilled \n in May";
  one.file_name = "drill.pdf";
  one.file_hash = "sha256:00";
  one.actor = "anna";
  one.time = Timestamp(1767225600000);
  one.signature = "ed25519:x";
  input.filed.push_back(one);
  return assess(input);
}

// Writes the seven files and has them checked by another program; its exit code.
int judged_by_jsonschema(const Json& assessment) {
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("oscal-" + assessment.text_or("assessment", "") + "-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  for (const std::string_view model : oscal_models()) {
    const auto made = oscal(model, assessment);
    EXPECT_TRUE(made);
    std::ofstream(folder / (std::string(model) + ".json")) << made->pretty();
  }
  const std::string script = std::string(WEIR_SOURCE_DIR) + "/tests/vectors/oscal/validate.py";
  const int status = std::system(("python3 " + script + " " + folder.string()).c_str());
  std::filesystem::remove_all(folder);
  return WEXITSTATUS(status);
}

TEST(Oscal, SatisfiesTheOfficialSchemasAndItsReferencesHold) {
  Facts broken = good_facts();
  broken.seen["log"].set("ok", false);
  broken.seen.erase("products");
  broken.unseen["products"] = "the catalogue did not answer";
  for (const Json& assessment : {assessment_of("connector", good_facts()), assessment_of("regional", broken),
                                 assessment_of("connector", good_facts(), {"NDI capability draft"})}) {
    const int verdict = judged_by_jsonschema(assessment);
    if (verdict == 3 || verdict == 127) GTEST_SKIP() << "python3 has no jsonschema here: the schemas were not checked";
    EXPECT_EQ(verdict, 0);
  }
}

TEST(Oscal, TheSameAssessmentGivesTheSameBytes) {
  const Json one = assessment_of("connector", good_facts());
  const Json other = assessment_of("connector", good_facts());
  for (const std::string_view model : oscal_models()) {
    EXPECT_EQ(oscal(model, one)->dump(), oscal(model, other)->dump()) << model;
  }
}

TEST(Oscal, WhatIsMetIsSatisfiedAndWhatWasNotTestedHasNoFinding) {
  Facts facts = good_facts();
  facts.seen["log"].set("ok", false);
  facts.seen["transfers"] = Json::array();  // nothing was delivered yet
  const Json results = *oscal("assessment-results", assessment_of("connector", facts, {"TC609-6-2025-16"}));
  const Json& result = results["assessment-results"]["results"].items().front();
  std::size_t satisfied = 0;
  std::size_t not_satisfied = 0;
  for (const Json& finding : result["findings"].items()) {
    const bool met = finding["target"]["status"].text_or("state", "") == "satisfied";
    met ? ++satisfied : ++not_satisfied;
  }
  EXPECT_EQ(result["observations"].size(), 29u);  // what concerns a connector
  EXPECT_LT(result["findings"].size(), result["observations"].size());
  EXPECT_GT(satisfied, 15u);
  EXPECT_GT(not_satisfied, 0u);
}

TEST(Oscal, NamesClausesAsTokens) {
  EXPECT_EQ(control_id("GB/T 43697-2024", "own products"), "gb-t-43697-2024.own_products");
  EXPECT_EQ(control_id("360", "条款"), "_360.条款");
}

// RFC 9562, appendix A.4.
TEST(Uuid, OfANameIsTheOneThatTheStandardGives) {
  EXPECT_EQ(crypto::name_uuid(crypto::kUuidOfDomains, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

// ── what is refused ──

TEST(OscalRefuses, AModelThatThereIsNot) {
  const auto made = oscal("poam", assessment_of("connector", good_facts()));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().reason(), "assessment.no_model");
}

TEST(OscalValidator, RefusesFilesThatAreWrong) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("oscal-wrong-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const Json assessment = assessment_of("connector", good_facts());
  const std::string script = std::string(WEIR_SOURCE_DIR) + "/tests/vectors/oscal/validate.py";
  for (const std::string_view broken : oscal_models()) {
    for (const std::string_view model : oscal_models()) {
      Json made = *oscal(model, assessment);
      if (model == broken) made.members().front().second.erase("metadata");
      std::ofstream(folder / (std::string(model) + ".json")) << made.dump();
    }
    const int verdict =
        WEXITSTATUS(std::system(("python3 " + script + " " + folder.string() + " 2>/dev/null").c_str()));
    if (verdict == 3 || verdict == 127) GTEST_SKIP() << "python3 has no jsonschema here";
    EXPECT_EQ(verdict, 1) << broken;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir::standards::assessment

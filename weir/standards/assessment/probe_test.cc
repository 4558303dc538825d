// Every probe says met of a node that is right, and can fail: each is shown a node that was broken on purpose.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "weir/standards/assessment/test_support.h"
#include "weir/standards/clause/registry.h"

namespace weir::standards::assessment {
namespace {

using clause::Check;
using clause::CheckKind;
using testing::HasSubstr;
using testing::Not;
using wire::Json;

// Sets a member of a fact, or of the first item of a list.
void put(Facts& facts, const char* fact, const char* member, Json value) {
  Json& place = facts.seen[fact];
  (place.is_array() ? place.items().front() : place).set(member, std::move(value));
}
void put_inner(Facts& facts, const char* fact, const char* list, const char* member, Json value) {
  Json inner = facts.seen[fact][list];
  inner.items().front().set(member, std::move(value));
  facts.seen[fact].set(list, std::move(inner));
}

struct Broken {
  const char* probe;
  std::vector<std::string> arguments;
  const char* how;
  std::function<void(Facts&)> breakage;
};

#define SET(fact, member, value) [](Facts& f) { put(f, fact, member, value); }
const Arguments kExercise = {"createProduct", "catalog.published"};

std::vector<Broken> actors_to_errors() {
  return {
      {"actors", {}, "an entry of nobody", SET("events", "actor", "")},
      {"baseline", {}, "metrics for everybody", SET("settings", "metricsPublic", true)},
      {"baseline", {}, "debug log", SET("settings", "logLevel", "debug")},
      {"baseline", {}, "no limit of connections", SET("settings", "connectionsMax", 0)},
      {"baseline", {}, "no limit of requests", SET("settings", "requestsPerSecond", 0)},
      {"baseline", {}, "a secret in the configuration", SET("settings", "secretInline", true)},
      {"catalogue", {}, "a product without terms", SET("products", "offers", 0)},
      {"catalogue", {}, "a product without title", SET("products", "title", "")},
      {"certificate", {}, "of another node", SET("certificate", "unit", "x")},
      {"certificate", {}, "of another participant", SET("certificate", "organisation", "x")},
      {"certificate", {}, "without host", SET("certificate", "commonName", "")},
      {"certificate", {}, "not of the authority", SET("certificate", "issued", false)},
      {"completeness", {}, "half-filled records", SET("products", "completeness", 94)},
      {"contracts", {}, "no identifier", SET("agreements", "contract", "C4")},
      {"contracts", {}, "terms that cannot be enforced", SET("agreements", "termsReadable", false)},
      {"decisions", {}, "a denial without a rule", [](Facts& f) { f.seen["events"].items()[1].set("rules", 0); }},
      {"decisions", {}, "a denial not in the log", [](Facts& f) { f.seen["events"].items()[1].set("proven", false); }},
      {"directory", {}, "this node is not there", SET("directory", "self", false)},
      {"directory", {}, "with another certificate", SET("directory", "certificate", false)},
      {"directory", {}, "no regional node", SET("directory", "regional", false)},
      {"directory", {}, "no anchor", SET("directory", "anchors", 0)},
      {"doors", {}, "open to anybody", SET("doors", "anonymous", 200)},
      {"doors", {}, "open to any token", SET("doors", "badToken", 200)},
      {"doors", {}, "not asked at all", SET("doors", "badToken", 0)},
      {"doors", {}, "no TLS", SET("doors", "tls", false)},
      {"doors", {}, "plain HTTP beside TLS", SET("doors", "plain", true)},
      {"errors", {}, "two of a hundred fail", SET("metrics", "failed", 20)},
  };
}
std::vector<Broken> exercise_to_offers() {
  return {
      {"exercise", kExercise, "no such operation", [](Facts& f) { f.seen["routes"] = Json::array(); }},
      {"exercise", kExercise, "its entry is not in the log", SET("events", "proven", false)},
      {"grading", {}, "not graded", SET("products", "grade", nullptr)},
      {"grading",
       {},
       "a grade lower than its impacts",
       [](Facts& f) {
         Json grade = f.seen["products"].items().front()["grade"];
         grade.set("level", "core");
         put(f, "products", "grade", std::move(grade));
       }},
      {"grading",
       {},
       "stated, not assessed",
       [](Facts& f) {
         put(f, "products", "grade",
             supply::grade::to_json(supply::grade::stated(supply::grade::Level::kGeneral, 1, "x")));
       }},
      {"grading-offers",
       {},
       "core data offered",
       [](Facts& f) {
         put(f, "products", "grade",
             supply::grade::to_json(supply::grade::stated(supply::grade::Level::kCore, 0, "x")));
       }},
      {"grading-offers", {}, "offered without a grade", SET("products", "grade", nullptr)},
      {"grading-personal",
       {},
       "persons forgotten",
       [](Facts& f) { put(f, "products", "grade", supply::grade::to_json(*supply::grade::assess({}))); }},
      {"health", {}, "does not live", SET("doors", "health", 0)},
      {"health", {}, "takes no writes", SET("doors", "ready", 503)},
      {"heartbeats", {}, "nobody is heard of", SET("heartbeats", "running", 0)},
      {"heartbeats", {}, "a node of which nothing is heard", SET("heartbeats", "unknown", 1)},
      {"identifiers", {}, "wrong check character", SET("products", "id", "691350100M000100Y4344031BH95JZY0")},
      {"identifiers", {}, "does not resolve", SET("products", "resolves", false)},
      {"keys", {}, "others may read it", [](Facts& f) { put_inner(f, "storage", "keys", "private", false); }},
      {"keys", {}, "not sealed", [](Facts& f) { put_inner(f, "storage", "keys", "sealed", false); }},
      {"keys", {}, "none", [](Facts& f) { put(f, "storage", "keys", Json::array()); }},
      {"latency", {}, "slow", SET("latency", "p95Micros", 100'001)},
      {"log", {}, "rewritten", SET("log", "ok", false)},
      {"login", {}, "a wrong password is taken", SET("doors", "wrongLogin", 200)},
      {"manifests", {}, "content without a root", SET("products", "root", "")},
      {"metering", {}, "less than delivered", SET("transfers", "metered", 9)},
      {"metrics", {}, "none", SET("metrics", "series", 0)},
      {"node-identifier", {}, "wrong check character", SET("node", "node", "291350100M000100Y431100000000012")},
      {"node-identifier", {}, "of another participant", SET("node", "participant", "91440300708461136T")},
      {"node-identifier", {}, "of another area", SET("node", "area", "3501")},
      {"offers", {"createSpace"}, "no such operation", [](Facts&) {}},
  };
}
std::vector<Broken> operators_to_transfers() {
  return {
      {"operators", {}, "none", [](Facts& f) { f.seen["operators"] = Json::array(); }},
      {"operators", {}, "an old password", SET("operators", "oldPassword", true)},
      {"operators", {}, "an endless token", SET("operators", "endlessToken", true)},
      {"operators",
       {},
       "everybody may do everything",
       [](Facts& f) {
         const Json one = f.seen["operators"].items().front();
         f.seen["operators"] = Json::array({one, one, one});
       }},
      {"passwords", {}, "a short one is taken", [](Facts& f) { put_inner(f, "passwords", "weak", "refused", false); }},
      {"passwords", {}, "a good one is refused", SET("passwords", "strongTaken", false)},
      {"peers-refused", {}, "anybody is a node", SET("doors", "peerWithoutCertificate", 200)},
      {"proofs", {}, "an entry without proof", SET("events", "proven", false)},
      {"receipts", {}, "none", SET("transfers", "receipt", false)},
      {"receipts", {}, "of something else", SET("transfers", "receiptFits", false)},
      {"replay", {}, "the log knows nothing", SET("agreements", "entries", 0)},
      {"replay", {}, "out of order", SET("agreements", "legal", false)},
      {"retention", {}, "179 days", SET("settings", "retentionDays", 179)},
      {"scopes", {}, "an operation for everybody", [](Facts& f) { f.seen["routes"].items()[1].set("access", "open"); }},
      {"search", {}, "finds nothing", SET("search", "found", false)},
      {"services", {}, "an operation without words", SET("routes", "zh", "")},
      {"services", {}, "none", [](Facts& f) { f.seen["routes"] = Json::array(); }},
      {"signatures", {}, "does not verify", SET("agreements", "signed", false)},
      {"storage", {}, "a key not sealed", [](Facts& f) { put_inner(f, "storage", "keys", "sealed", false); }},
      {"storage", {}, "plain data in the vault", SET("storage", "vaultSealed", 1)},
      {"storage", {}, "a folder for everybody", SET("storage", "folderPrivate", false)},
      {"suite", {}, "a key of the other suite", SET("certificate", "algorithm", "sm2-sm3")},
      {"suite", {}, "a log of the other suite", SET("log", "algorithm", "sm3")},
      {"suite", {}, "a ShangMi node with international keys", SET("node", "suite", "shangmi")},
      {"transfers", {}, "other content than agreed", SET("transfers", "agreedRoot", "sha256:01")},
  };
}
std::vector<Broken> broken_nodes() {
  std::vector<Broken> all = actors_to_errors();
  for (auto part : {exercise_to_offers(), operators_to_transfers()}) all.insert(all.end(), part.begin(), part.end());
  return all;
}
#undef SET

Arguments good_arguments(std::string_view probe) {
  if (probe == "offers") return {"createProduct"};
  return probe == "exercise" ? kExercise : Arguments{};
}

TEST(Probes, AreMetByANodeThatIsRight) {
  for (const Probe& probe : probes()) {
    const Outcome outcome =
        judge({CheckKind::kProbe, std::string(probe.name), good_arguments(probe.name)}, good_facts());
    EXPECT_EQ(outcome.state, State::kMet) << probe.name << ": " << outcome.detail.en;
    EXPECT_EQ(outcome.evidence.size(), probe.facts.size()) << probe.name;
    EXPECT_FALSE(outcome.evidence.empty()) << probe.name;
    EXPECT_FALSE(outcome.detail.zh.empty()) << probe.name;
  }
}

TEST(Probes, SayNotMetOfNodesThatWereBroken) {
  std::set<std::string_view> seen;
  for (const Broken& broken : broken_nodes()) {
    Facts facts = good_facts();
    broken.breakage(facts);
    const Outcome outcome = judge({CheckKind::kProbe, broken.probe, broken.arguments}, facts);
    EXPECT_EQ(outcome.state, State::kNotMet) << broken.probe << " of " << broken.how << ": " << outcome.detail.en;
    EXPECT_FALSE(outcome.detail.en.empty());
    EXPECT_FALSE(outcome.detail.zh.empty());
    seen.insert(broken.probe);
  }
  for (const Probe& probe : probes()) EXPECT_TRUE(seen.contains(probe.name)) << probe.name << " was never seen to fail";
}

TEST(Probes, SayNothingOfWhatWasNotSeen) {
  for (const Probe& probe : probes()) {
    for (const std::string_view fact : probe.facts) {
      Facts facts = good_facts();
      facts.seen.erase(std::string(fact));
      facts.unseen[std::string(fact)] = "the disk was gone";
      const Outcome outcome = judge({CheckKind::kProbe, std::string(probe.name), good_arguments(probe.name)}, facts);
      EXPECT_EQ(outcome.state, State::kNotTested) << probe.name;
      EXPECT_THAT(outcome.detail.en, HasSubstr("the disk was gone")) << probe.name;
      EXPECT_TRUE(outcome.evidence.empty()) << probe.name;
    }
  }
}

TEST(Probes, SayNotTestedOfANodeThatHasNotDoneAnythingYet) {
  Facts facts = good_facts();
  for (const char* list : {"events", "products", "agreements", "transfers"}) facts.seen[list] = Json::array();
  facts.seen["search"] = Json::object();
  facts.seen["heartbeats"] = Json::object();
  put(facts, "metrics", "requests", 3);
  for (const char* name : {"actors", "decisions", "proofs", "exercise", "identifiers", "catalogue", "completeness",
                           "manifests", "search", "grading", "grading-offers", "grading-personal", "contracts",
                           "signatures", "replay", "transfers", "receipts", "metering", "heartbeats", "errors"}) {
    const Outcome outcome = judge({CheckKind::kProbe, name, good_arguments(name)}, facts);
    EXPECT_EQ(outcome.state, State::kNotTested) << name << ": " << outcome.detail.en;
  }
}

TEST(Probes, NameWhatIsWrongAndGiveTheShareOfWhatIsRight) {
  Facts facts = good_facts();
  Json other = good_product();
  other.set("title", "");
  facts.seen["products"].push(other);
  const Outcome outcome = judge({CheckKind::kProbe, "catalogue", {}}, facts);
  EXPECT_THAT(outcome.detail.en, HasSubstr("1 of 2 products"));
  EXPECT_THAT(outcome.detail.en, HasSubstr("691350100M000100Y4344031BH95JZY*: no title"));
  EXPECT_EQ(outcome.score, 50);
}

TEST(Probes, TakeAShangMiNodeWithShangMiKeys) {
  Facts facts = good_facts();
  put(facts, "node", "suite", "shangmi");
  put(facts, "certificate", "algorithm", "sm2-sm3");
  put(facts, "log", "algorithm", "sm3");
  EXPECT_EQ(judge({CheckKind::kProbe, "suite", {}}, facts).state, State::kMet);
}

TEST(Checklists, NameOnlyProbesThatThereAre) {
  for (const clause::Checklist& list : clause::Registry::embedded().all()) {
    for (const clause::Clause& clause : list.clauses) {
      if (clause.check.kind != CheckKind::kProbe) continue;
      EXPECT_NE(find_probe(clause.check.probe), nullptr) << list.document << "#" << clause.id;
      const bool asks = clause.check.probe == "offers" || clause.check.probe == "exercise";
      EXPECT_EQ(asks, !clause.check.arguments.empty()) << list.document << "#" << clause.id;
    }
  }
}

// ── a checklist that asks for more than there is ──

TEST(Probes, AnUnknownProbeMeetsNothing) {
  const Outcome outcome = judge({CheckKind::kProbe, "horoscope", {}}, good_facts());
  EXPECT_EQ(outcome.state, State::kNotTested);
  EXPECT_THAT(outcome.detail.en, HasSubstr("horoscope"));
}

TEST(Probes, ACheckThatNamesNoOperationMeetsNothing) {
  EXPECT_EQ(judge({CheckKind::kProbe, "offers", {}}, good_facts()).state, State::kNotMet);
  EXPECT_EQ(judge({CheckKind::kProbe, "exercise", {"createProduct"}}, good_facts()).state, State::kNotTested);
}

}  // namespace
}  // namespace weir::standards::assessment

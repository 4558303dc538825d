// SPDX-License-Identifier: Apache-2.0
// Laws over random policies and requests, from a fixed seed.
#include "weir/base/random.h"
#include "weir/policy/tc609.h"
#include "weir/policy/test_help.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  template <class T, std::size_t N>
  const T& pick(const T (&from)[N]) {
    return from[random_.below(N)];
  }

  Constraint atom() {
    static const std::pair<std::string_view, std::string_view> kAtoms[] = {
        {"count", "1"}, {"count", "3"}, {"count", "many"}, {"purpose", "research"}, {"purpose", "sale"}, {"ex:unknown", "x"},
        {"dateTime", "2026-01-01"}, {"dateTime", "2027-01-01"}, {"spatial", "35"}, {"virtualLocation", "10.0.0.0/8"},
        {"urn:weir:tc609:executionEnv", "05"}, {"elapsedTime", "P7D"}, {"urn:weir:tc609:frequency", "2/P1D"}};
    const auto& [left, right] = pick(kAtoms);
    Constraint out = constraint(std::string(left), static_cast<Operator>(1 + random_.below(12)), std::string(right));
    if (random_.below(4) == 0) out.right.push_back({"b", ""}), out.right_is_list = true;
    return out;
  }
  Constraint tree(int depth) {
    if (depth == 0 || random_.below(3) > 0) return atom();
    Constraint out;
    out.kind = static_cast<ConstraintKind>(1 + random_.below(4));
    for (std::uint64_t i = 0; i <= random_.below(3); ++i) out.parts.push_back(tree(depth - 1));
    return out;
  }
  std::string action() {
    static const std::string kActions[] = {"use", "read", "distribute", "reproduce", "sell", "ex:frob", "urn:weir:tc609:compute", "extract"};
    return pick(kActions);
  }
  Rule rule_of(bool with_duties) {
    Rule out = rule(action());
    for (std::uint64_t i = random_.below(3); i > 0; --i) out.constraints.push_back(tree(3));
    if (random_.below(4) == 0) out.assignees.push_back(Entity{.id = random_.below(2) ? "B" : "C", .types = {}, .refinements = {}, .extra = {}});
    if (with_duties && random_.below(4) == 0) out.duties.push_back(rule(random_.below(2) ? "delete" : "compensate"));
    return out;
  }
  Policy policy() {
    Policy out;
    out.id = "urn:p";
    out.kind = PolicyKind::kAgreement;
    for (std::uint64_t i = random_.below(4); i > 0; --i) out.permissions.push_back(rule_of(true));
    for (std::uint64_t i = random_.below(3); i > 0; --i) out.prohibitions.push_back(rule_of(false));
    if (random_.below(4) == 0) out.obligations.push_back(rule("inform"));
    for (std::size_t i = 0; i < out.permissions.size(); ++i) out.permissions[i].id = "urn:r" + std::to_string(i);
    return out;
  }
  Request request() {
    static const std::string_view kPurposes[] = {"research", "sale", ""};
    static const std::string_view kParties[] = {"B", "C", ""};
    static const std::string_view kAddresses[] = {"10.1.1.1", "192.0.2.1", ""};
    Request out;
    action_ = action();
    out.action = action_;
    out.now = Timestamp(1767225600000 + static_cast<std::int64_t>(random_.below(800)) * 86400000);
    out.purpose = pick(kPurposes);
    out.participant = pick(kParties);
    out.address = pick(kAddresses);
    out.region = random_.below(2) ? "350200" : "";
    out.environment = random_.below(2) ? "tee" : "";
    return out;
  }
  std::vector<std::int64_t> counters(std::size_t count) {
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<std::int64_t>(random_.below(5)) - 1);
    return out;
  }

 private:
  SeededRandom random_;
  std::string action_;
};

constexpr int kRounds = 2000;

TEST(PolicyLaws, DefaultDenyAndEveryDecisionNamesItsRules) {
  Generator generator(1);
  int allowed = 0;
  for (int i = 0; i < kRounds; ++i) {
    const Program terms = test::program(generator.policy());
    Request request = generator.request();
    const auto counters = generator.counters(terms.counters().size());
    request.counters = counters;
    const Decision decision = decide(terms, request);
    allowed += decision.allowed();
    const auto said = reasons(terms, request, decision);
    ASSERT_FALSE(said.empty());
    for (const Reason& reason : said) {
      ASSERT_FALSE(reason.why.en.empty() || reason.why.zh.empty());
      ASSERT_EQ(reason.rule.empty(), reason.kind == Finding::Kind::kNone);
    }
    if (decision.effect == Effect::kDeny) {
      ASSERT_NE(decision.denied_by, DeniedBy::kNothing);
    }
  }
  EXPECT_GT(allowed, kRounds / 50);  // the generator does reach the other side
  EXPECT_LT(allowed, kRounds / 2);
}

TEST(PolicyLaws, AProhibitionWithoutConstraintsAlwaysWins) {
  Generator generator(2);
  for (int i = 0; i < kRounds; ++i) {
    Policy policy = generator.policy();
    Request request = generator.request();
    policy.prohibitions.push_back(rule(std::string(request.action)));
    const Program terms = test::program(policy);
    const auto counters = generator.counters(terms.counters().size());
    request.counters = counters;
    ASSERT_EQ(decide(terms, request).effect, Effect::kDeny);
  }
}

TEST(PolicyLaws, TakingAPermissionAwayNeverOpensAnything) {
  Generator generator(3);
  for (int i = 0; i < kRounds; ++i) {
    Policy policy = generator.policy();
    if (policy.permissions.empty()) continue;
    Request request = generator.request();
    const Program before = test::program(policy);
    policy.permissions.pop_back();
    const Program after = test::program(policy);
    // Every counter reads the same on both sides.
    const std::vector<std::int64_t> counters(before.counters().size() + after.counters().size(), 1);
    request.counters = counters;
    ASSERT_LE(decide(after, request).effect, decide(before, request).effect);
  }
}

TEST(PolicyLaws, AddingAProhibitionNeverOpensAnything) {
  Generator generator(4);
  for (int i = 0; i < kRounds; ++i) {
    Policy policy = generator.policy();
    Request request = generator.request();
    const Program before = test::program(policy);
    policy.prohibitions.push_back(generator.rule_of(false));
    const Program after = test::program(policy);
    const std::vector<std::int64_t> counters(before.counters().size() + after.counters().size(), 1);
    request.counters = counters;
    request.action = request.action.empty() ? "use" : request.action;
    ASSERT_LE(decide(after, request).effect, decide(before, request).effect);
  }
}

TEST(PolicyLaws, KnowingLessNeverOpensAnything) {
  Generator generator(5);
  for (int i = 0; i < kRounds; ++i) {
    const Program terms = test::program(generator.policy());
    Request request = generator.request();
    const std::vector<std::int64_t> counters(terms.counters().size(), 1);
    request.counters = counters;
    Request less = request;
    switch (i % 5) {
      case 0: less.purpose = {}; break;
      case 1: less.address = {}; break;
      case 2: less.region = {}; break;
      case 3: less.counters = {}; break;
      default: less.environment = {}; break;
    }
    ASSERT_LE(decide(terms, less).effect, decide(terms, request).effect);
  }
}

TEST(PolicyLaws, BothFormsReadBackWhatTheyWrote) {
  Generator generator(6);
  for (int i = 0; i < kRounds / 4; ++i) {
    const Policy policy = generator.policy();
    if (policy.permissions.empty() && policy.prohibitions.empty() && policy.obligations.empty()) continue;
    const auto again = parse_odrl(to_odrl(policy));
    ASSERT_TRUE(again.ok()) << again.error().message();
    ASSERT_EQ(*again, policy);
    const Converted written = to_tc609(policy);
    for (const Loss& loss : written.losses) ASSERT_EQ(loss.kind, LossKind::kExtension);
    const auto back = parse_tc609(written.json);
    ASSERT_TRUE(back.ok()) << back.error().message();
    ASSERT_EQ(*back, policy) << written.json.dump();
    ASSERT_EQ(to_tc609(*back).json, written.json);
  }
}

}  // namespace
}  // namespace weir::policy

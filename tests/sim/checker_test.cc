// The checker itself: a sound history passes, and each way to break it is found under its name.
// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/checker.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::sim {
namespace {

using flow::contract::AgreementState;
using flow::delivery::Custody;
using flow::delivery::TransferState;
using trust::evidence::Entry;
using wire::Json;

const Timestamp kNow(1'000'000);
constexpr const char* kObject = R"({"permission":[{"constraint":[{"leftOperand":"count","rightOperand":"2"}]}]})";

std::string leaf(std::string kind, std::string process, Json body, std::string actor = "node:n",
                 std::string contract = "c") {
  return *tlog::leaf_of(Entry{.kind = std::move(kind),
                              .time = kNow,
                              .actor = std::move(actor),
                              .contract = std::move(contract),
                              .product = "p",
                              .process = std::move(process),
                              .participants = {"n"},
                              .body = std::move(body)});
}

Json reasons(std::string_view rule) { return Json::array({Json::object({{"rule", rule}, {"why", "it says so"}})}); }

// A history in which one contract was concluded, delivered and used once.
struct History {
  std::vector<std::string> leaves;
  View view;

  History() {
    leaves = {
        leaf("contract.requested", "n1", Json::object({{"state", "REQUESTED"}})),
        leaf("contract.agreed", "n1",
             Json::object({{"state", "AGREED"}, {"from", "REQUESTED"}, {"agreementId", "a"}})),
        leaf("contract.finalized", "n1",
             Json::object({{"state", "FINALIZED"}, {"from", "AGREED"}, {"agreementId", "a"}})),
        leaf("usage.adopted", "", Json::object({{"policyHash", "h"}})),
        leaf("delivery.requested", "t1", Json::object()),
        leaf("delivery.started", "t1", Json::object({{"decision", Json::object({{"reasons", reasons("rule")}})}})),
        leaf("usage.allowed", "u1", Json::object({{"reasons", reasons("rule")}}))};
    view.facts.negotiations["n1"] = "FINALIZED";
    view.facts.agreements["a"] = {.state = "active"};
    view.facts.transfers["t1"] = {.state = "STARTED"};
    view.facts.terms["c"] = {.state = "enabled", .version = 1};
    view.negotiations["n1"] = {
        .peer = "other", .peer_pid = "n2", .state = flow::contract::State::kFinalized, .agreement = "a"};
    view.agreements["a"] = {.state = AgreementState::kActive, .contract = "c", .object = kObject, .hash = "h"};
    view.transfers["t1"] = {.role = flow::delivery::Role::kProvider,
                            .peer = "other",
                            .peer_pid = "t2",
                            .agreement = "a",
                            .state = TransferState::kStarted,
                            .size = 100};
  }
};

class CheckerTest : public ::testing::Test {
 protected:
  void commit(const History& history) { checker_.committed("n", history.leaves, history.view); }
  void expect_found(const std::string& invariant, const std::string& words) {
    const auto& all = checker_.violations();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [&](const Violation& each) {
                              return each.invariant == invariant && each.what.find(words) != std::string::npos;
                            }))
        << invariant << " '" << words << "' is not among " << text();
  }
  void expect_sound() { EXPECT_TRUE(checker_.violations().empty()) << text(); }
  std::string text() const {
    std::string out = std::to_string(checker_.violations().size()) + " found:";
    for (const Violation& each : checker_.violations()) out += "\n" + each.invariant + ": " + each.what;
    return out;
  }
  Checker checker_;
  History history_;
};

TEST_F(CheckerTest, FindsNothingInASoundHistory) {
  commit(history_);
  checker_.left("n", "t1", 60, kNow);
  history_.view.metered["t1"] = 60;
  checker_.committed("n", {}, history_.view);
  checker_.at_rest("n");
  checker_.used("n", "a", kNow);
  checker_.reopened("n", history_.leaves, history_.view);
  checker_.across();
  expect_sound();
}

// ── each invariant broken ──

TEST_F(CheckerTest, FindsATransitionWithoutEvidenceAndEvidenceWithoutATransition) {
  commit(history_);
  history_.view.facts.transfers["t1"].state = "SUSPENDED";
  checker_.committed("n", {}, history_.view);
  expect_found("I-1", "transfer t1 is SUSPENDED , the evidence says STARTED");

  Checker other;
  history_ = History();
  history_.leaves.push_back(leaf("delivery.completed", "t1", Json::object()));
  other.committed("n", history_.leaves, history_.view);
  EXPECT_FALSE(other.violations().empty());
}

TEST_F(CheckerTest, FindsAnEntryThatChangesNothingOrBeginsInTheMiddle) {
  history_.leaves.push_back(
      leaf("delivery.started", "t1", Json::object({{"decision", Json::object({{"reasons", reasons("r")}})}})));
  history_.leaves.push_back(
      leaf("contract.verified", "n9", Json::object({{"state", "VERIFIED"}, {"from", "AGREED"}})));
  commit(history_);
  expect_found("I-1", "t1 is started already");
  expect_found("I-1", "n9 begins in the middle");
}

TEST_F(CheckerTest, FindsWhatWasAcknowledgedAndIsLost) {
  commit(history_);
  auto shorter = history_.leaves;
  shorter.pop_back();
  checker_.reopened("n", shorter, history_.view);
  expect_found("I-2", "1 acknowledged entries are lost");
  shorter.push_back(leaf("usage.denied", "u1", Json::object({{"reasons", reasons("rule")}})));
  checker_.reopened("n", shorter, history_.view);
  expect_found("I-2", "entry 6 is another one now");
}

TEST_F(CheckerTest, FindsAMeterThatForgets) {
  history_.view.metered["t1"] = 60;
  commit(history_);
  history_.view.metered["t1"] = 50;
  checker_.committed("n", {}, history_.view);
  expect_found("I-2", "lost a reading");
}

TEST_F(CheckerTest, FindsADecisionThatNamesNoRule) {
  history_.leaves.push_back(
      leaf("usage.denied", "u2", Json::object({{"deniedBy", "prohibition"}, {"reasons", reasons("")}})));
  history_.leaves.push_back(
      leaf("usage.denied", "u3", Json::object({{"deniedBy", "default"}, {"reasons", Json::array()}})));
  commit(history_);
  expect_found("I-4", "usage.denied names no rule");
  expect_found("I-4", "usage.denied says not why");
}

TEST_F(CheckerTest, FindsBytesWithoutALiveAgreementADecisionOrAReading) {
  commit(history_);
  checker_.left("n", "t1", 60, kNow);
  checker_.at_rest("n");
  expect_found("I-5", "60 bytes left of transfer t1, the meter says 0");
  checker_.left("n", "t9", 1, kNow);
  expect_found("I-5", "transfer t9, which is not started");
  history_.view.agreements["a"].valid_until = kNow;
  checker_.committed("n", {}, history_.view);
  checker_.left("n", "t1", 1, kNow);
  expect_found("I-5", "agreement a ran out");
  history_.view.agreements["a"].state = AgreementState::kSuspended;
  history_.view.facts.agreements["a"].state = "suspended";
  checker_.committed("n", {}, history_.view);
  checker_.left("n", "t1", 1, kNow);
  expect_found("I-5", "agreement a is not in force");
}

TEST_F(CheckerTest, FindsBytesOfATransferThatNobodyDecided) {
  history_.leaves[5] = leaf("delivery.started", "t1", Json::object());
  commit(history_);
  checker_.left("n", "t1", 1, kNow);
  expect_found("I-5", "without a decision");
}

TEST_F(CheckerTest, FindsAUseThatWasNotDecidedAndOneTooMany) {
  commit(history_);
  checker_.used("n", "a", kNow);
  expect_sound();
  checker_.used("n", "a", kNow);
  expect_found("I-6", "use 2 of a without a decision");
  checker_.used("n", "a", kNow);
  expect_found("I-6", "use 3 of a, agreed are 2");
}

TEST_F(CheckerTest, FindsALogThatForksOrShrinks) {
  constexpr auto kAlgorithm = crypto::HashAlgorithm::kSha256;
  tlog::MemoryTree tree(kAlgorithm);
  tlog::MemoryTree fork(kAlgorithm);
  for (const char* each : {"a", "b", "c"}) {
    tree.append(tlog::leaf_hash(kAlgorithm, view_of(each)));
    fork.append(tlog::leaf_hash(kAlgorithm, view_of(std::string(each) + "'")));
  }
  const auto at = [&](const tlog::MemoryTree& of, std::uint64_t size) {
    return tlog::make_checkpoint("log", kAlgorithm, tlog::TreeSize(size), of.root(tlog::TreeSize(size)));
  };
  const auto prove = [&](tlog::MemoryTree& of) {
    return [&](tlog::TreeSize from, tlog::TreeSize to) { return tlog::prove_consistency(of, kAlgorithm, from, to); };
  };
  checker_.checkpoint("n", at(tree, 2), prove(tree));
  checker_.checkpoint("n", at(tree, 3), prove(tree));
  expect_sound();
  checker_.checkpoint("n", at(fork, 3), prove(fork));
  expect_found("I-11", "checkpoint 3 after 3");
  checker_.checkpoint("n", at(fork, 2), prove(fork));
  expect_found("I-11", "checkpoint 2 after 3");
}

TEST_F(CheckerTest, FindsAgreementsThatDifferAndIdentifiersThatAreTwo) {
  commit(history_);
  History theirs;
  theirs.view.agreements["a"].object += " ";
  history_.view.products["p"] = {.published = 1, .hash = "h"};
  theirs.view.products["p"] = {.published = 1, .hash = "another"};
  checker_.committed("m", theirs.leaves, theirs.view);
  checker_.committed("n", {}, history_.view);
  checker_.across();
  expect_found("same-bytes", "agreement a is another one");
  expect_found("unique-ids", "product p is of both");
  expect_found("unique-ids", "product p 1 changed");
}

// ── the quiet ──

TEST_F(CheckerTest, FindsWhatIsNotSettledInTheQuiet) {
  checker_.introduce("m", "other");
  history_.view.waiting = 1;
  History theirs;
  theirs.view.negotiations = {{"n2", {.peer = "n", .peer_pid = "n1", .state = flow::contract::State::kVerified}}};
  theirs.view.agreements["a"].state = AgreementState::kTerminated;
  theirs.view.transfers = {{"t2",
                            {.role = flow::delivery::Role::kConsumer,
                             .peer = "me",
                             .peer_pid = "t1",
                             .agreement = "a",
                             .state = TransferState::kCompleted,
                             .custody = Custody::kHeld,
                             .size = 100}}};
  theirs.view.metered["t2"] = 40;
  history_.view.products["p"] = {.published = 1, .hash = "h"};
  checker_.introduce("n", "me");
  commit(history_);
  checker_.committed("m", theirs.leaves, theirs.view);
  checker_.quiet("regional");
  expect_found("quiet", "n: messages still wait");
  expect_found("quiet", "negotiation n1 is FINALIZED here and VERIFIED there");
  expect_found("quiet", "agreement a is active here and terminated there");
  expect_found("quiet", "transfer t1 never ends");
  expect_found("quiet", "t2 is COMPLETED here and STARTED there");
  expect_found("quiet", "t2 is held after its agreement ended");
  expect_found("quiet", "the receipt of t2 never came");
  expect_found("meters", "0 metered out, 40 metered in, 0 arrived");
  expect_found("catalogue", "product p is not at the regional node");
}

}  // namespace
}  // namespace weir::sim

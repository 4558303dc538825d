// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/recording_log.h"

namespace weir::trust::credential {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

const supply::identifier::NodeId kNode = *supply::identifier::NodeId::parse("591350100M000100Y430065ZZZZ9999S");
const OperatorId kAnna = *OperatorId::parse("anna");
const OperatorId kBob = *OperatorId::parse("bob");
const OperatorId kRoot = *OperatorId::parse("root");

crypto::SecretBytes secret(std::string_view text) { return crypto::SecretBytes(view_of(text)); }

struct CredentialsTest : ::testing::Test {
  CredentialsTest() {
    EXPECT_TRUE(store::migrate(*database, Credentials::migration()).ok());
    EXPECT_TRUE(
        service.add({.id = kAnna, .name = "Anna", .scopes = *Scopes::parse({"catalog:*", "evidence:read"})}, kRoot)
            .ok());
    log.entries.clear();
  }
  // Anna with a password of her own.
  void give_password(std::string_view password = "first-pass-1") {
    ASSERT_TRUE(service.set_initial_password(kAnna, secret("default-pass-1"), kRoot).ok());
    const auto changed = service.change_password(kAnna, secret("default-pass-1"), secret(password));
    ASSERT_TRUE(changed.ok()) << changed.error().message();
    log.entries.clear();
  }
  std::string login_reason(std::string_view password, std::string_view id = "anna") {
    const auto result = service.login(id, secret(password));
    return result ? "" : std::string(result.error().reason());
  }

  ManualClock clock{Timestamp(1780000000000)};
  SeededRandom random{21};
  weir::testing::RecordingLog log;
  std::unique_ptr<store::Database> database = *store::open_sqlite({.path = ":memory:"});
  CredentialOptions options{.cost = {.work = 4, .block = 1, .lanes = 1}};
  Credentials service{*database, log, clock, random, kNode, options};
};

TEST_F(CredentialsTest, LogsInAndActsWithinItsScopes) {
  give_password();
  const NewToken session = *service.login("anna", secret("first-pass-1"));
  const Principal principal = *service.authenticate(session.text);
  EXPECT_EQ(principal.id, kAnna);
  EXPECT_TRUE(principal.require("catalog:write").ok());
  EXPECT_EQ(principal.require("contract:write").error().reason(), "scope.missing");
  ASSERT_TRUE(service.logout(session.text).ok());
  EXPECT_EQ(service.authenticate(session.text).error().reason(), "token.revoked");
  EXPECT_THAT(log.kinds(), ElementsAre("credential.logged_in", "credential.logged_out"));
  EXPECT_EQ(log.entries[0].actor, "anna");
}

//= NDI-TR-2025-03#first-password type=test
TEST_F(CredentialsTest, APasswordThatSomebodyElseKnowsMustBeChanged) {
  ASSERT_TRUE(service.set_initial_password(kAnna, secret("default-pass-1"), kRoot).ok());
  const NewToken session = *service.login("anna", secret("default-pass-1"));
  const Principal restricted = *service.authenticate(session.text);
  EXPECT_TRUE(restricted.must_change_password);
  EXPECT_EQ(restricted.require("catalog:read").error().reason(), "password.must_change");
  ASSERT_TRUE(service.change_password(kAnna, secret("default-pass-1"), secret("own-choice-22")).ok());
  EXPECT_EQ(service.authenticate(session.text).error().reason(), "token.unknown");
  const NewToken next = *service.login("anna", secret("own-choice-22"));
  EXPECT_TRUE(service.authenticate(next.text)->require("catalog:read").ok());
}

//= NDI-TR-2025-03#passwords type=test
TEST_F(CredentialsTest, PasswordsGrowOld) {
  give_password();
  clock.advance(options.password_age_max - seconds(1));
  const NewToken session = *service.login("anna", secret("first-pass-1"));
  EXPECT_FALSE(service.authenticate(session.text)->must_change_password);
  clock.advance(seconds(1));
  EXPECT_TRUE(service.authenticate(session.text)->must_change_password);
  EXPECT_TRUE(service.find(kAnna)->must_change);
}

//= NDI-TR-2025-03#lock-out type=test
TEST_F(CredentialsTest, LocksOutAfterFailuresForLongerEachTime) {
  give_password();
  Milliseconds expected = options.lock_first;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < options.failures_max; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
    EXPECT_EQ(login_reason("first-pass-1"), "login.refused") << "locked: the right one too";
    EXPECT_EQ(service.find(kAnna)->locked_until, after(clock.now(), expected));
    clock.advance(expected);
    expected *= 2;
  }
  EXPECT_EQ(log.count("credential.login_failed"), 3 * (options.failures_max - 1));
  EXPECT_EQ(log.count("credential.locked_out"), 3);
  EXPECT_EQ(login_reason("first-pass-1"), "");
  for (int i = 0; i < options.failures_max; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
  EXPECT_EQ(service.find(kAnna)->locked_until, after(clock.now(), options.lock_first)) << "a success begins anew";
}

TEST_F(CredentialsTest, ALockOutHasALongestLength) {
  give_password();
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < options.failures_max; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
    clock.set(service.find(kAnna)->locked_until);
  }
  for (int i = 0; i < options.failures_max; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
  EXPECT_EQ(service.find(kAnna)->locked_until, after(clock.now(), options.lock_max));
}

TEST_F(CredentialsTest, ASuccessForgetsFailures) {
  give_password();
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i + 1 < options.failures_max; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
    EXPECT_EQ(login_reason("first-pass-1"), "");
  }
}

TEST_F(CredentialsTest, FailuresWhileLockedOutDoNotCount) {
  give_password();
  for (int i = 0; i < options.failures_max + 20; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
  EXPECT_EQ(log.entries.size(), static_cast<std::size_t>(options.failures_max));
  EXPECT_EQ(service.find(kAnna)->locked_until, after(clock.now(), options.lock_first));
}

TEST_F(CredentialsTest, ManyAtOnceGetNoMoreGuessesThanOne) {
  give_password();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log.count("credential.login_failed"), options.failures_max - 1);
  EXPECT_EQ(log.count("credential.locked_out"), 1);
}

TEST_F(CredentialsTest, AnAdministratorEndsALockOut) {
  give_password();
  for (int i = 0; i < options.failures_max; ++i) EXPECT_EQ(login_reason("wrong-pass-1"), "login.refused");
  ASSERT_TRUE(service.unlock(kAnna, kRoot).ok());
  EXPECT_EQ(login_reason("first-pass-1"), "");
  EXPECT_EQ(log.entries[static_cast<std::size_t>(options.failures_max)].actor, "root");
}

TEST_F(CredentialsTest, GuessesThroughAChangeOfPasswordCountToo) {
  give_password();
  for (int i = 0; i < options.failures_max; ++i) {
    EXPECT_EQ(service.change_password(kAnna, secret("wrong-pass-1"), secret("next-pass-22")).error().reason(),
              "login.refused");
  }
  EXPECT_EQ(login_reason("first-pass-1"), "login.refused");
}

TEST_F(CredentialsTest, TokensHaveScopesEndAndAreRevoked) {
  const NewToken token = *service.issue_token(kAnna, "export", *Scopes::parse({"catalog:read"}), hours(24), kRoot);
  EXPECT_TRUE(token.text.starts_with("weir_"));
  EXPECT_EQ(token.text.size(), 48u);
  const Principal principal = *service.authenticate(token.text);
  EXPECT_TRUE(principal.require("catalog:read").ok());
  EXPECT_FALSE(principal.require("catalog:write").ok());
  ASSERT_TRUE(service.revoke_token(token.info.id, "lost", kRoot).ok());
  EXPECT_EQ(service.authenticate(token.text).error().reason(), "token.revoked");
  ASSERT_TRUE(service.revoke_token(token.info.id, "again", kRoot).ok());
  EXPECT_THAT(log.kinds(), ElementsAre("credential.token_issued", "credential.token_revoked"));

  const NewToken second = *service.issue_token(kAnna, "export", *Scopes::parse({"catalog:read"}), hours(24), kRoot);
  clock.advance(hours(24) - seconds(1));
  EXPECT_TRUE(service.authenticate(second.text).ok());
  clock.advance(seconds(1));
  EXPECT_EQ(service.authenticate(second.text).error().reason(), "token.expired");
  EXPECT_EQ(service.tokens(kAnna)->size(), 2u);
}

TEST_F(CredentialsTest, NeitherTokenNorPasswordIsStoredOrLogged) {
  give_password("very-secret-99");
  const NewToken token = *service.issue_token(kAnna, "export", *Scopes::parse({"catalog:read"}), hours(24), kRoot);
  std::string all;
  ASSERT_TRUE(database
                  ->read([&](store::Tx& tx) -> Result<> {
                    for (const char* table : {"credential_operator", "credential_token"}) {
                      WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT * FROM " + std::string(table)));
                      for (const store::Row& row : rows) {
                        for (const store::Value& value : row) {
                          if (const auto* text = std::get_if<std::string>(&value.variant())) all += *text;
                          if (const auto* bytes = std::get_if<Bytes>(&value.variant())) all += text_of(*bytes);
                        }
                      }
                    }
                    return {};
                  })
                  .ok());
  for (const auto& entry : log.entries) all += tlog::to_json(entry).dump();
  EXPECT_EQ(all.find(token.text.substr(5)), std::string::npos);
  EXPECT_EQ(all.find("very-secret"), std::string::npos);
}

TEST_F(CredentialsTest, LessForTheOperatorIsLessForItsTokens) {
  const NewToken token = *service.issue_token(kAnna, "x", *Scopes::parse({"catalog:*"}), hours(24), kRoot);
  ASSERT_TRUE(service.set_scopes(kAnna, *Scopes::parse({"catalog:read"}), kRoot).ok());
  EXPECT_EQ(service.authenticate(token.text)->scopes, *Scopes::parse({"catalog:read"}));
}

TEST_F(CredentialsTest, DisablingEndsEverythingAtOnce) {
  give_password();
  const NewToken token = *service.issue_token(kAnna, "x", *Scopes::parse({"catalog:read"}), hours(24), kRoot);
  const NewToken session = *service.login("anna", secret("first-pass-1"));
  ASSERT_TRUE(service.disable(kAnna, "left the company", kRoot).ok());
  EXPECT_EQ(service.authenticate(token.text).error().reason(), "token.revoked");
  EXPECT_EQ(service.authenticate(session.text).error().reason(), "token.revoked");
  EXPECT_EQ(login_reason("first-pass-1"), "login.refused");
  EXPECT_EQ(service.issue_token(kAnna, "x", Scopes(), hours(1), kRoot).error().reason(), "operator.disabled");
  ASSERT_TRUE(service.enable(kAnna, kRoot).ok());
  EXPECT_EQ(login_reason("first-pass-1"), "");
  EXPECT_EQ(service.authenticate(token.text).error().reason(), "token.revoked") << "revoked for good";
}

TEST_F(CredentialsTest, TheFirstOperatorMayDoAll) {
  std::unique_ptr<store::Database> empty = *store::open_sqlite({.path = ":memory:"});
  ASSERT_TRUE(store::migrate(*empty, Credentials::migration()).ok());
  Credentials fresh{*empty, log, clock, random, kNode, options};
  EXPECT_EQ(fresh.add_first(kRoot, "administrator")->scopes, Scopes::all());
  EXPECT_EQ(fresh.add_first(kBob, "another").error().reason(), "operator.not_first");
  const std::string initial = *fresh.reset_password(kRoot, kRoot);
  EXPECT_EQ(initial.size(), 20u);
  EXPECT_TRUE(fresh.login("root", secret(initial)).ok());
  EXPECT_TRUE(fresh.find(kRoot)->must_change);
}

TEST_F(CredentialsTest, TheOldestSessionMakesRoom) {
  give_password();
  const NewToken first = *service.login("anna", secret("first-pass-1"));
  for (std::size_t i = 0; i < options.sessions_per_operator_max; ++i) {
    clock.advance(seconds(1));
    ASSERT_TRUE(service.login("anna", secret("first-pass-1")).ok());
  }
  EXPECT_EQ(service.authenticate(first.text).error().reason(), "token.unknown");
  EXPECT_EQ(service.tokens(kAnna)->size(), options.sessions_per_operator_max);
}

// Errors.
TEST_F(CredentialsTest, WhateverIsWrongTheAnswerIsTheSame) {
  give_password();
  ASSERT_TRUE(service.add({.id = kBob, .name = "Bob", .scopes = {}}, kRoot).ok());
  const auto wrong = service.login("anna", secret("wrong-pass-1"));
  for (const auto& [id, password] :
       std::vector<std::pair<std::string, std::string>>{{"nobody", "first-pass-1"},
                                                        {"bob", "first-pass-1"},
                                                        {"not an operator!", "x"},
                                                        {"anna", std::string(5000, 'x')}}) {
    const auto refused = service.login(id, secret(password));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message(), wrong.error().message());
    EXPECT_EQ(refused.error().code(), Errc::kUnauthenticated);
  }
  EXPECT_EQ(log.count("credential.login_failed"), 1) << "only for operators that exist";
}

TEST_F(CredentialsTest, OldPasswordsMayNotComeBack) {
  give_password("pass-number-1");
  EXPECT_EQ(service.change_password(kAnna, secret("pass-number-1"), secret("pass-number-1")).error().reason(),
            "password.reused");
  ASSERT_TRUE(service.change_password(kAnna, secret("pass-number-1"), secret("pass-number-2")).ok());
  EXPECT_EQ(service.change_password(kAnna, secret("pass-number-2"), secret("pass-number-1")).error().reason(),
            "password.reused");
  EXPECT_EQ(service.change_password(kAnna, secret("pass-number-2"), secret("short1!")).error().reason(),
            "password.too_short");
  for (int i = 3; i <= 6; ++i) {
    ASSERT_TRUE(service
                    .change_password(kAnna, secret("pass-number-" + std::to_string(i - 1)),
                                     secret("pass-number-" + std::to_string(i)))
                    .ok());
  }
  EXPECT_TRUE(service.change_password(kAnna, secret("pass-number-6"), secret("pass-number-1")).ok()) << "long ago";
}

TEST_F(CredentialsTest, WithoutItsEvidenceNothingHappens) {
  give_password();
  log.fail_next = true;
  EXPECT_EQ(login_reason("first-pass-1"), "test.log");
  EXPECT_TRUE(service.tokens(kAnna)->empty());
  log.fail_next = true;
  EXPECT_EQ(login_reason("wrong-pass-1"), "test.log");
  log.fail_next = true;
  EXPECT_FALSE(service.issue_token(kAnna, "x", Scopes(), hours(1), kRoot).ok());
  log.fail_next = true;
  EXPECT_FALSE(service.disable(kAnna, "x", kRoot).ok());
  EXPECT_EQ(login_reason("first-pass-1"), "");
}

TEST_F(CredentialsTest, TokensMayNotGoBeyondTheirOperator) {
  EXPECT_EQ(service.issue_token(kAnna, "x", *Scopes::parse({"contract:read"}), hours(1), kRoot).error().reason(),
            "scope.beyond_operator");
  EXPECT_EQ(service.issue_token(kAnna, "x", Scopes(), hours(24 * 400), kRoot).error().reason(), "token.length");
  EXPECT_EQ(service.issue_token(kAnna, "x", Scopes(), hours(0), kRoot).error().reason(), "token.length");
  EXPECT_EQ(service.issue_token(kAnna, std::string(300, 'x'), Scopes(), hours(1), kRoot).error().reason(),
            "token.label");
  EXPECT_EQ(service.issue_token(kBob, "x", Scopes(), hours(1), kRoot).error().reason(), "operator.unknown");
}

TEST_F(CredentialsTest, ThereAreNoMoreTokensThanTheLimit) {
  for (std::size_t i = 0; i < options.tokens_per_operator_max; ++i) {
    ASSERT_TRUE(service.issue_token(kAnna, "x", Scopes(), hours(1), kRoot).ok());
  }
  EXPECT_EQ(service.issue_token(kAnna, "x", Scopes(), hours(1), kRoot).error().code(), Errc::kExhausted);
  EXPECT_EQ(*service.revoke_all(kAnna, "cleaning", kRoot), static_cast<std::int64_t>(options.tokens_per_operator_max));
  EXPECT_TRUE(service.issue_token(kAnna, "x", Scopes(), hours(1), kRoot).ok());
}

TEST_F(CredentialsTest, StrangeTokensAreUnknown) {
  for (const std::string& text :
       {std::string(), std::string("weir_"), std::string("weir_AAAA"), std::string("x") + std::string(47, 'A'),
        "weir_" + std::string(43, 'A'), "weir_" + std::string(4300, 'A')}) {
    EXPECT_EQ(service.authenticate(text).error().reason(), "token.unknown") << text.size();
  }
  EXPECT_EQ(service.revoke_token("nothing", "x", kRoot).error().code(), Errc::kNotFound);
}

TEST_F(CredentialsTest, OperatorsAreAddedOnceAndWithinLimits) {
  EXPECT_EQ(service.add({.id = kAnna, .name = "Anna", .scopes = {}}, kRoot).error().reason(), "operator.exists");
  EXPECT_EQ(service.add({.id = kBob, .name = std::string(300, 'b'), .scopes = {}}, kRoot).error().reason(),
            "operator.name");
  EXPECT_EQ(service.find(kBob).error().reason(), "operator.unknown");
  EXPECT_EQ(service.list()->size(), 1u);
  Credentials full{*database, log, clock, random, kNode, {.operators_max = 1}};
  EXPECT_EQ(full.add({.id = kBob, .name = "Bob", .scopes = {}}, kRoot).error().reason(), "operator.too_many");
}

}  // namespace
}  // namespace weir::trust::credential

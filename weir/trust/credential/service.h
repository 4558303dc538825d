// Credentials: operators of this node, how they log in, and the tokens that act for them.
//
// Kept: scrypt hashes of passwords, SHA-256 of tokens; what was given is shown once and cannot be shown again. Failed
// logins, lock-outs, tokens given and revoked are evidence entries, in the transaction that counts them (I-1).
// Thread-safe, as Sql is; login works for about 0.1 s on purpose, outside of any transaction.
// Trust: login and authenticate take hostile input, and tell nobody whether an operator exists.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "weir/base/random.h"
#include "weir/base/time.h"
#include "weir/crypto/secret.h"
#include "weir/store/sql.h"
#include "weir/trust/credential/actor.h"
#include "weir/trust/credential/scope.h"
#include "weir/trust/evidence/evidence.h"
#include "weir/wire/json.h"

namespace weir::trust::credential {

struct CredentialOptions {
  int failures_max = 5;                               // in a row, then locked
  Milliseconds lock_first = std::chrono::minutes(1);  // doubles with each lock-out in a row
  Milliseconds lock_max = std::chrono::hours(24);
  Milliseconds password_age_max = std::chrono::hours(24 * 90);  // then it must be changed
  int passwords_remembered = 3;                                 // that may not be used again, with the present one
  Milliseconds session_length = std::chrono::hours(12);
  Milliseconds token_length_max = std::chrono::hours(24 * 366);
  crypto::StretchCost cost = {};
  std::size_t operators_max = 10'000;
  std::size_t tokens_per_operator_max = 100;
  std::size_t sessions_per_operator_max = 20;  // a further one ends the oldest
};

struct Operator {
  OperatorId id;
  std::string name;  // for people
  Scopes scopes;
  bool disabled = false;
  bool has_password = false;
  bool must_change = false;  // a password somebody else knows, or one too old
  Timestamp created{};
  Timestamp locked_until{};  // in the past if not locked
};
wire::Json to_json(const Operator& who, Timestamp now);

enum class TokenKind : std::uint8_t { kApi = 1, kSession = 2 };
struct TokenInfo {
  std::string id;  // UUID; names the token in lists and logs
  OperatorId owner;
  std::string label;
  TokenKind kind = TokenKind::kApi;
  Scopes scopes;
  Timestamp created{};
  Timestamp expires{};
  Timestamp revoked{};  // 0 if not
};
wire::Json to_json(const TokenInfo& token);

// A token that was just made: the only time its text is seen.
struct NewToken {
  std::string text;  // "weir_" and 43 characters
  TokenInfo info;
};

// Who a token speaks for.
struct Principal {
  OperatorId id;
  std::string token;  // its id
  Scopes scopes;
  bool must_change_password = false;  // then there are no scopes
  // Fails with kForbidden ("scope.missing", "password.must_change"), and says what to do.
  Result<> require(std::string_view scope) const;
};

struct NewOperator {
  OperatorId id;
  std::string name;
  Scopes scopes;
};

struct Account;  // a row of the table of operators

class Credentials {
 public:
  static store::Migration migration();
  // `self` names the node in entries of what nobody who is known did. All must outlive the service.
  Credentials(store::Sql& sql, evidence::Log& log, const Clock& clock, Random& random,
              const supply::identifier::NodeId& self, const CredentialOptions& options = {});

  // Operators. Without a password one can only act by API tokens.
  // Fails with kConflict ("operator.exists"), kExhausted ("operator.too_many").
  Result<Operator> add(const NewOperator& who, const Actor& actor);
  // The first operator of a node, with all scopes. Fails with kConflict ("operator.not_first") if there is any.
  Result<Operator> add_first(const OperatorId& id, std::string_view name);
  Result<Operator> find(const OperatorId& id);
  Result<std::vector<Operator>> list();
  Result<> set_scopes(const OperatorId& id, const Scopes& scopes, const Actor& actor);
  // Ends all sessions and tokens at once; login and tokens are refused until enabled again.
  Result<> disable(const OperatorId& id, std::string_view reason, const Actor& actor);
  Result<> enable(const OperatorId& id, const Actor& actor);
  // Ends a lock-out early.
  Result<> unlock(const OperatorId& id, const Actor& actor);

  // A password that an administrator sets, or that was set at installation: it must be changed at the first login.
  Result<> set_initial_password(const OperatorId& id, const crypto::SecretBytes& password, const Actor& actor);
  // A random one of 20 characters that meets the rules, likewise. Shown once.
  Result<std::string> reset_password(const OperatorId& id, const Actor& actor);
  // By the operator, who knows the present one. Ends all sessions. Fails with kUnauthenticated ("login.refused"),
  // kInvalidArgument ("password.…", "password.reused").
  Result<> change_password(const OperatorId& id, const crypto::SecretBytes& present, const crypto::SecretBytes& next);

  // A session. Fails with kUnauthenticated ("login.refused") whatever was wrong. While locked out also the right
  // password is refused, in the same words: an answer of its own would tell who exists, and when a guess was right.
  Result<NewToken> login(std::string_view id, const crypto::SecretBytes& password);
  Result<> logout(std::string_view token);

  // Fails with kForbidden ("scope.beyond_operator") if the operator itself may not do all of it; kInvalidArgument
  // ("token.length") if it should live longer than options allow; kExhausted ("token.too_many").
  Result<NewToken> issue_token(const OperatorId& id, std::string_view label, const Scopes& scopes, Milliseconds length,
                               const Actor& actor);
  Result<> revoke_token(std::string_view token_id, std::string_view reason, const Actor& actor);
  // All tokens and sessions of an operator; returns how many.
  Result<std::int64_t> revoke_all(const OperatorId& id, std::string_view reason, const Actor& actor);
  Result<std::vector<TokenInfo>> tokens(const OperatorId& id);

  // Who a token speaks for, now. Fails with kUnauthenticated: "token.unknown", "token.expired", "token.revoked".
  Result<Principal> authenticate(std::string_view token);

 private:
  Result<> note(store::Tx& tx, std::string_view kind, std::string_view actor, const OperatorId& about, wire::Json body);
  Result<Operator> insert_operator(store::Tx& tx, const NewOperator& who, std::string_view actor);
  Result<> set_password(store::Tx& tx, const Account& account, std::string_view kept, bool must_change);
  Result<> count_failure(store::Tx& tx, const Account& account);
  // Checks a password without holding a transaction, then runs `granted` in the one that counts the outcome.
  using Granted = std::function<Result<>(store::Tx&, const Account&)>;
  Result<> with_password(std::string_view id, const crypto::SecretBytes& password, const Granted& granted);
  bool must_change(const Account& account) const;
  Operator operator_of(const Account& account) const;
  Result<NewToken> insert_token(store::Tx& tx, const OperatorId& id, std::string_view label, TokenKind kind,
                                const Scopes& scopes, Timestamp expires);
  Result<> make_room_for_session(store::Tx& tx, const OperatorId& id);

  store::Sql& sql_;
  evidence::Log& log_;
  const Clock& clock_;
  Random& random_;
  supply::identifier::NodeId self_;
  CredentialOptions options_;
};

}  // namespace weir::trust::credential

// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/store.h"

namespace weir::trust::claims {

store::Migration migration() {
  return {.module = "claims",
          .versions = {
              "CREATE TABLE claim_jti (issuer TEXT NOT NULL, jti TEXT NOT NULL, expires BIGINT NOT NULL, "
              "PRIMARY KEY (issuer, jti));"
              "CREATE INDEX claim_jti_expires ON claim_jti (expires);"
              // What this node holds.
              "CREATE TABLE claim_held (issuer TEXT NOT NULL, type TEXT NOT NULL, profile TEXT NOT NULL, "
              "id TEXT NOT NULL, token TEXT NOT NULL, valid_until BIGINT NOT NULL, received BIGINT NOT NULL, "
              "PRIMARY KEY (issuer, type, profile));"
              // What it asked issuers for.
              "CREATE TABLE claim_request (pid TEXT PRIMARY KEY, issuer TEXT NOT NULL, state TEXT NOT NULL, "
              "reason TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL);"
              "CREATE TABLE claim_offer (issuer TEXT NOT NULL, credential TEXT NOT NULL, received BIGINT NOT NULL, "
              "PRIMARY KEY (issuer, credential));"
              // What it was asked for, and what it issued.
              "CREATE TABLE claim_asked (pid TEXT PRIMARY KEY, holder TEXT NOT NULL, holder_pid TEXT NOT NULL, "
              "state TEXT NOT NULL, created BIGINT NOT NULL);"
              "CREATE TABLE claim_issued (place BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, holder TEXT NOT NULL, "
              "node TEXT NOT NULL, type TEXT NOT NULL, profile TEXT NOT NULL, issued BIGINT NOT NULL, "
              "expires BIGINT NOT NULL, revoked BIGINT NOT NULL, reason TEXT NOT NULL);"}};
}

Result<> use_once(store::Sql& sql, const IdToken& token, Timestamp now) {
  return sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("DELETE FROM claim_jti WHERE expires < ?", {after(now, -kClockSkew)}));
    WEIR_TRY_LET(const std::int64_t fresh,
                 tx.execute("INSERT INTO claim_jti (issuer, jti, expires) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                            {token.issuer.text(), token.jti, token.expires}));
    if (fresh == 1) return {};
    return Error(Errc::kUnauthenticated, "the token was used before").because("claims.replayed");
  });
}

}  // namespace weir::trust::claims

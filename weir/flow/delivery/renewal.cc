// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/renewal.h"

#include <array>

#include "weir/flow/delivery/service.h"
#include "weir/flow/delivery/service_parts.h"
#include "weir/wire/encoding.h"

namespace weir::flow::delivery {

Result<> save_renewal(store::Tx& tx, const std::string& pid, const Renewal& r) {
  WEIR_TRY(tx.execute("INSERT INTO delivery_token (pid, expires, refresh_digest, refresh_endpoint, refresh_token)"
                      " VALUES (?, ?, ?, ?, ?) ON CONFLICT (pid) DO UPDATE SET expires = excluded.expires,"
                      " refresh_digest = excluded.refresh_digest, refresh_endpoint = excluded.refresh_endpoint,"
                      " refresh_token = excluded.refresh_token",
                      {pid, r.expires, r.refresh_digest, r.refresh_endpoint, r.refresh_token}));
  return {};
}

Result<std::optional<Renewal>> find_renewal(store::Tx& tx, const std::string& pid) {
  WEIR_TRY_LET(
      const store::Rows rows,
      tx.query("SELECT expires, refresh_digest, refresh_endpoint, refresh_token FROM delivery_token WHERE pid = ?",
               {pid}));
  if (rows.empty()) return std::optional<Renewal>();
  const store::Row& row = rows.front();
  return std::optional(Renewal{.expires = row[0].time(),
                               .refresh_digest = row[1].text(),
                               .refresh_endpoint = row[2].text(),
                               .refresh_token = row[3].text()});
}

Result<std::optional<std::string>> find_by_refresh(store::Tx& tx, const std::string& digest) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT pid FROM delivery_token WHERE refresh_digest = ?", {digest}));
  return rows.empty() ? std::optional<std::string>() : std::optional(rows.front()[0].text());
}

std::string fresh_token(Random& random) {
  std::array<std::uint8_t, 32> raw{};
  random.fill(raw);
  return wire::encode_base64url(raw);
}

Result<TokenGrant> Service::grant(store::Tx& tx, Transfer& transfer) {
  TokenGrant out{.token = fresh_token(deps_.random)};
  transfer.token_digest = digest_of_token(out.token);
  if (!transfer.foreign()) return out;
  out.refresh_token = fresh_token(deps_.random);
  out.expires_in = deps_.token_lifetime;
  WEIR_TRY(save_renewal(tx, transfer.pid, {.expires = after(deps_.clock.now(), deps_.token_lifetime),
                                           .refresh_digest = digest_of_token(out.refresh_token)}));
  return out;
}

Result<TokenGrant> Service::renew(std::string_view refresh_token) {
  return store::sql_write<TokenGrant>(deps_.sql, [&](store::Tx& tx) -> Result<TokenGrant> {
    const Error none = Error(Errc::kUnauthenticated, "this refresh token renews nothing").because("delivery.refresh");
    WEIR_TRY_LET(const auto pid, find_by_refresh(tx, digest_of_token(refresh_token)));
    if (!pid) return none;
    WEIR_TRY_LET(Transfer transfer, load(tx, *pid));
    if (transfer.role != Role::kProvider || transfer.state != TransferState::kStarted) return none;
    if (!check_agreement(tx, transfer)) return none;
    WEIR_TRY_LET(TokenGrant out, grant(tx, transfer));
    WEIR_TRY(update(tx, transfer));
    return out;
  });
}

Result<> Service::take_renewal(store::Tx& tx, const Transfer& transfer, const DataAddress& address) {
  if (address.refresh_endpoint.empty() || address.refresh_token.empty()) return {};
  WEIR_TRY(check_address(tx, transfer.peer, transfer.peer_address, address.refresh_endpoint, Traffic::kData));
  return save_renewal(tx, transfer.pid,
                      {.refresh_endpoint = address.refresh_endpoint, .refresh_token = address.refresh_token});
}

Result<std::optional<Renewal>> Service::renewal(const std::string& pid) {
  return store::sql_read<std::optional<Renewal>>(deps_.sql, [&](store::Tx& tx) { return find_renewal(tx, pid); });
}

Result<> Service::renewed(const std::string& pid, const std::string& token, const std::string& refresh_token) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Transfer transfer, load(tx, pid));
    transfer.token = token;
    WEIR_TRY(update(tx, transfer));
    WEIR_TRY_LET(auto renewal, find_renewal(tx, pid));
    if (!renewal || refresh_token.empty()) return {};
    renewal->refresh_token = refresh_token;
    return save_renewal(tx, pid, *renewal);
  });
}

}  // namespace weir::flow::delivery

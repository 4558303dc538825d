// SPDX-License-Identifier: Apache-2.0
#include "weir/node/partners.h"

#include "weir/adapters/dsp/message.h"
#include "weir/adapters/http/url.h"
#include "weir/crypto/hash.h"
#include "weir/flow/contract/message.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/trust/claims/did.h"
#include "weir/wire/encoding.h"

namespace weir::node {

using adapters::http::ClientRequest;
using adapters::http::ClientResponse;
using adapters::http::may_be_called;
using adapters::http::Method;
using wire::Json;

namespace {

constexpr std::size_t kIdBytesMax = 512;
constexpr std::size_t kSecretBytesMin = 16;
constexpr std::int64_t kPatience = 4;  // how often a conflict is taken for "not yet": three seconds in all
constexpr std::string_view kColumns = "id, name, address, data_address, authorization_in, authorization_out, created";

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("partner.malformed");
}

std::string digest_of(std::string_view authorization) {
  return wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(authorization)));
}

Partner parse_row(const store::Row& row) {
  return {.id = row[0].text(),
          .name = row[1].text(),
          .address = row[2].text(),
          .data_address = row[3].text(),
          .authorization_in_digest = row[4].text(),
          .authorization_out = row[5].text(),
          .created = row[6].time()};
}

// The parties of an offer or agreement are called by the names that the receiver has for them.
void rename_party(Json& message, const std::string& from, const std::string& to) {
  for (const char* what : {"agreement", "offer"}) {
    if (!message[what].is_object()) continue;
    Json terms = message[what];
    for (const char* party : {"assigner", "assignee"}) {
      if (terms[party] == Json(from)) terms.set(party, to);
    }
    message.set(what, std::move(terms));
  }
}

}  // namespace

Json to_json(const Partner& partner) {
  return Json::object({{"id", partner.id},
                       {"name", partner.name},
                       {"address", partner.address},
                       {"dataAddress", partner.data_address},
                       {"proof", partner.by_did() ? "did" : "authorization"},
                       {"created", format_iso8601(partner.created)}});
}

store::Migration partners_migration() {
  return {.module = "partners",
          .versions = {"CREATE TABLE partner (id TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, "
                       "data_address TEXT NOT NULL, "
                       "authorization_in TEXT NOT NULL UNIQUE, authorization_out TEXT NOT NULL, "
                       "created BIGINT NOT NULL)"}};
}

Result<> Partners::put(Partner partner, const std::string& authorization_in) {
  if (partner.id.empty() || partner.id.size() > kIdBytesMax) return malformed("id: must be 1 to 512 characters");
  if (supply::identifier::NodeId::parse(partner.id)) return malformed("id: that is a node of the space");
  WEIR_TRY_LET(partner.address, flow::contract::parse_address(partner.address));
  if (!may_be_called(partner.address)) {
    return malformed("address: must be https; plain http is for this machine only");
  }
  if (!partner.data_address.empty()) {
    WEIR_TRY_LET(partner.data_address, flow::contract::parse_address(partner.data_address));
    if (!may_be_called(partner.data_address)) {
      return malformed("dataAddress: must be https; plain http is for this machine only");
    }
  }
  const bool by_did = authorization_in.empty() && partner.authorization_out.empty();
  if (by_did && !trust::claims::Did::parse(partner.id)) {
    return malformed("id: must be a did:web identifier, or authorizationIn and authorizationOut must be there");
  }
  if (!by_did && authorization_in.size() < kSecretBytesMin) {
    return malformed("authorizationIn: must be at least " + std::to_string(kSecretBytesMin) + " characters");
  }
  partner.authorization_in_digest = by_did ? partner.id : digest_of(authorization_in);
  partner.created = clock_.now();
  return sql_.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const auto taken, tx.query("SELECT id FROM partner WHERE authorization_in = ? AND id <> ?",
                                          {partner.authorization_in_digest, partner.id}));
    if (!taken.empty()) return malformed("authorizationIn: is used by another partner");
    WEIR_TRY(tx.execute("DELETE FROM partner WHERE id = ?", {partner.id}));
    WEIR_TRY(tx.execute("INSERT INTO partner (" + std::string(kColumns) + ") VALUES (?, ?, ?, ?, ?, ?, ?)",
                        {partner.id, partner.name, partner.address, partner.data_address,
                         partner.authorization_in_digest, partner.authorization_out, partner.created}));
    return {};
  });
}

Result<> Partners::remove(const std::string& id) {
  return sql_.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(const std::int64_t gone, tx.execute("DELETE FROM partner WHERE id = ?", {id}));
    if (gone == 0) return Error(Errc::kNotFound, "no such partner").because("partner.unknown");
    return {};
  });
}

Result<Partner> Partners::find(store::Tx& tx, std::string_view id) {
  WEIR_TRY_LET(const auto rows,
               tx.query("SELECT " + std::string(kColumns) + " FROM partner WHERE id = ?", {std::string(id)}));
  if (rows.empty()) return Error(Errc::kNotFound, "no such partner").because("partner.unknown");
  return parse_row(rows.front());
}

Result<Partner> Partners::find(std::string_view id) {
  return store::sql_read<Partner>(sql_, [&](store::Tx& tx) { return find(tx, id); });
}

Result<std::vector<Partner>> Partners::list() {
  return store::sql_read<std::vector<Partner>>(sql_, [&](store::Tx& tx) -> Result<std::vector<Partner>> {
    WEIR_TRY_LET(const auto rows, tx.query("SELECT " + std::string(kColumns) + " FROM partner ORDER BY id", {}));
    std::vector<Partner> out;
    for (const store::Row& row : rows) out.push_back(parse_row(row));
    return out;
  });
}

Result<std::string> Partners::recognise(std::string_view authorization) {
  if (!open_to_.empty()) return open_to_;
  const Error unknown = Error(Errc::kUnauthenticated, "a node's client certificate is needed")
                            .because("http.certificate_missing")
                            .advise("connect over TLS with the certificate that your regional node issued");
  if (authorization.empty()) return unknown;
  // By digest: how long it takes says nothing about the secret.
  WEIR_TRY_LET(const auto rows, store::sql_read<std::vector<store::Row>>(sql_, [&](store::Tx& tx) {
                 return tx.query("SELECT id FROM partner WHERE authorization_in = ?", {digest_of(authorization)});
               }));
  if (rows.empty()) return unknown;
  return rows.front()[0].text();
}

std::string Partners::own_name(std::string_view partner) {
  const auto known = find(partner);
  return known && known->by_did() ? own_.did() : own_.node;
}

Json Partners::taken_in(std::string_view partner, Json message) {
  const std::string name = own_name(partner);
  if (name != own_.node) rename_party(message, name, own_.node);
  return message;
}

Result<ClientResponse> Partners::send(const Partner& partner, ClientRequest request) {
  if (!may_be_called(request.url)) return malformed("address: must be https; plain http is for this machine only");
  if (partner.by_did()) {
    WEIR_TRY_LET(const std::string shown, own_.show(partner.id));
    request.headers.set("Authorization", shown);
  } else if (!partner.authorization_out.empty()) {
    request.headers.set("Authorization", partner.authorization_out);
  }
  return client_.request(request);
}

Result<ClientResponse> Partners::send(const store::OutboxMessage& message) {
  WEIR_TRY_LET(const Partner partner, find(message.peer));
  WEIR_TRY_LET(Json body, wire::parse_json(message.body));
  if (partner.by_did()) rename_party(body, own_.node, own_.did());
  ClientRequest request{.method = Method::kPost,
                        .url = message.address + message.path,
                        .body = adapters::dsp::for_foreigners(std::move(body)).dump()};
  request.headers.set("Content-Type", "application/json");
  auto response = send(partner, std::move(request));
  // It may be about to finish the step that this message answers (decision 0084).
  const bool patient = open_to_.empty() && message.attempts < kPatience;
  if (response && response->status == 409 && patient) {
    return Error(Errc::kUnavailable, std::string(response->ok().error().message())).because("partner.not_yet");
  }
  return response;
}

}  // namespace weir::node

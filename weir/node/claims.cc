// SPDX-License-Identifier: Apache-2.0
#include "weir/node/claims.h"

#include <algorithm>

#include "weir/base/log.h"
#include "weir/base/text.h"

namespace weir::node {

using adapters::http::ClientRequest;
using adapters::http::ClientResponse;
using adapters::http::Method;
using trust::claims::Did;
using trust::claims::Document;
using trust::claims::Jwt;
using wire::Json;

namespace {

constexpr std::string_view kBearer = "Bearer ";
constexpr std::size_t kKeptMax = 10'000;
constexpr Milliseconds kPatience{10'000};
constexpr std::size_t kAnswerBytesMax = 1u << 20;

Error stranger() {
  return Error(Errc::kUnauthenticated, "nobody here knows this identifier")
      .because("claims.stranger")
      .advise("ask the operator of this node to add it as a partner");
}

// Of an address that did:web cannot say, a node that nobody can resolve: all but DIDs works.
Result<Did> did_of(const std::string& url) {
  auto did = Did::of_url(url);
  if (did) return did;
  log::warning("did.none", {{"url", url}, {"why", "did:web has no form for it: set public_url to a host name"}});
  return Did::parse("did:web:none.invalid");
}

Result<Jwt> bearer_of(std::string_view authorization) {
  if (authorization.starts_with(kBearer)) {
    if (auto jwt = trust::claims::read_jwt(authorization.substr(kBearer.size()))) return jwt;
  }
  return Error(Errc::kUnauthenticated, "a self-issued ID token is needed")
      .because("claims.token_missing")
      .advise("send Authorization: Bearer TOKEN");
}

}  // namespace

Claims::Claims(Deps deps, Did did, std::vector<Did> issuers)
    : deps_(std::move(deps)),
      did_(std::move(did)),
      kid_(key_id(did_, deps_.key.public_key())),
      issuers_(std::move(issuers)),
      web_(deps_.client, deps_.clock, {.fresh = deps_.fresh, .plain_on_loopback = deps_.plain_on_loopback}) {}

Result<std::unique_ptr<Claims>> Claims::open(Deps deps) {
  WEIR_TRY_LET(Did did, did_of(deps.url));
  std::vector<Did> issuers;
  for (const std::string& text : deps.issuers) {
    WEIR_TRY_LET(Did issuer, Did::parse(text));
    issuers.push_back(std::move(issuer));
  }
  std::unique_ptr<Claims> made(new Claims(std::move(deps), std::move(did), std::move(issuers)));
  const Deps& d = made->deps_;
  made->holder_ = std::make_unique<trust::claims::Holder>(trust::claims::Holder::Deps{
      .sql = d.sql, .log = d.log, .clock = d.clock, .random = d.random, .self = made->self()});
  if (d.issues) {
    made->issuer_ = std::make_unique<trust::claims::Issuer>(
        trust::claims::Issuer::Deps{.sql = d.sql,
                                    .log = d.log,
                                    .clock = d.clock,
                                    .random = d.random,
                                    .self = made->self(),
                                    .space = d.self.text(),
                                    .status_url = d.url + std::string(kStatusPath),
                                    .active = d.may_act});
  }
  WEIR_TRY_LET(Document own, parse_document(made->document(), made->did_));
  made->web_.keep(std::move(own));
  return made;
}

trust::claims::Self Claims::self() const { return {did_, deps_.key, kid_, "node:" + deps_.self.text()}; }

Json Claims::document() const {
  std::vector<trust::claims::Service> services = {
      {std::string(trust::claims::kCredentialService), deps_.url + std::string(kHolderPath)}};
  if (deps_.issues) {
    services.push_back({std::string(trust::claims::kIssuerService), deps_.url + std::string(kIssuerPath)});
  }
  return make_document(did_, deps_.key.public_key(), services);
}

Result<trust::claims::Issuer*> Claims::issuer() {
  if (issuer_) return issuer_.get();
  return Error(Errc::kConflict, "this node issues no credentials: it admits nobody").because("node.not_regional");
}

// ── who speaks ──

Result<Claims::Heard> Claims::hear(const Jwt& jwt) {
  WEIR_TRY_LET(const Did speaker, speaker_of(jwt));
  auto resolved = web_.resolve(speaker);
  if (!resolved) {
    // Whoever speaks has to be there to be believed.
    return Error(Errc::kUnauthenticated, std::string(resolved.error().message())).because(resolved.error().reason());
  }
  const Timestamp now = deps_.clock.now();
  WEIR_TRY_LET(auto token, verify_id_token(jwt, *resolved, did_, now));
  WEIR_TRY(use_once(deps_.sql, token, now));
  return Heard{.token = std::move(token), .document = *std::move(resolved)};
}

Result<Claims::Speaker> Claims::recognise(std::string_view authorization) {
  WEIR_TRY_LET(const Jwt jwt, bearer_of(authorization));
  WEIR_TRY_LET(const Did speaker, speaker_of(jwt));
  const auto member = deps_.member(speaker);
  if (!member && member.error().code() != Errc::kNotFound) return Error(member.error());
  if (!member && !deps_.is_partner(speaker.text())) return stranger();
  WEIR_TRY_LET(const Heard heard, hear(jwt));
  if (member) return Speaker{.id = member->node, .participant = member->participant, .is_node = true};
  WEIR_TRY(check_partner(heard));
  return Speaker{.id = speaker.text(), .participant = {}};
}

Result<> Claims::check_partner(const Heard& heard) {
  if (deps_.types.empty()) return {};
  const Did& holder = heard.token.issuer;
  const std::string& access = heard.token.access_token;
  const std::string known = holder.text() + " " + access;
  const Timestamp now = deps_.clock.now();
  {
    const std::scoped_lock lock(mutex_);
    const auto found = shown_.find(known);
    if (!access.empty() && found != shown_.end() && now < found->second) return {};
  }
  WEIR_TRY_LET(const std::string endpoint, heard.document.endpoint(trust::claims::kCredentialService));
  if (!web_.may_call(endpoint)) {
    return Error(Errc::kUnauthenticated, "the credential service is not at an https address").because("did.no_service");
  }
  std::vector<std::string> scopes;
  for (const std::string& type : deps_.types) scopes.push_back(trust::claims::scope_of_type(type));
  ClientRequest request{.method = Method::kPost,
                        .url = endpoint + "/presentations/query",
                        .body = trust::claims::make_query(scopes).dump(),
                        .timeout = kPatience,
                        .body_bytes_max = kAnswerBytesMax};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Authorization", authorization_with(holder, access));
  const auto response = deps_.client.request(request);
  const auto answer = response ? response->json() : Result<Json>(response.error());
  if (!answer) {
    return Error(Errc::kUnauthenticated, "its credentials cannot be had: " + std::string(answer.error().message()))
        .because("claims.not_shown");
  }
  WEIR_TRY_LET(const auto presentations, trust::claims::parse_response(*answer));
  WEIR_TRY_LET(const auto shown, check_presentations(presentations, holder, did_, requirement(), web_, now));
  Timestamp until = after(now, deps_.fresh);
  for (const auto& credential : shown) until = std::min(until, credential.valid_until.value_or(until));
  const std::scoped_lock lock(mutex_);
  if (shown_.size() >= kKeptMax) shown_.clear();
  shown_[known] = until;
  return {};
}

Result<Claims::Heard> Claims::hear_member(std::string_view authorization) {
  WEIR_TRY_LET(const Jwt jwt, bearer_of(authorization));
  WEIR_TRY_LET(const Did speaker, speaker_of(jwt));
  auto member = deps_.applicant(speaker);
  if (!member) return member.error().code() == Errc::kNotFound ? stranger() : Error(member.error());
  WEIR_TRY_LET(Heard heard, hear(jwt));
  heard.member = *std::move(member);
  return heard;
}

// The access token comes first: it says that this node let the bearer in, so that its document may be fetched.
Result<Claims::Asking> Claims::hear_verifier(std::string_view authorization) {
  WEIR_TRY_LET(const Jwt jwt, bearer_of(authorization));
  WEIR_TRY_LET(Did speaker, speaker_of(jwt));
  WEIR_TRY_LET(auto granted, holder_->granted(jwt.claims.text_or("token", ""), speaker));
  WEIR_TRY(hear(jwt));
  return Asking{.verifier = std::move(speaker), .granted = std::move(granted)};
}

Result<Document> Claims::hear_issuer(std::string_view authorization,
                                     const std::function<Result<>(const Did&)>& known) {
  WEIR_TRY_LET(const Jwt jwt, bearer_of(authorization));
  WEIR_TRY_LET(const Did speaker, speaker_of(jwt));
  WEIR_TRY(known(speaker));
  WEIR_TRY_LET(Heard heard, hear(jwt));
  return std::move(heard.document);
}

bool Claims::knows_issuer(const Did& issuer) {
  return std::ranges::find(issuers_, issuer) != issuers_.end() || holder_->has_asked(issuer);
}

// ── what this node says ──

std::string Claims::authorization_with(const Did& audience, const std::string& access_token) {
  return std::string(kBearer) + trust::claims::make_id_token(deps_.key, {.issuer = did_,
                                                          .kid = kid_,
                                                          .audience = audience.text(),
                                                          .jti = deps_.random.uuid(),
                                                          .access_token = access_token,
                                                          .now = deps_.clock.now()});
}

Result<std::string> Claims::authorization_for(const Did& audience) {
  // It will ask for credentials at once, and then its document must be here: two nodes that wait for each other's
  // documents could use up each other's workers.
  WEIR_TRY(web_.resolve(audience));
  const Timestamp now = deps_.clock.now();
  std::string access;
  {
    const std::scoped_lock lock(mutex_);
    if (granted_.size() >= kKeptMax) granted_.clear();
    Granted& granted = granted_[audience.text()];
    if (granted.until <= now) {
      std::vector<std::string> scopes;
      for (const std::string& type : deps_.types) scopes.push_back(trust::claims::scope_of_type(type));
      granted = {holder_->grant(audience, scopes), after(now, trust::claims::kTokenLength / 2)};
    }
    access = granted.token;
  }
  return authorization_with(audience, access);
}

Result<ClientResponse> Claims::deliver(const store::OutboxMessage& message) {
  WEIR_TRY_LET(const Did holder, Did::parse(message.peer));
  WEIR_TRY_LET(const Document document, web_.resolve(holder));
  WEIR_TRY_LET(const std::string endpoint, document.endpoint(trust::claims::kCredentialService));
  if (!web_.may_call(endpoint)) return Error(Errc::kForbidden, "not an https address").because("did.no_service");
  WEIR_TRY_LET(const Json body, wire::parse_json(message.body));
  ClientRequest request{.method = Method::kPost, .url = endpoint + message.path, .body = body["message"].dump(),
                        .timeout = kPatience};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Authorization", authorization_with(holder, body.text_or("token", "")));
  return deps_.client.request(request);
}

Result<std::string> Claims::request(const Did& issuer, const std::vector<std::string>& types,
                                    trust::claims::Profile profile, const std::string& actor) {
  WEIR_TRY_LET(const Document document, web_.resolve(issuer));
  WEIR_TRY_LET(const std::string endpoint, document.endpoint(trust::claims::kIssuerService));
  if (!web_.may_call(endpoint)) {
    return Error(Errc::kInvalidArgument, "the issuer service is not at an https address").because("did.no_service");
  }
  WEIR_TRY_LET(const auto told, deps_.client.request({.url = endpoint + "/metadata", .timeout = kPatience}));
  WEIR_TRY_LET(const Json metadata, told.json());
  WEIR_TRY_LET(const auto supported, trust::claims::parse_metadata(metadata, issuer));
  trust::claims::Asked asked{.holder_pid = deps_.random.uuid(), .credentials = {}};
  for (const std::string& type : types) {
    const auto found = std::ranges::find_if(
        supported, [&](const auto& one) { return one.type == type && one.profile == profile; });
    if (found == supported.end()) {
      return Error(Errc::kNotFound, "the issuer does not issue " + type + " as " + std::string(name_of(profile)))
          .because("claims.not_supported");
    }
    asked.credentials.push_back(found->id);
  }
  // Before it is asked: it may deliver before it has answered.
  WEIR_TRY(holder_->begin_request(issuer, asked.holder_pid, actor));
  ClientRequest request{.method = Method::kPost, .url = endpoint + "/credentials", .body = to_message(asked).dump(),
                        .timeout = kPatience};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Authorization", authorization_with(issuer, ""));
  const auto response = deps_.client.request(request);
  const Result<> taken = response ? response->ok() : Result<>(response.error());
  if (!taken) {
    WEIR_TRY(holder_->fail_request(asked.holder_pid, taken.error().message()));
    return Error(taken.error());
  }
  return asked.holder_pid;
}

}  // namespace weir::node

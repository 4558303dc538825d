// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/verifier.h"

#include <algorithm>

namespace weir::trust::claims {
namespace {

constexpr std::size_t kPresentationsMax = 16;

Error refused(std::string_view reason, std::string_view why) {
  return Error(Errc::kUnauthenticated, std::string(why)).because(reason);
}

bool ends_validity(const StatusEntry& entry) { return entry.purpose == "revocation" || entry.purpose == "suspension"; }

Result<> check_status(const Credential& credential, const Document& issuer, World& world, Timestamp now) {
  for (const StatusEntry& entry : credential.status) {
    if (!ends_validity(entry)) continue;
    WEIR_TRY_LET(const std::string token, world.status_list(entry.list));
    auto set = status_of(token, entry, issuer, now);
    if (!set) {
      return refused("claims.status", "the status of the credential cannot be known: " +
                                          std::string(set.error().message()));
    }
    if (*set) return refused("claims.revoked", "the credential was revoked");
  }
  return {};
}

// The trusted credentials of one presentation are added to `out`.
Result<> read_shown(const Presentation& presentation, const Requirement& requirement, World& world, Timestamp now,
                    std::vector<Credential>& out) {
  for (const std::string& token : presentation.credentials) {
    WEIR_TRY_LET(Credential credential, read_credential(token));
    if (credential.profile != presentation.profile) {
      return refused("claims.malformed", "the presentation mixes credentials of several profiles");
    }
    if (credential.subject != presentation.holder.text()) {
      return refused("claims.holder", "a credential is about somebody else than its presenter");
    }
    if (!requirement.trusts(credential.issuer)) continue;
    WEIR_TRY(check_credential(credential, world, now));
    out.push_back(std::move(credential));
  }
  return {};
}

}  // namespace

bool Requirement::trusts(const Did& issuer) const { return std::ranges::find(issuers, issuer) != issuers.end(); }

Result<> check_credential(const Credential& credential, World& world, Timestamp now) {
  WEIR_TRY_LET(const Document issuer, world.resolve(credential.issuer));
  WEIR_TRY(verify_credential(credential, issuer, now));
  //= I-3
  if (credential.has_schema) {
    return refused("claims.schema", "the credential asks to be held against a schema, which is not done here");
  }
  return check_status(credential, issuer, world, now);
}

Result<std::vector<Credential>> check_presentations(const std::vector<std::string>& presentations, const Did& holder,
                                                    const Did& self, const Requirement& requirement, World& world,
                                                    Timestamp now) {
  if (presentations.size() > kPresentationsMax) return refused("claims.malformed", "too many presentations");
  WEIR_TRY_LET(const Document document, world.resolve(holder));
  std::vector<Credential> out;
  for (const std::string& text : presentations) {
    WEIR_TRY_LET(const Presentation presentation, read_presentation(text));
    if (presentation.holder != holder) return refused("claims.holder", "the presentation is of somebody else");
    WEIR_TRY(verify_presentation(presentation, document, self, now));
    WEIR_TRY(read_shown(presentation, requirement, world, now, out));
  }
  for (const std::string& type : requirement.types) {
    if (std::ranges::none_of(out, [&](const Credential& one) { return one.is(type); })) {
      return refused("claims.missing", "no " + type + " of an issuer that is trusted here was shown");
    }
  }
  return out;
}

}  // namespace weir::trust::claims

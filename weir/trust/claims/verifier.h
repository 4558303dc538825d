// Verifier: whether what a holder presents shows the credentials that are wanted, of issuers that are trusted.
//
// DCP 1.0 section 5.4.3. Default deny (I-3): what cannot be checked is refused, and says why. Credentials of issuers
// that nobody here trusts are passed over unseen: nothing is fetched for them.
// Thread-safety: as its neighbours. Trust: presentations are hostile, and so are the documents and lists.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/trust/claims/presentation.h"
#include "weir/trust/claims/status_list.h"

namespace weir::trust::claims {

// The world of DIDs, as this room needs it.
class World {
 public:
  virtual ~World() = default;
  // Fails with kUnavailable ("did.unresolved") or as parse_document.
  virtual Result<Document> resolve(const Did& did) = 0;
  // A status list's token. Fails with kUnavailable ("claims.status").
  virtual Result<std::string> status_list(const std::string& url) = 0;
};

struct Requirement {
  std::vector<std::string> types;  // a credential of each
  std::vector<Did> issuers;        // who may have issued them
  bool trusts(const Did& issuer) const;
};

//= DCP-1.0#presentation-validation
// The credentials of trusted issuers that were shown; what was required is among them.
// Fails with kUnauthenticated ("claims.holder", "claims.missing", "claims.revoked", "claims.schema",
// "claims.malformed", and as verify_presentation and verify_credential do) or as `world` does.
Result<std::vector<Credential>> check_presentations(const std::vector<std::string>& presentations, const Did& holder,
                                                    const Did& self, const Requirement& requirement, World& world,
                                                    Timestamp now);
// One credential of a trusted issuer: signature, dates, schema, status.
Result<> check_credential(const Credential& credential, World& world, Timestamp now);

}  // namespace weir::trust::claims

// Presentation: Verifiable Presentations as JSON Web Tokens: a holder shows credentials to one verifier.
//
// Of data model 1.1 the presentation is the claim "vp"; of 2.0 it is the payload, with the credentials enveloped
// (vc-jose-cose). All credentials of one presentation are of its own profile (DCP 1.0, homogeneity).
// Format: docs/formats/claims.md. Thread-safety: values and pure functions. Trust: as credential.h.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/trust/claims/credential.h"

namespace weir::trust::claims {

struct Presentation {
  Profile profile = Profile::kVc20;
  Did holder;
  std::vector<std::string> credentials;  // each a token
  Jwt jwt;
};

// Fails with kInvalidArgument ("claims.malformed").
Result<Presentation> read_presentation(std::string_view text);
// `holder` is the document of presentation.holder. Fails with kUnauthenticated ("claims.audience", "claims.expired",
// "claims.not_yet", "did.no_key", "signature.invalid").
Result<> verify_presentation(const Presentation& presentation, const Document& holder, const Did& self, Timestamp now);

struct NewPresentation {
  Profile profile = Profile::kVc20;
  Did holder;
  std::string audience;
  std::vector<std::string> credentials;
  std::string jti;
  Timestamp now{};
  std::string kid;
};
std::string make_presentation(const crypto::PrivateKey& key, const NewPresentation& presentation);

}  // namespace weir::trust::claims

// Issuer: credentials for the members of this node's space, and the list of those that were revoked.
//
// The issuer service of DCP 1.0 without HTTP. A member that asks gets what it asked for at once; the delivery goes
// through the outbox, in the transaction of the issuance, with its evidence entry (I-1). A revocation is for good; a
// member that may not act now counts as revoked whether or not somebody wrote it down.
// Format: docs/formats/claims.md. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weir/store/outbox.h"
#include "weir/trust/claims/holder.h"

namespace weir::trust::claims {

inline constexpr std::string_view kMembershipCredential = "MembershipCredential";
inline constexpr std::string_view kOrganizationCredential = "OrganizationCredential";
inline constexpr std::string_view kDeliveryLane = "claims:";  // and the pid of the issuance

// The last part of a status list's address: "vc20", "vc11". Fails with kNotFound ("claims.unknown").
Result<Profile> parse_list_name(std::string_view text);

// A member of the space, as it is certified.
struct Member {
  std::string node;         // identifier
  std::string participant;  // unified code of its organisation
  std::string name;
};

struct IssuedCredential {
  std::int64_t place = 0;  // in the status list
  std::string id;
  std::string holder;
  std::string node;
  std::string type;
  Profile profile = Profile::kVc20;
  Timestamp issued{};
  Timestamp expires{};
  Timestamp revoked{};  // 0: it is not
  std::string reason;
};
wire::Json to_json(const IssuedCredential& credential);

//= DCP-1.0#request
class Issuer {
 public:
  struct Deps {
    store::Sql& sql;
    evidence::Log& log;
    const Clock& clock;
    Random& random;
    Self self;
    std::string space;       // how the membership names the space: the issuer's node
    std::string status_url;  // of the lists, a profile's last part is added
    // Whether a node may act now.
    std::function<bool(const std::string& node)> active;
    Milliseconds length{std::chrono::hours(24 * 90)};
  };
  explicit Issuer(Deps deps) : deps_(std::move(deps)) {}

  std::vector<Supported> supported() const;
  // Issues, and puts the delivery into the outbox; the pid of the issuance. `access_token` is what the holder's token
  // carried. Fails with kInvalidArgument ("claims.not_supported").
  Result<std::string> issue(const Asked& asked, const Did& holder, const std::string& access_token,
                            const Member& member, const std::string& actor);
  // {"holderPid", "issuerPid", "status"} for whoever asked. Fails with kNotFound ("claims.unknown").
  Result<wire::Json> status(const std::string& pid, const Did& holder);
  Result<> delivered(store::Tx& tx, const std::string& pid, bool taken);

  Result<std::vector<IssuedCredential>> issued(std::int64_t after_place, std::size_t limit);
  // Fails with kNotFound ("claims.unknown"), kConflict ("claims.revoked").
  Result<> revoke(const std::string& id, const std::string& reason, const std::string& actor);
  // All that was issued to nodes that may not act now; how many.
  Result<std::int64_t> withdraw(const std::string& reason, const std::string& actor);
  // The list, signed now.
  Result<std::string> status_list(Profile profile);

 private:
  struct Made {
    IssuedCredential record;
    std::string token;
  };
  Result<Made> make(store::Tx& tx, const Supported& kind, const Did& holder, const Member& member);
  Result<std::int64_t> free_place(store::Tx& tx);
  std::string list_url(Profile profile) const;
  Result<> note(store::Tx& tx, std::string_view kind, const std::string& actor, const std::string& node,
                wire::Json body);
  Deps deps_;
};

}  // namespace weir::trust::claims

// Message: what is said in the Decentralized Claims Protocol 1.0, read and written as plain JSON.
//
// The context is known by name and never fetched; a message that does not name it is not understood.
// Format: docs/formats/claims.md. Thread-safety: values and pure functions. Trust: messages are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/trust/claims/credential.h"

namespace weir::trust::claims {

// {"@context": […], "type": type}.
wire::Json make_message(std::string_view type);

// What is asked for: by type of credential, or by its id.
struct Scope {
  enum class Kind : std::uint8_t { kType, kId };
  Kind kind = Kind::kType;
  std::string value;
  friend bool operator==(const Scope&, const Scope&) = default;
};
//= DCP-1.0#scopes
// "org.eclipse.dspace.dcp.vc.type:MembershipCredential", with or without ":read" at the end; "….vc.id:…".
// Fails with kInvalidArgument ("claims.scope").
Result<Scope> parse_scope(std::string_view text);
std::string scope_of_type(std::string_view type);  // with ":read", which older connectors want

//= DCP-1.0#presentation-definition
// Fails with kInvalidArgument ("claims.message", "claims.scope", "claims.definition": the query is by presentation
// definition, which is not done here).
Result<std::vector<Scope>> parse_query(const wire::Json& message);
wire::Json make_query(const std::vector<std::string>& scopes);
wire::Json make_response(const std::vector<std::string>& presentations);
Result<std::vector<std::string>> parse_response(const wire::Json& message);

// A CredentialMessage: an issuer hands over what it was asked for, or says that it will not.
struct Delivered {
  std::string issuer_pid;
  std::string holder_pid;
  bool issued = false;
  std::string rejection;
  struct Container {
    std::string type;
    std::string payload;
    std::string format;
  };
  std::vector<Container> credentials;
};
Result<Delivered> parse_delivered(const wire::Json& message);
wire::Json to_message(const Delivered& delivered);

// A CredentialRequestMessage.
struct Asked {
  std::string holder_pid;
  std::vector<std::string> credentials;  // ids of what the issuer supports
};
Result<Asked> parse_asked(const wire::Json& message);
wire::Json to_message(const Asked& asked);

// What an issuer can issue: a CredentialObject.
struct Supported {
  std::string id;
  std::string type;
  Profile profile = Profile::kVc20;
};
wire::Json make_metadata(const Did& issuer, const std::vector<Supported>& supported);
//= DCP-1.0#metadata
// Those that are of a profile known here.
Result<std::vector<Supported>> parse_metadata(const wire::Json& message, const Did& issuer);

// A CredentialOfferMessage.
struct Offered {
  Did issuer;
  std::vector<std::string> credentials;  // ids
};
//= DCP-1.0#offer
Result<Offered> parse_offered(const wire::Json& message);

wire::Json make_status(std::string_view issuer_pid, std::string_view holder_pid, std::string_view status);

}  // namespace weir::trust::claims

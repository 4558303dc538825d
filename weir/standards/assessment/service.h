// Assessment service: what operators file about clauses, and assessments as they were made, signed and kept.
//
// Each is one transaction with its evidence entry (I-1): assessment.filed, assessment.made. Nothing is changed later: a
// newer statement stands beside the older one. Tables: docs/formats/assessment.md. Thread-safe, as Sql is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/random.h"
#include "weir/crypto/sign.h"
#include "weir/standards/assessment/assess.h"
#include "weir/standards/clause/registry.h"
#include "weir/store/sql.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::standards::assessment {

store::Migration migration();

inline constexpr std::size_t kFileBytesMax = 8u << 20;
inline constexpr std::size_t kStatementBytesMax = 4000;

struct NewAttestation {
  std::string clause;  // "DOCUMENT#clause"
  State answer = State::kMet;
  int maturity = 0;
  std::string statement;
  std::string file_name;
  Bytes file;
  std::optional<Timestamp> valid_until;
};

// An assessment as it was signed.
struct Signed {
  wire::Json assessment;
  std::string signature;    // over the assessment's canonical JSON
  std::string certificate;  // PEM, of the key
};
wire::Json to_json(const Signed& made);
// Fails with kUnauthenticated ("signature.invalid") if one byte is not what was signed.
Result<> verify(const Signed& made, const crypto::PublicKey& key);

struct Summary {
  std::string id;
  Timestamp time;
  std::string actor;
  wire::Json documents;  // as in the assessment
};

class Service {
 public:
  struct Parts {
    store::Sql& sql;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    // The checklists there are now.
    std::function<Result<std::shared_ptr<const clause::Registry>>()> clauses;
    const crypto::PrivateKey& key;
    std::string certificate;  // PEM, of the key
    std::string node;         // identifier
    crypto::HashAlgorithm hash = crypto::HashAlgorithm::kSha256;
  };
  explicit Service(Parts parts) : parts_(std::move(parts)) {}

  // Fails with kNotFound ("assessment.no_clause"), kInvalidArgument ("assessment.not_attestable": a probe checks it, or
  // nothing does; "assessment.no_file", "assessment.no_statement", "assessment.maturity", "assessment.validity") or
  // kExhausted ("assessment.too_large").
  Result<Attestation> file(const NewAttestation& fresh, const std::string& actor);
  // Newest first; about one clause ("DOCUMENT#clause"), one document, or all if empty.
  Result<std::vector<Attestation>> filed(const std::string& about);
  // The file of a document. Fails with kNotFound ("assessment.no_file").
  Result<Bytes> file_of(const std::string& attestation);

  // Assesses with what was filed so far, signs, keeps. `documents`: names or slugs, all that can be assessed if empty.
  // Fails with kNotFound ("assessment.no_checklist").
  Result<Signed> make(const std::vector<std::string>& documents, const clause::Subject& subject, Facts facts,
                      const std::string& version, const std::string& actor);
  // Fails with kNotFound ("assessment.unknown"). "latest" is the last one made.
  Result<Signed> get(const std::string& id);
  // Newest first.
  Result<std::vector<Summary>> list(std::size_t limit);

 private:
  Parts parts_;
};

}  // namespace weir::standards::assessment

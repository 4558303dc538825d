// Subject: who takes part: a person, an organisation, an operator, a connector or a platform, with its data.
//
// Format: docs/formats/participant.md. Thread-safety: values. Trust: parse_subject takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/base/result.h"
#include "weir/crypto/secret.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/trust/participant/fields.h"

namespace weir::trust::participant {

inline constexpr std::size_t kAttachmentsMax = 32;

struct Subject {
  SubjectKind kind = SubjectKind::kOrganisation;
  wire::Json base = wire::Json::object();
  wire::Json extended = wire::Json::object();
  wire::Json attachments = wire::Json::array();
  friend bool operator==(const Subject&, const Subject&) = default;
};

// {"kind": …, "baseInfo": {…}, "extendInfo": {…}, "attachInfo": […]}, the names of NDI-TR-2025-03.
wire::Json to_json(const Subject& subject);
// Fails as read_section does, naming section and field ("baseInfo.enterpriseName").
Result<Subject> parse_subject(const wire::Json& json);

// The participant identifier of an organisation (its USCC) or a person (mapped with the key: identifier/person.h).
// Fails with kInvalidArgument ("participant.kind") for other kinds, or a person without a citizen number.
Result<supply::identifier::SubjectId> subject_id(const Subject& subject, const crypto::SecretBytes& person_key);
// enterpriseName, fullName, operator, connectorName or platformName.
std::string display_name(const Subject& subject);
// As it is kept and shown: personal fields masked.
Subject masked(const Subject& subject);

}  // namespace weir::trust::participant

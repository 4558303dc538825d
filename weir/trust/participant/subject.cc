// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/subject.h"

#include "weir/supply/identifier/person.h"
#include "weir/supply/identifier/uscc.h"

namespace weir::trust::participant {
namespace {

using wire::Json;

Result<Json> section_of(SubjectKind kind, Section section, const Json& json, const std::string& name) {
  auto read = read_section(kind, section, json);
  if (read) return read;
  const std::string reason(read.error().reason());
  // "baseInfo.enterpriseName: is required"
  return Error(Errc::kInvalidArgument, name + "." + std::string(read.error().message())).because(reason);
}

}  // namespace

Json to_json(const Subject& subject) {
  return Json::object({{"kind", name_of(subject.kind)},
                       {"baseInfo", subject.base},
                       {"extendInfo", subject.extended},
                       {"attachInfo", subject.attachments}});
}

Result<Subject> parse_subject(const Json& json) {
  Subject subject;
  WEIR_TRY_LET(const std::string kind, json.text("kind"));
  WEIR_TRY_LET(subject.kind, parse_subject_kind(kind));
  WEIR_TRY_LET(subject.base, section_of(subject.kind, Section::kBase, json["baseInfo"], "baseInfo"));
  if (!json["extendInfo"].is_null()) {
    WEIR_TRY_LET(subject.extended, section_of(subject.kind, Section::kExtended, json["extendInfo"], "extendInfo"));
  }
  const Json& attachments = json["attachInfo"];
  if (attachments.is_null()) return subject;
  if (!attachments.is_array() || attachments.size() > kAttachmentsMax) {
    return Error(Errc::kInvalidArgument, "attachInfo: must be a list of at most 32 attachments").because("field.type");
  }
  for (const Json& attachment : attachments.items()) {
    const std::string name = "attachInfo[" + std::to_string(subject.attachments.size()) + "]";
    WEIR_TRY_LET(Json read, section_of(subject.kind, Section::kAttachment, attachment, name));
    subject.attachments.push(std::move(read));
  }
  return subject;
}

Result<supply::identifier::SubjectId> subject_id(const Subject& subject, const crypto::SecretBytes& person_key) {
  if (subject.kind == SubjectKind::kOrganisation) {
    WEIR_TRY_LET(const auto code, supply::identifier::Uscc::parse(subject.base.text_or("enterpriseCode", "")));
    return code.subject();
  }
  if (subject.kind == SubjectKind::kPerson) {
    WEIR_TRY_LET(const auto person, supply::identifier::PersonCode::parse(subject.base.text_or("certCode", "")));
    return supply::identifier::subject_of(person, person_key);
  }
  return Error(Errc::kInvalidArgument, "a participant is an organisation or a person").because("participant.kind");
}

std::string display_name(const Subject& subject) {
  switch (subject.kind) {
    case SubjectKind::kPerson: return subject.base.text_or("fullName", "");
    case SubjectKind::kOrganisation: return subject.base.text_or("enterpriseName", "");
    case SubjectKind::kOperator: return subject.base.text_or("operator", "");
    case SubjectKind::kConnector: return subject.base.text_or("connectorName", "");
    case SubjectKind::kPlatform: return subject.base.text_or("platformName", "");
  }
  return "";
}

Subject masked(const Subject& subject) {
  return {.kind = subject.kind,
          .base = masked(subject.kind, Section::kBase, subject.base),
          .extended = masked(subject.kind, Section::kExtended, subject.extended),
          .attachments = subject.attachments};
}

}  // namespace weir::trust::participant

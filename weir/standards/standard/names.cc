// Words of the registry's codes.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "weir/standards/standard/registry.h"

namespace weir::standards::standard {

namespace {

struct StatusRow {
  std::string_view name;
  const char* en;
  const char* zh;
  Phase phase;
};
constexpr std::array<StatusRow, 11> kStatuses = {{
    {"unknown", "unknown", "未知", Phase::kUnknown},
    {"proposal", "proposal", "立项", Phase::kDevelopment},
    {"drafting", "drafting", "起草", Phase::kDevelopment},
    {"comment", "public comment", "征求意见", Phase::kDevelopment},
    {"review", "examination", "审查", Phase::kDevelopment},
    {"approval", "approval", "批准", Phase::kDevelopment},
    {"published", "published, not yet in force", "已发布，即将实施", Phase::kPublished},
    {"in-force", "in force", "现行", Phase::kPublished},
    {"under-review", "in force, under review", "现行，复审中", Phase::kPublished},
    {"superseded", "superseded", "被代替", Phase::kPast},
    {"withdrawn", "withdrawn", "废止", Phase::kPast},
}};

struct Alias {
  std::string_view word;
  Status status;
};
constexpr std::array kAliases = {Alias{"现行", Status::kInForce},         Alias{"现行有效", Status::kInForce},
                                 Alias{"有效", Status::kInForce},         Alias{"即将实施", Status::kPublished},
                                 Alias{"已发布", Status::kPublished},     Alias{"发布", Status::kPublished},
                                 Alias{"废止", Status::kWithdrawn},       Alias{"已废止", Status::kWithdrawn},
                                 Alias{"作废", Status::kWithdrawn},       Alias{"被代替", Status::kSuperseded},
                                 Alias{"已被代替", Status::kSuperseded},  Alias{"征求意见", Status::kComment},
                                 Alias{"正在征求意见", Status::kComment}, Alias{"起草", Status::kDrafting},
                                 Alias{"正在起草", Status::kDrafting},    Alias{"正在审查", Status::kReview},
                                 Alias{"审查", Status::kReview},          Alias{"正在批准", Status::kApproval},
                                 Alias{"批准", Status::kApproval},        Alias{"立项", Status::kProposal},
                                 Alias{"计划", Status::kProposal},        Alias{"复审", Status::kUnderReview},
                                 Alias{"valid", Status::kInForce},        Alias{"current", Status::kInForce},
                                 Alias{"in force", Status::kInForce},     Alias{"obsolete", Status::kWithdrawn},
                                 Alias{"abolished", Status::kWithdrawn},  Alias{"under development", Status::kDrafting},
                                 Alias{"draft", Status::kDrafting}};

constexpr std::array<std::string_view, kFieldCount> kFields = {
    "title_zh",  "title_en", "status", "iso_stage", "committee",    "framework_direction", "published", "implemented",
    "withdrawn", "edition",  "url",    "language",  "comment_from", "comment_until",       "note"};

}  // namespace

std::string_view name_of(Family family) {
  switch (family) {
    case Family::kNational:
      return "national";
    case Family::kIndustry:
      return "industry";
    case Family::kGroup:
      return "group";
    case Family::kLocal:
      return "local";
    case Family::kEnterprise:
      return "enterprise";
    case Family::kInternational:
      return "international";
    case Family::kItu:
      return "itu";
    case Family::kCommittee:
      return "committee";
    case Family::kNdi:
      return "ndi";
    case Family::kPlan:
      return "plan";
    case Family::kPlaceholder:
      return "placeholder";
  }
  return "";
}

std::string_view name_of(Status status) { return kStatuses[static_cast<std::size_t>(status)].name; }
Text words_for(Status status) {
  const StatusRow& row = kStatuses[static_cast<std::size_t>(status)];
  return {row.en, row.zh};
}
Phase phase_of(Status status) { return kStatuses[static_cast<std::size_t>(status)].phase; }

std::optional<Status> parse_status(std::string_view text) {
  const std::string lower = to_lower_ascii(trim(text));
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    if (kStatuses[i].name == lower) return static_cast<Status>(i);
  }
  for (const Alias& alias : kAliases) {
    if (alias.word == lower) return alias.status;
  }
  return std::nullopt;
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::kUnknown:
      return "unknown";
    case Phase::kDevelopment:
      return "development";
    case Phase::kPublished:
      return "published";
    case Phase::kPast:
      return "past";
  }
  return "";
}

std::string_view name_of(Field field) { return kFields[static_cast<std::size_t>(field)]; }
std::optional<Field> parse_field(std::string_view name) {
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (kFields[i] == name) return static_cast<Field>(i);
  }
  return std::nullopt;
}
bool is_many(Field field) { return field == Field::kDirection || field == Field::kLanguage || field == Field::kNote; }

std::string_view name_of(Trust trust) {
  switch (trust) {
    case Trust::kUnverified:
      return "unverified";
    case Trust::kProposal:
      return "proposal";
    case Trust::kSourced:
      return "sourced";
  }
  return "";
}

std::string_view name_of(Relation relation) {
  switch (relation) {
    case Relation::kReplaces:
      return "replaces";
    case Relation::kAdopts:
      return "adopts";
    case Relation::kCites:
      return "cites";
    case Relation::kCommonText:
      return "commonTextWith";
  }
  return "";
}
std::optional<Relation> parse_relation(std::string_view text) {
  for (const Relation relation : {Relation::kReplaces, Relation::kAdopts, Relation::kCites, Relation::kCommonText}) {
    if (name_of(relation) == text) return relation;
  }
  return std::nullopt;
}

std::string_view name_of(Degree degree) {
  switch (degree) {
    case Degree::kUnstated:
      return "";
    case Degree::kIdentical:
      return "IDT";
    case Degree::kModified:
      return "MOD";
    case Degree::kNotEquivalent:
      return "NEQ";
  }
  return "";
}
std::optional<Degree> parse_degree(std::string_view text) {
  const std::string lower = to_lower_ascii(trim(text));
  if (lower.empty()) return Degree::kUnstated;
  if (lower == "idt" || lower == "identical" || lower == "等同" || lower == "等同采用") return Degree::kIdentical;
  if (lower == "mod" || lower == "modified" || lower == "修改" || lower == "修改采用") return Degree::kModified;
  if (lower == "neq" || lower == "not equivalent" || lower == "非等效") return Degree::kNotEquivalent;
  return std::nullopt;
}

}  // namespace weir::standards::standard

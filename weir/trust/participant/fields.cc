// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/fields.h"

#include <algorithm>

#include "weir/base/time.h"
#include "weir/supply/identifier/area.h"
#include "weir/supply/identifier/uscc.h"

namespace weir::trust::participant {
namespace {

using wire::Json;

constexpr std::size_t kUnknownMax = 64;  // unknown members of extended data
constexpr std::size_t kUnknownBytesMax = 4096;
constexpr std::size_t kTextsMax = 64;

Error wrong(const char* reason, std::string_view field, const std::string& what) {
  return Error(Errc::kInvalidArgument, std::string(field) + ": " + what).because(reason);
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_date(std::string_view text) {
  if (text.size() == 8 && all_digits(text)) {
    const std::string t(text);
    return parse_iso8601(t.substr(0, 4) + "-" + t.substr(4, 2) + "-" + t.substr(6, 2)).ok();
  }
  return text.size() == 10 && parse_iso8601(text).ok();
}

bool is_time(std::string_view text) {
  std::string t(text);
  if (t.size() == 14 && all_digits(t)) {
    t = t.substr(0, 4) + "-" + t.substr(4, 2) + "-" + t.substr(6, 2) + "T" + t.substr(8, 2) + ":" + t.substr(10, 2) +
        ":" + t.substr(12, 2);
  } else if (t.size() == 19 && t[10] == ' ') {
    t[10] = 'T';
  }
  return parse_iso8601(t).ok();
}

bool is_code(std::string_view codes, std::string_view text) {
  const std::vector<std::string> known = split(codes, '|');
  return std::find(known.begin(), known.end(), text) != known.end();
}

Result<> check_format(const Field& field, const std::string& text) {
  const auto bad = [&](const std::string& what) { return wrong("field.format", field.name, what); };
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kTexts: return {};
    case FieldType::kCode:
      if (is_code(field.codes, text)) return {};
      return wrong("field.code", field.name, "must be one of " + std::string(field.codes));
    case FieldType::kDate:
      if (is_date(text)) return {};
      return bad("is no date");
    case FieldType::kTime:
      if (is_time(text)) return {};
      return bad("is no time");
    case FieldType::kUscc:
      if (supply::identifier::Uscc::parse(text)) return {};
      return bad("is no unified social credit code");
    case FieldType::kIndustry:
      if (supply::identifier::industry_name(text)) return {};
      return bad("is no division of GB/T 4754");
    case FieldType::kUrl:
      if (text.starts_with("https://") || text.starts_with("http://")) return {};
      return bad("is no http or https URL");
  }
  return bad("is of an unknown type");
}

Result<std::string> read_text(const Field& field, const Json& value) {
  std::string text;
  if (value.is_string()) {
    text = value.as_string();
  } else if (value.is_integer() && field.type == FieldType::kCode) {
    text = std::to_string(value.as_integer());
  } else {
    return wrong("field.type", field.name, "must be a text");
  }
  if (characters(text) > field.length_max) {
    return wrong("field.length", field.name, "has more than " + std::to_string(field.length_max) + " characters");
  }
  if (has_control(text)) return wrong("field.format", field.name, "has a control character");
  if (!text.empty()) WEIR_TRY(check_format(field, text));
  return text;
}

// The value as it is kept; null if it is empty.
Result<Json> read_field(const Field& field, const Json& value) {
  if (value.is_null()) return Json();
  if (field.type != FieldType::kTexts) {
    WEIR_TRY_LET(std::string text, read_text(field, value));
    return text.empty() ? Json() : Json(std::move(text));
  }
  if (!value.is_array()) return wrong("field.type", field.name, "must be a list of texts");
  if (value.size() > kTextsMax) return wrong("field.length", field.name, "has more than 64 items");
  Json out = Json::array();
  for (const Json& item : value.items()) {
    WEIR_TRY_LET(std::string text, read_text(field, item));
    if (!text.empty()) out.push(std::move(text));
  }
  return out.size() == 0 ? Json() : out;
}

const Field* find(std::span<const Field> fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// What the table does not know: kept in extended data, within limits, after the known fields.
Result<> take_unknown(SubjectKind kind, Section section, const Json& json, Json& out) {
  const std::span<const Field> fields = fields_of(kind, section);
  std::size_t unknown = 0;
  for (const Json::Member& member : json.members()) {
    if (find(fields, member.first) != nullptr) continue;
    const std::string name = member.first.substr(0, 64);
    if (section != Section::kExtended)
      return wrong("field.unknown", has_control(name) ? "?" : name, "is no field of this data");
    if (++unknown > kUnknownMax || member.first.size() > 64 || member.second.dump().size() > kUnknownBytesMax) {
      return wrong("field.length", "extendInfo", "there is too much that is not known");
    }
    out.set(member.first, member.second);
  }
  return {};
}

}  // namespace

std::string_view name_of(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::kPerson: return "person";
    case SubjectKind::kOrganisation: return "organisation";
    case SubjectKind::kOperator: return "operator";
    case SubjectKind::kConnector: return "connector";
    case SubjectKind::kPlatform: return "platform";
  }
  return "unknown";
}

Result<SubjectKind> parse_subject_kind(std::string_view text) {
  for (const SubjectKind kind : {SubjectKind::kPerson, SubjectKind::kOrganisation, SubjectKind::kOperator,
                                 SubjectKind::kConnector, SubjectKind::kPlatform}) {
    if (name_of(kind) == text) return kind;
  }
  return wrong("field.code", "kind", "must be person, organisation, operator, connector or platform");
}

Result<Json> read_section(SubjectKind kind, Section section, const Json& json) {
  if (!json.is_object()) return wrong("field.type", name_of(kind), "must be an object");
  Json out = Json::object();
  for (const Field& field : fields_of(kind, section)) {
    WEIR_TRY_LET(Json value, read_field(field, json[field.name]));
    if (value.is_null()) {
      if (field.required) return wrong("field.required", field.name, "is required");
      continue;
    }
    out.set(field.name, std::move(value));
  }
  WEIR_TRY(take_unknown(kind, section, json, out));
  return out;
}

std::string mask(std::string_view text) {
  std::vector<std::string> letters;  // characters of UTF-8
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80 || letters.empty()) letters.emplace_back();
    letters.back() += c;
  }
  const std::size_t count = letters.size();
  const std::size_t first = count >= 12 ? 6 : count >= 7 ? 3 : count >= 2 ? 1 : 0;
  const std::size_t last = count >= 7 ? 4 : 0;
  for (std::size_t i = first; i + last < count; ++i) letters[i] = "*";
  return join(letters, "");
}

Json masked(SubjectKind kind, Section section, const Json& json) {
  Json out = json;
  for (const Field& field : fields_of(kind, section)) {
    if (!field.personal || !out[field.name].is_string()) continue;
    if (field.type == FieldType::kText) {
      out.set(field.name, mask(out[field.name].as_string()));
    } else {
      out.erase(field.name);  // half a date is none
    }
  }
  return out;
}

}  // namespace weir::trust::participant

// The names of levels, objects and severities, for machines and for people.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>

#include "weir/base/check.h"
#include "weir/supply/grade/grade.h"

namespace weir::supply::grade {

namespace {

struct Name {
  std::uint8_t number;
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};

constexpr std::array kLevels{
    Name{1, "general", "general data", "一般数据"},
    Name{2, "important", "important data", "重要数据"},
    Name{3, "core", "core data", "核心数据"},
};
constexpr std::array kObjects{
    Name{1, "national_security", "national security", "国家安全"},
    Name{2, "economy", "the running of the economy", "经济运行"},
    Name{3, "social_order", "social order", "社会秩序"},
    Name{4, "public_interest", "the public interest", "公共利益"},
    Name{5, "organisation_rights", "the rights of organisations", "组织权益"},
    Name{6, "personal_rights", "the rights of persons", "个人权益"},
};
constexpr std::array kSeverities{
    Name{1, "general", "general harm", "一般危害"},
    Name{2, "serious", "serious harm", "严重危害"},
    Name{3, "especially_serious", "especially serious harm", "特别严重危害"},
};

const Name& find(std::span<const Name> names, std::uint8_t number) {
  for (const Name& name : names) {
    if (name.number == number) return name;
  }
  WEIR_CHECK(!"an enumerator without a name");
  return names.front();
}

Result<std::uint8_t> parse(std::span<const Name> names, std::string_view text, std::string_view what) {
  for (const Name& name : names) {
    if (name.name == text) return name.number;
  }
  return Error(Errc::kInvalidArgument, "not a known " + std::string(what)).because("grade.malformed");
}

template <class Code>
std::uint8_t number_of(Code code) {
  return static_cast<std::uint8_t>(code);
}

Text text(const Name& name) { return {std::string(name.en), std::string(name.zh)}; }

}  // namespace

std::string_view name_of(Level level) { return find(kLevels, number_of(level)).name; }
std::string_view name_of(AffectedObject object) { return find(kObjects, number_of(object)).name; }
std::string_view name_of(Severity severity) { return find(kSeverities, number_of(severity)).name; }

Text text_of(Level level) { return text(find(kLevels, number_of(level))); }
Text text_of(AffectedObject object) { return text(find(kObjects, number_of(object))); }
Text text_of(Severity severity) { return text(find(kSeverities, number_of(severity))); }

Result<Level> parse_level(std::string_view name) {
  WEIR_TRY_LET(const std::uint8_t number, parse(kLevels, name, "level"));
  return static_cast<Level>(number);
}
Result<AffectedObject> parse_affected_object(std::string_view name) {
  WEIR_TRY_LET(const std::uint8_t number, parse(kObjects, name, "affected object"));
  return static_cast<AffectedObject>(number);
}
Result<Severity> parse_severity(std::string_view name) {
  WEIR_TRY_LET(const std::uint8_t number, parse(kSeverities, name, "severity"));
  return static_cast<Severity>(number);
}

}  // namespace weir::supply::grade

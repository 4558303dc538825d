// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/fields.h"

#include <gtest/gtest.h>

#include <set>

#include "weir/trust/participant/subject.h"

namespace weir::trust::participant {
namespace {

using wire::Json;

const Json kGood = Json::object({{"enterpriseName", "福州数据有限公司"},
                                 {"enterpriseCode", "91350100M000100Y43"},
                                 {"enterpriseType", 1},
                                 {"legalPerson", "张三"}});

std::string reason(std::string_view name, Json value, Section section = Section::kBase) {
  Json json = section == Section::kBase ? kGood : Json::object();
  json.set(name, std::move(value));
  const auto read = read_section(SubjectKind::kOrganisation, section, json);
  if (read) return "";
  EXPECT_TRUE(read.error().message().starts_with(name)) << read.error().message();
  return std::string(read.error().reason());
}

//= NDI-TR-2025-03#subjects type=test
TEST(Fields, AreReadInTableOrderWithCodesAsText) {
  const Json read = *read_section(SubjectKind::kOrganisation, Section::kBase, kGood);
  EXPECT_EQ(read["enterpriseType"], Json("1"));
  EXPECT_EQ(*read_section(SubjectKind::kOrganisation, Section::kBase, read), read);
  Json shuffled = Json::object({{"legalPerson", "张三"}, {"operatingPeriodEnd", ""}});
  for (const auto& member : kGood.members()) shuffled.set(member.first, member.second);
  EXPECT_EQ(*read_section(SubjectKind::kOrganisation, Section::kBase, shuffled), read);
}

TEST(Fields, TheTablesAreSound) {
  for (const SubjectKind kind : {SubjectKind::kPerson, SubjectKind::kOrganisation, SubjectKind::kOperator,
                                 SubjectKind::kConnector, SubjectKind::kPlatform}) {
    EXPECT_EQ(*parse_subject_kind(name_of(kind)), kind);
    for (const Section section : {Section::kBase, Section::kExtended, Section::kAttachment}) {
      std::set<std::string_view> names;
      for (const Field& field : fields_of(kind, section)) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_GT(field.length_max, 0u) << field.name;
        EXPECT_EQ(field.type == FieldType::kCode, !field.codes.empty()) << field.name;
        EXPECT_FALSE(field.label.en.empty() || field.label.zh.empty()) << field.name;
      }
    }
  }
}

TEST(Fields, DatesAndTimesHaveTheFormsThatAreUsed) {
  for (const char* text : {"2026-01-31T08:00:00Z", "2026-01-31 08:00:00", "20260131080000"})
    EXPECT_EQ(reason("authDate", text), "");
  for (const char* text : {"2026-01-31", "20260131"}) EXPECT_EQ(reason("operatingPeriodBegin", text), "");
}

TEST(Fields, ExtendedDataKeepsWhatTheTableDoesNotKnow) {
  const Json json = Json::object({{"futureField", Json::object({{"a", 1}})}, {"regDate", "2026-01-31"}});
  const Json read = *read_section(SubjectKind::kOrganisation, Section::kExtended, json);
  EXPECT_EQ(read["futureField"], json["futureField"]);
  EXPECT_EQ(read.members().front().first, "regDate");
}

TEST(Fields, PersonalOnesAreMasked) {
  EXPECT_EQ(mask("11010519491231002X"), "110105********002X");
  EXPECT_EQ(mask("13800001111"), "138****1111");
  EXPECT_EQ(mask("abc"), "a**");
  EXPECT_EQ(mask("x"), "*");
  EXPECT_EQ(mask(""), "");
  EXPECT_EQ(mask("福建省福州市鼓楼区"), "福建省**市鼓楼区");
  const Json hidden = masked(SubjectKind::kPerson, Section::kExtended,
                             Json::object({{"birthDate", "1949-12-31"}, {"nationality", "CN"}}));
  EXPECT_EQ(hidden, Json::object({{"nationality", "CN"}}));
}

TEST(Subject, ComesBackAsItWasWritten) {
  const Json json = Json::object(
      {{"kind", "organisation"},
       {"baseInfo", kGood},
       {"attachInfo", Json::array({Json::object({{"attachType", "MLPS"}, {"attachName", "等保测评报告"}})})}});
  const Subject subject = *parse_subject(json);
  EXPECT_EQ(*parse_subject(to_json(subject)), subject);
  EXPECT_EQ(display_name(subject), "福州数据有限公司");
  EXPECT_EQ(subject_id(subject, crypto::SecretBytes(Bytes(32, 1)))->text(), "91350100M000100Y43");
}

// Errors.
TEST(Fields, ErrorsNameTheField) {
  EXPECT_EQ(reason("enterpriseName", ""), "field.required");
  EXPECT_EQ(reason("enterpriseName", nullptr), "field.required");
  EXPECT_EQ(reason("enterpriseName", 7), "field.type");
  EXPECT_EQ(reason("enterpriseName", std::string(257, 'x')), "field.length");
  EXPECT_EQ(reason("enterpriseName", "a\nb"), "field.format");
  EXPECT_EQ(reason("enterpriseType", "5"), "field.code");
  EXPECT_EQ(reason("enterpriseType", ""), "field.required");
  EXPECT_EQ(reason("enterpriseType", "|"), "field.code");
  EXPECT_EQ(reason("enterpriseCode", "91310105575958172F"), "field.format");
  EXPECT_EQ(reason("operatingPeriodBegin", "2026-02-30"), "field.format");
  EXPECT_EQ(reason("authDate", "yesterday"), "field.format");
  EXPECT_EQ(reason("colour", "blue"), "field.unknown");
  EXPECT_EQ(reason("industryCategory", "00", Section::kExtended), "field.format");
  EXPECT_EQ(read_section(SubjectKind::kOrganisation, Section::kBase, Json("x")).error().reason(), "field.type");
}

TEST(Fields, TooMuchThatIsUnknownIsRefused) {
  Json many = Json::object();
  for (int i = 0; i < 65; ++i) many.set("x" + std::to_string(i), i);
  EXPECT_EQ(read_section(SubjectKind::kOrganisation, Section::kExtended, many).error().reason(), "field.length");
  const Json large = Json::object({{"x", std::string(5000, 'x')}});
  EXPECT_EQ(read_section(SubjectKind::kOrganisation, Section::kExtended, large).error().reason(), "field.length");
}

TEST(Fields, ListsHoldTexts) {
  const auto read = [](Json list) {
    const auto result = read_section(SubjectKind::kConnector, Section::kBase,
                                     Json::object({{"connectorName", "c"}, {"connectorIpList", std::move(list)}}));
    return result ? "" : std::string(result.error().reason());
  };
  EXPECT_EQ(read(Json::array({"10.0.0.1"})), "");
  EXPECT_EQ(read("10.0.0.1"), "field.type");
  EXPECT_EQ(read(Json::array({1})), "field.type");
  EXPECT_EQ(read(Json::array({std::string(46, '1')})), "field.length");
  EXPECT_EQ(read(Json::array(Json::Array(65, Json("1")))), "field.length");
}

TEST(Subject, ErrorsNameSectionAndField) {
  Json json = Json::object({{"kind", "organisation"}, {"baseInfo", Json::object()}});
  EXPECT_EQ(parse_subject(json).error().message(), "baseInfo.enterpriseName: is required");
  json.set("baseInfo", kGood);
  json.set("attachInfo", Json::array({Json::object({{"attachType", "x"}})}));
  EXPECT_EQ(parse_subject(json).error().message(), "attachInfo[0].attachName: is required");
  json.set("attachInfo", Json::array(Json::Array(33, Json::object())));
  EXPECT_FALSE(parse_subject(json).ok());
  json.set("kind", "alien");
  EXPECT_EQ(parse_subject(json).error().reason(), "field.code");
}

TEST(Subject, OnlyOrganisationsAndPersonsTakePart) {
  const crypto::SecretBytes key(Bytes(32, 1));
  EXPECT_EQ(subject_id({.kind = SubjectKind::kConnector}, key).error().reason(), "participant.kind");
  EXPECT_FALSE(subject_id({.kind = SubjectKind::kPerson, .base = Json::object({{"certCode", "G1234"}})}, key).ok());
}

}  // namespace
}  // namespace weir::trust::participant

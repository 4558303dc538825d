// The code tables. Names of NDI-TR-2025-06; slugs and English are ours.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/codes.h"

#include <algorithm>
#include <array>

#include "weir/base/check.h"

namespace weir::supply::catalog {

namespace {

//= NDI-TR-2025-06#code-tables
constexpr CodeRow kClassifications[] = {
    {1, "001", "topic", "topic", "主题分类"},
    {2, "002", "industry", "industry", "行业分类"},
    {3, "003", "organisation", "organisation", "机构分类"},
    {4, "004", "scenario", "application scenario", "应用场景分类"},
};
constexpr CodeRow kSources[] = {
    {1, "001", "original", "original", "原始取得"},
    {2, "002", "collected", "collected", "收集取得"},
    {3, "003", "transaction", "transaction", "交易取得"},
    {4, "004", "other", "other", "其他"},
};
constexpr CodeRow kForms[] = {
    {1, "001", "dataset", "dataset", "数据集"},
    {2, "002", "api", "API", "API接口"},
    {3, "003", "application", "data application", "数据应用"},
    {4, "004", "report", "report", "数据报告"},
    {5, "005", "data-object", "data object", "数据对象"},
    {6, "006", "other", "other", "其他"},
};
constexpr CodeRow kFrequencies[] = {
    {1, "001", "real-time", "real time", "实时"},
    {2, "002", "daily", "daily", "每日"},
    {3, "003", "weekly", "weekly", "每周"},
    {4, "004", "monthly", "monthly", "每月"},
    {5, "005", "quarterly", "quarterly", "每季度"},
    {6, "006", "half-yearly", "half-yearly", "每半年"},
    {7, "007", "yearly", "yearly", "每年"},
    {8, "008", "irregular", "irregular", "不定期"},
    {9, "009", "historical", "historical, no longer updated", "历史数据"},
};
constexpr CodeRow kQualities[] = {
    {1, "001", "a", "A", "A级"},
    {2, "002", "b", "B", "B级"},
    {3, "003", "c", "C", "C级"},
    {4, "004", "d", "D", "D级"},
};
constexpr CodeRow kSecurityLevels[] = {
    {1, "001", "public", "level 1, public", "1级（公开）"},
    {2, "002", "internal", "level 2, internal", "2级（内部）"},
    {3, "003", "confidential", "level 3, confidential", "3级（秘密）"},
    {4, "004", "secret", "level 4, secret", "4级（机密）"},
    {5, "005", "top-secret", "level 5, top secret", "5级（绝密）"},
};
constexpr CodeRow kServices[] = {
    {1, "001", "catalog", "catalog service", "目录服务"},
    {2, "002", "api", "API service", "接口服务"},
    {3, "003", "file", "file service", "文件服务"},
    {4, "004", "database", "database service", "库表服务"},
    {5, "005", "analytics", "analytics service", "分析服务"},
};

constexpr TopicRow kTopics[] = {
    {"A0000", "basic information", "基础信息"},
    {"A0100", "population", "人口"},
    {"A0200", "legal entities", "法人"},
    {"A0300", "natural resources and geography", "自然资源和空间地理"},
    {"A0400", "macro-economy", "宏观经济"},
    {"A0500", "science and education", "科技教育"},
    {"B0000", "industry", "产业"},
    {"B0100", "agriculture", "农业"},
    {"B0200", "industry and information technology", "工业和信息化"},
    {"B0300", "transport", "交通运输"},
    {"B0400", "commerce", "商贸流通"},
    {"B0500", "finance", "金融"},
    {"C0000", "livelihood", "民生"},
    {"C0100", "education and culture", "教育文化"},
    {"C0200", "health", "医疗卫生"},
    {"C0300", "social security", "社会保障"},
    {"C0400", "housing", "住房"},
    {"C0500", "environment", "生态环境"},
    {"D0000", "government", "政务"},
    {"D0100", "approval", "行政审批"},
    {"D0200", "public service", "公共服务"},
    {"D0300", "enforcement", "行政执法"},
    {"D0400", "credit", "信用"},
    {"D0500", "emergency", "应急"},
    {"S0000", "governance scenarios", "治理场景"},
    {"T0000", "livelihood scenarios", "民生场景"},
    {"U0000", "industry scenarios", "产业场景"},
    {"V0000", "safety scenarios", "安全场景"},
};

const TopicRow* find_topic(std::string_view code) {
  const auto found = std::find_if(std::begin(kTopics), std::end(kTopics), [&](const TopicRow& row) { return row.code == code; });
  return found == std::end(kTopics) ? nullptr : &*found;
}

bool is_topic(std::string_view code) {
  return code.size() == 5 && code[0] >= 'A' && code[0] <= 'Z' &&
         std::all_of(code.begin() + 1, code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

template <>
std::span<const CodeRow> code_rows<Classification>() { return kClassifications; }
template <>
std::span<const CodeRow> code_rows<DataSource>() { return kSources; }
template <>
std::span<const CodeRow> code_rows<DeliveryForm>() { return kForms; }
template <>
std::span<const CodeRow> code_rows<Frequency>() { return kFrequencies; }
template <>
std::span<const CodeRow> code_rows<Quality>() { return kQualities; }
template <>
std::span<const CodeRow> code_rows<SecurityLevel>() { return kSecurityLevels; }
template <>
std::span<const CodeRow> code_rows<ServiceKind>() { return kServices; }

const CodeRow& code_row(std::span<const CodeRow> rows, std::uint8_t number) {
  WEIR_CHECK(number >= 1 && number <= rows.size());
  return rows[number - 1u];
}

Result<std::uint8_t> parse_code(std::span<const CodeRow> rows, std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  for (const CodeRow& row : rows) {
    if (text == row.code || lower == row.slug || lower == to_lower_ascii(row.en) || text == row.zh) return row.number;
  }
  return Error(Errc::kInvalidArgument, "no such code in the table").because("catalog.unknown_code");
}

std::span<const TopicRow> topics() { return kTopics; }

Result<> check_topic(std::string_view code) {
  if (is_topic(code) && find_topic(std::string(1, code[0]) + "0000") != nullptr) return {};
  return Error(Errc::kInvalidArgument, "a topic is a letter of the table and four digits").because("catalog.unknown_topic");
}

Text topic_name(std::string_view code) {
  if (!is_topic(code)) return {};
  std::string wider(code);
  for (const std::size_t cut : {std::size_t{5}, std::size_t{4}, std::size_t{3}, std::size_t{1}}) {
    std::fill(wider.begin() + static_cast<std::ptrdiff_t>(cut), wider.end(), '0');
    if (const TopicRow* row = find_topic(wider)) return {std::string(row->en), std::string(row->zh)};
  }
  return {};
}

}  // namespace weir::supply::catalog

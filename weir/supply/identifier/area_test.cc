// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/area.h"

#include <gtest/gtest.h>

#include "weir/supply/identifier/tables.h"

namespace weir::supply::identifier {
namespace {

TEST(Area, NamesRegionsByTwoFourAndSixDigits) {
  EXPECT_EQ(region_name("11")->zh, "北京市");
  EXPECT_EQ(region_name("1100")->zh, "北京市");
  EXPECT_EQ(region_name("110105")->zh, "北京市朝阳区");
  EXPECT_EQ(region_name("4403")->zh, "广东省深圳市");
  EXPECT_EQ(region_name("440300")->zh, "广东省深圳市");
  EXPECT_EQ(region_name("440300")->en, "Guangdong 深圳市");
  EXPECT_EQ(region_name("440305")->zh, "广东省深圳市南山区");
  EXPECT_EQ(region_name("150000")->en, "Inner Mongolia");
  EXPECT_EQ(region_name("810000")->en, "Hong Kong");
}

TEST(Area, NamesIndustries) {
  EXPECT_EQ(industry_name("65")->zh, "软件和信息技术服务业");
  EXPECT_EQ(industry_name("01")->en, "Agriculture");
  EXPECT_EQ(industry_name("97")->zh, "国际组织");
}

// Every line of the tables is found by its code, so the search has no corner that it misses.
TEST(Area, FindsEveryLineOfBothTables) {
  std::size_t regions = 0;
  for (const std::string& line : split(tables::kRegions, '\n')) {
    if (line.empty()) continue;
    ++regions;
    const std::string code = line.substr(0, line.find(','));
    EXPECT_TRUE(region_name(code).ok()) << code;
  }
  EXPECT_EQ(regions, 3354u);
  int industries = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string code = std::string(i < 10 ? "0" : "") + std::to_string(i);
    if (industry_name(code).ok()) ++industries;
  }
  EXPECT_EQ(industries, 97);
}

//= NDI-TR-2025-04#industry type=test
//= NDI-TR-2025-04#region type=test
TEST(Area, OfAnIdentifierIsRegionOrIndustry) {
  EXPECT_EQ(describe(*AreaCode::parse("4403"))->zh, "广东省深圳市");
  EXPECT_EQ(describe(*AreaCode::parse("1100"))->en, "Beijing");
  EXPECT_EQ(describe(*AreaCode::parse("0065"))->en, "Software and information technology services");
  EXPECT_EQ(area_of_region("440305")->text(), "4403");
  EXPECT_EQ(area_of_region("1100")->text(), "1100");
  EXPECT_EQ(area_of_industry("I65")->text(), "0065");
  EXPECT_EQ(area_of_industry("65")->text(), "0065");
}

// Errors.
TEST(Area, WhatIsNotInTheTablesIsNotFound) {
  for (const char* code : {"", "1", "00", "99", "9900", "4499", "440399", "44030", "4403050", "44x3"}) {
    EXPECT_EQ(region_name(code).error().reason(), "identifier.unknown_region") << code;
  }
  for (const char* code : {"", "00", "98", "6", "655", ",A"}) {
    EXPECT_EQ(industry_name(code).error().reason(), "identifier.unknown_industry") << code;
  }
  EXPECT_FALSE(describe(*AreaCode::parse("0000")).ok());
  EXPECT_FALSE(area_of_region("44").ok());
  EXPECT_EQ(area_of_industry("J65").error().reason(), "identifier.industry_section");
}

}  // namespace
}  // namespace weir::supply::identifier

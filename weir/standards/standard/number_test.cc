// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/number.h"

#include <gtest/gtest.h>

namespace weir::standards::standard {
namespace {

std::string read(std::string_view text) {
  const auto number = StandardNumber::parse(text);
  return number ? number->text() : std::string(number.error().reason());
}
StandardNumber of(std::string_view text) {
  auto number = StandardNumber::parse(text);
  EXPECT_TRUE(number.ok()) << text;
  return *std::move(number);
}

TEST(StandardNumber, KeepsWhatIsCanonical) {
  for (const char* text : {"GB 17859-1999",
                           "GB/T 43697-2024",
                           "GB/T 15843.1-2017",
                           "GB/Z 185.1-2026",
                           "GM/T 0001.1-2012",
                           "YD/T 2807.1-2015",
                           "JR/T 0166-2020",
                           "GA/T 1390.2-2017",
                           "T/ISC 0048-2024",
                           "T/TAF 077.3-2022",
                           "DB11/T 1234-2020",
                           "DB4403/T 271-2022",
                           "Q/ABC 001-2020",
                           "GB 4943.1-2011/XG1-2012",
                           "GB/T 43697",
                           "TC609-6-2025-16",
                           "TC609-6-2025-XX(a)",
                           "TC260-PG-20244A",
                           "NDI-TR-2025-04",
                           "20153699-T-469",
                           "PRJ-TC260-WG3-01",
                           "ISO/IEC 27001:2022",
                           "ISO/IEC 27001:2022/Amd 1:2024",
                           "ISO/IEC 19086-1:2016/DAM 1",
                           "ISO/IEC TS 27034-5-1:2018",
                           "ISO/IEC DTS 6254",
                           "ISO/IEC FDIS 24760-1",
                           "ISO/IEC CD 22237-5.3",
                           "ISO/IEC 4922-1:2023",
                           "ISO 8372:1987",
                           "ISO/TR 10013:2021",
                           "ISO/DIS 9001",
                           "ISO/SAE 21434:2021",
                           "IEC 62443-4-2:2019",
                           "IEC TS 60870-6-602",
                           "ISO/IEC/IEEE 29119-1:2022",
                           "ISO/IEC Guide 98-3:2008",
                           "ITU-T Y.3521/M.3070 (03/2016)",
                           "ITU-T L Suppl. 6 (12/2014)",
                           "ITU-T F.743.38",
                           "ITU-T X.509 (2019) Cor. 1 (10/2021)"}) {
    EXPECT_EQ(read(text), text);
  }
}

TEST(StandardNumber, MendsHowPeopleWriteThem) {
  EXPECT_EQ(read("GB／T　43697—2024"), "GB/T 43697-2024");
  EXPECT_EQ(read("gb/t43697-2024"), "GB/T 43697-2024");
  EXPECT_EQ(read("GBT 43697–2024"), "GB/T 43697-2024");
  EXPECT_EQ(read("ＧＢ/Ｔ ４３６９７-2024"), "GB/T 43697-2024");
  EXPECT_EQ(read("GB 2312-80"), "GB 2312-1980");
  EXPECT_EQ(read("ISO/IEC 27001：2022"), "ISO/IEC 27001:2022");
  EXPECT_EQ(read("ISO/IEC 27009-2016"), "ISO/IEC 27009:2016");
  EXPECT_EQ(read("ISO/IEC 27001:2022(E)"), "ISO/IEC 27001:2022");
  EXPECT_EQ(read("ISO/IEC 27001:2022/AMD 1:2024"), "ISO/IEC 27001:2022/Amd 1:2024");
  EXPECT_EQ(read("iso/iec tr 3445:2022"), "ISO/IEC TR 3445:2022");
  EXPECT_EQ(read("ITU-T Rec. Y.3500 (08/2014)"), "ITU-T Y.3500 (08/2014)");
}

TEST(StandardNumber, KnowsTheParts) {
  EXPECT_EQ(of("GB/T 15843.1-2017").undated(), "GB/T 15843.1");
  EXPECT_EQ(of("GB/T 15843.1-2017").kind(), "GB/T");
  EXPECT_EQ(of("GB/T 15843.1-2017").year(), 2017);
  EXPECT_EQ(of("T/ISC 0048-2024").kind(), "T");
  EXPECT_EQ(of("ISO/IEC DTS 6254").undated(), "ISO/IEC TS 6254");
  EXPECT_EQ(of("ISO/IEC DTS 6254").draft(), "DTS");
  EXPECT_EQ(of("ISO/IEC CD 22237-5.3").undated(), "ISO/IEC 22237-5");
  EXPECT_EQ(of("ISO/IEC 27001:2022/Amd 1:2024").amends(), "ISO/IEC 27001:2022");
  EXPECT_EQ(of("ISO/IEC 27001:2022/Amd 1:2024").year(), 2024);
  EXPECT_EQ(of("ISO/IEC 19086-1:2016/DAM 1").undated(), "ISO/IEC 19086-1:2016/Amd 1");
  EXPECT_EQ(of("ITU-T Y.3500 (08/2014)").month(), 8);
  EXPECT_EQ(of("ITU-T Y.3500 (08/2014)").undated(), "ITU-T Y.3500");
  EXPECT_EQ(of("TC609-6-2025-16").year(), 2025);
  EXPECT_TRUE(of("ITU-T Y.3500").is_international());
  EXPECT_TRUE(of("NDI-TR-2025-04").is_chinese());
}

TEST(StandardNumber, OrdersByValueThenEdition) {
  EXPECT_TRUE(before(of("GB/T 9-2000"), of("GB/T 10-2000")));
  EXPECT_TRUE(before(of("GB/T 22080-2016"), of("GB/T 22080-2025")));
  EXPECT_TRUE(before(of("ISO/IEC 27001:2022"), of("ISO/IEC 27001-1:2001")));
  EXPECT_FALSE(before(of("GB/T 10-2000"), of("GB/T 9-2000")));
}

// ── what is refused, and why ──

TEST(StandardNumber, RefusesWhatIsNoNumber) {
  EXPECT_EQ(read(""), "standard.empty");
  EXPECT_EQ(read("　 "), "standard.empty");
  EXPECT_EQ(read("cloud security"), "standard.unknown_body");
  EXPECT_EQ(read("ZZ/T 12-2020"), "standard.unknown_body");
  EXPECT_EQ(read("GB/T XXXXX-XXXX"), "standard.no_number_yet");
  EXPECT_EQ(read("GB/T 43697-24024"), "standard.bad_year");
  EXPECT_EQ(read("GB/T 43697-0024"), "standard.bad_year");
  EXPECT_EQ(read("GB/T 43697-2024 and more"), "standard.bad_number");
  EXPECT_EQ(read("GB/T"), "standard.unknown_body");
  EXPECT_EQ(read("GB/T 1234567-2020"), "standard.bad_number");
  EXPECT_EQ(read("ISO/IEC 27001:2022/Amd"), "standard.bad_number");
  EXPECT_EQ(read("ISO/IEC 27001:2022/Annex 1"), "standard.bad_number");
  EXPECT_EQ(read("ITU-T Y.3500 (13/2014)"), "standard.bad_year");
  EXPECT_EQ(read("ITU-T 3500"), "standard.bad_number");
  EXPECT_EQ(read("T/ 12-2020"), "standard.bad_number");
  EXPECT_EQ(read("TC609--16"), "standard.bad_number");
  EXPECT_EQ(read("GB/T 43697-\xff"), "standard.bad_number");
  EXPECT_EQ(read(std::string(200, 'G')), "standard.bad_number");
}

}  // namespace
}  // namespace weir::standards::standard

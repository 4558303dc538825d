// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/assign.h"

#include <gtest/gtest.h>

#include "weir/base/random.h"

namespace weir::supply::identifier {
namespace {

using wire::Json;

constexpr Timestamp kNow(1'767'225'600'000);

Json wanted(const char* kind) {
  return Json::object({{"kind", kind}, {"subject", "91350100M000100Y43"}, {"area", "3501"}});
}

TEST(Assign, WhatIsGeneratedOfEachKindSaysThatItIsOfThatKind) {
  SeededRandom random(7);
  for (const char* kind :
       {"global", "regional", "sector", "business", "connector", "product", "resource", "contract"}) {
    const auto id = generate(wanted(kind), kNow, random);
    ASSERT_TRUE(id.ok()) << kind;
    const auto parts = describe_identifier(*id);
    ASSERT_TRUE(parts.ok()) << kind;
    EXPECT_EQ(parts->text_or("kind", ""), kind);
    EXPECT_EQ(parts->text_or("subject", ""), "91350100M000100Y43");
    EXPECT_EQ(parts->text_or("area", ""), "3501");
    EXPECT_EQ((*parts)["areaName"].text_or("zh", ""), "福建省福州市");
  }
}

TEST(Assign, AnExtensionIsKeptAndShown) {
  SeededRandom random(7);
  Json body = wanted("product");
  body.set("extension", "LEGACY-7");
  const auto id = generate(body, kNow, random);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(describe_identifier(*id)->text_or("extension", ""), "LEGACY-7");
}

// ── what is refused ──

TEST(Assign, AnUnknownKindIsRefused) {
  SeededRandom random(7);
  EXPECT_EQ(generate(wanted("thing"), kNow, random).error().reason(), "identifier.kind");
}

TEST(Assign, AMistypedSubjectIsRefused) {
  SeededRandom random(7);
  Json body = wanted("product");
  body.set("subject", "91350100M000100Y44");
  EXPECT_EQ(generate(body, kNow, random).error().reason(), "identifier.uscc");
}

TEST(Assign, WhatIsNoIdentifierIsRefused) {
  EXPECT_EQ(describe_identifier("hello").error().reason(), "identifier.malformed");
}

}  // namespace
}  // namespace weir::supply::identifier

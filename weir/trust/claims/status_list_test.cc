// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/claims/status_list.h"

#include <gtest/gtest.h>

#include "weir/trust/claims/test_support.h"

namespace weir::trust::claims {
namespace {

using test::kNow;
using test::reason_of;

TEST(StatusList, IsReadAsItWasWritten) {
  for (const Profile profile : {Profile::kVc20, Profile::kVc11}) {
    StatusList list;
    for (const std::int64_t index : {0L, 1L, 7L, 8L, 94567L, 131071L}) list.set(index);
    const auto read = StatusList::decode(list.encode(profile));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->entries(), kStatusEntries);
    EXPECT_TRUE(*read->get(94567));
    EXPECT_TRUE(*read->get(131071));
    EXPECT_FALSE(*read->get(2));
    EXPECT_FALSE(*read->get(131070));
  }
}

// The example of Bitstring Status List 1.0: no entry of 131,072 is set.
TEST(StatusList, ReadsTheListOfTheStandard) {
  const auto list = StatusList::decode("uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA");
  ASSERT_TRUE(list.ok()) << list.error().message();
  EXPECT_EQ(list->entries(), kStatusEntries);
  for (std::int64_t i = 0; i < kStatusEntries; i += 1023) EXPECT_FALSE(*list->get(i));
}

// ── refused ──

TEST(StatusList, RefusesWhatIsNoneOrTooLong) {
  for (const char* bad : {"", "u", "u!!", "uAAAA", "H4sIAAAA"}) {
    EXPECT_EQ(reason_of(StatusList::decode(bad)), "claims.malformed") << bad;
  }
  StatusList small(64);
  EXPECT_EQ(reason_of(small.get(64)), "claims.malformed");
  EXPECT_EQ(reason_of(small.get(-1)), "claims.malformed");
  // Few bytes that unpack to many.
  const StatusList large(200'000'000);
  EXPECT_EQ(reason_of(StatusList::decode(large.encode(Profile::kVc20))), "claims.malformed");
}

struct StatusOfTest : ::testing::Test {
  test::Cast cast;
  StatusList bits;
  StatusEntry entry = status_entry(Profile::kVc20, "https://i.example/list", 5);
  std::string list(const test::Party& by) {
    return make_status_list(by.key, {.url = entry.list, .issuer = by.did, .bits = bits, .now = kNow, .kid = by.kid()});
  }
};

TEST_F(StatusOfTest, TellsWhatIsRevoked) {
  EXPECT_FALSE(*status_of(list(cast.issuer), entry, cast.issuer.document(), kNow));
  bits.set(5);
  EXPECT_TRUE(*status_of(list(cast.issuer), entry, cast.issuer.document(), kNow));
}

TEST_F(StatusOfTest, RefusesListsThatProveNothing) {
  EXPECT_EQ(reason_of(status_of(list(cast.other), entry, cast.issuer.document(), kNow)), "claims.issuer_key");
  EXPECT_EQ(reason_of(status_of(list(cast.issuer), entry, cast.issuer.document(), after(kNow, Milliseconds(600'000)))),
            "claims.expired");
  entry.purpose = "suspension";
  EXPECT_EQ(reason_of(status_of(list(cast.issuer), entry, cast.issuer.document(), kNow)), "claims.malformed");
  EXPECT_FALSE(status_of("{}", entry, cast.issuer.document(), kNow).ok());
  EXPECT_FALSE(status_of(cast.token(cast.membership()), entry, cast.issuer.document(), kNow).ok());
}

}  // namespace
}  // namespace weir::trust::claims

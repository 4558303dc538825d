// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/scope.h"

#include <gtest/gtest.h>

namespace weir::trust::credential {
namespace {

Scopes scopes(const std::vector<std::string>& names) { return *Scopes::parse(names); }

TEST(Scopes, GrantThemselvesTheirRoomOrAll) {
  EXPECT_TRUE(scopes({"catalog:read"}).contains("catalog:read"));
  EXPECT_FALSE(scopes({"catalog:read"}).contains("catalog:write"));
  EXPECT_TRUE(scopes({"catalog:*"}).contains("catalog:write"));
  EXPECT_FALSE(scopes({"catalog:*"}).contains("contract:write"));
  EXPECT_TRUE(Scopes::all().contains("contract:write"));
  EXPECT_TRUE(Scopes::all().contains("admin"));
  EXPECT_FALSE(scopes({"admin"}).contains("catalog:read"));
  EXPECT_FALSE(Scopes().contains("catalog:read"));
}

TEST(Scopes, CoverWhatIsNoMoreThanThey) {
  EXPECT_TRUE(scopes({"catalog:*"}).covers(scopes({"catalog:read", "catalog:write"})));
  EXPECT_FALSE(scopes({"catalog:read", "catalog:write"}).covers(scopes({"catalog:*"})));
  EXPECT_FALSE(scopes({"catalog:*"}).covers(Scopes::all()));
  EXPECT_TRUE(scopes({"catalog:*"}).covers(Scopes()));
}

TEST(Scopes, AreLimitedToWhatBothGrant) {
  EXPECT_EQ(Scopes::all().limited_to(scopes({"catalog:read"})), scopes({"catalog:read"}));
  EXPECT_EQ(scopes({"catalog:*", "admin"}).limited_to(scopes({"catalog:read", "contract:*"})),
            scopes({"catalog:read"}));
  EXPECT_TRUE(scopes({"admin"}).limited_to(scopes({"catalog:*"})).empty());
}

TEST(Scopes, AreSortedAndSingle) {
  EXPECT_EQ(scopes({"contract:read", "admin", "admin"}).names(), (std::vector<std::string>{"admin", "contract:read"}));
}

// Errors.
TEST(Scopes, RefuseUnknownNames) {
  for (const char* name : {"", "catalog", "catalog:", "catalog:fly", "nothing:*", ":*", "**", "CATALOG:READ"}) {
    EXPECT_EQ(Scopes::parse({name}).error().reason(), "scope.unknown") << name;
  }
}

}  // namespace
}  // namespace weir::trust::credential

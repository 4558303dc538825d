// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/entry.h"

#include <gtest/gtest.h>

#include "weir/base/limits.h"

namespace weir::tlog {
namespace {

Entry full_entry() {
  return {
      .kind = "contract.agreed",
      .time = Timestamp(1767225600123),
      .actor = "node:5911100001",
      .contract = "C1",
      .product = "P\"1\"",
      .process = "n-1",
      .participants = {"A", "乙"},
      .body = wire::Json::object({{"z", 1}, {"agreementHash", "sha256:00"}, {"n", wire::Json::array({1.5, nullptr})}})};
}

TEST(Entry, LeafIsTheWorkedExampleOfTheFormatPage) {
  EXPECT_EQ(*leaf_of(full_entry()),
            R"({"actor":"node:5911100001","body":{"agreementHash":"sha256:00","n":[1.5,null],"z":1},"contract":"C1",)"
            R"("kind":"contract.agreed","participants":["A","乙"],"process":"n-1","product":"P\"1\"",)"
            R"("time":"2026-01-01T00:00:00.123Z"})");
}

// A log opens only if every leaf of its last block parses.
TEST(Entry, WhatCouldNotBeReadAgainIsNotWritten) {
  const auto nested = [](int levels) {
    wire::Json json = 1;
    for (int i = 0; i < levels; ++i) json = wire::Json::object({{"a", json}});
    return Entry{.kind = "a.b", .time = Timestamp(0), .actor = "x", .body = json};
  };
  constexpr int kDeepest = static_cast<int>(limits::kJsonDepthMax) - 1;
  ASSERT_TRUE(leaf_of(nested(kDeepest)));
  EXPECT_TRUE(parse_entry(*leaf_of(nested(kDeepest))));
  EXPECT_EQ(leaf_of(nested(kDeepest + 1)).error().reason(), "evidence.malformed");
  Entry half = full_entry();
  half.body.set("reason", "\xc3");
  EXPECT_EQ(leaf_of(half).error().reason(), "evidence.malformed");
}

TEST(Entry, LeafIsTheCanonicalJsonAndParsesBack) {
  Entry bare{.kind = "node.started", .time = Timestamp(0), .actor = "node:x"};
  Entry control = full_entry();
  control.body.set("text", "a\n\"b\"\\\x7f");
  for (const Entry& entry : {full_entry(), bare, control}) {
    const auto leaf = leaf_of(entry);
    ASSERT_TRUE(leaf) << leaf.error().message();
    EXPECT_EQ(*leaf, to_json(entry).canonical());
    const auto again = parse_entry(*leaf);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*leaf_of(*again), *leaf);
    EXPECT_EQ(again->participants, entry.participants);
    EXPECT_EQ(again->time, entry.time);
  }
}

TEST(Digest, TextRoundTrips) {
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSm3, view_of("x"));
  const auto again = parse_digest(format_digest(crypto::HashAlgorithm::kSm3, digest));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->digest, digest);
  EXPECT_EQ(again->algorithm, crypto::HashAlgorithm::kSm3);
  for (const char* bad : {"", "sha256", "sha256:", "sha256:00", "md5:00"}) EXPECT_FALSE(parse_digest(bad)) << bad;
}

// --- Errors ---

TEST(EntryErrors, MembersOutOfBoundsAreRefused) {
  const auto refused = [](auto change) {
    Entry entry = full_entry();
    change(entry);
    const auto leaf = leaf_of(entry);
    return !leaf && leaf.error().reason() == "evidence.malformed";
  };
  EXPECT_TRUE(refused([](Entry& e) { e.kind = "contract"; }));
  EXPECT_TRUE(refused([](Entry& e) { e.kind = "Contract.agreed"; }));
  EXPECT_TRUE(refused([](Entry& e) { e.kind = ""; }));
  EXPECT_TRUE(refused([](Entry& e) { e.kind = "a." + std::string(64, 'b'); }));
  EXPECT_TRUE(refused([](Entry& e) { e.actor = ""; }));
  EXPECT_TRUE(refused([](Entry& e) { e.process = "a\nb"; }));
  EXPECT_TRUE(refused([](Entry& e) { e.contract = std::string(257, 'c'); }));
  EXPECT_TRUE(refused([](Entry& e) { e.product = "\xff"; }));
  EXPECT_TRUE(refused([](Entry& e) { e.participants = {""}; }));
  EXPECT_TRUE(refused([](Entry& e) { e.participants.assign(17, "p"); }));
  EXPECT_TRUE(refused([](Entry& e) { e.body = wire::Json::array(); }));
}

TEST(EntryErrors, TooLargeSaysWhatToDo) {
  Entry entry = full_entry();
  entry.body.set("payload", std::string(limits::kEvidenceEntryBytesMax, 'x'));
  const auto leaf = leaf_of(entry);
  ASSERT_FALSE(leaf);
  EXPECT_EQ(leaf.error().code(), Errc::kExhausted);
  EXPECT_EQ(leaf.error().reason(), "evidence.too_large");
  EXPECT_FALSE(leaf.error().hint().empty());
  EXPECT_EQ(parse_entry(std::string(70000, ' ')).error().reason(), "evidence.too_large");
}

TEST(EntryErrors, LeavesThatAreNotCanonicalAreRefused) {
  const std::string good = R"({"actor":"a","body":{},"kind":"a.b","time":"1970-01-01T00:00:00Z"})";
  ASSERT_TRUE(parse_entry(good));
  for (const char* bad : {"", "null", "[]", R"({"actor":"a","body":{},"kind":"a.b"})",
                          R"({"body":{},"actor":"a","kind":"a.b","time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"a","body":{},"kind":"a.b","time":"1970-01-01T00:00:00.000Z"})",
                          R"({"actor":"a","body":{},"kind":"a.b","time":"1970-01-01"})",
                          R"({"actor":"a","body":{},"contract":"","kind":"a.b","time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"a","body":{},"extra":1,"kind":"a.b","time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"a","body":{}, "kind":"a.b","time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"\u0061","body":{},"kind":"a.b","time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"a","body":{"n":1.0},"kind":"a.b","time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"a","body":{},"kind":"a.b","participants":[],"time":"1970-01-01T00:00:00Z"})",
                          R"({"actor":"a","body":1,"kind":"a.b","time":"1970-01-01T00:00:00Z"})"}) {
    EXPECT_EQ(parse_entry(bad).ok(), false) << bad;
  }
}

}  // namespace
}  // namespace weir::tlog

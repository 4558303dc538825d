// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/bundle.h"

#include <gtest/gtest.h>

#include <set>

#include "weir/tlog/bundle_fixture.h"
#include "weir/tlog/verify.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

using wire::Json;

// Shared: making keys and certificates is what costs.
const BundleFixture& fixture() {
  static const BundleFixture made;
  return made;
}
const Bundle& good() {
  static const Bundle made = fixture().bundle();
  return made;
}
TrustAnchors anchors() { return {.fingerprints = {fixture().anchor()}}; }

Report verify(const Bundle& bundle) {
  const auto report = verify_bundle(format(bundle), anchors());
  EXPECT_TRUE(report) << report.error().message();
  return *report;
}

// The ids of the checks that failed.
std::set<std::string> failed(const Report& report) {
  std::set<std::string> out;
  for (const Check& check : report.checks) {
    if (!check.passed) out.insert(check.id);
  }
  return out;
}
std::set<std::string> failed_after(void (*change)(Bundle&)) {
  Bundle bundle = good();
  change(bundle);
  return failed(verify(bundle));
}

using Ids = std::set<std::string>;

TEST(Bundle, ParsesBackAndEverythingHolds) {
  const std::string text = format(good());
  const auto parsed = parse_bundle(text);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(format(*parsed), text);
  const Report report = verify(good());
  EXPECT_TRUE(report.ok()) << report.json().pretty();
  EXPECT_EQ(report.checks.size(), 13u);
  EXPECT_TRUE(report.missing.empty());
  for (const Check& check : report.checks) {
    EXPECT_FALSE(check.name.en.empty());
    EXPECT_FALSE(check.name.zh.empty());
  }
}

TEST(Bundle, HoldsInTheShangMiSuiteToo) {
  const BundleFixture shangmi(crypto::Suite::kShangMi);
  const auto report = verify_bundle(format(shangmi.bundle()), {.fingerprints = {shangmi.anchor()}});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->json().pretty();
}

TEST(Bundle, OfOneLogHolds) {
  Bundle bundle = good();
  bundle.logs.pop_back();
  EXPECT_TRUE(verify(bundle).ok());
}

TEST(Bundle, AnUnfinishedStoryHoldsAndSaysWhatIsMissing) {
  Bundle bundle = good();
  std::vector<Entry> story = fixture().story_of(fixture().provider, false);
  story.resize(4);
  bundle.logs = {fixture().log_of(fixture().provider, story)};
  bundle.content_root.clear();
  bundle.receipts.clear();
  const Report report = verify(bundle);
  EXPECT_TRUE(report.ok()) << report.json().pretty();
  EXPECT_EQ(report.missing.size(), 3u);
}

// --- Errors: what each kind of lie is caught by ---

TEST(BundleLies, WithoutTheRightAnchorNothingHolds) {
  const auto none = verify_bundle(format(good()), {});
  ASSERT_TRUE(none);
  EXPECT_TRUE(failed(*none).contains("anchor"));
  const auto other = verify_bundle(format(good()), {.fingerprints = {std::string(64, '0')}});
  ASSERT_TRUE(other);
  EXPECT_TRUE(failed(*other).contains("anchor"));
}

TEST(BundleLies, ANodeThatNobodyCertifiedHasNoVoice) {
  const Ids ids = failed_after([](Bundle& b) { b.certificates.pop_back(); });
  EXPECT_TRUE(ids.contains("checkpoints"));
  EXPECT_TRUE(ids.contains("receipt"));
  EXPECT_TRUE(ids.contains("agreement"));
  Bundle bundle = good();
  const BundleFixture stranger(crypto::Suite::kInternational);
  SeededRandom random(9);
  const auto forged = crypto::self_sign(fixture().consumer.key,
                                        {.subject = {.common_name = "x", .unit = "consumer"},
                                         .not_before = kFixtureStart,
                                         .not_after = Timestamp(kFixtureStart.value() + 1'000'000'000)},
                                        random);
  ASSERT_TRUE(forged);
  bundle.certificates[1] = forged->pem();
  EXPECT_TRUE(failed(verify(bundle)).contains("certificates"));
}

TEST(BundleLies, ARewrittenEntryIsNotInTheLog) {
  const Ids ids = failed_after([](Bundle& b) {
    std::string& leaf = b.logs[1].entries[7].leaf;
    leaf.replace(leaf.find("usage.allowed"), 13, "usage.denied\"").erase(leaf.find("denied\"\"") + 7, 1);
  });
  EXPECT_TRUE(ids.contains("inclusion"));
}

TEST(BundleLies, AnOmittedStepShowsInTheOrder) {
  const Ids ids = failed_after([](Bundle& b) { b.logs[0].entries.erase(b.logs[0].entries.begin() + 2); });
  EXPECT_EQ(ids, Ids{"order"});
}

TEST(BundleLies, AForkShowsInTheEarlierCheckpoint) {
  Bundle bundle = good();
  std::vector<Entry> other = fixture().story_of(fixture().provider, false);
  other[0].actor = "node:somebody";
  bundle.logs[0].earlier = fixture().log_of(fixture().provider, other).earlier;
  EXPECT_EQ(failed(verify(bundle)), Ids{"consistency"});
  bundle = good();
  bundle.logs.push_back(bundle.logs[0]);
  EXPECT_EQ(failed(verify(bundle)), Ids{"checkpoints"});
}

TEST(BundleLies, AnotherAgreementIsNotWhatWasSignedAndLogged) {
  const Ids ids = failed_after([](Bundle& b) {
    std::string& text = b.agreement[0].text;
    text.replace(text.find("\"use\""), 5, "\"sell\"");
  });
  EXPECT_EQ(ids, (Ids{"agreement", "agreement_hash"}));
  EXPECT_EQ(failed_after([](Bundle& b) { b.agreement.clear(); }), (Ids{"agreement", "content"}));
  EXPECT_EQ(failed_after([](Bundle& b) { b.agreement[0].statements.pop_back(); }), Ids{"agreement"});
  EXPECT_EQ(failed_after([](Bundle& b) { b.agreement[0].statements[1] = b.agreement[0].statements[0]; }),
            Ids{"agreement"});
}

TEST(BundleLies, ACertifiedNodeThatIsNoPartyCannotSignInsteadOfOne) {
  Bundle bundle = good();
  SeededRandom random(11);
  auto key = crypto::PrivateKey::generate(crypto::SignatureAlgorithm::kEd25519, random);
  auto certificate = crypto::issue(fixture().authority.key, fixture().authority.certificate, key.public_key(),
                                   {.subject = {.common_name = "stranger.example", .unit = "stranger"},
                                    .not_before = kFixtureStart,
                                    .not_after = Timestamp(kFixtureStart.value() + 1'000'000'000)},
                                   random);
  ASSERT_TRUE(certificate);
  bundle.certificates.push_back(certificate->pem());
  EXPECT_TRUE(verify(bundle).ok());
  const FixtureNode stranger{"stranger", std::move(key), *std::move(certificate)};
  bundle.agreement[0].statements[1] = fixture().statement_of(stranger);
  EXPECT_EQ(failed(verify(bundle)), Ids{"agreement"});
}

TEST(BundleLies, ASignatureOfAnUnknownKeyUnderTheCheckpointIsNotPassedOver) {
  Bundle bundle = good();
  const crypto::PrivateKey key = test_key(5);
  Note note = *parse_note(bundle.logs[0].checkpoint);
  note.signatures.push_back(sign_note(note.text, *NoteKey::make("somebody", key.public_key()), key));
  bundle.logs[0].checkpoint = format(note);
  EXPECT_TRUE(failed(verify(bundle)).contains("checkpoints"));
}

TEST(BundleLies, AnotherContentIsNotWhatWasAgreed) {
  EXPECT_EQ(failed_after([](Bundle& b) { b.content_root.back() = '9'; }), Ids{"content"});
}

TEST(BundleLies, AReceiptOfAnotherContractOrHandIsNone) {
  EXPECT_EQ(failed_after([](Bundle& b) { b.receipts[0].set("contract", "C6"); }), Ids{"receipt"});
  Bundle bundle = good();
  Json foreign = bundle.receipts[0];
  foreign.erase("signature");
  foreign.set("contract", "C6");
  bundle.receipts = {fixture().signed_by(fixture().consumer, foreign)};
  EXPECT_EQ(failed(verify(bundle)), Ids{"receipt"});
}

TEST(BundleLies, EntriesFromBeforeTheCertificateAreNotBelieved) {
  Bundle bundle = good();
  std::vector<Entry> story = fixture().story_of(fixture().provider, false);
  story[0].time = Timestamp(kFixtureStart.value() - 1000);
  bundle.logs[0] = fixture().log_of(fixture().provider, story);
  EXPECT_EQ(failed(verify(bundle)), Ids{"validity"});
}

TEST(BundleLies, EntriesOfAnotherContractDoNotBelong) {
  Bundle bundle = good();
  std::vector<Entry> story = fixture().story_of(fixture().provider, false);
  story[6].contract = "C6";
  bundle.logs[0] = fixture().log_of(fixture().provider, story);
  EXPECT_TRUE(failed(verify(bundle)).contains("entries"));
}

TEST(BundleLies, ADeliveryWithoutReceiptOrDestructionWithoutProofIsNoticed) {
  Bundle bundle = good();
  std::vector<Entry> story = fixture().story_of(fixture().provider, false);
  story[6].body.erase("receipt");
  bundle.logs[0] = fixture().log_of(fixture().provider, story);
  EXPECT_EQ(failed(verify(bundle)), Ids{"receipt"});
  story = fixture().story_of(fixture().provider, false);
  story.back().body.erase("proof");
  bundle.logs[0] = fixture().log_of(fixture().provider, story);
  EXPECT_EQ(failed(verify(bundle)), Ids{"destruction"});
}

// Every byte of the file means something: whichever is changed, the file is refused or a check fails. Every fifth is
// tried here, which takes seconds; a stride of 1 passes as well.
TEST(BundleLies, NoByteCanBeChanged) {
  Bundle small = good();
  small.logs.pop_back();
  small.logs[0].entries.erase(small.logs[0].entries.begin() + 4, small.logs[0].entries.end());
  small.receipts.clear();
  small.content_root.clear();
  const std::string text = format(small);
  ASSERT_TRUE(verify(small).ok());
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 7)));
    const auto report = verify_bundle(changed, anchors());
    ASSERT_FALSE(report && report->ok()) << "byte " << i << " of " << text.size() << ": "
                                         << text.substr(i > 20 ? i - 20 : 0, 40);
  }
}

TEST(BundleErrors, FilesThatAreNoBundlesAreRefused) {
  const std::string text = format(good());
  for (const std::string& bad : {std::string(), std::string("{}"), std::string("[]"), text + " ",
                                 text.substr(0, text.size() - 1), " " + text, text.substr(0, text.size() / 2)}) {
    EXPECT_EQ(parse_bundle(bad).error().reason(), "bundle.malformed");
  }
  Json json = *wire::parse_json(text);
  json.set("extra", 1);
  EXPECT_EQ(parse_bundle(json.canonical() + "\n").error().reason(), "bundle.malformed");
  for (const char* member : {"type", "contract", "authorities", "certificates", "logs"}) {
    json = *wire::parse_json(text);
    json.erase(member);
    EXPECT_FALSE(parse_bundle(json.canonical() + "\n")) << member;
  }
  Bundle unordered = good();
  std::swap(unordered.logs[0].entries[0], unordered.logs[0].entries[1]);
  EXPECT_FALSE(parse_bundle(format(unordered)));
}

TEST(Fingerprint, IsReadAsOpensslWritesIt) {
  const std::string hex(64, 'a');
  std::string colons = "AA";
  for (int i = 1; i < 32; ++i) colons += ":AA";
  EXPECT_EQ(*parse_fingerprint(colons), hex);
  EXPECT_EQ(*parse_fingerprint(hex), hex);
  for (const char* bad : {"", "aa", "zz"}) EXPECT_EQ(parse_fingerprint(bad).error().reason(), "anchor.malformed");
}

}  // namespace
}  // namespace weir::tlog

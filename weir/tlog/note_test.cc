// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/note.h"

#include <gtest/gtest.h>

#include <fstream>

#include "weir/tlog/checkpoint.h"
#include "weir/tlog/test_support.h"
#include "weir/wire/json.h"

namespace weir::tlog {
namespace {

using crypto::PrivateKey;
using crypto::SignatureAlgorithm;

using std::string_literals::operator""s;

constexpr std::string_view kText = "line one\n\nline three\n";

Note signed_by(const PrivateKey& key, const NoteKey& name) {
  Note note{.text = std::string(kText), .signatures = {}};
  note.signatures.push_back(sign_note(note.text, name, key));
  return note;
}

//= C2SP#signed-note type=test
TEST(NoteVectors, PublishedNotesParseFormatAndVerify) {
  std::ifstream file(WEIR_SOURCE_DIR "/tests/vectors/tlog/notes.jsonl");
  ASSERT_TRUE(file);
  int verified = 0;
  for (std::string line; std::getline(file, line);) {
    const auto json = wire::parse_json(line);
    ASSERT_TRUE(json);
    const std::string text = (*json)["note"].as_string();
    const auto note = parse_note(text);
    ASSERT_TRUE(note) << note.error().message();
    EXPECT_EQ(format(*note), text);
    if ((*json)["checkpoint"].as_bool()) {
      const auto checkpoint = parse_checkpoint(note->text);
      ASSERT_TRUE(checkpoint);
      EXPECT_EQ(checkpoint->size.value(), static_cast<std::uint64_t>((*json)["size"].as_integer()));
      EXPECT_EQ(format(*checkpoint), note->text);
    }
    const std::string key_text = (*json)["key"].as_string();
    if (key_text.empty()) continue;
    const auto key = NoteKey::parse(key_text);
    ASSERT_TRUE(key) << key.error().message();
    EXPECT_EQ(key->text(), key_text);
    EXPECT_TRUE(verify_note(*note, {*key})) << (*json)["name"].as_string();
    Note other = *note;
    other.text[0] ^= 1;
    EXPECT_EQ(verify_note(other, {*key}).error().reason(), "note.signature");
    ++verified;
  }
  EXPECT_EQ(verified, 3);
}

class NoteOverAlgorithm : public testing::TestWithParam<SignatureAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(All, NoteOverAlgorithm,
                         testing::Values(SignatureAlgorithm::kEd25519, SignatureAlgorithm::kEcdsaP256Sha256,
                                         SignatureAlgorithm::kSm2Sm3));

TEST_P(NoteOverAlgorithm, SignsVerifiesAndItsKeyHasATextForm) {
  const PrivateKey key = test_key(1, GetParam());
  const auto name = NoteKey::make("node.example/log", key.public_key());
  ASSERT_TRUE(name);
  const Note note = signed_by(key, *name);
  const auto again = parse_note(format(note));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, note);
  const auto known = NoteKey::parse(name->text());
  ASSERT_TRUE(known) << known.error().message();
  EXPECT_EQ(known->id(), name->id());
  const auto signers = verify_note(*again, {*known});
  EXPECT_TRUE(signers);
}

TEST(Note, SignaturesOfUnknownKeysAreIgnored) {
  const PrivateKey a = test_key(2);
  const PrivateKey b = test_key(3);
  const NoteKey name_a = *NoteKey::make("a", a.public_key());
  const NoteKey name_b = *NoteKey::make("b", b.public_key());
  Note note = signed_by(a, name_a);
  note.signatures.push_back(sign_note(note.text, name_b, b));
  const std::vector<NoteKey> known{name_b};
  const auto signers = verify_note(note, known);
  ASSERT_TRUE(signers);
  ASSERT_EQ(signers->size(), 1u);
  EXPECT_EQ(signers->front()->name(), "b");
}

// --- Errors ---

TEST(NoteErrors, NobodyKnownSigned) {
  const PrivateKey a = test_key(4);
  const PrivateKey b = test_key(5);
  const NoteKey name_a = *NoteKey::make("a", a.public_key());
  // The same name with another key is another key.
  EXPECT_EQ(verify_note(signed_by(a, name_a), {*NoteKey::make("a", b.public_key())}).error().reason(), "note.unsigned");
  EXPECT_EQ(verify_note(signed_by(a, name_a), {}).error().reason(), "note.unsigned");
}

TEST(NoteErrors, AKnownKeysWrongSignatureCondemnsTheNote) {
  const PrivateKey a = test_key(6);
  const NoteKey name = *NoteKey::make("a", a.public_key());
  Note note = signed_by(a, name);
  note.signatures.push_back(note.signatures.front());
  note.signatures.back().signature[5] ^= 4;
  EXPECT_EQ(verify_note(note, {name}).error().reason(), "note.signature");
}

TEST(NoteErrors, MalformedNotesAreRefused) {
  const std::string good = "t\n\n\xE2\x80\x94 a AAAAAAA=\n";
  ASSERT_TRUE(parse_note(good));
  for (const std::string& bad :
       {std::string(), std::string("t\n"), std::string("t\n\n"), good.substr(0, good.size() - 1), good + "\n",
        "t\r\n\n\xE2\x80\x94 a AAAAAAA=\n"s, "t\n\n- a AAAAAAA=\n"s, "t\n\n\xE2\x80\x94 a AAAAAAA\n"s,
        "t\n\n\xE2\x80\x94 a AAAAAA==\n"s, "t\n\n\xE2\x80\x94  AAAAAAA=\n"s, "t\n\n\xE2\x80\x94 a+b AAAAAAA=\n"s,
        "t\n\n\xE2\x80\x94 a b AAAAAAA=\n"s, "t\n\n\xE2\x80\x94 a\xC2\xA0 AAAAAAA=\n"s,
        "\xff\n\n\xE2\x80\x94 a AAAAAAA=\n"s, "t\n\n\xE2\x80\x94 aAAAAAAA=\n"s}) {
    EXPECT_EQ(parse_note(bad).error().reason(), "note.malformed") << bad;
  }
  std::string many = "t\n\n";
  for (std::size_t i = 0; i <= kNoteSignaturesMax; ++i) many += "\xE2\x80\x94 a AAAAAAA=\n";
  EXPECT_FALSE(parse_note(many));
}

TEST(NoteErrors, MalformedKeysAreRefused) {
  const std::string good = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  ASSERT_TRUE(NoteKey::parse(good));
  for (const std::string& bad : {std::string(""), std::string("a"), std::string("a+b"), good.substr(1),
                                 "PeterNeumann+c74f20a4" + good.substr(21), good.substr(0, good.size() - 4),
                                 "PeterNeumann+C74F20A3" + good.substr(21)}) {
    EXPECT_FALSE(NoteKey::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir::tlog

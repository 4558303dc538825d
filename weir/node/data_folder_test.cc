// SPDX-License-Identifier: Apache-2.0
#include "weir/node/data_folder.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "weir/base/random.h"
#include "weir/crypto/seal.h"

namespace weir::node {
namespace {

constexpr crypto::SecretAccess kLook("test");

struct Folder : ::testing::Test {
  weir::testing::TemporaryFolder temporary;
  store::Files& files = store::real_files();
  SeededRandom random{1};
  std::string path = temporary.path() + "/node";
  const NodeFile node{.name = "bureau", .participant = "12110000MB0000019M", .area = "1100"};
};

TEST_F(Folder, OpensItsKeysWithThePassphraseItMade) {
  ASSERT_TRUE(DataFolder::create(files, path, node, random));
  const auto folder = *DataFolder::open(files, path);
  const auto passphrase = *read_passphrase(files, path, {});
  EXPECT_TRUE(folder.key(DataFolder::KeyName::kIdentity, passphrase));
  EXPECT_TRUE(folder.key(DataFolder::KeyName::kTransport, passphrase));
  EXPECT_TRUE(folder.vault_key(passphrase));
}

// Decision 13: what is not stretched must not be guessable.
TEST_F(Folder, MakesAPassphraseOf256BitsEachTime) {
  ASSERT_TRUE(DataFolder::create(files, path, node, random));
  ASSERT_TRUE(DataFolder::create(files, path + "2", node, random));
  const auto first = *read_passphrase(files, path, {});
  const auto second = *read_passphrase(files, path + "2", {});
  EXPECT_EQ(first.size(), 43u);  // 32 bytes in base64url
  EXPECT_FALSE(first == second);
}

TEST_F(Folder, OpensFilesSealedAtAnyCost) {
  auto folder = *DataFolder::create(files, path, node, random);
  const auto key = crypto::PrivateKey::generate(crypto::SignatureAlgorithm::kEd25519, random);
  const crypto::SecretBytes passphrase(view_of("chosen by a person"));
  ASSERT_TRUE(files.write_durable(folder.file("keys/identity.key"),
                                  crypto::seal_key_file(node.suite, key.der(kLook), passphrase, random)));
  EXPECT_EQ(folder.key(DataFolder::KeyName::kIdentity, passphrase)->public_key(), key.public_key());
}

// What is refused.

TEST_F(Folder, AnotherPassphraseOpensNothing) {
  const auto folder = *DataFolder::create(files, path, node, random);
  const auto refused = folder.key(DataFolder::KeyName::kIdentity, crypto::SecretBytes(view_of("another")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "key_file.passphrase");
}

TEST_F(Folder, ThereIsOneNodeInAFolder) {
  ASSERT_TRUE(DataFolder::create(files, path, node, random));
  const auto again = DataFolder::create(files, path, node, random);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason(), "node.data_folder_exists");
}

}  // namespace
}  // namespace weir::node

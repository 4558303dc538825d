// The worked examples of docs/formats: made here, and looked up in the pages, so that neither can drift from the other.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "weir/crypto/sign.h"
#include "weir/flow/delivery/manifest.h"
#include "weir/flow/delivery/session.h"
#include "weir/flow/delivery/transfer.h"
#include "weir/flow/delivery/vault.h"
#include "weir/store/memory_files.h"
#include "weir/wire/encoding.h"

namespace weir::flow::delivery {
namespace {

// A page without its line breaks and blanks: examples may be wrapped.
std::string page(const std::string& name) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/docs/formats/" + name);
  std::stringstream text;
  text << in.rdbuf();
  std::string out = text.str();
  std::erase_if(out, [](char c) { return c == ' ' || c == '\n'; });
  return out;
}

void expect_in(const std::string& name, std::string example) {
  std::erase(example, ' ');
  EXPECT_NE(page(name).find(example), std::string::npos) << name << " lacks\n" << example;
}

Manifest example_manifest() {
  Bytes content(kChunkBytesMin, 0);
  content.push_back('x');
  ManifestBuilder builder(crypto::HashAlgorithm::kSha256, kChunkBytesMin);
  EXPECT_TRUE(builder.add(content).ok());
  return std::move(builder).finish();
}

crypto::PrivateKey example_key() {
  const crypto::SecretBytes seed{ByteView(Bytes(32, 0x42))};
  return *crypto::PrivateKey::from_seed(seed);
}

TEST(FormatExamples, Manifest) {
  const Manifest manifest = example_manifest();
  expect_in("manifest.md", wire::encode_hex(encode(manifest)));
  expect_in("manifest.md", format(manifest.root()));
  // By hand, as the page says it: leaf = H(00 ‖ chunk), root = H(01 ‖ leaf ‖ leaf).
  Bytes first(1 + kChunkBytesMin, 0);
  const crypto::Digest left = crypto::hash(crypto::HashAlgorithm::kSha256, first);
  const crypto::Digest right = crypto::hash(crypto::HashAlgorithm::kSha256, Bytes{0, 'x'});
  Bytes node{1};
  node.insert(node.end(), left.begin(), left.end());
  node.insert(node.end(), right.begin(), right.end());
  EXPECT_EQ(manifest.root().digest, crypto::hash(crypto::HashAlgorithm::kSha256, node));
}

TEST(FormatExamples, Bitmap) {
  const std::vector<bool> bits = {true, false, true, true, false, false, false, false, true, false};
  expect_in("delivery.md", wire::encode_hex(encode_bitmap(bits)));
}

TEST(FormatExamples, Receipt) {
  Receipt receipt{.agreement = "urn:uuid:agreement-1",
                  .contract = "C4",
                  .provider_pid = "provider-1",
                  .consumer_pid = "consumer-1",
                  .product = "product-1",
                  .content_root = format(example_manifest().root()),
                  .bytes = 4097,
                  .receiver = "node-2",
                  .time = *parse_iso8601("2026-03-01T00:00:00Z")};
  expect_in("receipt.md", receipt.canonical_bytes());
  receipt.signature = crypto::format(example_key().sign(view_of(receipt.canonical_bytes())));
  expect_in("receipt.md", receipt.signature);
  const auto read = parse_receipt(to_json(receipt));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->canonical_bytes(), receipt.canonical_bytes());
  EXPECT_EQ(read->signature, receipt.signature);
}

TEST(FormatExamples, Vault) {
  store::MemoryFiles files;
  ASSERT_TRUE(files.make_directories("/vault").ok());
  SeededRandom random(1);
  const crypto::SecretBytes master{ByteView(Bytes(32, 0x42))};
  Vault vault(files, "/vault", crypto::Suite::kInternational, master, random);
  ManifestBuilder builder(crypto::HashAlgorithm::kSha256, kChunkBytesMin);
  ASSERT_TRUE(builder.add(view_of("some plain text")).ok());
  auto item = vault.create("item-1", std::move(builder).finish());
  ASSERT_TRUE(item.ok());
  ASSERT_TRUE((*item)->write_chunks(ChunkIndex(0), view_of("some plain text")).ok());
  expect_in("vault.md", wire::encode_hex(*files.read_all("/vault/item-1/key", 4096)));
  const Bytes data = *files.read_all("/vault/item-1/data", 1u << 20);
  ASSERT_EQ(data.size(), 4096u);
  expect_in("vault.md", wire::encode_hex(ByteView(data).first(31)));
  EXPECT_TRUE(std::all_of(data.begin() + 31, data.end(), [](std::uint8_t byte) { return byte == 0; }));
}

}  // namespace
}  // namespace weir::flow::delivery

// Manifest, contents, vault and pull session, on files in memory.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "weir/flow/delivery/contents.h"
#include "weir/flow/delivery/manifest.h"
#include "weir/flow/delivery/session.h"
#include "weir/flow/delivery/vault.h"
#include "weir/store/memory_files.h"

namespace weir::flow::delivery {
namespace {

using crypto::HashAlgorithm;
using crypto::Suite;

constexpr std::uint32_t kSmall = kChunkBytesMin;

Bytes pattern(std::size_t size, std::uint64_t seed = 1) {
  Bytes out(size);
  SeededRandom(seed).fill(out);
  return out;
}

Manifest manifest_of(const Bytes& content, std::uint32_t chunk_bytes = kSmall,
                     HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  ManifestBuilder builder(algorithm, chunk_bytes);
  EXPECT_TRUE(builder.add(content).ok());
  return std::move(builder).finish();
}

ByteView chunk_of(const Bytes& content, const Manifest& manifest, std::uint64_t i) {
  return ByteView(content).subspan(manifest.offset_of(ChunkIndex(i)), manifest.length_of(ChunkIndex(i)));
}

// ── manifest ──

TEST(Manifest, IsTheSameHoweverTheBytesArrive) {
  for (const std::size_t size : {0u, 1u, kSmall - 1, kSmall, kSmall + 1, 3 * kSmall, 10 * kSmall + 17}) {
    const Bytes content = pattern(size);
    const Manifest whole = manifest_of(content);
    EXPECT_EQ(whole.size, size);
    EXPECT_EQ(whole.chunk_count(), (size + kSmall - 1) / kSmall);
    for (const std::size_t step : {1u, 7u, 4095u, 5000u}) {
      if (step == 1 && size > 3 * kSmall) continue;
      ManifestBuilder builder(HashAlgorithm::kSha256, kSmall);
      for (std::size_t at = 0; at < size; at += step) {
        ASSERT_TRUE(builder.add(ByteView(content).subspan(at, std::min(step, size - at))).ok());
      }
      EXPECT_EQ(encode(std::move(builder).finish()), encode(whole)) << size << " by " << step;
    }
  }
}

TEST(Manifest, RoundTripsAndItsRootNamesContentAndAlgorithm) {
  const Bytes content = pattern(2 * kSmall + 5);
  const Manifest manifest = manifest_of(content);
  const auto read = decode_manifest(encode(manifest));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->root(), manifest.root());
  EXPECT_NE(manifest_of(content, kSmall, HashAlgorithm::kSm3).root(), manifest.root());
  Bytes changed = content;
  changed[kSmall] ^= 1;
  EXPECT_NE(manifest_of(changed).root(), manifest.root());
  EXPECT_EQ(*parse_content_root(format(manifest.root())), manifest.root());
}

TEST(Manifest, VerifiesEachChunkInItsPlaceOnly) {
  const Bytes content = pattern(3 * kSmall + 1);
  const Manifest manifest = manifest_of(content);
  for (std::uint64_t i = 0; i < manifest.chunk_count(); ++i) {
    EXPECT_TRUE(manifest.verify(ChunkIndex(i), chunk_of(content, manifest, i)).ok());
    const auto elsewhere = manifest.verify(ChunkIndex((i + 1) % manifest.chunk_count()), chunk_of(content, manifest, i));
    ASSERT_FALSE(elsewhere.ok());
    EXPECT_EQ(elsewhere.error().reason(), "delivery.chunk_mismatch");
  }
  EXPECT_FALSE(manifest.verify(ChunkIndex(9), {}).ok());
}

// Error paths of the manifest.
TEST(ManifestErrors, EveryTruncationAndEveryWrongHeadIsRefused) {
  const Bytes good = encode(manifest_of(pattern(2 * kSmall)));
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(decode_manifest(ByteView(good).first(length)).ok()) << length;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_manifest(longer).ok());
  for (const std::size_t at : {0u, 8u, 9u, 13u}) {  // magic, algorithm, chunk size, size
    Bytes bad = good;
    bad[at] = 0xff;
    EXPECT_FALSE(decode_manifest(bad).ok()) << at;
  }
  for (const char* text : {"", "sha256", "sha256:00", "md5:0000000000000000000000000000000000000000000000000000000000000000",
                           "sha256:000000000000000000000000000000000000000000000000000000000000000G"}) {
    EXPECT_FALSE(parse_content_root(text).ok()) << text;
  }
}

// ── contents ──

Result<StoredContent> put(Contents& contents, const Bytes& content, std::size_t piece = 100'000) {
  WEIR_TRY_LET(auto writer, contents.begin());
  for (std::size_t at = 0; at < content.size(); at += piece) {
    WEIR_TRY(writer->add(ByteView(content).subspan(at, std::min(piece, content.size() - at))));
  }
  return writer->finish();
}

class ContentsTest : public ::testing::Test {
 protected:
  std::unique_ptr<store::Files> files_ = store::make_memory_files();
  SeededRandom random_{7};
  Contents contents_{*files_, "/contents", HashAlgorithm::kSha256, random_};
  void SetUp() override { ASSERT_TRUE(files_->make_directories("/contents").ok()); }
};

TEST_F(ContentsTest, KeepsOneCopyOfTheSameBytesUnderTheirRoot) {
  const Bytes content = pattern(3'000'000);
  const auto first = put(contents_, content);
  ASSERT_TRUE(first.ok()) << first.error().message();
  const auto second = put(contents_, content);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first->root, second->root);
  EXPECT_EQ(first->size, content.size());
  EXPECT_EQ(files_->list("/contents")->size(), 1u);
  const auto opened = contents_.open(first->root);
  ASSERT_TRUE(opened.ok());
  Bytes read(content.size());
  EXPECT_EQ(*opened->data->read_at(0, read), content.size());
  EXPECT_EQ(read, content);
}

TEST_F(ContentsTest, AnInterruptedPutLeavesNothing) {
  {
    auto writer = contents_.begin();
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE((*writer)->add(pattern(5000)).ok());
  }
  EXPECT_TRUE(files_->list("/contents")->empty());
  ASSERT_TRUE(files_->make_directories("/contents/incoming-left").ok());
  ASSERT_TRUE(contents_.sweep().ok());
  EXPECT_TRUE(files_->list("/contents")->empty());
}

TEST_F(ContentsTest, UnknownRootsAreNotFound) {
  EXPECT_EQ(contents_.open(ContentRoot{}).error().reason(), "delivery.no_content");
}

// ── vault ──

class VaultTest : public ::testing::TestWithParam<Suite> {
 protected:
  std::unique_ptr<store::Files> files_ = store::make_memory_files();
  SeededRandom random_{3};
  crypto::SecretBytes master_ = crypto::SecretBytes::random(random_, crypto::SealingKey::kKeyBytes);
  Vault vault_{*files_, "/vault", GetParam(), master_, random_};
  Bytes content_ = pattern(3 * kSmall + 100);
  Manifest manifest_ = manifest_of(content_);
  void SetUp() override { ASSERT_TRUE(files_->make_directories("/vault").ok()); }

  std::unique_ptr<VaultItem> fill(const std::string& name) {
    auto item = vault_.create(name, manifest_);
    EXPECT_TRUE(item.ok()) << item.error().message();
    for (std::uint64_t i = 0; i < manifest_.chunk_count(); ++i) {
      EXPECT_TRUE((*item)->write_chunks(ChunkIndex(i), chunk_of(content_, manifest_, i)).ok());
    }
    EXPECT_TRUE((*item)->sync().ok());
    return *std::move(item);
  }
};
INSTANTIATE_TEST_SUITE_P(Suites, VaultTest, ::testing::Values(Suite::kInternational, Suite::kShangMi),
                         [](const auto& suite) { return std::string(crypto::name_of(suite.param)); });

//= TC609-6-2025-13#storage type=test
TEST_P(VaultTest, GivesBackWhatWasSealedAndKeepsNoPlainBytes) {
  fill("item-1");
  const auto item = vault_.open("item-1");
  ASSERT_TRUE(item.ok());
  for (std::uint64_t i = 0; i < manifest_.chunk_count(); ++i) {
    const auto chunk = (*item)->read_chunk(ChunkIndex(i));
    ASSERT_TRUE(chunk.ok());
    EXPECT_TRUE(std::ranges::equal(*chunk, chunk_of(content_, manifest_, i)));
  }
  const auto stored = files_->read_all("/vault/item-1/data", 1u << 20);
  ASSERT_TRUE(stored.ok());
  const ByteView needle = ByteView(content_).first(32);
  EXPECT_EQ(std::search(stored->begin(), stored->end(), needle.begin(), needle.end()), stored->end());
}

//= TC609-6-2025-15#encrypted-storage type=test
TEST_P(VaultTest, AfterDestructionNothingOpensAndRepeatingItIsFine) {
  fill("item-1");
  const Bytes key_before = *files_->read_all("/vault/item-1/key", 4096);
  ASSERT_TRUE(vault_.destroy("item-1").ok());
  EXPECT_FALSE(*vault_.exists("item-1"));
  EXPECT_FALSE(vault_.open("item-1").ok());
  ASSERT_TRUE(vault_.destroy("item-1").ok());
  EXPECT_FALSE(key_before.empty());
}

TEST_P(VaultTest, ProbeFindsTheChunksThatAreWhole) {
  auto item = fill("item-1");
  auto file = files_->open("/vault/item-1/data", store::OpenMode::kReadWrite);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write_at(2 * store::kBulkUnit + 50, Bytes{1, 2, 3}).ok());  // inside the second sealed chunk
  const std::vector<bool> found = item->probe({});
  EXPECT_EQ(found, (std::vector<bool>{true, false, true, true}));
  // What is known is believed, but not of an item that was made a moment ago.
  EXPECT_EQ(item->probe({false, true, false, false}), found);
  EXPECT_EQ((*vault_.open("item-1"))->probe({false, true, false, false}), (std::vector<bool>(4, true)));
}

// Error paths of the vault.
TEST_P(VaultTest, EveryFlippedByteOfASealedChunkIsFound) {
  fill("item-1");
  auto file = files_->open("/vault/item-1/data", store::OpenMode::kReadWrite);
  const auto item = vault_.open("item-1");
  const std::size_t sealed = kSmall + crypto::SealingKey::overhead(GetParam());
  for (std::size_t at = 0; at < sealed; at += 97) {
    Bytes byte(1);
    ASSERT_TRUE((*file)->read_at(at, byte).ok());
    const Bytes flipped{static_cast<std::uint8_t>(byte[0] ^ 0x40)};
    ASSERT_TRUE((*file)->write_at(at, flipped).ok());
    EXPECT_EQ((*item)->read_chunk(ChunkIndex(0)).error().reason(), "vault.broken") << at;
    ASSERT_TRUE((*file)->write_at(at, byte).ok());
  }
  EXPECT_TRUE((*item)->read_chunk(ChunkIndex(0)).ok());
}

TEST_P(VaultTest, ChunksCannotBeMovedWithinOrBetweenItems) {
  fill("item-1");
  fill("item-2");
  const Bytes data1 = *files_->read_all("/vault/item-1/data", 1u << 20);
  auto file2 = files_->open("/vault/item-2/data", store::OpenMode::kReadWrite);
  ASSERT_TRUE((*file2)->write_at(0, data1).ok());
  const auto item2 = vault_.open("item-2");
  EXPECT_FALSE((*item2)->read_chunk(ChunkIndex(0)).ok());
  const std::size_t sealed = kSmall + crypto::SealingKey::overhead(GetParam());
  auto file1 = files_->open("/vault/item-1/data", store::OpenMode::kReadWrite);
  ASSERT_TRUE((*file1)->write_at(0, ByteView(data1).subspan(2 * store::kBulkUnit, sealed)).ok());
  EXPECT_FALSE((*vault_.open("item-1"))->read_chunk(ChunkIndex(0)).ok());
}

TEST_P(VaultTest, NamesAreNoPathsAndOtherContentIsAConflict) {
  for (const char* name : {"", "..", "a/b", "A", "a.b", "\n"}) {
    EXPECT_EQ(vault_.create(name, manifest_).error().code(), Errc::kInvalidArgument) << name;
  }
  fill("item-1");
  EXPECT_EQ(vault_.create("item-1", manifest_of(pattern(5))).error().reason(), "vault.other_content");
}

TEST_P(VaultTest, AnotherMasterKeyOpensNothing) {
  fill("item-1");
  const auto other = crypto::SecretBytes::random(random_, crypto::SealingKey::kKeyBytes);
  EXPECT_EQ(Vault(*files_, "/vault", GetParam(), other, random_).open("item-1").error().reason(), "vault.broken");
}

// ── session ──

// A sender in memory that can cut, corrupt or talk too much.
class MemoryRemote final : public RemoteContent {
 public:
  explicit MemoryRemote(const Bytes& content) : content_(content) {}
  std::size_t piece = 1000;
  std::uint64_t cut_after = UINT64_MAX;  // bytes, then the line is lost
  std::uint64_t flip_at = UINT64_MAX;
  std::uint64_t extra = 0;
  std::uint64_t sent = 0;

  Result<> read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
    Bytes all(content_.begin() + static_cast<std::ptrdiff_t>(offset),
              content_.begin() + static_cast<std::ptrdiff_t>(offset + length));
    if (flip_at >= offset && flip_at < offset + length) all[flip_at - offset] ^= 1;
    all.resize(all.size() + extra);
    for (std::size_t at = 0; at < all.size(); at += piece) {
      const ByteView part = ByteView(all).subspan(at, std::min(piece, all.size() - at));
      if (sent + part.size() > cut_after) return Error(Errc::kUnavailable, "line lost");
      sent += part.size();
      WEIR_TRY(sink(part));
    }
    return {};
  }

 private:
  const Bytes& content_;
};

class SessionTest : public ::testing::Test {
 protected:
  std::unique_ptr<store::Files> files_ = store::make_memory_files();
  SeededRandom random_{3};
  crypto::SecretBytes master_ = crypto::SecretBytes::random(random_, crypto::SealingKey::kKeyBytes);
  Vault vault_{*files_, "/vault", Suite::kInternational, master_, random_};
  std::atomic<bool> stop_{false};
  void SetUp() override { ASSERT_TRUE(files_->make_directories("/vault").ok()); }

  PullSession session(const std::string& name, const Manifest& manifest, const std::vector<bool>& known = {}) {
    return PullSession(*vault_.create(name, manifest), known);
  }
  static Result<> nothing() { return {}; }
};

TEST_F(SessionTest, BringsEverySizeWholeWithAnyPieceSize) {
  int item = 0;
  for (const std::size_t size : {0u, 1u, kSmall, kSmall + 1, 9 * kSmall + 3}) {
    for (const std::size_t piece : {100u, kSmall, 3 * kSmall}) {
      const Bytes content = pattern(size);
      PullSession pull = session("item-" + std::to_string(item++), manifest_of(content));
      MemoryRemote remote(content);
      remote.piece = piece;
      ASSERT_TRUE(run_stream(pull, remote, 4, stop_, nothing).ok());
      EXPECT_TRUE(pull.complete());
      EXPECT_EQ(pull.bytes_done(), size);
      EXPECT_EQ(remote.sent, size);
    }
  }
}

TEST_F(SessionTest, GoesOnWhereItWasCutAndAsksForNothingTwice) {
  const Bytes content = pattern(20 * kSmall);
  const Manifest manifest = manifest_of(content);
  std::uint64_t sent = 0;
  int rounds = 0;
  std::vector<bool> known;
  while (true) {
    PullSession pull = session("item", manifest, known);
    MemoryRemote remote(content);
    remote.cut_after = 3 * kSmall + 500;
    const Result<> ran = run_stream(pull, remote, 8, stop_, nothing);
    sent += remote.sent;
    ++rounds;
    if (rounds % 2 == 0) known = *pull.checkpoint();  // every other time, progress was not recorded
    if (ran) {
      EXPECT_TRUE(pull.complete());
      break;
    }
    ASSERT_LT(rounds, 100);
  }
  // At most one part of a chunk a round is sent again.
  EXPECT_LE(sent, content.size() + static_cast<std::uint64_t>(rounds) * kSmall);
}

TEST_F(SessionTest, TwoStreamsShareTheWork) {
  const Bytes content = pattern(8 * kSmall);
  PullSession pull = session("item", manifest_of(content));
  const auto first = pull.take(3);
  ASSERT_TRUE(first.has_value());
  MemoryRemote remote(content);
  ASSERT_TRUE(run_stream(pull, remote, 2, stop_, nothing).ok());
  EXPECT_FALSE(pull.complete());
  EXPECT_EQ(remote.sent, 5 * kSmall);
  pull.give_back(*first);
  ASSERT_TRUE(run_stream(pull, remote, 2, stop_, nothing).ok());
  EXPECT_TRUE(pull.complete());
}

// Error paths of a session: a hostile sender.
TEST_F(SessionTest, OneFlippedByteIsRefusedAndNothingOfItsChunkIsKept) {
  const Bytes content = pattern(4 * kSmall);
  const Manifest manifest = manifest_of(content);
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{kSmall + 7}, std::uint64_t{4 * kSmall - 1}}) {
    PullSession pull = session("item-" + std::to_string(at), manifest);
    MemoryRemote remote(content);
    remote.flip_at = at;
    EXPECT_EQ(run_stream(pull, remote, 4, stop_, nothing).error().reason(), "delivery.chunk_mismatch");
    EXPECT_FALSE(pull.complete());
    EXPECT_EQ(pull.bytes_done(), at / kSmall * kSmall);
  }
}

TEST_F(SessionTest, TooManyBytesAreRefused) {
  const Bytes content = pattern(2 * kSmall);
  PullSession pull = session("item", manifest_of(content));
  MemoryRemote remote(content);
  remote.extra = 1;
  EXPECT_EQ(run_stream(pull, remote, 1, stop_, nothing).error().reason(), "delivery.too_many_bytes");
}

TEST_F(SessionTest, StopsWhenTold) {
  const Bytes content = pattern(4 * kSmall);
  PullSession pull = session("item", manifest_of(content));
  MemoryRemote remote(content);
  const Result<> ran = run_stream(pull, remote, 1, stop_, [&]() -> Result<> {
    stop_ = true;
    return {};
  });
  EXPECT_EQ(ran.error().reason(), "delivery.stopped");
  EXPECT_EQ(pull.bytes_done(), kSmall);
}

TEST(Bitmap, RoundTripsAndRefusesStrayBits) {
  for (const std::size_t count : {0u, 1u, 7u, 8u, 9u, 127u, 128u, 129u}) {
    std::vector<bool> bits(count);
    for (std::size_t i = 0; i < count; i += 3) bits[i] = true;
    EXPECT_EQ(*decode_bitmap(encode_bitmap(bits), count), bits);
  }
  EXPECT_FALSE(decode_bitmap(Bytes{0x80}, 7).ok());
  EXPECT_FALSE(decode_bitmap(Bytes{0, 0}, 7).ok());
  EXPECT_FALSE(decode_bitmap(Bytes{}, 7).ok());
}

}  // namespace
}  // namespace weir::flow::delivery

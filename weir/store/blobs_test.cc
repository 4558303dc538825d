// SPDX-License-Identifier: Apache-2.0
#include "weir/store/blobs.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "weir/store/memory_files.h"

namespace weir::store {

namespace {

constexpr auto kSha256 = crypto::HashAlgorithm::kSha256;

std::string text_of_blob(Blobs& blobs, const BlobId& id) {
  auto blob = blobs.open(id);
  if (!blob) return "error: " + std::string(blob.error().message());
  Bytes bytes((*blob)->size());
  EXPECT_EQ(*(*blob)->read_at(0, bytes), bytes.size());
  return std::string(text_of(bytes));
}

}  // namespace

TEST(Blobs, AreNamedByTheirContents) {
  weir::testing::TemporaryFolder folder;
  auto blobs = *open_file_blobs(real_files(), folder.path() + "/blobs");
  const auto id = blobs->put(kSha256, view_of("abc"));
  ASSERT_TRUE(id) << id.error().message();
  EXPECT_EQ(format(*id), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(*blobs->put(kSha256, view_of("abc")), *id);
  EXPECT_EQ(text_of_blob(*blobs, *id), "abc");
  const auto other = blobs->put(crypto::HashAlgorithm::kSm3, view_of("abc"));
  EXPECT_EQ(format(*other), "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  EXPECT_TRUE(real_files().list(folder.path() + "/blobs/incoming")->empty());
  EXPECT_TRUE(
      *real_files().exists(folder.path() + "/blobs/sha256/ba/" + format(*id).substr(7)));  // docs/formats/store.md
}

TEST(Blobs, AreReadInRanges) {
  MemoryFiles files;
  auto blobs = *open_file_blobs(files, "/b");
  const auto writer = *blobs->create({});
  ASSERT_TRUE(writer->append(view_of("hello ")));
  ASSERT_TRUE(writer->append(view_of("world")));
  const BlobId id = *writer->finish();
  auto blob = *blobs->open(id);
  EXPECT_EQ(blob->size(), 11u);
  std::array<std::uint8_t, 5> out{};
  EXPECT_EQ(*blob->read_at(6, out), 5u);
  EXPECT_EQ(text_of(out), "world");
  EXPECT_EQ(*blob->read_at(9, out), 2u);
}

TEST(Blobs, RemoveIsFinalAndRepeatable) {
  MemoryFiles files;
  auto blobs = *open_file_blobs(files, "/b");
  const BlobId id = *blobs->put(kSha256, view_of("x"));
  EXPECT_TRUE(*blobs->exists(id));
  EXPECT_TRUE(blobs->remove(id));
  EXPECT_TRUE(blobs->remove(id));
  EXPECT_FALSE(*blobs->exists(id));
  files.crash(MemoryFiles::Unsynced::kForgotten);
  EXPECT_FALSE(*blobs->exists(id));
  EXPECT_EQ(blobs->open(id).error().reason(), "store.no_blob");
}

// --- What does not fit its announcement ---

TEST(Blobs, OtherBytesThanAnnouncedAreRefused) {
  MemoryFiles files;
  auto blobs = *open_file_blobs(files, "/b");
  const crypto::Digest digest = crypto::hash(kSha256, view_of("abc"));
  const auto wrong = *blobs->create({.digest = digest});
  ASSERT_TRUE(wrong->append(view_of("abd")));
  EXPECT_EQ(wrong->finish().error().reason(), "store.blob_mismatch");
  const auto longer = *blobs->create({.size = 3});
  EXPECT_EQ(longer->append(view_of("abcd")).error().code(), Errc::kCorrupt);
  const auto shorter = *blobs->create({.size = 3});
  ASSERT_TRUE(shorter->append(view_of("ab")));
  EXPECT_EQ(shorter->finish().error().reason(), "store.blob_mismatch");
  const auto right = *blobs->create({.digest = digest, .size = 3});
  ASSERT_TRUE(right->append(view_of("abc")));
  EXPECT_TRUE(right->finish());
}

TEST(Blobs, MalformedNamesAreRefused) {
  const std::string good = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(format(*parse_blob_id(good)), good);
  for (const std::string& bad : {std::string(), std::string("sha256"), std::string("md5:") + std::string(64, 'a'),
                                 "sha256:" + std::string(63, 'a'), "sha256:" + std::string(66, 'a'),
                                 "sha256:" + std::string(64, 'A'), "sha256:../" + std::string(61, 'a'), " " + good}) {
    EXPECT_FALSE(parse_blob_id(bad)) << bad;
  }
}

// --- Failures ---

TEST(Blobs, AreThereWholeOrNotAtAllWhateverFails) {
  using Op = MemoryFiles::Op;
  for (const Op op : {Op::kOpen, Op::kWrite, Op::kSync, Op::kMakeDirectories, Op::kRename, Op::kSyncDirectory}) {
    MemoryFiles files;
    auto blobs = *open_file_blobs(files, "/b");
    files.fail(op, 1, MemoryFiles::Fault::kIo);
    EXPECT_FALSE(blobs->put(kSha256, view_of("abc")));
    files.crash(MemoryFiles::Unsynced::kForgotten);
    auto again = *open_file_blobs(files, "/b");
    const BlobId id{.algorithm = kSha256, .digest = crypto::hash(kSha256, view_of("abc"))};
    if (*again->exists(id)) {
      EXPECT_EQ(text_of_blob(*again, id), "abc");
    }
    ASSERT_TRUE(again->put(kSha256, view_of("abc")));
    files.crash(MemoryFiles::Unsynced::kForgotten);
    EXPECT_EQ(text_of_blob(*again, id), "abc");
  }
}

TEST(Blobs, AFullDiskIsToldBeforeTheFirstByte) {
  MemoryFiles files;
  auto blobs = *open_file_blobs(files, "/b");
  files.fail(MemoryFiles::Op::kWrite, 1, MemoryFiles::Fault::kNoSpace);
  EXPECT_EQ(blobs->create({.size = 10}).error().reason(), "store.disk_full");
  files.heal();
  EXPECT_TRUE(blobs->create({.size = 10}));
}

TEST(Blobs, UnfinishedPutsAreGone) {
  MemoryFiles files;
  auto blobs = *open_file_blobs(files, "/b");
  {
    const auto writer = *blobs->create({});
    ASSERT_TRUE(writer->append(view_of("abc")));
  }
  EXPECT_TRUE(files.list("/b/incoming")->empty());
  const auto killed = *blobs->create({});
  ASSERT_TRUE(killed->append(view_of("abc")));
  auto again = *open_file_blobs(files, "/b");
  EXPECT_TRUE(files.list("/b/incoming")->empty());
}

}  // namespace weir::store

// The store on a disk that fails: every write, sync and truncation in turn, followed by going on, by the death of the
// process, or by a power cut. Whatever happens: what was acknowledged is there, and no work is there by half (I-2).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "tests/support/faulty_vfs.h"
#include "tests/support/temporary_folder.h"
#include "weir/base/log.h"
#include "weir/store/files.h"
#include "weir/store/memory_files.h"
#include "weir/store/sql.h"

namespace weir::store {

namespace {

using weir::testing::FaultyVfs;

constexpr int kWrites = 14;

enum class After : std::uint8_t { kReopen, kProcessDies, kPowerCut };
constexpr After kAfters[] = {After::kReopen, After::kProcessDies, After::kPowerCut};

class StoreFailures : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(static_cast<log::Level>(9)); }
  void TearDown() override {
    db_.reset();
    vfs_.reset();
    log::set_level(log::Level::kInfo);
  }

  // A log of 16 pages, so that it is moved into the file every few writes.
  Result<> open() {
    auto opened = open_sqlite({.path = path_, .readers_max = 1, .log_bytes = 64u << 10, .vfs = FaultyVfs::kName});
    if (!opened) return std::move(opened).error();
    db_ = std::move(*opened);
    return {};
  }
  void start_over() {
    db_.reset();
    vfs_.reset();
    folder_.emplace();
    path_ = folder_->path() + "/db";
    acknowledged_.clear();
    next_ = 0;
    ASSERT_TRUE(open());
    ASSERT_TRUE(db_->write([](Tx& tx) {
      return tx.script(
          "CREATE TABLE half (id INTEGER PRIMARY KEY, body BLOB); CREATE TABLE other (id INTEGER PRIMARY KEY)");
    }));
  }
  // One work: a row in each table.
  Result<> put() {
    const std::int64_t id = next_++;
    auto result = db_->write([id](Tx& tx) -> Result<> {
      WEIR_TRY(
          tx.execute("INSERT INTO half (id, body) VALUES (?, ?)", {id, Bytes(5000, static_cast<std::uint8_t>(id))}));
      WEIR_TRY(tx.execute("INSERT INTO other (id) VALUES (?)", {id}));
      return {};
    });
    if (result) acknowledged_.insert(id);
    return result;
  }
  void put_many(int count) {
    for (int i = 0; i < count; ++i) (void)put();
  }
  void go_on(After after) {
    if (after != After::kReopen) vfs_.stop();
    db_.reset();
    vfs_.start(after == After::kPowerCut);
    const auto opened = open();
    ASSERT_TRUE(opened) << opened.error().message();
  }
  void check(const std::string& where) {
    std::set<std::int64_t> halves;
    std::set<std::int64_t> others;
    const auto read = db_->read([&](Tx& tx) -> Result<> {
      WEIR_TRY_LET(const Row sound, tx.one("PRAGMA integrity_check"));
      EXPECT_EQ(sound[0].text(), "ok") << where;
      WEIR_TRY(tx.scan("SELECT id, body FROM half", {}, [&](const Row& row) {
        halves.insert(row[0].integer());
        EXPECT_EQ(row[1].blob(), Bytes(5000, static_cast<std::uint8_t>(row[0].integer()))) << where;
        return true;
      }));
      return tx.scan("SELECT id FROM other", {}, [&](const Row& row) {
        others.insert(row[0].integer());
        return true;
      });
    });
    ASSERT_TRUE(read) << where << ": " << read.error().message();
    EXPECT_EQ(halves, others) << where << ": a work is there by half";
    for (const std::int64_t id : acknowledged_) EXPECT_TRUE(halves.contains(id)) << where << ": lost " << id;
    EXPECT_GT(acknowledged_.size(), 0u);
  }
  // How often `op` happens in the writes of one run without faults.
  std::uint64_t steps(FaultyVfs::Op op) {
    start_over();
    const std::uint64_t before = vfs_.calls(op);
    put_many(kWrites);
    EXPECT_EQ(acknowledged_.size(), static_cast<std::size_t>(kWrites));
    return vfs_.calls(op) - before;
  }

  FaultyVfs& vfs_ = FaultyVfs::instance();
  std::optional<weir::testing::TemporaryFolder> folder_;
  std::string path_;
  std::unique_ptr<Database> db_;
  std::set<std::int64_t> acknowledged_;
  std::int64_t next_ = 0;
};

std::string describe(const char* op, std::uint64_t nth, After after) {
  return std::string(op) + " " + std::to_string(nth) + ", then " +
         (after == After::kReopen ? "reopen" : after == After::kProcessDies ? "death" : "power cut");
}

}  // namespace

TEST_F(StoreFailures, EverySyncFails) {
  const std::uint64_t syncs = steps(FaultyVfs::Op::kSync);
  ASSERT_GT(syncs, static_cast<std::uint64_t>(kWrites));
  for (std::uint64_t nth = 1; nth <= syncs; ++nth) {
    for (const After after : kAfters) {
      const std::string where = describe("sync", nth, after);
      start_over();
      put_many(1);
      vfs_.fail(FaultyVfs::Op::kSync, nth, FaultyVfs::Fault::kIo);
      put_many(kWrites);
      if (nth < syncs - 3) {  // the last ones may belong to the write before
        EXPECT_EQ(db_->health().error().reason(), "store.read_only") << where;
        EXPECT_EQ(put().error().reason(), "store.read_only") << where;
      }
      check(where);
      go_on(after);
      check(where);
      // What comes next stands on what recovery saw: it must be on disk, not only in the kernel's memory.
      ASSERT_TRUE(put()) << where;
      go_on(After::kPowerCut);
      check(where + ", a write, power cut");
    }
  }
}

TEST_F(StoreFailures, EveryWriteFails) {
  const std::uint64_t writes = steps(FaultyVfs::Op::kWrite);
  for (std::uint64_t nth = 1; nth <= writes; nth += 3) {
    for (const After after : kAfters) {
      const std::string where = describe("write", nth, after);
      start_over();
      put_many(1);
      vfs_.fail(FaultyVfs::Op::kWrite, nth, FaultyVfs::Fault::kIo);
      put_many(kWrites);
      check(where);
      go_on(after);
      check(where);
      ASSERT_TRUE(put()) << where;
      go_on(After::kPowerCut);
      check(where + ", a write, power cut");
    }
  }
}

TEST_F(StoreFailures, AFullDiskRefusesWritesAndRecoversByItself) {
  const std::uint64_t writes = steps(FaultyVfs::Op::kWrite);
  for (std::uint64_t nth = 1; nth <= writes; nth += 3) {
    const std::string where = describe("no space at write", nth, After::kReopen);
    start_over();
    put_many(1);
    vfs_.fail(FaultyVfs::Op::kWrite, nth, FaultyVfs::Fault::kNoSpace);
    put_many(kWrites);
    const auto full = put();
    EXPECT_EQ(full.error().code(), Errc::kExhausted) << where;
    EXPECT_EQ(full.error().reason(), "store.disk_full") << where;
    EXPECT_EQ(db_->health().error().reason(), "store.disk_full") << where;
    check(where);  // reads go on
    vfs_.heal();
    EXPECT_TRUE(put()) << where;
    EXPECT_TRUE(db_->health()) << where;
    put_many(kWrites);
    check(where);
    go_on(After::kPowerCut);
    check(where);
  }
}

TEST_F(StoreFailures, AFullDiskInABatchOfMany) {
  start_over();
  put_many(1);
  vfs_.fail(FaultyVfs::Op::kWrite, 1, FaultyVfs::Fault::kNoSpace);
  const auto insert = [](std::int64_t id, std::size_t size) -> Work {
    return [=](Tx& tx) -> Result<> {
      WEIR_TRY(tx.execute("INSERT INTO half (id, body) VALUES (?, ?)", {id, Bytes(size)}));
      return {};
    };
  };
  const std::vector<Work> works = {insert(100, 10), insert(101, 20u << 20) /* more than the cache: spills */,
                                   insert(102, 10)};
  for (const auto& result : db_->write_batch(works)) EXPECT_EQ(result.error().reason(), "store.disk_full");
  vfs_.heal();
  for (const auto& result : db_->write_batch(works)) EXPECT_TRUE(result);
  EXPECT_TRUE(db_->health());
}

TEST_F(StoreFailures, APowerCutAfterEveryAcknowledgement) {
  start_over();
  for (int i = 0; i < 2 * kWrites; ++i) {
    ASSERT_TRUE(put());
    go_on(After::kPowerCut);
    check("power cut " + std::to_string(i));
  }
}

TEST_F(StoreFailures, ACorruptFileIsCorruptNotSilent) {
  start_over();
  put_many(5);
  db_.reset();
  auto file = real_files().open(path_, OpenMode::kReadWrite);
  ASSERT_TRUE((*file)->write_at(0, Bytes(100, 0x5a)));
  EXPECT_EQ(open().error().code(), Errc::kCorrupt);
}

// --- write_durable, on a disk in memory: old or new, never between ---

TEST(FilesFailures, WriteDurableIsOldOrNewWhateverFails) {
  using Op = MemoryFiles::Op;
  for (const Op op : {Op::kOpen, Op::kTruncate, Op::kWrite, Op::kSync, Op::kRename, Op::kSyncDirectory}) {
    for (const auto fault : {MemoryFiles::Fault::kNoSpace, MemoryFiles::Fault::kIo}) {
      for (const auto unsynced : {MemoryFiles::Unsynced::kForgotten, MemoryFiles::Unsynced::kKept}) {
        MemoryFiles files;
        ASSERT_TRUE(files.make_directories("/d"));
        ASSERT_TRUE(files.write_durable("/d/f", view_of("old")));
        files.fail(op, 1, fault);
        EXPECT_FALSE(files.write_durable("/d/f", view_of("the new one")));
        files.heal();
        files.crash(unsynced);
        const auto bytes = files.read_all("/d/f", 100);
        ASSERT_TRUE(bytes) << bytes.error().message();
        EXPECT_TRUE(text_of(*bytes) == "old" || text_of(*bytes) == "the new one");
        ASSERT_TRUE(files.write_durable("/d/f", view_of("again")));
        files.crash(MemoryFiles::Unsynced::kForgotten);
        EXPECT_EQ(text_of(*files.read_all("/d/f", 100)), "again");
      }
    }
  }
}

TEST(FilesFailures, WhatIsNotSyncedIsForgotten) {
  MemoryFiles files;
  auto file = files.open("f", OpenMode::kCreate);
  ASSERT_TRUE((*file)->write_at(0, view_of("one")));
  ASSERT_TRUE((*file)->sync());
  ASSERT_TRUE(files.sync_directory("."));
  ASSERT_TRUE((*file)->write_at(0, view_of("two")));
  files.crash(MemoryFiles::Unsynced::kForgotten);
  EXPECT_EQ(text_of(*files.read_all("f", 10)), "one");
  EXPECT_FALSE((*file)->sync());  // opened before the crash
}

TEST(FilesFailures, AFailedSyncIsNotRepeated) {
  MemoryFiles files;
  auto file = files.open("f", OpenMode::kCreate);
  ASSERT_TRUE((*file)->write_at(0, view_of("one")));
  files.fail(MemoryFiles::Op::kSync, 1, MemoryFiles::Fault::kIo);
  EXPECT_EQ((*file)->sync().error().reason(), "store.io");
  EXPECT_EQ((*file)->sync().error().reason(), "store.sync_failed");
  EXPECT_EQ((*file)->write_at(0, view_of("x")).error().reason(), "store.sync_failed");
}

}  // namespace weir::store

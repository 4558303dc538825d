// kill -9 at random while several threads write: what was acknowledged is there afterwards, every time.
//
// WEIR_KILL_ROUNDS sets how often (10 by default; 200 in the long run).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/support/temporary_folder.h"
#include "weir/base/random.h"
#include "weir/node/group_commit.h"
#include "weir/store/sql.h"

namespace weir::node {

namespace {

constexpr int kThreads = 3;

// Writes for ever; tells each acknowledged id through the pipe.
[[noreturn]] void write_until_killed(const std::string& path, int pipe, std::int64_t first) {
  auto database = store::open_sqlite({.path = path, .log_bytes = 256u << 10});
  if (!database) ::_exit(3);
  GroupCommit group(std::move(*database));
  std::atomic<std::int64_t> next = first;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (;;) {
        const std::int64_t id = next++;
        const auto done = group.write([id](store::Tx& tx) -> Result<> {
          WEIR_TRY(tx.execute("INSERT INTO half (id, body) VALUES (?, ?)", {id, Bytes(700, 1)}));
          WEIR_TRY(tx.execute("INSERT INTO other (id) VALUES (?)", {id}));
          return {};
        });
        if (!done || ::write(pipe, &id, sizeof id) != sizeof id) ::_exit(4);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ::_exit(5);
}

std::set<std::int64_t> ids_of(store::Database& database, const std::string& table) {
  std::set<std::int64_t> ids;
  const auto read = database.read([&](store::Tx& tx) {
    return tx.scan("SELECT id FROM " + table, {}, [&](const store::Row& row) {
      ids.insert(row[0].integer());
      return true;
    });
  });
  EXPECT_TRUE(read) << read.error().message();
  return ids;
}

}  // namespace

//= I-2 type=test
TEST(Kill, NothingAcknowledgedIsLost) {
  const char* rounds_text = ::getenv("WEIR_KILL_ROUNDS");
  const int rounds = rounds_text ? ::atoi(rounds_text) : 10;
  SystemRandom random;
  weir::testing::TemporaryFolder folder;
  const std::string path = folder.path() + "/db";
  {
    auto database = store::open_sqlite({.path = path});
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->write([](store::Tx& tx) {
      return tx.script(
          "CREATE TABLE half (id INTEGER PRIMARY KEY, body BLOB); CREATE TABLE other (id INTEGER PRIMARY KEY)");
    }));
  }
  std::set<std::int64_t> acknowledged;
  for (int round = 0; round < rounds; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_until_killed(path, ends[1], (round + 1) * 1000000);
    }
    ::close(ends[1]);
    const std::uint64_t kill_after = 1 + random.below(400);
    std::uint64_t told = 0;
    std::int64_t id = 0;
    while (::read(ends[0], &id, sizeof id) == sizeof id) {
      acknowledged.insert(id);
      if (++told == kill_after) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the writer ended by itself, with " << status;

    auto database = store::open_sqlite({.path = path});
    ASSERT_TRUE(database) << database.error().message();
    const auto halves = ids_of(**database, "half");
    EXPECT_EQ(halves, ids_of(**database, "other")) << "a work is there by half";
    for (const std::int64_t each : acknowledged)
      ASSERT_TRUE(halves.contains(each)) << "lost " << each << " in round " << round;
    EXPECT_LE(halves.size(), acknowledged.size() + static_cast<std::size_t>((round + 1) * kThreads));
  }
}

}  // namespace weir::node

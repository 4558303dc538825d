// SPDX-License-Identifier: Apache-2.0
#include "weir/node/job_tables.h"

#include <thread>

#include "tests/support/temporary_folder.h"
#include "weir/store/memory_files.h"
#include "weir/use/job/test_support.h"

namespace weir::node {
namespace {

// A disk that does something once, in the middle of the next file that is read.
class Interrupted final : public store::Files {
 public:
  explicit Interrupted(store::Files& real) : real_(real) {}
  std::function<void()> in_between;

  Result<std::unique_ptr<store::File>> open(const std::string& path, store::OpenMode mode) override {
    WEIR_TRY_LET(auto file, real_.open(path, mode));
    return std::unique_ptr<store::File>(std::make_unique<Read>(std::move(file), in_between));
  }
  Result<> make_directories(const std::string& path) override { return real_.make_directories(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return real_.list(directory); }
  Result<> rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
  Result<> remove(const std::string& path) override { return real_.remove(path); }
  Result<> remove_tree(const std::string& path) override { return real_.remove_tree(path); }
  Result<bool> exists(const std::string& path) override { return real_.exists(path); }
  Result<> sync_directory(const std::string& path) override { return real_.sync_directory(path); }
  Result<std::uint64_t> free_bytes(const std::string& path) override { return real_.free_bytes(path); }

 private:
  class Read final : public store::File {
   public:
    Read(std::unique_ptr<store::File> file, std::function<void()>& then) : file_(std::move(file)), then_(then) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) override {
      if (offset > 0) {
        if (const auto act = std::exchange(then_, nullptr)) act();
      }
      return file_->read_at(offset, out);
    }
    Result<> write_at(std::uint64_t offset, ByteView bytes) override { return file_->write_at(offset, bytes); }
    Result<std::uint64_t> size() override { return file_->size(); }
    Result<> truncate(std::uint64_t size) override { return file_->truncate(size); }
    Result<> sync() override { return file_->sync(); }

   private:
    std::unique_ptr<store::File> file_;
    std::function<void()>& then_;
  };
  store::Files& real_;
};

class JobTablesTest : public ::testing::Test {
 protected:
  // Takes a table in, as an upload does; gives its root as text.
  std::string store_table() {
    auto writer = inputs_.begin();
    EXPECT_TRUE(writer);
    EXPECT_TRUE((*writer)->add(view_of("id\n1\n")));
    const auto stored = (*writer)->finish();
    EXPECT_TRUE(stored);
    return format(stored->root);
  }
  bool is_there(const std::string& input) {
    return inputs_.path_of_data(*flow::delivery::parse_content_root(input)).ok();
  }

  Result<use::job::Job> propose(const std::string& input) {
    return party_.service->propose({.agreement = "agreement-1",
                                    .algorithm = "psi-rr22",
                                    .keys = {{"id", "customer", use::job::Form::kText}},
                                    .action = "compute",
                                    .purpose = "research",
                                    .input = input,
                                    .query = {}},
                                   "admin");
  }
  JobTables::Deps deps(store::Files& files, const std::string& folder) {
    return {.service = *party_.service,
            .inputs = inputs_,
            .contents = contents_,
            .files = files,
            .results = folder + "results",
            .work = folder + "work",
            .images = folder + "images",
            .random = random_,
            .watch = watch_};
  }

  SeededRandom random_{3};
  store::MemoryFiles files_;
  flow::delivery::Contents inputs_{files_, "inputs", crypto::HashAlgorithm::kSha256, random_};
  flow::delivery::Contents contents_{files_, "contents", crypto::HashAlgorithm::kSha256, random_};
  use::job::ServiceParty party_{11, use::job::make_node(1), use::job::make_node(2), use::job::Role::kConsumer};
  JobWatch watch_;
  JobTables tables_{deps(files_, "")};
};

TEST_F(JobTablesTest, ATableThatNoJobHasGoes) {
  const std::string input = store_table();
  ASSERT_TRUE(is_there(input));
  ASSERT_TRUE(tables_.drop_input(input));
  EXPECT_FALSE(is_there(input));
}

// The job before it is over, and its table was about to go, when the same table came once more.
TEST_F(JobTablesTest, ATableThatComesAgainIsKeptForTheJobThatItCameFor) {
  const std::string input = store_table();
  auto first = tables_.hold_inputs();
  auto second = tables_.hold_inputs();
  ASSERT_TRUE(tables_.drop_input(input));
  EXPECT_EQ(store_table(), input);
  first.reset();
  EXPECT_TRUE(is_there(input));
  const auto job = propose(input);
  ASSERT_TRUE(job) << job.error().message();
  second.reset();
  EXPECT_TRUE(is_there(input));
}

TEST_F(JobTablesTest, ATableOfWhichNoJobCameGoesWhenItIsLetGo) {
  auto held = tables_.hold_inputs();
  const std::string input = store_table();
  ASSERT_TRUE(tables_.drop_input(input));
  EXPECT_TRUE(is_there(input));
  held.reset();
  EXPECT_FALSE(is_there(input));
}

TEST_F(JobTablesTest, ResultsGoWhenTheirDaysAreOverAndThoseOfOtherJobsStay) {
  ASSERT_TRUE(files_.make_directories("results"));
  const auto found = [&] {
    const std::string id = propose(store_table())->id;
    EXPECT_TRUE(files_.write_durable("results/" + id + ".csv", view_of("id\n1\n")));
    EXPECT_TRUE(files_.write_durable("results/" + id + ".types", view_of("")));
    return id;
  };
  const auto ends = [&](const std::string& id) { EXPECT_TRUE(party_.service->reject(id, "taken back", "admin")); };
  const std::string old = found(), running = found();
  ends(old);
  party_.clock.advance(Milliseconds{1});
  const Timestamp before = party_.clock.now();
  const std::string young = found();
  ends(young);
  EXPECT_TRUE(files_.write_durable("results/of-no-job.csv", view_of("")));
  EXPECT_EQ(*tables_.forget_results(before), 3);
  EXPECT_EQ(tables_.open_result(old).error().reason(), "job.no_result");
  EXPECT_EQ(tables_.open_parquet(old).error().reason(), "job.no_result");
  EXPECT_TRUE(tables_.open_result(running));
  EXPECT_TRUE(tables_.open_result(young));
  EXPECT_EQ(files_.list("results")->size(), 4u);
  EXPECT_TRUE(party_.service->get(old));  // the record of it
  EXPECT_EQ(*tables_.forget_results(before), 0);
}

TEST_F(JobTablesTest, HowMuchOfTheTableIsReadIsShownForSetsAndFigures) {
  Interrupted files(files_);
  JobTables tables(deps(files, ""));
  ASSERT_TRUE(files_.make_directories("work"));
  auto job = propose(store_table());
  ASSERT_TRUE(job);
  for (const bool figure : {false, true}) {
    std::optional<wire::Json> shown;
    files.in_between = [&] { shown = watch_.look(job->id); };
    if (figure) {
      job->id = "figure";
      job->work.query = use::job::parse_statement("SELECT COUNT(*) FROM mine JOIN theirs USING (id)", {})->query;
    }
    const auto read = tables.prepare(*job);
    ASSERT_TRUE(read) << read.error().message();
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->text_or("phase", ""), "reading");
    EXPECT_EQ(shown->integer_or("done", 0), 5);
    EXPECT_EQ(shown->integer_or("total", 0), 5);
  }
}

// ── what fails ──

TEST_F(JobTablesTest, WhoWantsParquetWhileAnotherResultIsMadeIntoItIsToldSoAtOnce) {
  const weir::testing::TemporaryFolder folder;
  Interrupted files(store::real_files());
  JobTables tables(deps(files, folder.path() + "/"));
  for (const char* name : {"/results", "/work"}) ASSERT_TRUE(files.make_directories(folder.path() + name));
  for (const char* name : {"one", "two"}) {
    ASSERT_TRUE(files.write_durable(folder.path() + "/results/" + name + ".csv", view_of("id\n1\n")));
  }
  std::string second, as_csv;
  files.in_between = [&] {
    std::jthread other([&] {
      const auto refused = tables.open_parquet("two");
      second = refused ? "made" : refused.error().reason();
      EXPECT_TRUE(refused || refused.error().code() == Errc::kUnavailable);
      as_csv = tables.open_result("two") ? "there" : "not there";
    });
  };
  ASSERT_TRUE(tables.open_parquet("one"));
  EXPECT_EQ(second, "job.busy");
  EXPECT_EQ(as_csv, "there");
  EXPECT_TRUE(tables.open_parquet("two"));
  EXPECT_TRUE(files.list(folder.path() + "/work")->empty());
}

}  // namespace
}  // namespace weir::node

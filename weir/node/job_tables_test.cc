// SPDX-License-Identifier: Apache-2.0
#include "weir/node/job_tables.h"

#include "weir/store/memory_files.h"
#include "weir/use/job/test_support.h"

namespace weir::node {
namespace {

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

  SeededRandom random_{3};
  store::MemoryFiles files_;
  flow::delivery::Contents inputs_{files_, "inputs", crypto::HashAlgorithm::kSha256, random_};
  flow::delivery::Contents contents_{files_, "contents", crypto::HashAlgorithm::kSha256, random_};
  use::job::ServiceParty party_{11, use::job::make_node(1), use::job::make_node(2), use::job::Role::kConsumer};
  JobWatch watch_;
  JobTables tables_{{.service = *party_.service,
                     .inputs = inputs_,
                     .contents = contents_,
                     .files = files_,
                     .results = "results",
                     .work = "work",
                     .random = random_,
                     .watch = watch_}};
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
  const auto job = party_.service->propose({.agreement = "agreement-1",
                                            .algorithm = "psi-rr22",
                                            .keys = {{"id", "customer", use::job::Form::kText}},
                                            .action = "compute",
                                            .purpose = "research",
                                            .input = input,
                                            .query = {}},
                                           "admin");
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

}  // namespace
}  // namespace weir::node

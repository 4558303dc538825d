// Files on the disk and in memory, held to the suite.
// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "tests/contract/files_suite.h"
#include "tests/support/temporary_folder.h"
#include "weir/store/memory_files.h"

namespace weir::store::testing {

namespace {

class RealBed final : public FilesBed {
 public:
  Files& files() override { return real_files(); }
  std::string root() override { return folder_.path(); }

 private:
  weir::testing::TemporaryFolder folder_;
};

class MemoryBed final : public FilesBed {
 public:
  MemoryBed() { EXPECT_TRUE(files_.make_directories("/root")); }
  Files& files() override { return files_; }
  std::string root() override { return "/root"; }

 private:
  MemoryFiles files_;
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Files, FilesSuite,
                         ::testing::Values(FilesCase{"Real", [] { return std::make_unique<RealBed>(); }},
                                           FilesCase{"Memory", [] { return std::make_unique<MemoryBed>(); }}),
                         [](const auto& files_case) { return files_case.param.name; });

TEST(RealFiles, NobodyElseMayLook) {
  weir::testing::TemporaryFolder folder;
  ASSERT_TRUE(real_files().make_directories(folder.path() + "/a/b"));
  ASSERT_TRUE(real_files().write_durable(folder.path() + "/a/b/f", view_of("x")));
  EXPECT_EQ(mode_of(folder.path() + "/a"), 0700u);
  EXPECT_EQ(mode_of(folder.path() + "/a/b/f"), 0600u);
}

}  // namespace weir::store::testing

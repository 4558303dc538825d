// FilesSuite: what every Files must do.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "weir/store/files.h"

namespace weir::store::testing {

class FilesBed {
 public:
  virtual ~FilesBed() = default;
  virtual Files& files() = 0;
  virtual std::string root() = 0;  // an empty folder
};

struct FilesCase {
  std::string name;
  std::function<std::unique_ptr<FilesBed>()> make;
};

class FilesSuite : public ::testing::TestWithParam<FilesCase> {
 protected:
  void SetUp() override { bed_ = GetParam().make(); }
  Files& files() { return bed_->files(); }
  std::string at(const std::string& name) { return bed_->root() + "/" + name; }

 private:
  std::unique_ptr<FilesBed> bed_;
};

}  // namespace weir::store::testing

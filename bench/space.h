// Space: a regional node, a provider and a consumer, each a `weir serve` of its own, in folders that go with it.
//
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/bench.h"
#include "tests/support/temporary_folder.h"
#include "weir/adapters/http/client.h"

namespace weir::bench {

// Runs the `weir` that lies beside this program and returns what it printed.
Result<std::string> run_weir(std::vector<std::string> words);

class NodeProcess {
 public:
  explicit NodeProcess(std::string folder) : folder_(std::move(folder)) {}
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;
  ~NodeProcess() { stop(); }

  const std::string& folder() const { return folder_; }
  const std::string& url() const { return url_; }
  // Returns when /ready says yes.
  Result<> start();
  void stop();
  double resident_mib() const;
  double peak_mib() const;     // so far
  double cpu_seconds() const;  // so far
  // As the first operator. One client: its connections are kept.
  Result<wire::Json> call(adapters::http::Method method, const std::string& path, const wire::Json& body = {});

 private:
  std::string folder_;
  pid_t process_ = 0;
  std::string url_;
  std::string token_;
  std::unique_ptr<adapters::http::Client> client_;
};

struct Space {
  // Folders, keys and admissions; the regional node runs.
  static Result<std::unique_ptr<Space>> make();

  testing::TemporaryFolder folder;
  NodeProcess regional{folder.path() + "/regional"};
  NodeProcess provider{folder.path() + "/provider"};
  NodeProcess consumer{folder.path() + "/consumer"};
};

}  // namespace weir::bench

// Jobs: the threads that read tables and compute with other nodes.
//
// A job is woken by its message, by an operator, or once at start; a run that broke pauses and is made again, an
// intersection from the first bucket that one side lacks, a figure from its beginning. The provider's side runs on a
// thread for each channel that the consumer opens.
// Thread-safe. Owns its threads; stop() breaks running channels, and must come before the server's end.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/adapters/http/client.h"
#include "weir/adapters/http/line.h"
#include "weir/flow/delivery/contents.h"
#include "weir/use/job/service.h"

namespace weir::node {

struct JobsOptions {
  std::size_t workers = 2;   // own tables and runs at once
  std::size_t channels = 8;  // opened by others at once
  int attempts = 60;  // of an intersection that comes no further: about ten minutes
  int figure_attempts = 5;  // each may spend of a budget
  Milliseconds retry_first{200};
  Milliseconds retry_most{10'000};
};

class Jobs {
 public:
  struct Deps {
    use::job::Service& service;
    flow::delivery::Contents& inputs;    // own tables, while their jobs last
    flow::delivery::Contents& contents;  // of published products
    adapters::http::Client& client;
    store::Files& files;
    std::string results;  // folders
    std::string work;
    std::string images;
    Random& random;
    JobsOptions options = {};
  };
  explicit Jobs(Deps deps);
  ~Jobs();
  // Removes what interrupted jobs left that are over now. Once, before anything is woken.
  Result<> sweep();
  // An own table that was handed in goes, for no job came of it; unless another has it.
  Result<> drop_input(const std::string& input);
  // No table of an own job goes while this lives: one that is on its way in may be here already.
  std::shared_ptr<void> hold_inputs();
  // The state of a job changed: there may be something to do.
  void wake(const std::string& id);
  // The consumer opened the channel of a job. Quick; the line is dropped if there are too many.
  void take(const std::string& id, std::unique_ptr<adapters::http::Line> line);
  // The same for a probe of the line.
  void take_probe(std::unique_ptr<adapters::http::Line> line);
  // Breaks the lines of a job and waits for their end: what they moved is written down then.
  void cut(const std::string& id);
  // How fast the line to a node is: found now, or in the last ten minutes.
  Result<use::job::LineSpeed> probe(const std::string& address, const supply::identifier::NodeId& peer);
  // What a job found, as CSV or as Parquet. Fails with kNotFound ("job.no_result"), and as table::write_parquet() does.
  Result<std::unique_ptr<store::File>> open_result(const std::string& id, bool parquet);
  // Removes results of jobs that ended before then; how many files.
  Result<std::int64_t> forget_results(Timestamp before);
  // Removes what was kept for further questions under agreements that are over; how many tables'.
  Result<std::int64_t> forget_images();
  // How far a job that runs is (job_watch.h).
  std::optional<wire::Json> progress(const std::string& id) const;
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::node

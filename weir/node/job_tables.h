// JobTables: the own tables of jobs: read, sorted and committed to once, kept from the claim to the end; and results.
//
// Folders: jobs/work has what a job needs while it lasts (keys that do not fit memory, the lines found so far),
// jobs/results what it found, jobs/images what is kept from one job to the next (image_file.h). Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "weir/flow/delivery/contents.h"
#include "weir/node/job_watch.h"
#include "weir/table/table_file.h"
#include "weir/use/job/figures.h"
#include "weir/use/job/run.h"
#include "weir/use/job/service.h"
#include "weir/use/job/sorted_keys.h"

namespace weir::node {

class JobTables {
 public:
  struct Deps {
    use::job::Service& service;
    flow::delivery::Contents& inputs;    // own tables, while their jobs last
    flow::delivery::Contents& contents;  // of published products
    store::Files& files;
    std::string results;  // folders
    std::string work;
    std::string images;
    Random& random;
    JobWatch& watch;
  };
  // A table that was read.
  struct Prepared {
    std::optional<use::job::SortedKeys> keys;  // of an intersection, unless its claim is known from an earlier one
    use::job::Figures figures;                 // of a query
    use::job::Claim claim;
  };

  explicit JobTables(Deps deps) : deps_(std::move(deps)) {}
  // What interrupted jobs left that are over now. Once, at start.
  Result<> sweep();
  Result<std::shared_ptr<const Prepared>> prepare(const use::job::Job& job);
  // Removes results of jobs that ended before then; how many files.
  Result<std::int64_t> forget_results(Timestamp before);
  // Removes images of agreements that are over; how many tables'.
  Result<std::int64_t> forget_images();
  // The job is over.
  Result<> forget(const use::job::Job& job);
  // An own table goes, unless a job that lasts has it; not before all that is held is let go.
  Result<> drop_input(const std::string& input);
  // A table is on its way in, and may be one that is here already for a job that is over: none goes while this lives.
  std::shared_ptr<void> hold_inputs();

  // What the table brings to an intersection. Requires: a table that outlives it.
  std::unique_ptr<use::job::Side> side(const use::job::Job& job, const Prepared& table);
  // The rows of the own table that a run found, or the figures that it came to.
  Result<> write_rows(const use::job::Job& job, use::job::Outcome& outcome, std::int64_t lines);
  Result<> write_figures(const use::job::Job& job, use::job::Outcome& outcome, const Prepared& table,
                         const mpc::JoinAnswer& answer);
  // What a job found, as CSV or as Parquet, whose columns have types. Fails with kNotFound ("job.no_result").
  Result<std::unique_ptr<store::File>> open_result(const std::string& id);
  Result<std::unique_ptr<store::File>> open_parquet(const std::string& id);

 private:
  template <class Write>
  Result<> write_result(const use::job::Job& job, use::job::Outcome& outcome, const std::vector<std::string>& types,
                        const Write& write);
  Result<table::TableFile> table_of(const use::job::Job& job);
  Result<use::job::ByteSource> read_own(const use::job::Job& job, const std::vector<std::string>& key);
  Result<use::job::SortedKeys> read_keys(const use::job::Job& job);
  void let_go();
  Result<> remove_unused(const std::string& input);
  std::string result_path(const std::string& id) const { return deps_.results + "/" + id + ".csv"; }
  std::string types_path(const std::string& id) const { return deps_.results + "/" + id + ".types"; }
  std::string images_path(const std::string& name) const { return deps_.images + "/" + name; }
  std::string found_path(const std::string& id) const { return deps_.work + "/" + id + ".found"; }

  Deps deps_;
  std::mutex inputs_;  // guards what is held and what goes then, and the going
  int held_ = 0;
  std::set<std::string> going_;
  std::mutex converting_;  // one result at a time takes the engine's memory
  std::mutex mutex_;       // guards prepared_
  std::map<std::string, std::shared_ptr<const Prepared>> prepared_;
};

}  // namespace weir::node

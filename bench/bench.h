// Bench: what every benchmark returns, so that all print the same way: each figure beside a reference of the same run.
//
// A benchmark is a function and a row in the table of main.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/store/files.h"

namespace weir::bench {

// What a figure, or its ratio to its reference, is to reach.
struct Goal {
  bool of_ratio = false;
  bool at_most = true;
  double value = 0;
};
inline Goal at_most(double value) { return {.value = value}; }
inline Goal at_least(double value) { return {.at_most = false, .value = value}; }
inline Goal ratio_at_most(double value) { return {.of_ratio = true, .value = value}; }
inline Goal ratio_at_least(double value) { return {.of_ratio = true, .at_most = false, .value = value}; }

struct Figure {
  std::string name;  // "one_row_durable_p50"
  double value = 0;
  std::string unit;            // "us", "1/s", "MiB"
  std::string reference_name;  // "pwrite_fdatasync_p50"; empty where there is nothing to measure beside it
  double reference_value = 0;
  std::optional<Goal> goal = {};

  double ratio() const { return reference_value != 0 ? value / reference_value : 0; }
  bool met() const {
    const double reached = goal->of_ratio ? ratio() : value;
    return goal->at_most ? reached <= goal->value : reached >= goal->value;
  }
};

// What the caller asked for and the benchmark used: `--rows=1000` on the command line. Reading one records it.
class Options {
 public:
  void set(std::string name, std::string value) { given_[std::move(name)] = std::move(value); }
  std::int64_t number(const std::string& name, std::int64_t otherwise) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  const std::map<std::string, std::string>& used() const { return used_; }
  // Names that were given and never read: misspelt.
  std::vector<std::string> unknown() const;

 private:
  std::map<std::string, std::string> given_;
  mutable std::map<std::string, std::string> used_;
};

using Figures = std::vector<Figure>;
using Run = Result<Figures> (*)(const Options& options);

// Microseconds that `call` took.
template <class Call>
double microseconds_of(Call&& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// Microseconds of this thread's processor that `call` took, whoever else wanted it: for what is "a core".
template <class Call>
double cpu_microseconds_of(Call&& call) {
  const auto now = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
  };
  const double start = now();
  call();
  return now() - start;
}

// The value below which `part` of the samples lie; 0.5 is the median. Requires: samples.
inline double quantile(std::vector<double> samples, double part) {
  std::sort(samples.begin(), samples.end());
  return samples[static_cast<std::size_t>(part * static_cast<double>(samples.size() - 1))];
}

// The disk's own price of a durable write: 4 KiB overwritten in a file of its full size, then fdatasync. Taken in turns
// with what is measured, because a disk may change its mind from second to second.
class DiskProbe {
 public:
  static Result<DiskProbe> open(const std::string& folder);
  Result<> measure();
  double p50() const { return quantile(microseconds_, 0.5); }
  double p99() const { return quantile(microseconds_, 0.99); }

 private:
  explicit DiskProbe(std::unique_ptr<store::File> file) : file_(std::move(file)) {}
  std::unique_ptr<store::File> file_;
  std::vector<double> microseconds_;
};

// The benchmarks.
Result<Figures> run_catalog(const Options& options);
Result<Figures> run_decision(const Options& options);
Result<Figures> run_delivery(const Options& options);
Result<Figures> run_ecdh(const Options& options);
Result<Figures> run_evidence(const Options& options);
Result<Figures> run_garble(const Options& options);
Result<Figures> run_http(const Options& options);
Result<Figures> run_job(const Options& options);
Result<Figures> run_join(const Options& options);
Result<Figures> run_memory(const Options& options);
Result<Figures> run_ot(const Options& options);
Result<Figures> run_pushes(const Options& options);
Result<Figures> run_negotiation(const Options& options);
Result<Figures> run_start(const Options& options);
Result<Figures> run_psi(const Options& options);
Result<Figures> run_store(const Options& options);
Result<Figures> run_standards(const Options& options);

}  // namespace weir::bench

// Bench: what every benchmark returns, so that all print the same way: each figure beside a reference of the same run.
//
// A benchmark is a function and a row in the table of main.cc.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/base/result.h"

namespace weir::bench {

struct Figure {
  std::string name;   // "one_row_durable_p50"
  double value = 0;
  std::string unit;   // "us", "1/s", "MiB"
  std::string reference_name;  // "pwrite_fdatasync_p50", or "goal" where there is nothing to measure beside it
  double reference_value = 0;
  double ratio() const { return reference_value != 0 ? value / reference_value : 0; }
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

// The value below which `part` of the samples lie; 0.5 is the median. Requires: samples.
inline double quantile(std::vector<double> samples, double part) {
  std::sort(samples.begin(), samples.end());
  return samples[static_cast<std::size_t>(part * static_cast<double>(samples.size() - 1))];
}

// The benchmarks, one file each.
Result<Figures> run_decision(const Options& options);
Result<Figures> run_delivery(const Options& options);
Result<Figures> run_evidence(const Options& options);
Result<Figures> run_http(const Options& options);
Result<Figures> run_store(const Options& options);
Result<Figures> run_catalog(const Options& options);

}  // namespace weir::bench

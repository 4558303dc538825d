// Metrics: counters, gauges and histograms by name and labels, and their text for Prometheus.
//
// Names: docs/operate/metrics.md. References stay valid as long as the registry. Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::adapters::metrics {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;  // Requires: amount >= 0
  virtual double value() const = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double amount) = 0;
  virtual double value() const = 0;
};

class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

// Seconds: 1 ms to 10 s, three a decade.
const std::vector<double>& latency_buckets();

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The one of that name and labels, made when first asked for. Requires: a valid Prometheus name, one kind a name
  // (checked). At most kSeriesMax label sets a name; beyond, all share one labelled overflow="true" (I-10).
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels = {},
                       const std::vector<double>& buckets = latency_buckets());
  // A gauge that is asked when the text is made.
  void computed(const std::string& name, const std::string& help, std::function<double()> value);

  // Called before each text is made: sets what is only known by asking.
  void before_text(std::function<void()> refresh);

  // Text exposition format 0.0.4.
  std::string expose() const;

  static constexpr std::size_t kSeriesMax = 1000;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::adapters::metrics

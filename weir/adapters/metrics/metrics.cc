// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/metrics/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

#include "weir/base/check.h"

namespace weir::adapters::metrics {
namespace {

class RealCounter final : public Counter {
 public:
  explicit RealCounter(prometheus::Counter& inner) : inner_(inner) {}
  void add(double amount) override {
    WEIR_CHECK(amount >= 0);
    inner_.Increment(amount);
  }
  double value() const override { return inner_.Value(); }

 private:
  prometheus::Counter& inner_;
};

class RealGauge final : public Gauge {
 public:
  explicit RealGauge(prometheus::Gauge& inner) : inner_(inner) {}
  void set(double value) override { inner_.Set(value); }
  void add(double amount) override { amount >= 0 ? inner_.Increment(amount) : inner_.Decrement(-amount); }
  double value() const override { return inner_.Value(); }

 private:
  prometheus::Gauge& inner_;
};

class RealHistogram final : public Histogram {
 public:
  explicit RealHistogram(prometheus::Histogram& inner) : inner_(inner) {}
  void observe(double value) override { inner_.Observe(value); }

 private:
  prometheus::Histogram& inner_;
};

enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };

// All series of one name.
struct Metric {
  Kind kind;
  prometheus::Family<prometheus::Counter>* counters = nullptr;
  prometheus::Family<prometheus::Gauge>* gauges = nullptr;
  prometheus::Family<prometheus::Histogram>* histograms = nullptr;
  std::map<Labels, std::unique_ptr<Counter>> counter_of;
  std::map<Labels, std::unique_ptr<Gauge>> gauge_of;
  std::map<Labels, std::unique_ptr<Histogram>> histogram_of;
};

const Labels& overflow() {
  static const Labels labels{{"overflow", "true"}};
  return labels;
}

// The series of these labels, made by `make` if need be; past the bound, the one that all others share.
template <class Series, class Make>
Series& series_of(std::map<Labels, std::unique_ptr<Series>>& known, const Labels& wanted, Make&& make) {
  const auto found = known.find(wanted);
  if (found != known.end()) return *found->second;
  const Labels& labels = known.size() < Registry::kSeriesMax ? wanted : overflow();
  std::unique_ptr<Series>& slot = known[labels];
  if (!slot) slot = make(labels);
  return *slot;
}

}  // namespace

struct Registry::State {
  mutable std::mutex mutex;  // guards all below
  prometheus::Registry registry;
  std::map<std::string, Metric, std::less<>> metrics;
  std::vector<std::pair<Gauge*, std::function<double()>>> computed;
  std::vector<std::function<void()>> refreshers;

  Metric& metric(const std::string& name, Kind kind) {
    WEIR_CHECK(prometheus::CheckMetricName(name));
    Metric& found = metrics.try_emplace(name, Metric{.kind = kind}).first->second;
    WEIR_CHECK(found.kind == kind);
    return found;
  }
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
    Metric& found = metric(name, Kind::kGauge);
    if (found.gauges == nullptr) found.gauges = &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    return series_of(found.gauge_of, labels,
                     [&](const Labels& own) { return std::make_unique<RealGauge>(found.gauges->Add(own)); });
  }
};

const std::vector<double>& latency_buckets() {
  static const std::vector<double> buckets{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
  return buckets;
}

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  Metric& found = state_->metric(name, Kind::kCounter);
  if (found.counters == nullptr) {
    found.counters = &prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
  }
  return series_of(found.counter_of, labels,
                   [&](const Labels& own) { return std::make_unique<RealCounter>(found.counters->Add(own)); });
}

Gauge& Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(state_->mutex);
  return state_->gauge(name, help, labels);
}

Histogram& Registry::histogram(const std::string& name, const std::string& help, const Labels& labels,
                               const std::vector<double>& buckets) {
  const std::lock_guard lock(state_->mutex);
  Metric& found = state_->metric(name, Kind::kHistogram);
  if (found.histograms == nullptr) {
    found.histograms = &prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
  }
  return series_of(found.histogram_of, labels, [&](const Labels& own) {
    return std::make_unique<RealHistogram>(
        found.histograms->Add(own, prometheus::Histogram::BucketBoundaries(buckets)));
  });
}

void Registry::computed(const std::string& name, const std::string& help, std::function<double()> value) {
  const std::lock_guard lock(state_->mutex);
  Gauge& gauge = state_->gauge(name, help, {});
  state_->computed.emplace_back(&gauge, std::move(value));
}

void Registry::before_text(std::function<void()> refresh) {
  const std::lock_guard lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Registry::expose() const {
  std::vector<std::pair<Gauge*, std::function<double()>>> computed;
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(state_->mutex);
    computed = state_->computed;
    refreshers = state_->refreshers;
  }
  // Outside the lock: the functions may use the registry.
  for (const auto& refresh : refreshers) refresh();
  for (const auto& [gauge, value] : computed) gauge->set(value());
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace weir::adapters::metrics

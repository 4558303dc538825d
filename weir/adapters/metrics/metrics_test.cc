// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/metrics/metrics.h"

#include <gtest/gtest.h>

#include <thread>

#include "weir/adapters/metrics/http_metrics.h"
#include "weir/base/random.h"

namespace weir::adapters::metrics {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameCounter) {
  Registry registry;
  registry.counter("weir_things_total", "Things", {{"kind", "a"}}).add(2);
  registry.counter("weir_things_total", "Things", {{"kind", "a"}}).add();
  registry.counter("weir_things_total", "Things", {{"kind", "b"}}).add();
  const std::string text = registry.expose();
  EXPECT_TRUE(has_line(text, "weir_things_total{kind=\"a\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "weir_things_total{kind=\"b\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "# TYPE weir_things_total counter")) << text;
}

TEST(Metrics, GaugesAreSetOrAskedWhenTheTextIsMade) {
  Registry registry;
  double queue = 1;
  registry.computed("weir_queue", "Length of the queue", [&] { return queue; });
  registry.gauge("weir_level", "Level").set(4);
  registry.gauge("weir_level", "Level").add(-1.5);
  queue = 7;
  const std::string text = registry.expose();
  EXPECT_TRUE(has_line(text, "weir_queue 7")) << text;
  EXPECT_TRUE(has_line(text, "weir_level 2.5")) << text;
}

TEST(Metrics, HistogramsCountByBucket) {
  Registry registry;
  Histogram& seconds = registry.histogram("weir_seconds", "Seconds");
  seconds.observe(0.004);
  seconds.observe(3);
  const std::string text = registry.expose();
  EXPECT_TRUE(has_line(text, "weir_seconds_bucket{le=\"0.005\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "weir_seconds_bucket{le=\"+Inf\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "weir_seconds_count 2")) << text;
}

TEST(Metrics, TooManyLabelSetsShareOne) {
  Registry registry;
  for (std::size_t i = 0; i < Registry::kSeriesMax + 10; ++i) {
    registry.counter("weir_many_total", "Many", {{"id", std::to_string(i)}}).add();
  }
  const std::string text = registry.expose();
  EXPECT_TRUE(has_line(text, "weir_many_total{overflow=\"true\"} 10")) << text.substr(text.size() - 300);
}

TEST(Metrics, MayBeUsedByManyThreads) {
  Registry registry;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        registry.counter("weir_shared_total", "Shared", {{"k", std::to_string(i % 5)}}).add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(has_line(registry.expose(), "weir_shared_total{k=\"0\"} 400"));
}

TEST(MetricsDeathTest, ANameHasOneKind) {
  Registry registry;
  registry.counter("weir_one_total", "One");
  EXPECT_DEATH(registry.gauge("weir_one_total", "One"), "kind");
}

TEST(HttpMetrics, EveryExchangeIsCountedByItsRouteNotItsPath) {
  Registry registry;
  const auto observer = make_http_metrics(registry);
  SystemRandom random;
  http::Router router({.random = &random, .observer = observer.get()});
  router.add({.method = http::Method::kGet, .pattern = "/things/{id}", .access = http::Access::open(),
              .operation = "getThing", .summary = {},
              .handler = [](http::Request&) -> Result<http::Response> { return http::Response::text("12345"); }});
  router.add(metrics_route(registry, http::Access::open()));
  for (const char* target : {"/things/1", "/things/2", "/nowhere"}) {
    http::Request request;
    request.target = target;
    static_cast<void>(router.handle(request));
  }
  http::Request request;
  request.target = "/metrics";
  const std::string text = router.handle(request).body;
  EXPECT_TRUE(has_line(text, "weir_http_requests_total{method=\"GET\",route=\"/things/{id}\",status=\"200\"} 2")) << text;
  EXPECT_TRUE(has_line(text, "weir_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "weir_http_in_flight 1")) << text;  // this very request
}

}  // namespace
}  // namespace weir::adapters::metrics

// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/metrics/http_metrics.h"

#include <map>
#include <mutex>
#include <tuple>

namespace weir::adapters::metrics {
namespace {

class HttpMetrics final : public http::Observer {
 public:
  explicit HttpMetrics(Registry& registry)
      : registry_(registry),
        in_flight_(registry.gauge("weir_http_in_flight", "Requests being handled now")),
        bytes_in_(registry.counter("weir_http_body_bytes_total", "Bytes of bodies", {{"direction", "in"}})),
        bytes_out_(registry.counter("weir_http_body_bytes_total", "Bytes of bodies", {{"direction", "out"}})) {}

  void started() override { in_flight_.add(1); }

  void finished(const http::Exchange& exchange) override {
    in_flight_.add(-1);
    bytes_in_.add(static_cast<double>(exchange.bytes_in));
    bytes_out_.add(static_cast<double>(exchange.bytes_out));
    const auto [count, seconds] = series_of(exchange);
    count->add();
    seconds->observe(exchange.seconds);
  }

 private:
  using Key = std::tuple<std::string, http::Method, int>;

  // Labels are made once a series, not once a request.
  std::pair<Counter*, Histogram*> series_of(const http::Exchange& exchange) {
    const std::lock_guard lock(mutex_);
    const std::string route = exchange.route.empty() ? "none" : std::string(exchange.route);
    auto& slot = known_[Key{route, exchange.method, exchange.status}];
    if (slot.first == nullptr) {
      slot.first = &registry_.counter("weir_http_requests_total", "Requests answered",
                                      {{"route", route},
                                       {"method", std::string(http::name_of(exchange.method))},
                                       {"status", std::to_string(exchange.status)}});
      slot.second = &registry_.histogram("weir_http_request_seconds",
                                         "From the end of a request's headers to the last byte of its answer",
                                         {{"route", route}});
    }
    return slot;
  }

  Registry& registry_;
  Gauge& in_flight_;
  Counter& bytes_in_;
  Counter& bytes_out_;
  std::mutex mutex_;  // guards known_
  std::map<Key, std::pair<Counter*, Histogram*>> known_;
};

}  // namespace

std::unique_ptr<http::Observer> make_http_metrics(Registry& registry) {
  return std::make_unique<HttpMetrics>(registry);
}

http::Route metrics_route(const Registry& registry, http::Access access) {
  return {.method = http::Method::kGet,
          .pattern = "/metrics",
          .access = std::move(access),
          .operation = "getMetrics",
          .summary = {"Metrics for Prometheus", "Prometheus 指标"},
          .response_types = {"text/plain"},
          .handler = [&registry](http::Request&) -> Result<http::Response> {
            return http::Response::bytes("text/plain; version=0.0.4; charset=utf-8", registry.expose());
          },
          .hidden = true};
}

}  // namespace weir::adapters::metrics

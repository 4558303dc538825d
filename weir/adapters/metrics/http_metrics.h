// HttpMetrics: what the HTTP server does, as metrics, and the route that serves them.
//
// Thread-safe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "weir/adapters/http/router.h"
#include "weir/adapters/metrics/metrics.h"

namespace weir::adapters::metrics {

// weir_http_requests_total{route,method,status}, weir_http_request_seconds{route}, weir_http_in_flight,
// weir_http_body_bytes_total{direction}. Requires: the registry outlives it.
std::unique_ptr<http::Observer> make_http_metrics(Registry& registry);

// GET /metrics, text for Prometheus.
http::Route metrics_route(const Registry& registry, http::Access access);

}  // namespace weir::adapters::metrics

// Compress: gzip for answers that are text and worth it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/adapters/http/http.h"

namespace weir::adapters::http {

inline constexpr std::size_t kCompressBytesMin = 1024;

// Whether Accept-Encoding allows gzip ("gzip;q=0" does not).
bool accepts_gzip(const Request& request);
// Compresses the body of a JSON or text answer above kCompressBytesMin, if the client takes it and it becomes smaller.
void compress(const Request& request, Response& response);

}  // namespace weir::adapters::http

// A CSV file: never crashes; every line of it is in a record, a header or a blank line, and records are mapped or
// refused.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/supply/catalog/records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace catalog = weir::supply::catalog;
  const auto source = catalog::text_source(std::string(weir::text_of({data, size})));
  catalog::RecordReader reader(*source, catalog::LoadFormat::kCsv, ',');
  std::vector<std::string> header;
  std::int64_t line = 0;
  for (;;) {
    const auto record = reader.next();
    WEIR_CHECK(record.ok());
    if (!*record) return 0;
    WEIR_CHECK((*record)->line > line);
    line = (*record)->line;
    if (header.empty() && !(*record)->cells.empty()) {
      header = (*record)->cells;
      continue;
    }
    if (header.empty()) continue;
    const catalog::LoadOptions options{.format = catalog::LoadFormat::kCsv,
                                       .mapping = {.title = header[0], .description = header.back()}};
    (void)catalog::map_csv(header, (*record)->cells, options);
  }
}

// A table of standards, CSV, XLSX or JSON: never crashes; every row is in the report, and the same again changes
// nothing. SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/standards/standard/import.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace standard = weir::standards::standard;
  const auto table = standard::read_table({data, size});
  if (!table) return 0;
  standard::Registry registry;
  const standard::ImportOptions options{.source = "fuzz"};
  const auto first = import_table(registry, *table, options);
  if (!first) return 0;
  const auto& report = first->report;
  WEIR_CHECK(report.read == static_cast<std::int64_t>(table->rows.size() + table->no_rows.size()));
  WEIR_CHECK(report.read == report.fresh + report.changed + report.unchanged + report.refused);
  for (const auto& statement : first->statements) WEIR_CHECK(standard::parse_statement(to_json(statement)).ok());
  const auto second = import_table(registry, *table, options);
  WEIR_CHECK(second.ok() && second->report.fresh == 0);
  return 0;
}

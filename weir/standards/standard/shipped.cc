// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/shipped.h"

#include "weir/base/check.h"
#include "weir/standards/standard/import.h"

namespace weir::standards::standard {

std::span<const std::string_view> embedded_tables();  // data/*.csv, made by the build

std::vector<Report> load_shipped(Registry& into) {
  std::vector<Report> reports;
  for (const std::string_view text : embedded_tables()) {
    const auto table = read_csv(view_of(text));
    WEIR_CHECK(table.ok());
    const auto imported = import_table(into, *table, {});
    WEIR_CHECK(imported.ok());
    reports.push_back(imported->report);
  }
  into.settle();
  return reports;
}

const Registry& shipped() {
  static const Registry registry = [] {
    Registry out;
    load_shipped(out);
    return out;
  }();
  return registry;
}

}  // namespace weir::standards::standard

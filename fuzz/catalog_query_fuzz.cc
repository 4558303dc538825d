// The text of a query: never crashes; what parses has terms of clean tokens only, so nothing of it reaches SQL as
// syntax.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/supply/catalog/cursor.h"
#include "weir/supply/catalog/search.h"
#include "weir/supply/catalog/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace catalog = weir::supply::catalog;
  const std::string_view text = weir::text_of({data, size});
  (void)catalog::parse_cursor(text, {});
  for (const std::string& token : catalog::tokenize(text)) WEIR_CHECK(catalog::tokenize(token).size() == 1);
  const auto query = catalog::parse_query(text);
  if (!query) return 0;
  for (const auto& term : query->terms) {
    WEIR_CHECK(!term.tokens.empty());
    for (const std::string& token : term.tokens) WEIR_CHECK(token.find_first_of(" \"'\\") == std::string::npos);
  }
  return 0;
}

// The translation of SQL for PostgreSQL: never crashes; placeholders are counted as they are numbered; text without
// question marks stays byte for byte; statements are parts of their script.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/store/translate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view sql = weir::text_of({data, size});
  const weir::store::NumberedSql out = weir::store::number_placeholders(sql);
  if (sql.find('?') == std::string_view::npos) WEIR_CHECK(out.placeholders == 0 && out.text == sql);
  WEIR_CHECK(out.text.size() >= sql.size());
  WEIR_CHECK(out.placeholders == 0 || out.text.find("$" + std::to_string(out.placeholders)) != std::string::npos);
  std::size_t total = 0;
  for (const std::string_view statement : weir::store::split_statements(sql)) {
    WEIR_CHECK(statement.data() >= sql.data() && statement.data() + statement.size() <= sql.data() + sql.size());
    WEIR_CHECK(weir::store::split_statements(statement).size() == 1);
    (void)weir::store::postgres_ddl(statement);
    total += statement.size();
  }
  WEIR_CHECK(total <= sql.size());
  return 0;
}

// The SQL of joint figures: what is read is written back so that it reads the same, as text and as JSON.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/base/bytes.h"
#include "weir/use/job/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  using namespace weir::use::job;
  const std::vector<std::string> own = {"id", "spend"};
  const auto read = parse_statement(text_of({data, size}), own);
  if (!read) {
    WEIR_CHECK(read.error().reason() == "job.query");
    return 0;
  }
  const auto again = parse_statement(format(*read), {});
  WEIR_CHECK(again.ok());
  WEIR_CHECK(*again == *read);
  const auto query = parse_query(to_json(read->query));
  WEIR_CHECK(query.ok());
  WEIR_CHECK(*query == read->query);
  return 0;
}

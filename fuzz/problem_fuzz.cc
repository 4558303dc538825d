// A refusal as another node words it: becomes an error of this node, and the same error again when it is passed on.
// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/http/problem.h"
#include "weir/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::adapters::http;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const weir::Error error = error_of(400 + data[0] % 200, weir::text_of({data + 1, size - 1}));
  const Response passed_on = problem(error, weir::Language::kEnglish, "id");
  const weir::Error again = error_of(passed_on.status, passed_on.body);
  WEIR_CHECK(again.code() == error.code());
  WEIR_CHECK(again.reason() == error.reason());
  return 0;
}

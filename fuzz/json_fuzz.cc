// JSON: what is read is UTF-8 within its limits, is written back the same, and its canonical form is canonical.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::wire::parse_json;
  const auto json = parse_json(weir::text_of({data, size}));
  if (!json) return 0;
  // The same by what is signed: 1E2 is kept as a fraction and written as 100, which is read as a whole number.
  const std::string canonical = json->canonical();
  WEIR_CHECK(weir::is_utf8(canonical));
  for (const std::string& written : {json->dump(), json->pretty(), canonical}) {
    const auto again = parse_json(written);
    WEIR_CHECK(again && again->canonical() == canonical);
  }
  return 0;
}

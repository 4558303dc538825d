// A standard's number: never crashes; what parses is canonical, and parses to itself.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/bytes.h"
#include "weir/base/check.h"
#include "weir/standards/standard/number.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::standards::standard::StandardNumber;
  const auto number = StandardNumber::parse(weir::text_of({data, size}));
  if (!number) return 0;
  const auto again = StandardNumber::parse(number->text());
  WEIR_CHECK(again.ok());
  WEIR_CHECK(again->text() == number->text() && again->undated() == number->undated());
  return 0;
}

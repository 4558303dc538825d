// Encodings and times: what is read is written back the same, and every bytes are written so that they read the same.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/wire/encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;        // NOLINT(google-build-using-namespace)
  using namespace weir::wire;  // NOLINT(google-build-using-namespace)
  const ByteView bytes(data, size);
  const std::string_view text = text_of(bytes);
  if (const auto read = decode_hex(text)) WEIR_CHECK(encode_hex(*read) == to_lower_ascii(text));
  if (const auto read = decode_base64(text)) WEIR_CHECK(encode_base64(*read) == text);
  if (const auto read = decode_base64url(text)) WEIR_CHECK(encode_base64url(*read) == text);
  if (const auto read = unescape_url(text)) WEIR_CHECK(*unescape_url(escape_url(*read)) == *read);
  WEIR_CHECK(*decode_hex(encode_hex(bytes)) == copy_of(bytes));
  WEIR_CHECK(*decode_base64(encode_base64(bytes)) == copy_of(bytes));
  WEIR_CHECK(*decode_base64url(encode_base64url(bytes)) == copy_of(bytes));
  WEIR_CHECK(*unescape_url(escape_url(text)) == text);
  if (const auto time = parse_iso8601(text)) WEIR_CHECK(*parse_iso8601(format_iso8601(*time)) == *time);
  if (const auto duration = parse_duration(text)) (void)add(Timestamp(1'767'225'600'000), *duration);
  return 0;
}

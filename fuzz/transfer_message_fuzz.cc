// Transfer messages, receipts and bitmaps: what is read is written back in a form that reads the same.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/flow/delivery/session.h"
#include "weir/flow/delivery/transfer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow::delivery;
  if (size > 0) {
    // The first byte says how many bits fewer than whole bytes there are.
    const weir::ByteView bits(data + 1, size - 1);
    const std::uint64_t count = 8 * bits.size() - (bits.empty() ? 0 : data[0] % 8);
    const auto bitmap = decode_bitmap(bits, count);
    WEIR_CHECK(!bitmap || encode_bitmap(*bitmap) == weir::copy_of(bits));
  }
  const auto json = weir::wire::parse_json(weir::text_of({data, size}));
  if (!json) return 0;
  for (const MessageKind kind : {MessageKind::kRequest, MessageKind::kStart, MessageKind::kSuspension,
                                 MessageKind::kCompletion, MessageKind::kTermination}) {
    const auto message = parse_message(kind, *json);
    if (!message) {
      WEIR_CHECK(message.error().code() != weir::Errc::kCorrupt);  // somebody else's mistake, not our loss
      continue;
    }
    const weir::wire::Json written = to_json(*message);
    const auto again = parse_message(kind, written);
    WEIR_CHECK(again.ok());
    WEIR_CHECK(to_json(*again).dump() == written.dump());
  }
  if (const auto receipt = parse_receipt(*json)) {
    const auto again = parse_receipt(to_json(*receipt));
    WEIR_CHECK(again.ok() && again->canonical_bytes() == receipt->canonical_bytes());
    WEIR_CHECK(again->signature == receipt->signature);
  }
  return 0;
}

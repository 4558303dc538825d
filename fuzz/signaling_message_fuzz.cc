// Messages of Data Plane Signaling: what is read is written back in a form that reads the same.
// SPDX-License-Identifier: Apache-2.0
#include "weir/adapters/signaling/message.h"
#include "weir/base/bytes.h"
#include "weir/base/check.h"

namespace {

// Reads, writes, reads again: the second writing is the first.
template <class Parse>
void round_trip(const weir::wire::Json& json, Parse parse) {
  const auto message = parse(json);
  if (!message) {
    WEIR_CHECK(message.error().code() == weir::Errc::kInvalidArgument);  // somebody else's mistake, not our loss
    return;
  }
  const weir::wire::Json written = to_json(*message);
  const auto again = parse(written);
  WEIR_CHECK(again.ok());
  WEIR_CHECK(to_json(*again).dump() == written.dump());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::adapters::signaling;
  const auto json = weir::wire::parse_json(weir::text_of({data, size}));
  if (!json) return 0;
  round_trip(*json, parse_flow);
  round_trip(*json, parse_notice);
  round_trip(*json, parse_status);
  for (const Plane plane : {Plane::kControl, Plane::kData}) {
    const auto registration = parse_registration(plane, *json);
    if (registration) WEIR_CHECK(!registration->id.empty() && !registration->authorization_in.empty());
  }
  if (const auto start = parse_flow(*json); start && !start->data_address.empty()) {
    for (const auto profile : {kHttpPull, kHttpPush}) {
      const auto fits = check_address(profile, start->data_address.front(), true);
      WEIR_CHECK(!fits || start->data_address.front().type == profile);
    }
  }
  return 0;
}

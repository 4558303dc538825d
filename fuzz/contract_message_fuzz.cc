// Messages of a contract negotiation, notices and templates: what reads is written back the same, and nothing aborts.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/flow/contract/contract.h"
#include "weir/flow/contract/notice.h"
#include "weir/flow/contract/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow::contract;  // NOLINT(google-build-using-namespace)
  const std::string_view input = weir::text_of({data, size});
  const auto json = parse_body(input);
  if (!json) return 0;
  if (const auto message = parse_message(*json)) {
    const auto written = to_json(*message);
    const auto again = parse_message(written);
    WEIR_CHECK(again.ok());
    WEIR_CHECK(to_json(*again).canonical() == written.canonical());
    // Whatever it is, a negotiation takes it or refuses it.
    const Negotiation negotiation{.pid = message->consumer_pid, .peer_pid = message->provider_pid, .rounds = 1};
    (void)apply(negotiation, *message, digest_of(*json), Direction::kReceived, weir::Timestamp(0)).ok();
  }
  if (const auto notice = parse_notice(*json)) WEIR_CHECK(parse_notice(to_json(*notice)).ok());
  if (const auto contract_template = parse_template(*json)) {
    if (validate(*contract_template)) (void)instantiate(*contract_template, weir::wire::Json::object()).ok();
  }
  return 0;
}

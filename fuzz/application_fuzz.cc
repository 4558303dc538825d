// Applications, enrolments, node records, revocation lists and subject data: what is read is written back the same.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/trust/credential/actor.h"
#include "weir/trust/credential/password.h"
#include "weir/trust/credential/return_code.h"
#include "weir/trust/participant/application.h"
#include "weir/trust/participant/revocation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::trust::participant;
  namespace credential = weir::trust::credential;
  const std::string_view text = weir::text_of(weir::ByteView(data, size));
  if (const auto application = parse_application(text)) {
    WEIR_CHECK(*parse_application(to_json(*application).dump()) == *application);
    const Subject hidden = masked(application->participant);
    WEIR_CHECK(*parse_subject(to_json(hidden)) == hidden);
    (void)check_application(*application).ok();
  }
  if (const auto enrolment = parse_enrolment(text)) {
    WEIR_CHECK(parse_enrolment(to_json(*enrolment).dump())->node == enrolment->node);
  }
  if (const auto list = parse_revocation_list(text)) WEIR_CHECK(*parse_revocation_list(to_json(*list).dump()) == *list);
  if (const auto url = parse_base_url(text)) WEIR_CHECK(!url->host.empty());
  if (const auto id = credential::OperatorId::parse(text)) WEIR_CHECK(id->text() == text);
  if (const auto actor = credential::Actor::parse(text)) WEIR_CHECK(actor->text() == text);
  if (const auto code = credential::parse_return_code(text)) WEIR_CHECK(format(*code) == text);
  (void)credential::check_password(weir::crypto::SecretBytes(weir::ByteView(data, size)), "anna").ok();
  (void)mask(text);
  return 0;
}

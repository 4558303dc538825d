// Identifiers: every form is written back as it was read, has an address and a label that lead back, and a citizen
// number is never repeated in an error. SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/supply/identifier/address.h"
#include "weir/supply/identifier/area.h"
#include "weir/supply/identifier/person.h"
#include "weir/supply/identifier/service.h"
#include "weir/supply/identifier/uscc.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::supply::identifier;
  const std::string_view text = weir::text_of(weir::ByteView(data, size));
  if (const auto id = Identifier::parse(text)) {
    WEIR_CHECK(id->text() == text);
    WEIR_CHECK(*Identifier::parse(id->base().text()) == id->base());
    WEIR_CHECK(SubjectId::parse(id->subject().text()).ok());
    (void)describe(id->area()).ok();
    if (id->form() != Form::kContract) {
      const auto address = to_address(*id, AddressPrefix{}, SubjectNumber(static_cast<std::uint32_t>(size * 997)));
      WEIR_CHECK(put_together(*take_apart(*address), id->subject()) == id->base());
      WEIR_CHECK(*from_label(*to_label(*id)) == id->base());
    }
  }
  if (const auto code = Uscc::parse(text)) WEIR_CHECK(code->subject().text() == text);
  if (const auto person = PersonCode::parse(text); person && !Uscc::parse(text)) {
    const auto refused = SubjectId::parse(text);
    WEIR_CHECK(!refused && refused.error().message().find(text) == std::string_view::npos);
  }
  if (const auto code = OrganisationCode::parse(text)) WEIR_CHECK(*OrganisationCode::parse(code->text()) == *code);
  if (const auto address = parse_address(text)) {
    WEIR_CHECK(*parse_address(format(*address)) == *address);
    if (const auto parts = take_apart(*address)) {
      const auto id = put_together(*parts, *SubjectId::parse("91350100M000100Y43"));
      WEIR_CHECK(*to_address(id, parts->prefix, parts->subject) == *address);
    }
  }
  if (const auto json = weir::wire::parse_json(text)) {
    if (const auto record = parse_record(*json)) WEIR_CHECK(*parse_record(to_json(*record)) == *record);
  }
  (void)region_name(text).ok();
  (void)area_of_industry(text).ok();
  return 0;
}

// Identifiers, documents, tokens, status lists and messages of anybody: nobody is believed.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/trust/claims/message.h"
#include "weir/trust/claims/presentation.h"
#include "weir/trust/claims/status_list.h"
#include "weir/wire/encoding.h"

namespace {

using namespace weir::trust::claims;

const Document& nobody() {
  static const Document document = [] {
    weir::SystemRandom random;  // nobody has signatures of this key
    const Did did = *Did::parse("did:web:a.example");
    const auto key = weir::crypto::PrivateKey::generate(weir::crypto::SignatureAlgorithm::kEcdsaP256Sha256, random);
    return *parse_document(make_document(did, key.public_key(), {}), did);
  }();
  return document;
}

constexpr weir::Timestamp kNow{1780000000000};

void read_tokens(std::string_view text) {
  if (const auto jwt = read_jwt(text)) {
    WEIR_CHECK(!verify_id_token(*jwt, nobody(), nobody().id, kNow));
    WEIR_CHECK(!verify_jwt(*jwt, nobody(), Relation::kAssertion));
  }
  if (const auto credential = read_credential(text)) {
    WEIR_CHECK(!credential->subject.empty() || !credential->types.empty());
    WEIR_CHECK(!verify_credential(*credential, nobody(), kNow));
  }
  if (const auto shown = read_presentation(text)) WEIR_CHECK(!verify_presentation(*shown, nobody(), nobody().id, kNow));
  WEIR_CHECK(!status_of(text, {}, nobody(), kNow));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = weir::text_of({data, size});
  if (const auto did = Did::parse(text)) {
    WEIR_CHECK(Did::of_url("http://" + did->authority())->authority() == did->authority());
  }
  if (const auto list = StatusList::decode(text)) WEIR_CHECK(list->entries() > 0);
  read_tokens(text);
  // The same as the payload of a token, which a fuzzer could not write by itself.
  read_tokens("eyJhbGciOiJFUzI1NiJ9." + weir::wire::encode_base64url({data, size}) + ".AAAA");
  const auto json = weir::wire::parse_json(text);
  if (!json) return 0;
  static_cast<void>(parse_document(*json, nobody().id).ok());
  if (const auto delivered = parse_delivered(*json)) WEIR_CHECK(parse_delivered(to_message(*delivered)).ok());
  if (const auto asked = parse_asked(*json)) WEIR_CHECK(parse_asked(to_message(*asked)).ok());
  static_cast<void>(parse_query(*json).ok());
  static_cast<void>(parse_response(*json).ok());
  static_cast<void>(parse_offered(*json).ok());
  static_cast<void>(parse_metadata(*json, nobody().id).ok());
  return 0;
}

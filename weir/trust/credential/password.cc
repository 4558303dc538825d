// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/password.h"

#include <algorithm>

#include "weir/base/text.h"
#include "weir/wire/encoding.h"

namespace weir::trust::credential {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

struct Kept {
  crypto::StretchCost cost;
  Bytes salt;
  Bytes hash;
};

Error broken() { return Error(Errc::kCorrupt, "a kept password is not readable").because("password.corrupt"); }

Result<std::uint8_t> small_number(const std::string& text, int least, int most) {
  if (text.empty() || text.size() > 2 ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return broken();
  }
  const int number = std::stoi(text);
  if (number < least || number > most) return broken();
  return static_cast<std::uint8_t>(number);
}

Result<Kept> read(std::string_view kept) {
  const std::vector<std::string> parts = split(kept, '$');
  if (parts.size() != 6 || parts[0] != "scrypt") return broken();
  Kept out;
  WEIR_TRY_LET(out.cost.work, small_number(parts[1], 1, 20));
  WEIR_TRY_LET(out.cost.block, small_number(parts[2], 1, 32));
  WEIR_TRY_LET(out.cost.lanes, small_number(parts[3], 1, 16));
  WEIR_TRY_LET(out.salt, wire::decode_base64url(parts[4]));
  WEIR_TRY_LET(out.hash, wire::decode_base64url(parts[5]));
  if (out.salt.size() != kSaltBytes || out.hash.size() != kHashBytes) return broken();
  return out;
}

Error bad(const char* reason, const std::string& what) {
  return Error(Errc::kInvalidArgument, what)
      .because(reason)
      .advise("take at least 8 characters with letters, digits and symbols");
}

}  // namespace

//= NDI-TR-2025-03#passwords passwords have at least 8 characters with letters, digits and symbols
Result<> check_password(const crypto::SecretBytes& password, std::string_view operator_name) {
  const std::string_view text = text_of(password.expose(crypto::SecretAccess("check the rules of passwords")));
  if (text.size() > kPasswordBytesMax) return bad("password.too_long", "the password has more than 256 bytes");
  if (!is_utf8(text)) return bad("password.too_simple", "the password is not UTF-8");
  const auto characters =
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (characters < static_cast<std::ptrdiff_t>(kPasswordBytesMin)) {
    return bad("password.too_short", "the password has fewer than 8 characters");
  }
  bool letter = false;
  bool digit = false;
  bool symbol = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return bad("password.too_simple", "the password has a control character");
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || byte >= 0x80) {
      letter = true;
    } else if (c >= '0' && c <= '9') {
      digit = true;
    } else {
      symbol = true;
    }
  }
  if (!letter || !digit || !symbol) return bad("password.too_simple", "the password lacks letters, digits or symbols");
  std::string lower = to_lower_ascii(text);
  const bool named = operator_name.size() >= 3 && lower.find(to_lower_ascii(operator_name)) != std::string::npos;
  std::fill(lower.begin(), lower.end(), '\0');
  if (named) return bad("password.has_name", "the password has the operator's name in it");
  return {};
}

std::string hash_password(const crypto::SecretBytes& password, crypto::StretchCost cost, Random& random) {
  Bytes salt(kSaltBytes);
  random.fill(salt);
  const crypto::SecretBytes hash = crypto::stretch(password, salt, kHashBytes, cost);
  return "scrypt$" + std::to_string(cost.work) + "$" + std::to_string(cost.block) + "$" + std::to_string(cost.lanes) +
         "$" + wire::encode_base64url(salt) + "$" +
         wire::encode_base64url(hash.expose(crypto::SecretAccess("keep the hash of a password")));
}

Result<> verify_password(const crypto::SecretBytes& password, std::string_view kept) {
  const auto known = read(kept);
  if (!known) return broken();
  const crypto::SecretBytes hash = crypto::stretch(password, known->salt, kHashBytes, known->cost);
  if (hash == crypto::SecretBytes(known->hash)) return {};
  return Error(Errc::kUnauthenticated, "the password is wrong").because("password.wrong");
}

bool needs_rehash(std::string_view kept, crypto::StretchCost cost) {
  const auto known = read(kept);
  return !known || !(known->cost == cost);
}

}  // namespace weir::trust::credential

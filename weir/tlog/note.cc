// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/note.h"

#include <algorithm>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/wire/encoding.h"
#include "weir/wire/reader.h"

namespace weir::tlog {
namespace {

using crypto::SignatureAlgorithm;

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash, space
constexpr std::uint8_t kTypeEd25519 = 0x01;
constexpr std::uint8_t kTypePrivate = 0xff;
constexpr std::string_view kP256 = "weir/note/ecdsa-p256-sha256\n";
constexpr std::string_view kSm2 = "weir/note/sm2-sm3\n";

Error malformed(std::string what) {
  return Error(Errc::kInvalidArgument, "signed note: " + std::move(what)).because("note.malformed");
}

// The Unicode spaces (White_Space), in UTF-8.
constexpr std::string_view kSpaces[] = {" ",
                                        "\xC2\x85",
                                        "\xC2\xA0",
                                        "\xE1\x9A\x80",
                                        "\xE2\x80\x80",
                                        "\xE2\x80\x81",
                                        "\xE2\x80\x82",
                                        "\xE2\x80\x83",
                                        "\xE2\x80\x84",
                                        "\xE2\x80\x85",
                                        "\xE2\x80\x86",
                                        "\xE2\x80\x87",
                                        "\xE2\x80\x88",
                                        "\xE2\x80\x89",
                                        "\xE2\x80\x8A",
                                        "\xE2\x80\xA8",
                                        "\xE2\x80\xA9",
                                        "\xE2\x80\xAF",
                                        "\xE2\x81\x9F",
                                        "\xE3\x80\x80"};

bool is_name(std::string_view name) {
  if (name.empty() || !is_utf8(name)) return false;
  if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '+'; })) {
    return false;
  }
  return std::none_of(std::begin(kSpaces), std::end(kSpaces),
                      [&](std::string_view space) { return name.find(space) != std::string_view::npos; });
}

// The type and the public key, as the key id hashes and the text form carries them.
Bytes typed_key(const crypto::PublicKey& key) {
  wire::Builder out;
  switch (key.algorithm()) {
    case SignatureAlgorithm::kEd25519: out.u8(kTypeEd25519); break;
    case SignatureAlgorithm::kEcdsaP256Sha256: out.u8(kTypePrivate).put(kP256); break;
    case SignatureAlgorithm::kSm2Sm3: out.u8(kTypePrivate).put(kSm2); break;
  }
  return out.put(ByteView(key.raw())).take();
}

std::uint32_t key_id_of(std::string_view name, ByteView typed) {
  const crypto::Digest digest = crypto::hash(crypto::HashAlgorithm::kSha256, {view_of(name), view_of("\n"), typed});
  return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 | std::uint32_t{digest[2]} << 8 | digest[3];
}

// SubjectPublicKeyInfo around a raw key: the three fixed prefixes of RFC 8410, RFC 5480 and GB/T 35276.
Result<crypto::PublicKey> key_of(ByteView typed) {
  constexpr std::string_view kEd25519Prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  constexpr std::string_view kP256Prefix(
      "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00", 26);
  constexpr std::string_view kSm2Prefix(
      "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03\x42\x00", 26);
  const std::string_view text = text_of(typed);
  const auto wrap = [&](std::string_view prefix, std::size_t skip, std::size_t size) -> Result<crypto::PublicKey> {
    if (text.size() != skip + size) return malformed("a key of the wrong length");
    wire::Builder spki;
    spki.put(prefix).put(text.substr(skip));
    return crypto::PublicKey::from_der(spki.bytes());
  };
  if (typed.empty()) return malformed("an empty key");
  if (typed[0] == kTypeEd25519) return wrap(kEd25519Prefix, 1, 32);
  if (typed[0] == kTypePrivate && text.substr(1).starts_with(kP256)) return wrap(kP256Prefix, 1 + kP256.size(), 65);
  if (typed[0] == kTypePrivate && text.substr(1).starts_with(kSm2)) return wrap(kSm2Prefix, 1 + kSm2.size(), 65);
  return malformed("a key of an unknown type");
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (!line.starts_with(kDash)) return malformed("a signature line does not start with a dash");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return malformed("a signature line without a signature");
  NoteSignature out;
  out.name = line.substr(0, space);
  if (!is_name(out.name)) return malformed("a signature line with a bad key name");
  auto bytes = wire::decode_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return malformed("a signature that is not base64 of a key id and a signature");
  wire::Reader reader(*bytes);
  WEIR_TRY_LET(out.key_id, reader.u32());
  out.signature.assign(bytes->begin() + 4, bytes->end());
  return out;
}

}  // namespace

//= C2SP#signed-note
Result<Note> parse_note(std::string_view text) {
  if (text.size() > kNoteBytesMax) return malformed("too long");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  if (!is_utf8(text) || std::any_of(text.begin(), text.end(), control)) return malformed("not plain UTF-8 text");
  if (!text.ends_with('\n')) return malformed("no newline at the end");
  const std::size_t split_at = text.rfind("\n\n");
  if (split_at == std::string_view::npos) return malformed("no blank line before the signatures");
  Note out;
  out.text = text.substr(0, split_at + 1);
  std::string_view rest = text.substr(split_at + 2);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (out.signatures.size() == kNoteSignaturesMax) return malformed("too many signatures");
    WEIR_TRY_LET(NoteSignature signature, parse_signature_line(rest.substr(0, end)));
    out.signatures.push_back(std::move(signature));
    rest.remove_prefix(end + 1);
  }
  if (out.signatures.empty()) return malformed("no signatures");
  return out;
}

std::string format(const Note& note) {
  std::string out = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) {
    wire::Builder bytes;
    bytes.u32(signature.key_id).put(ByteView(signature.signature));
    out.append(kDash).append(signature.name).append(" ").append(wire::encode_base64(bytes.bytes())).append("\n");
  }
  return out;
}

Result<NoteKey> NoteKey::make(std::string_view name, const crypto::PublicKey& key) {
  if (!is_name(name)) return malformed("a key name must not be empty nor have spaces or '+'");
  return NoteKey(std::string(name), key_id_of(name, typed_key(key)), key);
}

Result<NoteKey> NoteKey::parse(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return malformed("a verifier key is name+id+key");
  WEIR_TRY_LET(const Bytes typed, wire::decode_base64(text.substr(second + 1)));
  WEIR_TRY_LET(const crypto::PublicKey key, key_of(typed));
  WEIR_TRY_LET(NoteKey out, make(text.substr(0, first), key));
  if (out.text() != text) return malformed("the key id is not the one of name and key");
  return out;
}

std::string NoteKey::text() const {
  wire::Builder id;
  id.u32(id_);
  return name_ + "+" + wire::encode_hex(id.bytes()) + "+" + wire::encode_base64(typed_key(key_));
}

NoteSignature sign_note(std::string_view text, const NoteKey& name, const crypto::PrivateKey& key) {
  return {.name = name.name(), .key_id = name.id(), .signature = key.sign(view_of(text)).bytes};
}

Result<std::vector<const NoteKey*>> verify_note(const Note& note, const std::vector<NoteKey>& known) {
  std::vector<const NoteKey*> signers;
  for (const NoteSignature& signature : note.signatures) {
    for (const NoteKey& key : known) {
      if (key.name() != signature.name || key.id() != signature.key_id) continue;
      if (!key.key().verify(view_of(note.text), {key.key().algorithm(), signature.signature})) {
        return Error(Errc::kUnauthenticated, "the signature of " + key.name() + " is wrong").because("note.signature");
      }
      signers.push_back(&key);
    }
  }
  if (signers.empty()) return Error(Errc::kUnauthenticated, "no known key signed this").because("note.unsigned");
  return signers;
}

}  // namespace weir::tlog

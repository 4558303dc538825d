// Note: text signed by one or more keys, and the keys that verify it.
//
// Format: C2SP signed-note (https://c2sp.org/signed-note); key types of Weir: docs/formats/checkpoint.md.
// Thread-safety: values and pure functions. Trust: parse_note takes hostile text; nothing of it is authenticated
// until verify_note().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/bytes.h"
#include "weir/base/result.h"
#include "weir/crypto/sign.h"

namespace weir::tlog {

inline constexpr std::size_t kNoteBytesMax = 64u << 10;
inline constexpr std::size_t kNoteSignaturesMax = 64;

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;
  friend bool operator==(const NoteSignature&, const NoteSignature&) = default;
};

struct Note {
  std::string text;  // with its final newline
  std::vector<NoteSignature> signatures;
  friend bool operator==(const Note&, const Note&) = default;
};

// For every note that parses, format(*parse_note(s)) == s. Fails with kInvalidArgument ("note.malformed").
Result<Note> parse_note(std::string_view text);
std::string format(const Note& note);

// A key and the name it signs under. Names are not empty, and have no spaces, no '+' and no control characters.
class NoteKey {
 public:
  static Result<NoteKey> make(std::string_view name, const crypto::PublicKey& key);
  // "name+hex key id+base64(type || key)", as Go's sumdb and C2SP tools write it.
  static Result<NoteKey> parse(std::string_view text);
  const std::string& name() const { return name_; }
  std::uint32_t id() const { return id_; }
  const crypto::PublicKey& key() const { return key_; }
  std::string text() const;

 private:
  NoteKey(std::string name, std::uint32_t id, crypto::PublicKey key)
      : name_(std::move(name)), id_(id), key_(std::move(key)) {}
  std::string name_;
  std::uint32_t id_;
  crypto::PublicKey key_;
};

// Requires: the public key of `key` is that of `name`.
NoteSignature sign_note(std::string_view text, const NoteKey& name, const crypto::PrivateKey& key);

// The keys that signed, in the order of the signatures; unknown signatures are ignored. Fails with kUnauthenticated:
// "note.signature" if a known key's signature is wrong, "note.unsigned" if no known key signed.
Result<std::vector<const NoteKey*>> verify_note(const Note& note, const std::vector<NoteKey>& known);

}  // namespace weir::tlog

// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/entry.h"

#include <algorithm>

#include "weir/base/limits.h"
#include "weir/base/text.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

using wire::Json;

constexpr std::size_t kParticipantsMax = 16;
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kKindBytesMax = 64;

Error malformed(std::string what) {
  return Error(Errc::kInvalidArgument, "evidence entry: " + std::move(what)).because("evidence.malformed");
}

bool is_kind(std::string_view kind) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  return !kind.empty() && kind.size() <= kKindBytesMax && kind.find('.') != std::string_view::npos &&
         std::all_of(kind.begin(), kind.end(), fits);
}

bool is_name(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  return name.size() <= kNameBytesMax && std::none_of(name.begin(), name.end(), control) && is_utf8(name);
}

// Whether `json` is at most `levels` deep.
bool fits(const Json& json, std::size_t levels) {
  if (!json.is_array() && !json.is_object()) return true;
  if (levels == 0) return false;
  if (json.is_array()) {
    const auto& items = json.items();
    return std::all_of(items.begin(), items.end(), [&](const Json& item) { return fits(item, levels - 1); });
  }
  const auto& members = json.members();
  return std::all_of(members.begin(), members.end(), [&](const auto& each) { return fits(each.second, levels - 1); });
}

// A string as JSON writes it; almost all of ours need no escapes.
void append_text(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) {
    out.append(1, '"').append(text).append(1, '"');
  } else {
    out += Json(text).canonical();
  }
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append("\"").append(name).append("\":");
  append_text(out, text);
  out += ',';
}

Result<> check_names(const Entry& entry) {
  if (!is_kind(entry.kind)) return malformed("the kind is not room, dot, word");
  if (entry.actor.empty()) return malformed("no actor");
  for (const std::string* name : {&entry.actor, &entry.contract, &entry.product, &entry.process}) {
    if (!is_name(*name)) return malformed("a name too long or with control characters");
  }
  if (entry.participants.size() > kParticipantsMax) return malformed("too many participants");
  for (const std::string& participant : entry.participants) {
    if (participant.empty() || !is_name(participant)) return malformed("a bad participant");
  }
  if (!entry.body.is_object()) return malformed("the body is not an object");
  return {};
}

Result<std::string> optional_text(const Json& json, std::string_view name) {
  if (!json.has(name)) return std::string();
  return json.text(name);
}

Error too_large(std::size_t size) {
  return Error(Errc::kExhausted, "evidence entry of " + std::to_string(size) + " bytes; at most " +
                                     std::to_string(limits::kEvidenceEntryBytesMax) + " fit")
      .because("evidence.too_large")
      .advise("put the hash of the payload into the entry, not the payload");
}

}  // namespace

Json to_json(const Entry& entry) {
  Json out = Json::object({{"actor", entry.actor}, {"body", entry.body}});
  if (!entry.contract.empty()) out.set("contract", entry.contract);
  out.set("kind", entry.kind);
  if (!entry.participants.empty()) out.set("participants", Json::strings(entry.participants));
  if (!entry.process.empty()) out.set("process", entry.process);
  if (!entry.product.empty()) out.set("product", entry.product);
  out.set("time", format_iso8601(entry.time));
  return out;
}

Result<std::string> leaf_of(const Entry& entry) {
  WEIR_TRY(check_names(entry));
  // to_json(entry).canonical(), without the detour; the test holds the two together.
  std::string out = "{";
  out.reserve(512);
  append_member(out, "actor", entry.actor);
  out.append("\"body\":").append(entry.body.canonical()).append(",");
  append_member(out, "contract", entry.contract);
  append_member(out, "kind", entry.kind);
  if (!entry.participants.empty()) {
    out += "\"participants\":[";
    for (const std::string& participant : entry.participants) {
      append_text(out, participant);
      out += ',';
    }
    out.back() = ']';
    out += ',';
  }
  append_member(out, "process", entry.process);
  append_member(out, "product", entry.product);
  out.append("\"time\":\"").append(format_iso8601(entry.time)).append("\"}");
  if (out.size() > limits::kEvidenceEntryBytesMax) return too_large(out.size());
  // What cannot be read again must not be written: the log would not open any more.
  if (!is_utf8(out)) return malformed("not UTF-8");
  if (!fits(entry.body, limits::kJsonDepthMax - 1)) return malformed("nested too deeply");
  return out;
}

Result<Entry> parse_entry(std::string_view leaf) {
  if (leaf.size() > limits::kEvidenceEntryBytesMax) return too_large(leaf.size());
  WEIR_TRY_LET(const Json json, wire::parse_json(leaf));
  if (!json.is_object()) return malformed("not an object");
  Entry out;
  WEIR_TRY_LET(out.kind, json.text("kind"));
  WEIR_TRY_LET(out.actor, json.text("actor"));
  WEIR_TRY_LET(const std::string time, json.text("time"));
  WEIR_TRY_LET(out.time, parse_iso8601(time));
  WEIR_TRY_LET(out.contract, optional_text(json, "contract"));
  WEIR_TRY_LET(out.product, optional_text(json, "product"));
  WEIR_TRY_LET(out.process, optional_text(json, "process"));
  if (json.has("participants")) {
    WEIR_TRY_LET(out.participants, json.texts("participants"));
  }
  out.body = json["body"];
  WEIR_TRY_LET(const std::string again, leaf_of(out));
  // Unknown members, other orders, spaces and spellings all end here.
  if (again != leaf) return malformed("not in canonical form");
  return out;
}

std::string format_digest(crypto::HashAlgorithm algorithm, const crypto::Digest& digest) {
  return std::string(crypto::name_of(algorithm)) + ":" + wire::encode_hex(digest);
}

Result<NamedDigest> parse_digest(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return malformed("a digest is algorithm:hex");
  NamedDigest out;
  WEIR_TRY_LET(out.algorithm, crypto::parse_hash_algorithm(text.substr(0, colon)));
  WEIR_TRY_LET(const Bytes bytes, wire::decode_hex(text.substr(colon + 1)));
  if (bytes.size() != out.digest.size()) return malformed("a digest of the wrong length");
  std::copy(bytes.begin(), bytes.end(), out.digest.begin());
  if (format_digest(out.algorithm, out.digest) != text) return malformed("a digest is written in lower case");
  return out;
}

}  // namespace weir::tlog

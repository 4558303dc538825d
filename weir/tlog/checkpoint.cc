// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "weir/base/text.h"
#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

constexpr std::string_view kSm3Line = "hash sm3";

Error malformed(std::string what) {
  return Error(Errc::kInvalidArgument, "checkpoint: " + std::move(what)).because("checkpoint.malformed");
}

Result<std::uint64_t> parse_size(std::string_view line) {
  std::uint64_t size = 0;
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), size);
  if (code != std::errc() || end != line.data() + line.size() || (line.size() > 1 && line[0] == '0') ||
      size > kTreeSizeMax) {
    return malformed("line 2 is not a tree size");
  }
  return size;
}

}  // namespace

HashAlgorithm Checkpoint::algorithm() const {
  const bool sm3 = std::find(extensions.begin(), extensions.end(), kSm3Line) != extensions.end();
  return sm3 ? HashAlgorithm::kSm3 : HashAlgorithm::kSha256;
}

Checkpoint make_checkpoint(std::string_view origin, HashAlgorithm algorithm, TreeSize size, const Digest& root) {
  Checkpoint out{.origin = std::string(origin), .size = size, .root = root};
  if (algorithm == HashAlgorithm::kSm3) out.extensions.emplace_back(kSm3Line);
  return out;
}

//= C2SP#tlog-checkpoint
Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (text.size() > kNoteBytesMax || !text.ends_with('\n'))
    return malformed("it does not end in a newline, or is too long");
  if (!is_utf8(text)) return malformed("not UTF-8");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
  if (std::any_of(text.begin(), text.end(), control)) return malformed("a control character");
  text.remove_suffix(1);
  const std::vector<std::string> lines = split(text, '\n');
  if (lines.size() < 3) return malformed("fewer than three lines");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) return malformed("line " + std::to_string(i + 1) + " is empty");
  }
  Checkpoint out;
  out.origin = lines[0];
  WEIR_TRY_LET(const std::uint64_t size, parse_size(lines[1]));
  out.size = TreeSize(size);
  const auto root = wire::decode_base64(lines[2]);
  if (!root || root->size() != out.root.size()) return malformed("line 3 is not the base64 of a root hash");
  std::copy(root->begin(), root->end(), out.root.begin());
  out.extensions.assign(lines.begin() + 3, lines.end());
  return out;
}

std::string format(const Checkpoint& checkpoint) {
  std::string out = checkpoint.origin + "\n" + std::to_string(checkpoint.size.value()) + "\n" +
                    wire::encode_base64(checkpoint.root) + "\n";
  for (const std::string& line : checkpoint.extensions) out.append(line).append("\n");
  return out;
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const NoteKey& name, const crypto::PrivateKey& key) {
  Note note{.text = format(checkpoint), .signatures = {}};
  note.signatures.push_back(sign_note(note.text, name, key));
  return format(note);
}

Result<Checkpoint> open_checkpoint(std::string_view text, const std::vector<NoteKey>& known) {
  WEIR_TRY_LET(const Note note, parse_note(text));
  WEIR_TRY(verify_note(note, known));
  return parse_checkpoint(note.text);
}

Result<> verify_progress(const Checkpoint& earlier, const Checkpoint& later, std::span<const Digest> proof) {
  const auto refuse = [](std::string what, const char* why) {
    return Error(Errc::kCorrupt, std::move(what)).because(why);
  };
  if (earlier.origin != later.origin) {
    return refuse("checkpoints of two logs: " + earlier.origin + " and " + later.origin, "checkpoint.origin");
  }
  if (earlier.algorithm() != later.algorithm()) return refuse("the log changed its hash", "checkpoint.hash");
  if (later.size < earlier.size) {
    return refuse("the log shrank from " + std::to_string(earlier.size.value()) + " to " +
                      std::to_string(later.size.value()) + " entries",
                  "checkpoint.shrunk");
  }
  if (later.size == earlier.size && later.root != earlier.root) {
    return refuse("the log signed two histories of " + std::to_string(later.size.value()) + " entries",
                  "checkpoint.fork");
  }
  if (earlier.size.value() == 0) {
    // Every history begins with the empty one.
    if (earlier.root == empty_root(earlier.algorithm()) && proof.empty()) return {};
    return refuse("the earlier checkpoint is not that of an empty log", "proof.consistency");
  }
  return verify_consistency(earlier.algorithm(), earlier.size, earlier.root, later.size, later.root, proof);
}

std::string evidence_origin(std::string_view node) { return "weir/evidence/" + std::string(node); }

}  // namespace weir::tlog

// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/proof.h"

#include <algorithm>
#include <charconv>

#include "weir/wire/encoding.h"

namespace weir::tlog {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t kHashesMax = 63;

Error malformed(std::string what) {
  return Error(Errc::kInvalidArgument, "proof: " + std::move(what)).because("proof.malformed");
}

Result<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return malformed("it ends too early");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

//= C2SP#tlog-proof
Result<InclusionProof> parse_proof(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return malformed("the first line is not that of tlog-proof@v1");
  std::string_view rest = text.substr(kFirstLine.size());
  InclusionProof out;
  WEIR_TRY_LET(std::string_view line, take_line(rest));
  if (line.starts_with("extra ")) {
    WEIR_TRY_LET(out.extra, wire::decode_base64(line.substr(6)));
    if (out.extra.empty()) return malformed("an extra line without data");
    WEIR_TRY_LET(line, take_line(rest));
  }
  if (!line.starts_with("index ")) return malformed("no index line");
  line.remove_prefix(6);
  std::uint64_t index = 0;
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), index);
  if (code != std::errc() || end != line.data() + line.size() || (line.size() > 1 && line[0] == '0')) {
    return malformed("the index is not a number");
  }
  out.index = LeafIndex(index);
  for (;;) {
    WEIR_TRY_LET(line, take_line(rest));
    if (line.empty()) break;
    const auto bytes = wire::decode_base64(line);
    if (!bytes || bytes->size() != crypto::kDigestBytes) return malformed("a line is not the base64 of a hash");
    if (out.hashes.size() == kHashesMax) return malformed("too many hashes");
    std::copy(bytes->begin(), bytes->end(), out.hashes.emplace_back().begin());
  }
  out.checkpoint = rest;
  WEIR_TRY(parse_note(out.checkpoint));
  return out;
}

std::string format(const InclusionProof& proof) {
  std::string out(kFirstLine);
  if (!proof.extra.empty()) out += "extra " + wire::encode_base64(proof.extra) + "\n";
  out += "index " + std::to_string(proof.index.value()) + "\n";
  for (const Digest& hash : proof.hashes) out += wire::encode_base64(hash) + "\n";
  return out + "\n" + proof.checkpoint;
}

Result<Checkpoint> verify_proof(const InclusionProof& proof, ByteView leaf, const std::vector<NoteKey>& known) {
  WEIR_TRY_LET(Checkpoint checkpoint, open_checkpoint(proof.checkpoint, known));
  const HashAlgorithm algorithm = checkpoint.algorithm();
  WEIR_TRY(verify_inclusion(algorithm, proof.index, checkpoint.size, leaf_hash(algorithm, leaf), checkpoint.root,
                            proof.hashes));
  return checkpoint;
}

}  // namespace weir::tlog

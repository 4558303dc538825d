// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/channel.h"

#include <array>
#include <string>

#include "weir/base/check.h"
#include "weir/wire/reader.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kHeadBytes = 10;

}  // namespace

std::string_view name_of(Tag tag) {
  switch (tag) {
    case Tag::kHello: return "hello";
    case Tag::kBaseOtPoints: return "base_ot_points";
    case Tag::kBaseOtReply: return "base_ot_reply";
    case Tag::kExtensionColumns: return "extension_columns";
    case Tag::kExtensionChallenge: return "extension_challenge";
    case Tag::kExtensionCheck: return "extension_check";
    case Tag::kTreeSums: return "tree_sums";
    case Tag::kTreeChoices: return "tree_choices";
    case Tag::kVoleBase: return "vole_base";
    case Tag::kVoleChallenge: return "vole_challenge";
    case Tag::kVoleCheck: return "vole_check";
    case Tag::kVoleCommit: return "vole_commit";
    case Tag::kVoleOpen: return "vole_open";
    case Tag::kPsiCommit: return "psi_commit";
    case Tag::kPsiStore: return "psi_store";
    case Tag::kPsiCoin: return "psi_coin";
    case Tag::kPsiImages: return "psi_images";
    case Tag::kBye: return "bye";
    case Tag::kShares: return "shares";
    case Tag::kProducts: return "products";
    case Tag::kJoinSeed: return "join_seed";
    case Tag::kJoinStore: return "join_store";
    case Tag::kEcdhPoints: return "ecdh_points";
    case Tag::kProbe: return "probe";
    case Tag::kEqualities: return "equalities";
    case Tag::kEcdhHave: return "ecdh_have";
    case Tag::kProgress: return "progress";
    case Tag::kSilentTrees: return "silent_trees";
    case Tag::kSilentChallenge: return "silent_challenge";
    case Tag::kSilentCheck: return "silent_check";
    case Tag::kGarbleStart: return "garble_start";
    case Tag::kGarbledTables: return "garbled_tables";
    case Tag::kSilentChoices: return "silent_choices";
    case Tag::kEcdhSecret: return "ecdh_secret";
  }
  return "unknown";
}

Result<> Channel::send(Tag tag, ByteView payload) {
  wire::Builder head;
  head.u16(static_cast<std::uint16_t>(tag)).u64(payload.size());
  if (out_) out_->update(head.bytes());
  if (out_) out_->update(payload);
  WEIR_TRY(write(head.take()));
  WEIR_TRY(write(payload));
  sent_ += kHeadBytes + payload.size();
  return {};
}

Result<> Channel::receive(Tag tag, std::span<std::uint8_t> out) {
  WEIR_TRY(push());
  std::array<std::uint8_t, kHeadBytes> head{};
  WEIR_TRY(read(head));
  wire::Reader in(head);
  WEIR_TRY_LET(const std::uint16_t found, in.u16());
  WEIR_TRY_LET(const std::uint64_t size, in.u64());
  if (found != static_cast<std::uint16_t>(tag) || size != out.size()) {
    return Error(Errc::kCorrupt, "the other side sent message " + std::to_string(found) + " of " +
                                     std::to_string(size) + " bytes where " + std::string(name_of(tag)) + " of " +
                                     std::to_string(out.size()) + " was due")
        .because("mpc.message");
  }
  WEIR_TRY(read(out));
  if (in_) in_->update(head);
  if (in_) in_->update(out);
  received_ += kHeadBytes + size;
  return {};
}

Result<> Channel::flush() { return push(); }

void Channel::keep_transcript() {
  out_.emplace(crypto::HashAlgorithm::kSha256);
  in_.emplace(crypto::HashAlgorithm::kSha256);
}

Channel::Transcript Channel::transcript() {
  WEIR_CHECK(out_ && in_);
  return {out_->finish(), in_->finish()};
}

}  // namespace weir::mpc

// Notes, checkpoints, proofs, verifier keys, tile paths: what parses is written back the same.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/tlog/proof.h"
#include "weir/tlog/tile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::tlog;  // NOLINT(google-build-using-namespace)
  const std::string_view input = weir::text_of({data, size});
  if (const auto note = parse_note(input)) {
    WEIR_CHECK(format(*note) == input);
    if (const auto checkpoint = parse_checkpoint(note->text)) WEIR_CHECK(format(*checkpoint) == note->text);
  }
  if (const auto checkpoint = parse_checkpoint(input)) WEIR_CHECK(format(*checkpoint) == input);
  if (const auto proof = parse_proof(input)) {
    WEIR_CHECK(format(*proof) == input);
    (void)verify_proof(*proof, {}, {}).ok();
  }
  if (const auto key = NoteKey::parse(input)) WEIR_CHECK(key->text() == input);
  if (const auto tile = parse_tile_path(input)) WEIR_CHECK(tile_path(*tile) == input);
  if (const auto frontier = decode_frontier({data, size})) {
    WEIR_CHECK(encode(*frontier) == weir::copy_of({data, size}));
  }
  (void)decode_entries({data, size}).ok();
  return 0;
}

// Manifests: what decodes encodes to the same bytes, and its chunks cover the file without gap or overlap.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/flow/delivery/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::flow::delivery;
  const weir::ByteView bytes(data, size);
  const auto root = parse_content_root(weir::text_of(bytes));
  WEIR_CHECK(!root || format(*root) == weir::text_of(bytes));
  const auto manifest = decode_manifest(bytes);
  if (!manifest) return 0;
  WEIR_CHECK(encode(*manifest) == weir::copy_of(bytes));
  std::uint64_t covered = 0;
  for (std::uint64_t i = 0; i < manifest->chunk_count(); ++i) {
    WEIR_CHECK(manifest->offset_of(ChunkIndex(i)) == covered);
    WEIR_CHECK(manifest->length_of(ChunkIndex(i)) > 0);
    covered += manifest->length_of(ChunkIndex(i));
  }
  WEIR_CHECK(covered == manifest->size);
  WEIR_CHECK(*parse_content_root(format(manifest->root())) == manifest->root());
  return 0;
}

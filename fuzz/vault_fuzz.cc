// A vault whose files somebody altered: what can still be read is what was sealed, or nothing.
//
// Input: byte 0 names the file, bytes 1 and 2 a place in it, the rest is written there; nothing to write cuts it there.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/base/check.h"
#include "weir/flow/delivery/vault.h"
#include "weir/store/memory_files.h"

namespace {

using namespace weir;
using namespace weir::flow::delivery;

constexpr std::size_t kSize = 2 * kChunkBytesMin + 100;

Bytes plain() {
  Bytes out(kSize);
  SeededRandom(3).fill(out);
  return out;
}

// The same files every time: an item of three chunks.
struct World {
  Bytes content = plain();
  Manifest manifest;
  store::MemoryFiles files;
  SystemRandom random;
  crypto::SecretBytes master = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
  Vault vault{files, "/vault", crypto::Suite::kInternational, master, random};
  std::vector<Bytes> originals;

  World() {
    ManifestBuilder builder(crypto::HashAlgorithm::kSha256, kChunkBytesMin);
    WEIR_CHECK(builder.add(content).ok());
    manifest = std::move(builder).finish();
    WEIR_CHECK(files.make_directories("/vault").ok());
    auto item = vault.create("item-1", manifest);
    WEIR_CHECK(item.ok());
    for (std::uint64_t i = 0; i < manifest.chunk_count(); ++i) {
      WEIR_CHECK((*item)->write_chunks(ChunkIndex(i), chunk(i)).ok());
    }
    for (const char* name : kNames) originals.push_back(*files.read_all(path(name), 1u << 20));
  }
  ByteView chunk(std::uint64_t i) const {
    return ByteView(content).subspan(manifest.offset_of(ChunkIndex(i)), manifest.length_of(ChunkIndex(i)));
  }
  static std::string path(const char* name) { return std::string("/vault/item-1/") + name; }
  void put(std::size_t file, const Bytes& bytes) {
    auto open = files.open(path(kNames[file]), store::OpenMode::kReadWrite);
    WEIR_CHECK(open.ok() && (*open)->truncate(0).ok() && (*open)->write_at(0, bytes).ok());
  }
  static constexpr const char* kNames[] = {"data", "key", "manifest"};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static World world;
  const std::size_t file = data[0] % 3;
  Bytes bytes = world.originals[file];
  const std::size_t at = (static_cast<std::size_t>(data[1]) << 8 | data[2]) % (bytes.size() + 1);
  const ByteView patch(data + 3, size - 3);
  if (patch.empty()) bytes.resize(at);
  bytes.resize(std::max(bytes.size(), at + patch.size()));
  std::copy(patch.begin(), patch.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  world.put(file, bytes);
  if (const auto item = world.vault.open("item-1")) {
    WEIR_CHECK(file != 1 || bytes.size() == world.originals[1].size());
    for (std::uint64_t i = 0; i < (*item)->manifest().chunk_count(); ++i) {
      const auto read = (*item)->read_chunk(ChunkIndex(i));
      WEIR_CHECK(!read || (i < world.manifest.chunk_count() && std::ranges::equal(*read, world.chunk(i))));
      WEIR_CHECK(read || read.error().reason() == "vault.broken");
    }
  }
  world.put(file, world.originals[file]);
  return 0;
}

// Vault: received data at rest, sealed chunk by chunk under a key of its own, destroyed by destroying the key.
//
// One folder an item: `key` (the item's key, sealed under the node's vault key), `manifest`, `data` (the chunks, each sealed
// in its own place, nonce = i, associated data = item name, content root and i). Format: docs/formats/vault.md.
// Thread-safety: a VaultItem may be used by many threads. Trust: the folder may be altered by somebody else; every chunk
// that is read was sealed by this node for this item and this place, or the read fails with kCorrupt.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/base/random.h"
#include "weir/crypto/seal.h"
#include "weir/flow/delivery/manifest.h"
#include "weir/store/files.h"

namespace weir::flow::delivery {

//= TC609-6-2025-13#storage
class VaultItem {
 public:
  const Manifest& manifest() const { return manifest_; }
  // Seals a chunk, or several that follow each other, into their places; not yet durable. Requires: they were verified,
  // `plain` is whole chunks.
  Result<> write_chunks(ChunkIndex first, ByteView plain);
  // Fails with kCorrupt ("vault.broken").
  Result<Bytes> read_chunk(ChunkIndex index) const;
  // After a failure nothing since the last success can be believed: the next Vault::create makes the item anew.
  Result<> sync();
  // Which chunks lie sealed and whole in the file: how a receiver goes on after it was killed. `known` are believed,
  // unless the item was made just now.
  std::vector<bool> probe(const std::vector<bool>& known) const;

 private:
  friend class Vault;
  VaultItem(std::string name, Manifest manifest, crypto::SealingKey key, std::unique_ptr<store::File> data,
            crypto::Suite suite, std::shared_ptr<class VaultSuspects> suspects);
  Bytes associated(ChunkIndex index) const;
  std::uint64_t place_of(ChunkIndex index) const { return index.value() * stride_; }

  std::string name_;
  Manifest manifest_;
  std::string root_text_;
  crypto::SealingKey key_;
  std::unique_ptr<store::File> data_;
  std::size_t overhead_;
  std::size_t stride_;  // from one chunk's place to the next
  std::shared_ptr<class VaultSuspects> suspects_;
  bool fresh_ = false;
};

class Vault {
 public:
  // `folder` is the vault's own. Requires: master key of SealingKey::kKeyBytes.
  Vault(store::Files& files, std::string folder, crypto::Suite suite, const crypto::SecretBytes& master, Random& random);

  // Makes an item, or opens the one that is there if it has the same manifest. `name` is a process id.
  // Fails with kConflict if an item of this name has another manifest.
  Result<std::unique_ptr<VaultItem>> create(const std::string& name, const Manifest& manifest);
  Result<std::unique_ptr<VaultItem>> open(const std::string& name);
  Result<bool> exists(const std::string& name);
  // Overwrites and removes the key, then the data. Repeating it after a crash finishes the job; nothing to do is fine.
  Result<> destroy(const std::string& name);

 private:
  Result<> make(const std::string& name, const Manifest& manifest);
  Result<std::string> path_of(const std::string& name, std::string_view file) const;
  Bytes key_binding(const std::string& name) const;

  store::Files& files_;
  std::string folder_;
  crypto::Suite suite_;
  crypto::SealingKey master_;
  Random& random_;
  std::shared_ptr<class VaultSuspects> suspects_;
};

}  // namespace weir::flow::delivery

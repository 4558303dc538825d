// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/vault.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>

#include "weir/base/check.h"
#include "weir/wire/encoding.h"
#include "weir/wire/reader.h"

namespace weir::flow::delivery {
namespace {

constexpr std::uint64_t kManifestBytesMax = 64 + kChunksMax * crypto::kDigestBytes;

crypto::Nonce nonce_of(ChunkIndex index) {
  crypto::Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(index.value() >> (56 - 8 * i));
  return nonce;
}

// What is missing to a whole number of units that the disk takes at once.
std::size_t padding_of(std::uint64_t bytes) { return (store::kBulkUnit - bytes % store::kBulkUnit) % store::kBulkUnit; }

Error broken(std::string_view what) {
  return Error(Errc::kCorrupt, "vault: " + std::string(what))
      .because("vault.broken")
      .advise("the stored copy was damaged or altered; fetch the agreement again");
}

}  // namespace

// Items whose disk failed to take what was written: what is read from them may come from memory only.
class VaultSuspects {
 public:
  void add(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    names_.insert(name);
  }
  void remove(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    names_.erase(name);
  }
  bool has(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    return names_.contains(name);
  }

 private:
  mutable std::mutex mutex_;  // guards names_
  std::set<std::string> names_;
};

VaultItem::VaultItem(std::string name, Manifest manifest, crypto::SealingKey key, std::unique_ptr<store::File> data,
                     crypto::Suite suite, std::shared_ptr<VaultSuspects> suspects)
    : name_(std::move(name)),
      manifest_(std::move(manifest)),
      root_text_(format(manifest_.root())),
      key_(std::move(key)),
      data_(std::move(data)),
      overhead_(crypto::SealingKey::overhead(suite)),
      stride_(manifest_.chunk_bytes + overhead_ + padding_of(manifest_.chunk_bytes + overhead_)),
      suspects_(std::move(suspects)) {}

Bytes VaultItem::associated(ChunkIndex index) const {
  return wire::Builder().run16(view_of(name_)).run16(view_of(root_text_)).u64(index.value()).take();
}

Result<> VaultItem::write_chunks(ChunkIndex first, ByteView plain) {
  thread_local Bytes memory;
  const std::size_t most = (plain.size() / manifest_.chunk_bytes + 1) * stride_;
  memory.resize(std::max(memory.size(), most + store::kBulkUnit));
  std::uint8_t* const start = memory.data() + padding_of(reinterpret_cast<std::uintptr_t>(memory.data()));
  std::uint8_t* out = start;
  for (ChunkIndex index = first; !plain.empty(); index = ChunkIndex(index.value() + 1)) {
    WEIR_CHECK(index.value() < manifest_.chunk_count());
    const std::size_t length = manifest_.length_of(index);
    WEIR_CHECK(plain.size() >= length);
    const std::size_t sealed = length + overhead_;
    key_.seal_into(nonce_of(index), associated(index), plain.first(length), {out, sealed});
    std::memset(out + sealed, 0, padding_of(sealed));
    out += sealed + padding_of(sealed);
    plain = plain.subspan(length);
  }
  return data_->write_at(place_of(first), {start, out});
}

Result<Bytes> VaultItem::read_chunk(ChunkIndex index) const {
  WEIR_CHECK(index.value() < manifest_.chunk_count());
  Bytes sealed(manifest_.length_of(index) + overhead_);
  WEIR_TRY_LET(const std::size_t got, data_->read_at(place_of(index), sealed));
  if (got != sealed.size()) return broken("chunk " + std::to_string(index.value()) + " ends early");
  auto plain = key_.open(nonce_of(index), associated(index), sealed);
  if (!plain) return broken("chunk " + std::to_string(index.value()) + " does not open");
  return plain;
}

Result<> VaultItem::sync() {
  Result<> synced = data_->sync();
  if (!synced) suspects_->add(name_);
  return synced;
}

std::vector<bool> VaultItem::probe(const std::vector<bool>& known) const {
  std::vector<bool> present(manifest_.chunk_count(), false);
  for (std::uint64_t i = 0; i < present.size(); ++i) {
    present[i] = (!fresh_ && i < known.size() && known[i]) || read_chunk(ChunkIndex(i)).ok();
  }
  return present;
}

Vault::Vault(store::Files& files, std::string folder, crypto::Suite suite, const crypto::SecretBytes& master,
             Random& random)
    : files_(files), folder_(std::move(folder)), suite_(suite), master_(suite, master), random_(random),
      suspects_(std::make_shared<VaultSuspects>()) {}

Result<std::string> Vault::path_of(const std::string& name, std::string_view file) const {
  // Names are this node's process ids; anything else must not become a path.
  const bool plain = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!plain) return Error(Errc::kInvalidArgument, "not a vault item's name");
  return folder_ + "/" + name + (file.empty() ? "" : "/" + std::string(file));
}

Bytes Vault::key_binding(const std::string& name) const {
  return wire::Builder().put("weir.vault.key").run16(view_of(name)).take();
}

//= TC609-6-2025-15#encrypted-storage
Result<std::unique_ptr<VaultItem>> Vault::create(const std::string& name, const Manifest& manifest) {
  if (suspects_->has(name)) {
    WEIR_TRY(destroy(name));
    suspects_->remove(name);
  }
  WEIR_TRY_LET(const bool there, exists(name));
  if (there) {
    WEIR_TRY_LET(auto item, open(name));
    // Whoever made it may have failed, or died, just before its names were durable.
    WEIR_TRY(files_.sync_directory(folder_ + "/" + name));
    if (item->manifest().root() == manifest.root()) return item;
    return Error(Errc::kConflict, "the vault holds other data under this name").because("vault.other_content");
  }
  WEIR_TRY(make(name, manifest));
  WEIR_TRY_LET(auto item, open(name));
  item->fresh_ = true;
  return item;
}

Result<> Vault::make(const std::string& name, const Manifest& manifest) {
  WEIR_TRY_LET(const std::string folder, path_of(name, ""));
  WEIR_TRY(files_.make_directories(folder));
  WEIR_TRY(files_.write_durable(folder + "/manifest", encode(manifest)));
  const crypto::SecretBytes key = crypto::SecretBytes::random(random_, crypto::SealingKey::kKeyBytes);
  crypto::Nonce nonce{};
  random_.fill(nonce);
  const Bytes sealed = master_.seal(nonce, key_binding(name), key.expose(crypto::SecretAccess("wrap vault key")));
  // The key comes last: an item exists when its key does. Writing it makes the name of `data` durable too.
  WEIR_TRY(files_.open(folder + "/data", store::OpenMode::kCreateOrOpen));
  return files_.write_durable(folder + "/key", wire::Builder().put(nonce).put(sealed).take());
}

Result<std::unique_ptr<VaultItem>> Vault::open(const std::string& name) {
  WEIR_TRY_LET(const std::string folder, path_of(name, ""));
  WEIR_TRY_LET(const Bytes encoded, files_.read_all(folder + "/manifest", kManifestBytesMax));
  WEIR_TRY_LET(Manifest manifest, decode_manifest(encoded));
  WEIR_TRY_LET(const Bytes key_file, files_.read_all(folder + "/key", 4096));
  crypto::Nonce nonce{};
  if (key_file.size() <= nonce.size()) return broken("the key file is too short");
  std::copy_n(key_file.begin(), nonce.size(), nonce.begin());
  auto key = master_.open(nonce, key_binding(name), ByteView(key_file).subspan(nonce.size()));
  if (!key || key->size() != crypto::SealingKey::kKeyBytes) return broken("the key does not open");
  const crypto::SecretBytes secret{ByteView(*key)};
  std::fill(key->begin(), key->end(), std::uint8_t{0});
  WEIR_TRY_LET(auto data, files_.open(folder + "/data", store::OpenMode::kBulk));
  return std::unique_ptr<VaultItem>(
      new VaultItem(name, std::move(manifest), crypto::SealingKey(suite_, secret), std::move(data), suite_, suspects_));
}

Result<bool> Vault::exists(const std::string& name) {
  WEIR_TRY_LET(const std::string key, path_of(name, "key"));
  return files_.exists(key);
}

Result<> Vault::destroy(const std::string& name) {
  WEIR_TRY_LET(const std::string folder, path_of(name, ""));
  WEIR_TRY_LET(const bool has_key, files_.exists(folder + "/key"));
  if (has_key) {
    WEIR_TRY_LET(auto key, files_.open(folder + "/key", store::OpenMode::kReadWrite));
    WEIR_TRY_LET(const std::uint64_t size, key->size());
    WEIR_TRY(key->write_at(0, Bytes(size, 0)));
    WEIR_TRY(key->sync());
    key.reset();
    WEIR_TRY(files_.remove(folder + "/key"));
  }
  WEIR_TRY_LET(const bool there, files_.exists(folder));
  if (there) {
    WEIR_TRY(files_.sync_directory(folder));
    WEIR_TRY(files_.remove_tree(folder));
  }
  return files_.sync_directory(folder_);
}

}  // namespace weir::flow::delivery

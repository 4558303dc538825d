// Contents: what this node has published, by content root: the bytes and their manifest.
//
// One folder a content, named after its root: `data`, `manifest`. Written once, never changed. The manifest is made while
// the bytes are written, so that a delivery does not hash them again on the sender's side.
// Thread-safe. Trust: the folder is the node's own; a receiver verifies every chunk anyway.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/base/random.h"
#include "weir/flow/delivery/manifest.h"
#include "weir/store/files.h"

namespace weir::flow::delivery {

struct Content {
  Manifest manifest;
  std::unique_ptr<store::File> data;
};

struct StoredContent {
  ContentRoot root;
  std::uint64_t size = 0;
  std::uint32_t chunk_bytes = 0;
};

// A content on its way in. Dropped without finish(), it leaves nothing behind.
class ContentWriter {
 public:
  ContentWriter(const ContentWriter&) = delete;
  ContentWriter& operator=(const ContentWriter&) = delete;
  ~ContentWriter();
  // Fails with kExhausted ("delivery.too_large", "store.disk_full").
  Result<> add(ByteView bytes);
  // Durable when it returns. The same bytes again give the same root and are kept once.
  Result<StoredContent> finish();

 private:
  friend class Contents;
  ContentWriter(class Contents& contents, std::string temporary, std::unique_ptr<store::File> data);
  class Contents& contents_;
  std::string temporary_;  // empty once it has its final name
  std::unique_ptr<store::File> data_;
  ManifestBuilder builder_;
  std::uint64_t offset_ = 0;
};

class Contents {
 public:
  // Chunks of another size than usual are for tests.
  Contents(store::Files& files, std::string folder, crypto::HashAlgorithm algorithm, Random& random,
           std::uint32_t chunk_bytes = kChunkBytes);

  Result<std::unique_ptr<ContentWriter>> begin();
  // Fails with kNotFound ("delivery.no_content").
  Result<Content> open(const ContentRoot& root);
  // The bytes alone, for a receiver that has the manifest: costs the same for a file of any size.
  Result<std::unique_ptr<store::File>> open_data(const ContentRoot& root);
  // Where they are, for who reads them by path. Fails as open() does.
  Result<std::string> path_of_data(const ContentRoot& root);
  Result<> remove(const ContentRoot& root);
  // Removes what an interrupted writer left; called once at start.
  Result<> sweep();

 private:
  friend class ContentWriter;
  std::string folder_of(const ContentRoot& root) const;

  store::Files& files_;
  std::string folder_;
  crypto::HashAlgorithm algorithm_;
  Random& random_;
  const std::uint32_t chunk_bytes_;
};

}  // namespace weir::flow::delivery

// Contents: what this node has published, by content root: the bytes and their manifest.
//
// One folder a content, named after its root: `data`, `manifest`. Written once, never changed. The manifest is made while
// the bytes are written, so that a delivery does not hash them again on the sender's side.
// Thread-safe. Trust: the folder is the node's own; a receiver verifies every chunk anyway.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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

// Fills the buffer from a source of bytes; returns how many, 0 at the end.
using ReadBytes = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;

class Contents {
 public:
  Contents(store::Files& files, std::string folder, crypto::HashAlgorithm algorithm, Random& random);

  // Reads the source to its end. Durable when it returns. Storing the same bytes again gives the same root and keeps one
  // copy. Fails with kExhausted ("delivery.too_large", "store.disk_full"); leaves nothing behind then.
  Result<StoredContent> put(const ReadBytes& source);
  // Fails with kNotFound ("delivery.no_content").
  Result<Content> open(const ContentRoot& root);
  Result<> remove(const ContentRoot& root);
  // Removes what an interrupted put left; called once at start.
  Result<> sweep();

 private:
  Result<StoredContent> write_and_name(const std::string& temporary, const ReadBytes& source);
  std::string folder_of(const ContentRoot& root) const;

  store::Files& files_;
  std::string folder_;
  crypto::HashAlgorithm algorithm_;
  Random& random_;
};

}  // namespace weir::flow::delivery

// Sync: how catalogs learn of each other's changes: what changed since a sequence number, and taking that in.
//
// A feed holds at most one change a product, the latest, so a reader that was away for long reads no more than the
// catalog's size. Format: docs/formats/catalog-sync.md. Thread-safety: values and pure functions.
// Trust: a batch is hostile; a peer may only speak for its own products.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/supply/catalog/product.h"
#include "weir/wire/json.h"

namespace weir::supply::catalog {

enum class ChangeKind : std::uint8_t { kPublished, kRemoved };

struct Change {
  std::int64_t sequence;     // at the sender
  ChangeKind kind;
  ProductId id;
  std::int64_t version;
  Timestamp updated;
  std::vector<Product> product;  // exactly one if published, none if removed
  std::string reason;        // of a removal
};

struct ChangeBatch {
  std::string epoch;         // of the sender's catalog; another one means: start from 0
  std::int64_t after = 0;    // what was asked
  std::int64_t next = 0;     // ask for this next; equal to `after` if nothing changed
  bool more = false;         // there is more right now
  std::vector<Change> changes;
};
wire::Json to_json(const ChangeBatch& batch);
// Changes that cannot be read are not an error of the batch: they are listed in `unreadable` with their sequence.
struct UnreadableChange {
  std::int64_t sequence;
  std::string id;
  std::string reason;
};
//= NDI-TR-2025-02#catalogue-report
struct ParsedBatch {
  ChangeBatch batch;
  std::vector<UnreadableChange> unreadable;
};
Result<ParsedBatch> parse_batch(const wire::Json& json);

// Own products only, or all that this node knows: a regional node reports everything up.
enum class FeedScope : std::uint8_t { kOwn, kAll };

// Who sends. A participant's connector speaks for its participant; a node of a level may relay for others.
enum class PeerAuthority : std::uint8_t { kOwnProducts, kRelay };
struct Peer {
  NodeId node;
  SubjectId participant;
  PeerAuthority authority = PeerAuthority::kOwnProducts;
};

struct PeerCursor {
  std::string epoch;         // empty: nothing taken yet
  std::int64_t after = 0;
  Timestamp taken;
};

struct RefusedChange {
  std::int64_t sequence;
  std::string id;
  std::string reason;        // "catalog.not_yours", "catalog.malformed", …
};
struct ApplyReport {
  std::int64_t stored = 0;
  std::int64_t removed = 0;
  std::int64_t unchanged = 0;  // known already
  std::vector<RefusedChange> refused;
  PeerCursor cursor;         // to ask with next
};

inline constexpr std::size_t kChangesMax = 500;

}  // namespace weir::supply::catalog

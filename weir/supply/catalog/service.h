// Catalog service: publishing, finding, loading and keeping in step; every transition with its evidence entry (I-1).
//
// Evidence kinds: catalog.created, catalog.edited, catalog.submitted, catalog.returned, catalog.published,
// catalog.deregistered, catalog.applied (a batch of a peer).
// Thread-safety: all functions may be called from any thread; Sql serialises the writes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/random.h"
#include "weir/base/result.h"
#include "weir/base/time.h"
#include "weir/store/sql.h"
#include "weir/supply/catalog/load.h"
#include "weir/supply/catalog/product.h"
#include "weir/supply/catalog/search.h"
#include "weir/supply/catalog/sync.h"
#include "weir/trust/evidence/evidence.h"

namespace weir::supply::catalog {

// Who acts: an operator's id, "node:<id>" or "peer:<id>".
using Actor = Strong<std::string, struct ActorTag>;

struct NewProduct {
  Description description;
  identifier::ItemKind kind = identifier::ItemKind::kProduct;
  std::string extension;                // a legacy code to keep in the identifier; may be empty
  std::optional<SubjectId> publisher;   // this node's participant if not given
};

enum class Verdict : std::uint8_t { kApprove, kReturn };

// One line of a product's history.
struct Transition {
  std::int64_t version;
  Timestamp time;
  std::string actor;
  std::string what;      // "created", "edited", "submitted", "returned", "published", "deregistered"
  std::string reason;
  std::string hash;      // content_hash of the version then
};

// Told of announcements within the transaction that made them; its failure undoes them.
using Announce = std::function<Result<>(store::Tx&, const std::vector<Announcement>&, const std::string& actor)>;

class Service {
 public:
  enum class Review : std::uint8_t { kAnybody, kAnotherOperator };  // who may approve what somebody submitted
  struct Parts {
    store::Sql& sql;
    store::Dialect dialect = store::Dialect::kSqlite;
    trust::evidence::Log& log;
    const Clock& clock;
    Random& random;
    SubjectId participant;
    NodeId node;
    identifier::AreaCode area;
    Review review = Review::kAnybody;
    Announce announce = {};
  };
  explicit Service(Parts parts);
  ~Service();

  // --- Life cycle: draft -> submitted -> published -> deregistered. A published version never changes. ---

  // A draft, version 1. Fails with kInvalidArgument (see check()).
  Result<Product> create(const NewProduct& product, const Actor& actor);
  // Changes the draft, or begins version n+1 if the last one is published. Fails with kConflict ("catalog.wrong_state":
  // it is under review, or deregistered), kNotFound ("catalog.no_product"), kForbidden ("catalog.not_ours").
  Result<Product> edit(const ProductId& id, const Description& description, std::string_view reason,
                       const Actor& actor);
  // Fails as check_publishable() does.
  Result<Product> submit(const ProductId& id, std::string_view reason, const Actor& actor);
  // Approval publishes; the version before becomes superseded. A return makes it a draft again and needs a reason.
  // Fails with kForbidden ("catalog.same_operator") if another operator must review.
  Result<Product> review(const ProductId& id, Verdict verdict, std::string_view reason, const Actor& actor);
  // create, submit and approve in one transaction. Fails with kForbidden if another operator must review.
  Result<Product> publish(const NewProduct& product, const Actor& actor);
  // Ends a product; its history and its identifier stay, and it is never published again.
  Result<Product> deregister(const ProductId& id, std::string_view reason, const Actor& actor);

  // --- Reading ---

  // The published version. Fails with kNotFound ("catalog.no_product"); a deregistered product is found as such.
  Result<Product> find(const ProductId& id);
  Result<Product> find(store::Tx& tx, const ProductId& id);
  Result<Product> find(const ProductId& id, std::int64_t version);
  // The version that is being worked on, or the last one.
  Result<Product> find_latest(const ProductId& id);
  Result<std::vector<Product>> find_many(const std::vector<ProductId>& ids);  // missing ones are left out
  Result<std::vector<Transition>> history(const ProductId& id);
  // Fails as parse_query does, and with kInvalidArgument ("catalog.bad_cursor").
  Result<Page> search(const Query& query);
  // Offered products, newest first: a page of the protocol's catalog.
  Result<Page> list(std::size_t limit, std::string_view cursor, FeedScope scope = FeedScope::kAll);

  // --- Loading ---

  // Fails only if the source cannot be read or the store does not write; what was acknowledged to `sink` is stored.
  Result<LoadReport> load(ByteSource& source, const LoadOptions& options, const Actor& actor,
                          const LoadSink& sink = {});

  // Deregisters what a followed catalog had, but neither in the whole round that is over nor in the one before; how
  // many. What somebody edits or ended here is left to them. What comes back later is a new product.
  Result<std::int64_t> remove_missing(const std::string& catalog, std::int64_t round, const Actor& actor);

  // --- Keeping in step ---

  Result<ChangeBatch> changes_since(std::int64_t sequence, std::size_t limit, FeedScope scope = FeedScope::kOwn);
  Result<PeerCursor> cursor_of(const NodeId& peer);
  // There is something to collect from the peer: remembered before it is told so (I-2). All that were ever remembered.
  Result<> add_peer(const NodeId& peer);
  Result<std::vector<NodeId>> peers();
  // Takes a batch in, in one transaction with the cursor. Twice the same does nothing twice. Fails with kConflict
  // ("catalog.gap") if the batch starts after the cursor.
  Result<ApplyReport> apply_changes(const Peer& peer, const ParsedBatch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::supply::catalog

// Service internals: what the files of the service share.
//
// Thread-safety: immutable after construction.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/supply/catalog/index.h"
#include "weir/supply/catalog/service.h"
#include "weir/supply/catalog/store.h"
#include "weir/supply/catalog/writer.h"

namespace weir::supply::catalog {

struct Service::Impl {
  explicit Impl(Parts given) : parts(std::move(given)), index(make_index(parts.dialect)) {}

  // Tells whoever keeps the identifiers, still within the transaction.
  Result<> announce(store::Tx& tx, const Writer& writer);
  // A writer for up to `transitions` transitions in this transaction.
  Result<Writer> writer(store::Tx& tx, std::string actor, std::int64_t transitions = 1);
  // Fails with kNotFound ("catalog.no_product").
  Result<Head> head(store::Tx& tx, const ProductId& id);
  // A product of this node that can still change. Fails also with kForbidden ("catalog.not_ours") and kConflict
  // ("catalog.wrong_state").
  Result<Head> own_head(store::Tx& tx, const ProductId& id);
  Result<Head> new_head(const NewProduct& product);
  Version new_version(std::int64_t number, Status status) const;
  // Name of this catalog's run of sequence numbers; another one after the store was set up anew.
  Result<std::string> epoch();

  // Loading: stores one batch of records in one transaction; sets the outcome of each.
  struct Pending {
    LineReport report;
    std::optional<LoadedRecord> record;  // nothing if it was refused before
  };
  Result<> store_batch(std::vector<Pending>& batch, const LoadOptions& options, const Actor& actor);
  Result<> store_record(store::Tx& tx, Writer& writer, Pending& pending, const LoadOptions& options);
  Result<bool> remove_missing(const std::string& catalog, std::int64_t round, const Actor& actor,
                              std::int64_t& removed);
  Result<Head> head_of_record(store::Tx& tx, const LoadedRecord& record, const SubjectId& publisher);

  // Taking one change of a peer in.
  struct Taken {
    enum class What : std::uint8_t { kStored, kRemoved, kUnchanged, kRefused };
    What what;
    std::string reason;  // of a refusal
  };
  Result<Taken> take_change(store::Tx& tx, Writer& writer, const Peer& peer, const Change& change);

  Parts parts;
  std::unique_ptr<Index> index;
};

}  // namespace weir::supply::catalog

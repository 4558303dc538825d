// The feed and taking it in.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/sync.h"

#include <algorithm>

#include "weir/supply/catalog/json_fields.h"
#include "weir/supply/catalog/service_impl.h"
#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

namespace {

using wire::Json;

Json json_of(const Change& change) {
  Json out = Json::object({{"sequence", change.sequence},
                           {"kind", change.kind == ChangeKind::kPublished ? "published" : "removed"},
                           {"id", change.id.text()},
                           {"version", change.version},
                           {"updated", format_iso8601(change.updated)}});
  if (!change.product.empty()) out.set("product", to_json(change.product.front()));
  set_text(out, "reason", change.reason);
  return out;
}

Error malformed(std::string message) {
  return Error(Errc::kInvalidArgument, std::move(message)).because("catalog.malformed");
}

Result<Change> parse_change(const Json& json) {
  Fields fields(json, "change");
  const std::string kind = fields.text("kind");
  const std::string id_text = fields.text("id");
  const std::int64_t sequence = fields.integer("sequence");
  const std::int64_t version = fields.integer("version");
  const auto updated = fields.time("updated");
  const std::string reason = fields.text("reason");
  if (kind != "published" && kind != "removed") fields.wrong("kind", "published or removed");
  if (!updated) fields.wrong("updated", "a time");
  WEIR_TRY(fields.finish());
  WEIR_TRY_LET(ProductId id, ProductId::parse(id_text));
  Change change{.sequence = sequence,
                .kind = kind == "published" ? ChangeKind::kPublished : ChangeKind::kRemoved,
                .id = std::move(id),
                .version = version,
                .updated = *updated,
                .product = {},
                .reason = cut_utf8(reason, 1024)};
  if (change.kind == ChangeKind::kRemoved) return change;
  WEIR_TRY_LET(Product product, parse_product(json["product"]));
  const bool same = product.id == change.id && product.version == change.version && product.status == Status::kPublished;
  if (!same) return malformed("the product is not the one that the change names");
  change.product.push_back(std::move(product));
  return change;
}

Error refused(std::string_view reason, std::string message) {
  return Error(Errc::kForbidden, std::move(message)).because(reason);
}

// Whether the peer may say this at all.
//= TC609-6-2025-11
Result<> check_authority(const Peer& peer, const Change& change, const NodeId& here) {
  if (peer.authority == PeerAuthority::kOwnProducts && change.id.subject() != peer.participant) {
    return refused("catalog.not_yours", "the product is not the peer's participant's");
  }
  if (change.kind == ChangeKind::kRemoved) return {};
  const Product& product = change.product.front();
  if (product.publisher != change.id.subject()) return refused("catalog.not_yours", "the publisher is not the one in the identifier");
  if (peer.authority == PeerAuthority::kOwnProducts && product.node != peer.node) {
    return refused("catalog.wrong_node", "the product is not published at the peer");
  }
  if (product.node == here) return refused("catalog.is_ours", "the product is said to be published here");
  return check_publishable(product.description);
}

}  // namespace

Json to_json(const ChangeBatch& batch) {
  Json out = Json::object({{"epoch", batch.epoch}, {"after", batch.after}, {"next", batch.next}, {"more", batch.more}});
  Json changes = Json::array();
  for (const Change& change : batch.changes) changes.push(json_of(change));
  out.set("changes", std::move(changes));
  return out;
}

Result<ParsedBatch> parse_batch(const Json& json) {
  if (!json.is_object()) return malformed("the batch is no object");
  Fields fields(json, "batch");
  ParsedBatch out;
  out.batch.epoch = fields.text("epoch");
  out.batch.after = fields.integer("after");
  out.batch.next = fields.integer("next");
  out.batch.more = fields.boolean("more");
  const Json::Array& changes = fields.items("changes");
  WEIR_TRY(fields.finish());
  if (out.batch.epoch.empty() || out.batch.epoch.size() > 64) return malformed("the batch has no epoch of 1 to 64 bytes");
  if (out.batch.after < 0 || out.batch.next < out.batch.after) return malformed("the batch goes backwards");
  if (changes.size() > kChangesMax) return malformed("the batch has more than 500 changes");
  std::int64_t last = out.batch.after;
  for (const Json& item : changes) {
    const std::int64_t sequence = item.integer_or("sequence", 0);
    if (sequence <= last || sequence > out.batch.next) return malformed("the changes are not in order");
    last = sequence;
    auto change = parse_change(item);
    if (change) {
      out.batch.changes.push_back(*std::move(change));
    } else {
      out.unreadable.push_back({sequence, item.text_or("id", "").substr(0, 128), std::string(change.error().reason())});
    }
  }
  return out;
}

Result<std::string> Service::Impl::epoch() {
  const auto read = [](store::Tx& tx) -> Result<std::string> {
    WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT value FROM catalog_state WHERE name = 'epoch'"));
    return rows.empty() ? std::string() : rows[0][0].text();
  };
  WEIR_TRY_LET(std::string known, store::sql_read<std::string>(parts.sql, read));
  if (!known.empty()) return known;
  const std::string fresh = parts.random.uuid();
  return store::sql_write<std::string>(parts.sql, [&](store::Tx& tx) -> Result<std::string> {
    WEIR_TRY(tx.execute("INSERT INTO catalog_state (name, value) VALUES ('epoch', ?) ON CONFLICT (name) DO NOTHING", {fresh}));
    return read(tx);
  });
}

Result<ChangeBatch> Service::changes_since(std::int64_t sequence, std::size_t limit, FeedScope scope) {
  if (sequence < 0) return malformed("a sequence below zero");
  WEIR_TRY_LET(const std::string of_here, impl_->epoch());
  const auto most = static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 1, kChangesMax));
  return store::sql_read<ChangeBatch>(impl_->parts.sql, [&](store::Tx& tx) -> Result<ChangeBatch> {
    const std::string_view sql = scope == FeedScope::kOwn
        ? "SELECT id FROM catalog_product WHERE origin = '' AND change_sequence > ? ORDER BY change_sequence LIMIT ?"
        : "SELECT id FROM catalog_product WHERE change_sequence > ? ORDER BY change_sequence LIMIT ?";
    WEIR_TRY_LET(const store::Rows rows, tx.query(sql, {sequence, most + 1}));
    ChangeBatch batch{.epoch = of_here, .after = sequence, .next = sequence};
    batch.more = static_cast<std::int64_t>(rows.size()) > most;
    for (std::size_t i = 0; i < rows.size() && static_cast<std::int64_t>(i) < most; ++i) {
      WEIR_TRY_LET(const std::optional<Head> head, load_head(tx, rows[i][0].text()));
      WEIR_TRY_LET(const Version version, load_version(tx, rows[i][0].text(), head->published));
      Change change{.sequence = head->change_sequence,
                    .kind = head->deregistered ? ChangeKind::kRemoved : ChangeKind::kPublished,
                    .id = head->id,
                    .version = head->published,
                    .updated = version.updated,
                    .product = {},
                    .reason = {}};
      if (!head->deregistered) {
        WEIR_TRY_LET(Product product, product_of(*head, version));
        change.product.push_back(std::move(product));
      } else {
        WEIR_TRY_LET(const store::Row why, tx.one("SELECT reason FROM catalog_history WHERE product = ? ORDER BY sequence DESC LIMIT 1",
                                                  {head->id.text()}));
        change.reason = why[0].text();
      }
      batch.next = head->change_sequence;
      batch.changes.push_back(std::move(change));
    }
    return batch;
  });
}

namespace {

Result<PeerCursor> load_cursor(store::Tx& tx, const NodeId& peer) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT epoch, after_sequence, taken FROM catalog_peer WHERE node = ?", {peer.text()}));
  if (rows.empty()) return PeerCursor{};
  return PeerCursor{.epoch = rows[0][0].text(), .after = rows[0][1].integer(), .taken = rows[0][2].time()};
}

Result<> save_cursor(store::Tx& tx, const NodeId& peer, const PeerCursor& cursor) {
  WEIR_TRY(tx.execute("INSERT INTO catalog_peer (node, epoch, after_sequence, taken) VALUES (?, ?, ?, ?)"
                      " ON CONFLICT (node) DO UPDATE SET epoch = excluded.epoch,"
                      " after_sequence = excluded.after_sequence, taken = excluded.taken",
                      {peer.text(), cursor.epoch, cursor.after, cursor.taken}));
  return {};
}

}  // namespace

Result<PeerCursor> Service::cursor_of(const NodeId& peer) {
  return store::sql_read<PeerCursor>(impl_->parts.sql, [&](store::Tx& tx) { return load_cursor(tx, peer); });
}

Result<> Service::add_peer(const NodeId& peer) {
  WEIR_TRY_LET(const std::vector<NodeId> known, peers());
  if (std::find(known.begin(), known.end(), peer) != known.end()) return {};
  return impl_->parts.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("INSERT INTO catalog_peer (node, epoch, after_sequence, taken) VALUES (?, '', 0, ?)"
                        " ON CONFLICT (node) DO NOTHING",
                        {peer.text(), impl_->parts.clock.now()}));
    return {};
  });
}

Result<std::vector<NodeId>> Service::peers() {
  return store::sql_read<std::vector<NodeId>>(impl_->parts.sql, [&](store::Tx& tx) -> Result<std::vector<NodeId>> {
    WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT node FROM catalog_peer ORDER BY node"));
    std::vector<NodeId> out;
    for (const store::Row& row : rows) {
      WEIR_TRY_LET(NodeId node, NodeId::parse(row[0].text()));
      out.push_back(std::move(node));
    }
    return out;
  });
}

// Refusals leave no trace; errors are the store's and end the batch.
Result<Service::Impl::Taken> Service::Impl::take_change(store::Tx& tx, Writer& writer, const Peer& peer, const Change& change) {
  const auto refused_for = [](std::string_view reason) { return Taken{Taken::What::kRefused, std::string(reason)}; };
  if (const auto allowed = check_authority(peer, change, parts.node); !allowed) return refused_for(allowed.error().reason());
  WEIR_TRY_LET(std::optional<Head> head, load_head(tx, change.id.text()));
  if (head && head->origin.empty()) return refused_for("catalog.is_ours");
  if (head && head->origin != peer.node.text()) return refused_for("catalog.other_origin");
  if (change.kind == ChangeKind::kRemoved) {
    if (!head || head->deregistered) return Taken{Taken::What::kUnchanged, {}};
    WEIR_TRY(writer.deregister(*head, {.what = "deregistered", .reason = change.reason}));
    return Taken{Taken::What::kRemoved, {}};
  }
  const Product& product = change.product.front();
  const std::string hash = content_hash(product.description);
  if (head && product.version < head->published) return Taken{Taken::What::kUnchanged, {}};
  if (head && product.version == head->published) {
    WEIR_TRY_LET(const Version known, load_version(tx, change.id.text(), product.version));
    return known.hash == hash ? Taken{Taken::What::kUnchanged, {}} : refused_for("catalog.version_changed");
  }
  if (head && head->deregistered) return refused_for("catalog.deregistered");
  if (!head) head = Head{.id = product.id, .publisher = product.publisher, .origin = peer.node.text(), .created = product.created};
  const Version version{.number = product.version,
                        .status = Status::kPublished,
                        .updated = product.updated,
                        .node = product.node.text(),
                        .submitter = {},
                        .hash = hash,
                        .record = {}};
  WEIR_TRY(writer.publish(*head, version, product.description, {.what = "published", .reason = "taken from a peer"}));
  return Taken{Taken::What::kStored, {}};
}

Result<ApplyReport> Service::apply_changes(const Peer& peer, const ParsedBatch& parsed) {
  const ChangeBatch& batch = parsed.batch;
  return store::sql_write<ApplyReport>(impl_->parts.sql, [&](store::Tx& tx) -> Result<ApplyReport> {
    WEIR_TRY_LET(const PeerCursor before, load_cursor(tx, peer.node));
    const std::int64_t taken_until = before.epoch == batch.epoch ? before.after : 0;
    if (batch.after > taken_until) {
      return Error(Errc::kConflict, "the batch starts after what was taken from this peer")
          .because("catalog.gap")
          .advise("Ask the peer for the changes after the cursor.");
    }
    ApplyReport report;
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, "peer:" + peer.node.text(), static_cast<std::int64_t>(batch.changes.size())));
    for (const UnreadableChange& bad : parsed.unreadable) report.refused.push_back({bad.sequence, bad.id, bad.reason});
    for (const Change& change : batch.changes) {
      WEIR_TRY_LET(const Impl::Taken taken, impl_->take_change(tx, writer, peer, change));
      switch (taken.what) {
        case Impl::Taken::What::kStored: ++report.stored; break;
        case Impl::Taken::What::kRemoved: ++report.removed; break;
        case Impl::Taken::What::kUnchanged: ++report.unchanged; break;
        case Impl::Taken::What::kRefused: report.refused.push_back({change.sequence, change.id.text(), taken.reason}); break;
      }
    }
    report.cursor = {.epoch = batch.epoch, .after = std::max(taken_until, batch.next), .taken = impl_->parts.clock.now()};
    WEIR_TRY(save_cursor(tx, peer.node, report.cursor));
    return report;
  });
}

}  // namespace weir::supply::catalog

// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/delivery/store.h"

#include <charconv>

#include "weir/flow/delivery/renewal.h"

namespace weir::flow::delivery {
namespace {

constexpr std::string_view kVersion1 =
    "CREATE TABLE delivery_transfer ("
    " pid TEXT PRIMARY KEY, peer_pid TEXT NOT NULL, role INTEGER NOT NULL, peer TEXT NOT NULL,"
    " peer_address TEXT NOT NULL, agreement TEXT NOT NULL, contract TEXT NOT NULL, product TEXT NOT NULL,"
    " format TEXT NOT NULL, state INTEGER NOT NULL, root TEXT NOT NULL, size INTEGER NOT NULL,"
    " endpoint TEXT NOT NULL, token TEXT NOT NULL, token_digest TEXT NOT NULL, rate INTEGER NOT NULL,"
    " bytes_moved INTEGER NOT NULL, progress BLOB NOT NULL, custody INTEGER NOT NULL, receipt TEXT NOT NULL,"
    " error TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL);"
    "CREATE INDEX delivery_transfer_agreement ON delivery_transfer (agreement);"
    "CREATE UNIQUE INDEX delivery_transfer_peer ON delivery_transfer (peer, peer_pid, pid);"
    "CREATE INDEX delivery_transfer_created ON delivery_transfer (created, pid);";

// The few that are under way or may be forgotten, among the many that are kept.
constexpr std::string_view kVersion2 =
    "CREATE INDEX delivery_transfer_open ON delivery_transfer (state) WHERE state < 400;"
    "CREATE INDEX delivery_transfer_over ON delivery_transfer (updated) WHERE state >= 400;";
// Ranges that are on their way out: written down before the first byte leaves, removed with their reading. And the
// starts and suspensions that were taken.
constexpr std::string_view kVersion3 =
    "CREATE TABLE delivery_sending (id INTEGER PRIMARY KEY AUTOINCREMENT, pid TEXT NOT NULL, bytes INTEGER NOT NULL);"
    "CREATE TABLE delivery_heard (pid TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (pid, message));";

// Transfers that are shared with another plane: docs/formats/signaling.md.
constexpr std::string_view kVersion5 =
    "ALTER TABLE delivery_transfer ADD COLUMN ordered_by TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE delivery_transfer ADD COLUMN carried_by TEXT NOT NULL DEFAULT '';";

constexpr std::string_view kColumns =
    "pid, peer_pid, role, peer, peer_address, agreement, contract, product, format, state, root, size, endpoint, token,"
    " token_digest, rate, bytes_moved, progress, custody, receipt, error, created, updated, ordered_by, carried_by";

store::Params params_of(const Transfer& t) {
  return {t.pid,
          t.peer_pid,
          static_cast<std::int64_t>(t.role),
          t.peer.text(),
          t.peer_address,
          t.agreement,
          t.contract,
          t.product,
          t.format,
          static_cast<std::int64_t>(t.state),
          format(t.root),
          static_cast<std::int64_t>(t.size),
          t.endpoint,
          t.token,
          t.token_digest,
          t.rate_bytes_per_second,
          static_cast<std::int64_t>(t.bytes_moved),
          t.progress,
          static_cast<std::int64_t>(t.custody),
          t.receipt,
          t.error,
          t.created,
          t.updated,
          t.ordered_by,
          t.carried_by};
}

Result<Custody> parse_custody(std::int64_t number) {
  for (const Custody c :
       {Custody::kNone, Custody::kReceiving, Custody::kHeld, Custody::kDestroying, Custody::kDestroyed}) {
    if (static_cast<std::int64_t>(c) == number) return c;
  }
  return Error(Errc::kCorrupt, "stored custody " + std::to_string(number));
}

Result<Transfer> parse_row(const store::Row& row) {
  PeerId peer(row[3].text());
  WEIR_TRY_LET(const TransferState state, parse_transfer_state(row[9].integer()));
  WEIR_TRY_LET(const ContentRoot root, parse_content_root(row[10].text()));
  WEIR_TRY_LET(const Custody custody, parse_custody(row[18].integer()));
  return Transfer{.pid = row[0].text(),
                  .peer_pid = row[1].text(),
                  .role = row[2].integer() == 1 ? Role::kProvider : Role::kConsumer,
                  .peer = std::move(peer),
                  .ordered_by = row[23].text(),
                  .carried_by = row[24].text(),
                  .peer_address = row[4].text(),
                  .agreement = row[5].text(),
                  .contract = row[6].text(),
                  .product = row[7].text(),
                  .format = row[8].text(),
                  .state = state,
                  .root = root,
                  .size = static_cast<std::uint64_t>(row[11].integer()),
                  .endpoint = row[12].text(),
                  .token = row[13].text(),
                  .token_digest = row[14].text(),
                  .rate_bytes_per_second = row[15].integer(),
                  .bytes_moved = static_cast<std::uint64_t>(row[16].integer()),
                  .progress = row[17].blob(),
                  .custody = custody,
                  .receipt = row[19].text(),
                  .error = row[20].text(),
                  .created = row[21].time(),
                  .updated = row[22].time()};
}

Result<std::vector<Transfer>> select(store::Tx& tx, std::string_view where, const store::Params& params) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT " + std::string(kColumns) + " FROM delivery_transfer " +
                                                    std::string(where), params));
  std::vector<Transfer> out;
  out.reserve(rows.size());
  for (const store::Row& row : rows) {
    WEIR_TRY_LET(Transfer transfer, parse_row(row));
    out.push_back(std::move(transfer));
  }
  return out;
}

}  // namespace

std::string_view name_of(Custody custody) {
  switch (custody) {
    case Custody::kNone: return "none";
    case Custody::kReceiving: return "receiving";
    case Custody::kHeld: return "held";
    case Custody::kDestroying: return "destroying";
    case Custody::kDestroyed: return "destroyed";
  }
  return "";
}

store::Migration delivery_migration() {
  return {"delivery", {kVersion1, kVersion2, kVersion3, kRenewalTable, kVersion5}};
}

Result<std::int64_t> insert_sending(store::Tx& tx, const std::string& pid, std::uint64_t bytes) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("INSERT INTO delivery_sending (pid, bytes) VALUES (?,?) RETURNING id",
                                                {pid, static_cast<std::int64_t>(bytes)}));
  return rows.front()[0].integer();
}

Result<bool> remove_sending(store::Tx& tx, std::int64_t id) {
  WEIR_TRY_LET(const std::int64_t gone, tx.execute("DELETE FROM delivery_sending WHERE id = ?", {id}));
  return gone == 1;
}

Result<bool> is_sending(store::Tx& tx, const std::string& pid) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT 1 FROM delivery_sending WHERE pid = ? LIMIT 1", {pid}));
  return !rows.empty();
}

Result<std::vector<Sending>> all_sending(store::Tx& tx) {
  std::vector<Sending> out;
  WEIR_TRY(tx.scan("SELECT id, pid, bytes FROM delivery_sending ORDER BY id", {}, [&](const store::Row& row) {
    out.push_back({row[0].integer(), row[1].text(), static_cast<std::uint64_t>(row[2].integer())});
    return true;
  }));
  return out;
}

Result<> insert(store::Tx& tx, const Transfer& transfer) {
  WEIR_TRY(tx.execute("INSERT INTO delivery_transfer (" + std::string(kColumns) +
                          ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                      params_of(transfer)));
  return {};
}

Result<> update(store::Tx& tx, const Transfer& t) {
  WEIR_TRY_LET(const std::int64_t changed,
               tx.execute("UPDATE delivery_transfer SET peer_pid = ?, state = ?, endpoint = ?, token = ?,"
                          " token_digest = ?, rate = ?, bytes_moved = ?, progress = ?, custody = ?, receipt = ?,"
                          " error = ?, updated = ?, root = ?, size = ? WHERE pid = ?",
                          {t.peer_pid, static_cast<std::int64_t>(t.state), t.endpoint, t.token, t.token_digest,
                           t.rate_bytes_per_second, static_cast<std::int64_t>(t.bytes_moved), t.progress,
                           static_cast<std::int64_t>(t.custody), t.receipt, t.error, t.updated, format(t.root),
                           static_cast<std::int64_t>(t.size), t.pid}));
  if (changed == 1) return {};
  return Error(Errc::kNotFound, "no such transfer process").because("delivery.no_process");
}

Result<> update_progress(store::Tx& tx, const std::string& pid, const Bytes& progress, std::uint64_t bytes_moved) {
  WEIR_TRY(tx.execute("UPDATE delivery_transfer SET progress = ?, bytes_moved = ? WHERE pid = ?",
                      {progress, static_cast<std::int64_t>(bytes_moved), pid}));
  return {};
}

Result<Transfer> load(store::Tx& tx, const std::string& pid) {
  WEIR_TRY_LET(auto found, select(tx, "WHERE pid = ?", {pid}));
  if (found.empty()) return Error(Errc::kNotFound, "no such transfer process").because("delivery.no_process");
  return std::move(found.front());
}

Result<std::optional<Transfer>> find_by_peer(store::Tx& tx, const PeerId& peer,
                                             const std::string& peer_pid) {
  WEIR_TRY_LET(auto found, select(tx, "WHERE peer = ? AND peer_pid = ?", {peer.text(), peer_pid}));
  if (found.empty()) return std::optional<Transfer>();
  return std::optional<Transfer>(std::move(found.front()));
}

Result<std::vector<Transfer>> of_agreement(store::Tx& tx, const std::string& agreement) {
  return select(tx, "WHERE agreement = ? ORDER BY created DESC, pid", {agreement});
}

Result<std::vector<Transfer>> unfinished(store::Tx& tx) {
  return select(tx, "WHERE (state = ? AND custody IN (0, 100)) OR custody = ? ORDER BY created",
                {static_cast<std::int64_t>(TransferState::kStarted), static_cast<std::int64_t>(Custody::kDestroying)});
}

Result<Page> list(store::Tx& tx, const std::string& cursor, std::size_t limit) {
  std::int64_t before_time = INT64_MAX;
  std::string before_pid;
  if (!cursor.empty()) {
    const std::size_t dot = cursor.find('.');
    const auto read = std::from_chars(cursor.data(), cursor.data() + std::min(dot, cursor.size()), before_time);
    if (dot == std::string::npos || read.ec != std::errc() || read.ptr != cursor.data() + dot) {
      return Error(Errc::kInvalidArgument, "not a cursor of this list").because("page.cursor");
    }
    before_pid = cursor.substr(dot + 1);
  }
  Page page;
  WEIR_TRY_LET(page.rows,
               select(tx, "WHERE created < ? OR (created = ? AND pid < ?) ORDER BY created DESC, pid DESC LIMIT ?",
                      {before_time, before_time, before_pid, static_cast<std::int64_t>(limit + 1)}));
  if (page.rows.size() > limit) {
    page.rows.erase(page.rows.begin() + static_cast<std::ptrdiff_t>(limit), page.rows.end());
    page.next = std::to_string(page.rows.back().created.value()) + "." + page.rows.back().pid;
  }
  return page;
}

Result<bool> is_heard(store::Tx& tx, const std::string& pid, const std::string& message) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT 1 FROM delivery_heard WHERE pid = ? AND message = ?", {pid, message}));
  return !rows.empty();
}

Result<> insert_heard(store::Tx& tx, const std::string& pid, const std::string& message) {
  WEIR_TRY(tx.execute("INSERT INTO delivery_heard (pid, message) VALUES (?,?)", {pid, message}));
  return {};
}

Result<std::int64_t> forget_over(store::Tx& tx, Timestamp before, std::size_t limit) {
  WEIR_TRY_LET(const std::int64_t gone,
               tx.execute("DELETE FROM delivery_transfer WHERE pid IN (SELECT pid FROM delivery_transfer"
                    " WHERE state >= 400"
                    " AND updated < ? AND (custody = ? OR (state = ? AND custody = ?)) AND pid NOT IN"
                    " (SELECT pid FROM delivery_sending) ORDER BY updated LIMIT ?)",
                    {before, static_cast<std::int64_t>(Custody::kDestroyed),
                     static_cast<std::int64_t>(TransferState::kTerminated), static_cast<std::int64_t>(Custody::kNone),
                     limit}));
  if (gone > 0) {
    WEIR_TRY(tx.execute("DELETE FROM delivery_token WHERE NOT EXISTS (SELECT 1 FROM delivery_transfer t"
                        " WHERE t.pid = delivery_token.pid)"));
    WEIR_TRY(tx.execute("DELETE FROM delivery_heard WHERE NOT EXISTS (SELECT 1 FROM delivery_transfer t"
                        " WHERE t.pid = delivery_heard.pid)", {}));
  }
  return gone;
}

Result<std::map<TransferState, std::int64_t>> count_open(store::Tx& tx) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT state, COUNT(*) FROM delivery_transfer WHERE state < 400 GROUP BY state"));
  std::map<TransferState, std::int64_t> out;
  for (const store::Row& row : rows) out[static_cast<TransferState>(row[0].integer())] = row[1].integer();
  return out;
}

}  // namespace weir::flow::delivery

// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/store.h"

#include <charconv>

namespace weir::use::job {
namespace {

using wire::Json;

constexpr std::string_view kVersion1 =
    "CREATE TABLE job (id TEXT PRIMARY KEY, role INTEGER NOT NULL, state INTEGER NOT NULL, peer TEXT NOT NULL,"
    " agreement TEXT NOT NULL, product TEXT NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL,"
    " updated INTEGER NOT NULL);"
    "CREATE INDEX job_created ON job (created, id);"
    "CREATE INDEX job_peer ON job (peer, product, created);"
    "CREATE INDEX job_open ON job (state) WHERE state < 500;"
    "CREATE TABLE job_salt (peer TEXT NOT NULL, product TEXT NOT NULL, salt BLOB NOT NULL,"
    " PRIMARY KEY (peer, product));";

constexpr std::string_view kVersion2 =
    "CREATE TABLE job_privacy (job TEXT NOT NULL, run INTEGER NOT NULL, peer TEXT NOT NULL, product TEXT NOT NULL,"
    " epsilon INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (job, run));"
    "CREATE INDEX job_privacy_peer ON job_privacy (peer, product);";

constexpr std::string_view kVersion3 =
    "CREATE TABLE job_images (name TEXT PRIMARY KEY, agreement TEXT NOT NULL, input TEXT NOT NULL,"
    " claim TEXT NOT NULL, secret BLOB NOT NULL);";

constexpr std::string_view kColumns = "id, role, state, peer, agreement, product, body, created, updated";

std::string body_of(const Job& job) {
  Json out = Json::object({{"peerAddress", job.peer_address},
                           {"contract", job.contract},
                           {"work", to_json(job.work)},
                           {"input", job.input},
                           {"error", job.error},
                           {"actor", job.actor}});
  if (!job.mine.root.empty()) out.set("mine", to_json(job.mine));
  if (!job.theirs.root.empty()) out.set("theirs", to_json(job.theirs));
  if (!job.outcome.sent_hash.empty()) out.set("outcome", to_json(job.outcome));
  if (!job.outcome.phases.empty()) out.set("phases", to_json(job.outcome.phases));
  if (job.estimate) out.set("estimate", to_json(*job.estimate));
  if (job.broken.sent + job.broken.received > 0) out.set("broken", to_json(job.broken));
  if (job.progress.begun > 0) out.set("progress", to_json(job.progress));
  return out.dump();
}

Result<Job> parse_row(const store::Row& row) {
  WEIR_TRY_LET(auto peer, supply::identifier::NodeId::parse(row[3].text()));
  WEIR_TRY_LET(const State state, parse_state(row[2].integer()));
  WEIR_TRY_LET(const Json body, wire::parse_json(row[6].text()));
  // An algorithm of an older version is not known any more; the job is still there.
  auto work = parse_work(body["work"]);
  Job out{.id = row[0].text(),
          .role = row[1].integer() == 1 ? Role::kProvider : Role::kConsumer,
          .state = state,
          .peer = std::move(peer),
          .peer_address = body.text_or("peerAddress", ""),
          .agreement = row[4].text(),
          .contract = body.text_or("contract", ""),
          .product = row[5].text(),
          .work = work ? *std::move(work) : Work{},
          .input = body.text_or("input", ""),
          .mine = {},
          .theirs = {},
          .outcome = {},
          .estimate = {},
          .error = body.text_or("error", ""),
          .actor = body.text_or("actor", ""),
          .created = row[7].time(),
          .updated = row[8].time()};
  if (body.has("mine")) {
    WEIR_TRY_LET(out.mine, parse_claim(body["mine"]));
  }
  if (body.has("theirs")) {
    WEIR_TRY_LET(out.theirs, parse_claim(body["theirs"]));
  }
  if (body.has("outcome")) {
    WEIR_TRY_LET(out.outcome, parse_outcome(body["outcome"]));
    WEIR_TRY_LET(out.outcome.phases, parse_phases(body["phases"]));
  }
  if (body.has("estimate")) {
    WEIR_TRY_LET(out.estimate, parse_estimate(body["estimate"]));
  }
  out.broken = {.sent = body["broken"].integer_or("sent", 0), .received = body["broken"].integer_or("received", 0)};
  if (body.has("progress")) {
    WEIR_TRY_LET(out.progress, parse_progress(body["progress"]));
  }
  return out;
}

Result<std::vector<Job>> select(store::Tx& tx, std::string_view where, const store::Params& params) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT " + std::string(kColumns) + " FROM job " + std::string(where), params));
  std::vector<Job> out;
  for (const store::Row& row : rows) {
    WEIR_TRY_LET(Job job, parse_row(row));
    out.push_back(std::move(job));
  }
  return out;
}

}  // namespace

store::Migration migration() { return {"job", {kVersion1, kVersion2, kVersion3}}; }

Result<> insert(store::Tx& tx, const Job& job) {
  WEIR_TRY(tx.execute("INSERT INTO job (" + std::string(kColumns) + ") VALUES (?,?,?,?,?,?,?,?,?)",
                      {job.id, static_cast<std::int64_t>(job.role), static_cast<std::int64_t>(job.state),
                       job.peer.text(), job.agreement, job.product, body_of(job), job.created, job.updated}));
  return {};
}

Result<> update(store::Tx& tx, const Job& job) {
  WEIR_TRY(tx.execute("UPDATE job SET state = ?, body = ?, updated = ? WHERE id = ?",
                      {static_cast<std::int64_t>(job.state), body_of(job), job.updated, job.id}));
  return {};
}

Result<std::optional<Job>> find(store::Tx& tx, const std::string& id) {
  WEIR_TRY_LET(auto found, select(tx, "WHERE id = ?", {id}));
  if (found.empty()) return std::optional<Job>();
  return std::optional<Job>(std::move(found.front()));
}

Result<Job> load(store::Tx& tx, const std::string& id) {
  WEIR_TRY_LET(auto found, find(tx, id));
  if (found) return *std::move(found);
  return Error(Errc::kNotFound, "no such job").because("job.not_found");
}

Result<Page> list(store::Tx& tx, const std::string& cursor, std::size_t limit) {
  std::int64_t before_time = INT64_MAX;
  std::string before_id;
  if (!cursor.empty()) {
    const std::size_t dot = cursor.find('.');
    const auto read = std::from_chars(cursor.data(), cursor.data() + std::min(dot, cursor.size()), before_time);
    if (dot == std::string::npos || read.ec != std::errc() || read.ptr != cursor.data() + dot) {
      return Error(Errc::kInvalidArgument, "not a cursor of this list").because("page.cursor");
    }
    before_id = cursor.substr(dot + 1);
  }
  Page page;
  WEIR_TRY_LET(page.rows,
               select(tx, "WHERE created < ? OR (created = ? AND id < ?) ORDER BY created DESC, id DESC LIMIT ?",
                      {before_time, before_time, before_id, static_cast<std::int64_t>(limit + 1)}));
  if (page.rows.size() <= limit) return page;
  page.rows.erase(page.rows.begin() + static_cast<std::ptrdiff_t>(limit), page.rows.end());
  page.next = std::to_string(page.rows.back().created.value()) + "." + page.rows.back().id;
  return page;
}

Result<std::vector<Job>> unfinished(store::Tx& tx) {
  return select(tx, "WHERE state < ? ORDER BY created", {static_cast<std::int64_t>(State::kDone)});
}

Result<std::optional<std::int64_t>> last_count(store::Tx& tx, const std::string& agreement) {
  WEIR_TRY_LET(const auto jobs, select(tx, "WHERE agreement = ? ORDER BY created DESC LIMIT 20", {agreement}));
  for (const Job& job : jobs) {
    if (!job.theirs.root.empty()) return std::optional(job.theirs.count);
  }
  return std::optional<std::int64_t>();
}

Result<std::vector<Claim>> claims_of(store::Tx& tx, const std::string& peer, const std::string& product,
                                     const std::string& but) {
  WEIR_TRY_LET(const auto jobs, select(tx, "WHERE peer = ? AND product = ? AND state <> ? AND id <> ? ORDER BY created",
                                       {peer, product, static_cast<std::int64_t>(State::kRejected), but}));
  std::vector<Claim> out;
  for (const Job& job : jobs) {
    if (!job.theirs.root.empty()) out.push_back(job.theirs);
  }
  return out;
}

Result<std::int64_t> privacy_spent(store::Tx& tx, const std::string& peer, const std::string& product) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT epsilon FROM job_privacy WHERE peer = ? AND product = ?", {peer, product}));
  std::int64_t out = 0;
  for (const store::Row& row : rows) out += row[0].integer();
  return out;
}

Result<> spend_privacy(store::Tx& tx, const Job& job, std::int64_t epsilon, Timestamp now) {
  WEIR_TRY_LET(const store::Row runs, tx.one("SELECT COUNT(*) FROM job_privacy WHERE job = ?", {job.id}));
  WEIR_TRY(tx.execute("INSERT INTO job_privacy (job, run, peer, product, epsilon, time) VALUES (?,?,?,?,?,?)",
                      {job.id, runs[0].integer() + 1, job.peer.text(), job.product, epsilon, now}));
  return {};
}

Result<std::optional<KeptSet>> find_kept(store::Tx& tx, const std::string& name) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT agreement, input, claim, secret FROM job_images WHERE name = ?", {name}));
  if (rows.empty()) return std::optional<KeptSet>();
  const store::Row& row = rows[0];
  KeptSet out{.name = name,
              .agreement = row[0].text(),
              .input = row[1].text(),
              .claim = {},
              .secret = crypto::SecretBytes(row[3].blob())};
  if (const std::string claim = row[2].text(); !claim.empty()) {
    WEIR_TRY_LET(const Json json, wire::parse_json(claim));
    WEIR_TRY_LET(out.claim, parse_claim(json));
  }
  return std::optional<KeptSet>(std::move(out));
}

Result<std::vector<std::pair<std::string, std::string>>> all_kept(store::Tx& tx) {
  WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT agreement, name FROM job_images ORDER BY name"));
  std::vector<std::pair<std::string, std::string>> out;
  for (const store::Row& row : rows) out.emplace_back(row[0].text(), row[1].text());
  return out;
}

Result<> put_kept(store::Tx& tx, const KeptSet& kept) {
  WEIR_TRY(drop_kept(tx, kept.name));
  WEIR_TRY(tx.execute("INSERT INTO job_images (name, agreement, input, claim, secret) VALUES (?,?,?,?,?)",
                      {kept.name, kept.agreement, kept.input, kept.claim ? to_json(*kept.claim).dump() : "",
                       copy_of(kept.secret.expose(crypto::SecretAccess("keep the secret of images")))}));
  return {};
}

Result<> drop_kept(store::Tx& tx, const std::string& name) {
  WEIR_TRY(tx.execute("DELETE FROM job_images WHERE name = ?", {name}));
  return {};
}

Result<Bytes> salt_of(store::Tx& tx, const std::string& peer, const std::string& product, Random& random) {
  Bytes fresh(32);
  random.fill(fresh);
  WEIR_TRY(tx.execute("INSERT INTO job_salt (peer, product, salt) VALUES (?,?,?) ON CONFLICT DO NOTHING",
                      {peer, product, fresh}));
  WEIR_TRY_LET(const store::Row row,
               tx.one("SELECT salt FROM job_salt WHERE peer = ? AND product = ?", {peer, product}));
  return row[0].blob();
}

}  // namespace weir::use::job

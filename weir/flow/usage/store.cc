// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/usage/store.h"

#include "weir/base/cut.h"

#include <algorithm>
#include <utility>

namespace weir::flow::usage {
namespace {

constexpr std::string_view kVersion1 =
    "CREATE TABLE usage_terms ("
    " agreement TEXT PRIMARY KEY, contract TEXT NOT NULL, product TEXT NOT NULL, provider TEXT NOT NULL,"
    " consumer TEXT NOT NULL,"
    " peer TEXT NOT NULL, peer_address TEXT NOT NULL, obliged INTEGER NOT NULL, version INTEGER NOT NULL,"
    " state INTEGER NOT NULL, active_from INTEGER NOT NULL, policy TEXT NOT NULL, policy_hash TEXT NOT NULL,"
    " derived_from TEXT NOT NULL, revision INTEGER NOT NULL);"
    "CREATE TABLE usage_policy ("
    " agreement TEXT NOT NULL, version INTEGER NOT NULL, policy TEXT NOT NULL, policy_hash TEXT NOT NULL,"
    " since INTEGER NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (agreement, version));"
    "CREATE TABLE usage_derived ("
    " agreement TEXT NOT NULL, product TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (agreement, product));"
    "CREATE TABLE usage_counter ("
    " agreement TEXT NOT NULL, rule TEXT NOT NULL, counter TEXT NOT NULL, window_start INTEGER NOT NULL,"
    " value INTEGER NOT NULL, PRIMARY KEY (agreement, rule, counter));"
    "CREATE TABLE usage_payment ("
    " agreement TEXT NOT NULL, reference TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL,"
    " received INTEGER NOT NULL, PRIMARY KEY (agreement, reference));"
    "CREATE TABLE usage_obligation ("
    " id TEXT PRIMARY KEY, agreement TEXT NOT NULL, product TEXT NOT NULL, use_id TEXT NOT NULL, duty TEXT NOT NULL,"
    " rule TEXT NOT NULL, action TEXT NOT NULL, timing INTEGER NOT NULL, parameters TEXT NOT NULL,"
    " state INTEGER NOT NULL, created INTEGER NOT NULL, due INTEGER NOT NULL, proof TEXT NOT NULL,"
    " standing INTEGER NOT NULL, used_up INTEGER NOT NULL);"
    "CREATE INDEX usage_obligation_due ON usage_obligation (state, due);"
    "CREATE INDEX usage_obligation_duty ON usage_obligation (agreement, duty, state);";

constexpr std::string_view kTerms =
    "agreement, product, provider, consumer, peer, peer_address, obliged, version, state, active_from, policy,"
    " policy_hash, derived_from, contract";
constexpr std::string_view kObligation =
    "id, agreement, product, use_id, duty, rule, action, timing, parameters, state, created, due, proof";

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(rest);
}

Result<Terms> terms_of(const store::Row& row) {
  Terms out;
  out.agreement = row[0].text();
  out.product = row[1].text();
  out.provider = row[2].text();
  out.consumer = row[3].text();
  out.peer = row[4].text();
  out.peer_address = row[5].text();
  out.obliged = row[6].integer() != 0;
  out.version = row[7].integer();
  const std::int64_t state = row[8].integer();
  if (state < 1 || state > 4) return Error(Errc::kCorrupt, "usage: stored state " + std::to_string(state));
  out.state = static_cast<TermsState>(state);
  out.active_from = row[9].time();
  out.policy = row[10].text();
  out.policy_hash = row[11].text();
  out.derived_from = row[12].text();
  out.contract = row[13].text();
  return out;
}

Result<OwedObligation> obligation_of(const store::Row& row) {
  OwedObligation out;
  out.id = row[0].text();
  out.agreement = row[1].text();
  out.product = row[2].text();
  out.use = row[3].text();
  out.duty = row[4].text();
  out.rule = row[5].text();
  out.action = row[6].text();
  const std::int64_t timing = row[7].integer();
  const std::int64_t state = row[9].integer();
  if (timing < 0 || timing > 2 || state < 1 || state > 4) return Error(Errc::kCorrupt, "usage: stored obligation"
      " " + out.id);
  out.when = static_cast<policy::Timing>(timing);
  out.parameters = row[8].text();
  out.state = static_cast<ObligationState>(state);
  out.created = row[10].time();
  out.due = row[11].time();
  out.proof = row[12].text();
  return out;
}

Result<std::vector<OwedObligation>> obligations_of(const store::Rows& rows) {
  std::vector<OwedObligation> out;
  for (const store::Row& row : rows) {
    WEIR_TRY_LET(OwedObligation one, obligation_of(row));
    out.push_back(std::move(one));
  }
  return out;
}

Error no_terms(std::string_view agreement) {
  return Error(Errc::kNotFound, "usage: no terms for agreement " + cut(agreement, 100))
      .because("usage.no_terms");
}

constexpr std::int64_t code(ObligationState state) { return static_cast<std::int64_t>(state); }

}  // namespace

store::Migration migration() { return {.module = "usage", .versions = {kVersion1}}; }

Result<bool> insert_terms(store::Tx& tx, const Terms& t) {
  WEIR_TRY_LET(const std::int64_t rows,
               tx.execute("INSERT INTO usage_terms (" + std::string(kTerms) +
                              ", revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING",
                          {t.agreement, t.product, t.provider, t.consumer, t.peer, t.peer_address, t.obliged ? 1 : 0,
                           t.version, static_cast<std::int64_t>(t.state), t.active_from, t.policy, t.policy_hash,
                           t.derived_from, t.contract}));
  return rows == 1;
}

Result<Terms> load_terms(store::Tx& tx, std::string_view agreement) {
  WEIR_TRY_LET(const store::Rows rows, tx.query(select(kTerms, "usage_terms WHERE agreement = ?"), {agreement}));
  if (rows.empty()) return no_terms(agreement);
  return terms_of(rows[0]);
}

Result<Terms> lock_terms(store::Tx& tx, std::string_view agreement) {
  WEIR_TRY_LET(const std::int64_t rows,
               tx.execute("UPDATE usage_terms SET revision = revision + 1 WHERE agreement = ?", {agreement}));
  if (rows == 0) return no_terms(agreement);
  return load_terms(tx, agreement);
}

Result<> save_policy(store::Tx& tx, const Terms& t, Timestamp now, std::string_view actor) {
  WEIR_TRY(tx.execute("UPDATE usage_terms SET version = ?, policy = ?, policy_hash = ? WHERE agreement = ?",
                      {t.version, t.policy, t.policy_hash, t.agreement}));
  WEIR_TRY(tx.execute("INSERT INTO usage_policy (agreement, version, policy, policy_hash, since, actor) VALUES"
                      " (?, ?, ?, ?, ?, ?)",
                      {t.agreement, t.version, t.policy, t.policy_hash, now, actor}));
  return {};
}

Result<> save_state(store::Tx& tx, std::string_view agreement, TermsState state) {
  WEIR_TRY(tx.execute("UPDATE usage_terms SET state = ? WHERE agreement ="
                      " ?", {static_cast<std::int64_t>(state), agreement}));
  return {};
}

Result<> insert_derived(store::Tx& tx, std::string_view agreement, std::string_view product, Timestamp now) {
  WEIR_TRY(tx.execute("INSERT INTO usage_derived (agreement, product, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                      {agreement, product, now}));
  return {};
}

Result<bool> is_derived(store::Tx& tx, std::string_view agreement, std::string_view product) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT 1 FROM usage_derived WHERE agreement = ? AND product = ?", {agreement, product}));
  return !rows.empty();
}

Result<std::vector<CounterState>> load_counters(store::Tx& tx, std::string_view agreement) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT rule, counter, value, window_start FROM usage_counter WHERE agreement = ? ORDER"
                        " BY rule, counter",
                        {agreement}));
  std::vector<CounterState> out;
  for (const store::Row& row : rows) out.push_back({row[0].text(), row[1].text(), row[2].integer(), row[3].time()});
  return out;
}

Result<> save_counter(store::Tx& tx, std::string_view agreement, const CounterState& counter) {
  WEIR_TRY(tx.execute("INSERT INTO usage_counter (agreement, rule, counter, window_start, value) VALUES (?, ?, ?, ?, ?)"
                      " ON CONFLICT (agreement, rule, counter) DO UPDATE SET window_start = excluded.window_start,"
                      " value = excluded.value",
                      {agreement, counter.rule, counter.counter, counter.window_start, counter.value}));
  return {};
}

Result<bool> insert_payment(store::Tx& tx, std::string_view agreement, std::int64_t amount, std::string_view unit,
                            std::string_view reference, Timestamp now) {
  WEIR_TRY_LET(const std::int64_t rows,
               tx.execute("INSERT INTO usage_payment (agreement, reference, unit, amount, received) VALUES (?,"
                          " ?, ?, ?, ?)"
                          " ON CONFLICT DO NOTHING",
                          {agreement, reference, unit, amount, now}));
  return rows == 1;
}

Result<std::int64_t> paid(store::Tx& tx, std::string_view agreement, std::string_view unit, Timestamp since) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT amount FROM usage_payment WHERE agreement = ? AND unit = ? AND received >= ?",
                        {agreement, unit, since}));
  std::int64_t sum = 0;
  for (const store::Row& row : rows) {
    if (__builtin_add_overflow(sum, row[0].integer(), &sum)) return INT64_MAX;
  }
  return sum;
}

Result<> insert_obligation(store::Tx& tx, const OwedObligation& o, bool standing) {
  WEIR_TRY(tx.execute("INSERT INTO usage_obligation (" + std::string(kObligation) +
                          ", standing, used_up) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                      {o.id, o.agreement, o.product, o.use, o.duty, o.rule, o.action, static_cast<std::int64_t>(o.when),
                       o.parameters, code(o.state), o.created, o.due, o.proof, standing ? 1 : 0}));
  return {};
}

Result<OwedObligation> load_obligation(store::Tx& tx, std::string_view id) {
  WEIR_TRY_LET(const store::Rows rows, tx.query(select(kObligation, "usage_obligation WHERE id = ?"), {id}));
  if (rows.empty()) {
    return Error(Errc::kNotFound, "usage: no obligation"
                                  " " + cut(id, 100)).because("usage.no_obligation");
  }
  return obligation_of(rows[0]);
}

Result<std::vector<OwedObligation>> obligations_of(store::Tx& tx, std::string_view agreement) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query(select(kObligation, "usage_obligation WHERE agreement = ? ORDER BY created, id"), {agreement}));
  return obligations_of(rows);
}

Result<std::vector<OwedObligation>> due_obligations(store::Tx& tx, std::string_view action, Timestamp now,
                                                    std::size_t limit) {
  WEIR_TRY_LET(const store::Rows rows, tx.query(select(kObligation,
                                                       "usage_obligation WHERE state = ? AND due <= ? AND action = ? "
                                                       "ORDER BY due, id LIMIT ?"),
                                                {code(ObligationState::kPending), now, action, limit}));
  return obligations_of(rows);
}

Result<std::vector<OwedObligation>> late_obligations(store::Tx& tx, Timestamp due_before, std::size_t limit) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query(select(kObligation, "usage_obligation WHERE state = ? AND due < ? AND timing <> 0 ORDER"
                   " BY due, id LIMIT ?"),
                        {code(ObligationState::kPending), due_before, limit}));
  return obligations_of(rows);
}

Result<std::vector<std::string>> due_actions(store::Tx& tx, Timestamp now) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT DISTINCT action FROM usage_obligation WHERE state = ? AND due <= ?",
                        {code(ObligationState::kPending), now}));
  std::vector<std::string> out;
  for (const store::Row& row : rows) out.push_back(row[0].text());
  return out;
}

Result<std::optional<Timestamp>> next_due(store::Tx& tx, Timestamp after) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT due FROM usage_obligation WHERE state = ? AND due > ? ORDER BY due LIMIT 1",
                        {code(ObligationState::kPending), after}));
  if (rows.empty()) return std::optional<Timestamp>();
  return std::optional<Timestamp>(rows[0][0].time());
}

Result<std::optional<OwedObligation>> pending_obligation(store::Tx& tx, std::string_view agreement,
                                                         std::string_view duty) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query(select(kObligation, "usage_obligation WHERE agreement = ? AND duty = ? AND state = ? LIMIT 1"),
                        {agreement, duty, code(ObligationState::kPending)}));
  if (rows.empty()) return std::optional<OwedObligation>();
  WEIR_TRY_LET(OwedObligation one, obligation_of(rows[0]));
  return std::optional<OwedObligation>(std::move(one));
}

Result<> save_obligation(store::Tx& tx, std::string_view id, ObligationState state, Timestamp due,
                         std::string_view proof) {
  WEIR_TRY(tx.execute("UPDATE usage_obligation SET state = ?, due = ?, proof = ? WHERE id ="
                      " ?", {code(state), due, proof, id}));
  return {};
}

Result<std::vector<std::string>> fulfilled_duties(store::Tx& tx, std::string_view agreement) {
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT duty FROM usage_obligation WHERE agreement = ? AND state = ? AND timing = 0 AND"
                        " used_up = 0",
                        {agreement, code(ObligationState::kFulfilled)}));
  std::vector<std::string> out;
  for (const store::Row& row : rows) out.push_back(row[0].text());
  return out;
}

Result<> use_up_duties(store::Tx& tx, std::string_view agreement) {
  WEIR_TRY(tx.execute("UPDATE usage_obligation SET used_up = 1 WHERE agreement = ? AND state = ? AND timing = 0"
                      " AND standing = 0 AND used_up = 0",
                      {agreement, code(ObligationState::kFulfilled)}));
  return {};
}

}  // namespace weir::flow::usage

// SPDX-License-Identifier: Apache-2.0
#include "weir/flow/metering/service.h"

#include <charconv>

#include "weir/base/text.h"

namespace weir::flow::metering {
namespace {

constexpr std::string_view kVersion1 =
    "CREATE TABLE metering_reading ("
    " process TEXT NOT NULL, sequence INTEGER NOT NULL, direction INTEGER NOT NULL, agreement TEXT NOT NULL,"
    " contract TEXT NOT NULL, product TEXT NOT NULL, peer TEXT NOT NULL, quantity INTEGER NOT NULL, unit TEXT NOT NULL,"
    " time INTEGER NOT NULL, PRIMARY KEY (process, sequence));"
    "CREATE INDEX metering_reading_agreement ON metering_reading (agreement, time);"
    "CREATE TABLE metering_closed (process TEXT PRIMARY KEY, time INTEGER NOT NULL);";

constexpr std::string_view kColumns =
    "process, sequence, direction, agreement, contract, product, peer, quantity, unit, time";

Reading parse_row(const store::Row& row) {
  return Reading{.process = row[0].text(),
                 .sequence = row[1].integer(),
                 .direction = row[2].integer() == 2 ? Direction::kIn : Direction::kOut,
                 .agreement = row[3].text(),
                 .contract = row[4].text(),
                 .product = row[5].text(),
                 .peer = row[6].text(),
                 .quantity = row[7].integer(),
                 .unit = row[8].text(),
                 .time = row[9].time()};
}

bool same(const Reading& a, const Reading& b) {
  return a.direction == b.direction && a.agreement == b.agreement && a.quantity == b.quantity && a.unit == b.unit;
}

struct Where {
  std::string sql = " WHERE 1 = 1";
  store::Params params;
  void add(std::string_view condition, store::Value value) {
    sql += " AND " + std::string(condition);
    params.push_back(std::move(value));
  }
};

Where where_of(const Selection& s) {
  Where out;
  if (!s.agreement.empty()) out.add("agreement = ?", s.agreement);
  if (!s.product.empty()) out.add("product = ?", s.product);
  if (!s.peer.empty()) out.add("peer = ?", s.peer);
  if (!s.process.empty()) out.add("process = ?", s.process);
  if (s.from) out.add("time >= ?", *s.from);
  if (s.before) out.add("time < ?", *s.before);
  return out;
}

std::string_view column_of(GroupBy group_by) {
  switch (group_by) {
    case GroupBy::kAgreement: return "agreement";
    case GroupBy::kProduct: return "product";
    case GroupBy::kPeer: return "peer";
    case GroupBy::kProcess: return "process";
    case GroupBy::kParticipant: return "SUBSTR(peer, 2, 18)";
  }
  return "agreement";
}

Result<std::vector<Total>> sum(store::Tx& tx, const Selection& selection, GroupBy group_by) {
  const Where where = where_of(selection);
  const std::string column(column_of(group_by));
  WEIR_TRY_LET(const store::Rows rows,
               tx.query("SELECT " + column + ", direction, unit, CAST(SUM(quantity) AS BIGINT), COUNT(*), MIN(time),"
                            " MAX(time) FROM metering_reading" + where.sql + " GROUP BY " + column +
                            ", direction, unit ORDER BY " + column + ", direction, unit",
                        where.params));
  std::vector<Total> out;
  for (const store::Row& row : rows) {
    out.push_back(Total{.key = row[0].text(),
                        .direction = row[1].integer() == 2 ? Direction::kIn : Direction::kOut,
                        .unit = row[2].text(),
                        .quantity = row[3].integer(),
                        .readings = row[4].integer(),
                        .first = row[5].time(),
                        .last = row[6].time()});
  }
  return out;
}

}  // namespace

store::Migration migration() { return {"metering", {kVersion1}}; }

Result<std::int64_t> Service::take(store::Tx& tx, Reading reading) {
  if (reading.quantity < 0) {
    return Error(Errc::kInvalidArgument, "a reading cannot be negative").because("metering.quantity");
  }
  WEIR_TRY_LET(const store::Rows closed, tx.query("SELECT 1 FROM metering_closed WHERE process = ?", {reading.process}));
  if (!closed.empty()) return Error(Errc::kConflict, "the meter of this process is closed").because("metering.closed");
  if (reading.sequence == 0) {
    WEIR_TRY_LET(const store::Row last,
                 tx.one("SELECT COALESCE(MAX(sequence), 0) FROM metering_reading WHERE process = ?", {reading.process}));
    reading.sequence = last[0].integer() + 1;
  }
  WEIR_TRY_LET(const std::int64_t inserted,
               tx.execute("INSERT INTO metering_reading (" + std::string(kColumns) +
                              ") VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
                          {reading.process, reading.sequence, static_cast<std::int64_t>(reading.direction),
                           reading.agreement, reading.contract, reading.product, reading.peer, reading.quantity,
                           reading.unit, reading.time}));
  if (inserted == 1) return reading.sequence;
  WEIR_TRY_LET(const store::Row row, tx.one("SELECT " + std::string(kColumns) +
                                                " FROM metering_reading WHERE process = ? AND sequence = ?",
                                            {reading.process, reading.sequence}));
  if (same(parse_row(row), reading)) return reading.sequence;
  return Error(Errc::kConflict, "another reading has this number").because("metering.sequence");
}

Result<> Service::close(store::Tx& tx, const std::string& process) {
  const Timestamp now = deps_.clock.now();
  WEIR_TRY_LET(const std::int64_t inserted,
               tx.execute("INSERT INTO metering_closed (process, time) VALUES (?,?) ON CONFLICT DO NOTHING", {process, now}));
  if (inserted == 0) return {};
  WEIR_TRY_LET(const auto totals, sum(tx, {.process = process}, GroupBy::kProcess));
  wire::Json list = wire::Json::array();
  for (const Total& total : totals) {
    list.push(wire::Json::object({{"direction", name_of(total.direction)},
                                  {"quantity", total.quantity},
                                  {"readings", total.readings},
                                  {"unit", total.unit}}));
  }
  WEIR_TRY_LET(const store::Rows any,
               tx.query("SELECT " + std::string(kColumns) + " FROM metering_reading WHERE process = ? LIMIT 1", {process}));
  trust::evidence::Entry entry{
      .kind = "metering.closed", .time = now, .actor = "node:" + deps_.node, .process = process};
  if (!any.empty()) {
    const Reading reading = parse_row(any.front());
    entry.contract = reading.contract;
    entry.product = reading.product;
    entry.participants = {deps_.node, reading.peer};
    entry.body.set("agreement", reading.agreement);
  }
  entry.body.set("totals", list);
  WEIR_TRY(deps_.log.append(tx, entry));
  return {};
}

Result<std::vector<Total>> Service::totals(const Selection& selection, GroupBy group_by) {
  return store::sql_read<std::vector<Total>>(deps_.sql,
                                             [&](store::Tx& tx) { return sum(tx, selection, group_by); });
}

// A cursor names the last row of the page before: "time.sequence.process".
Result<Service::Page> Service::readings(const Selection& selection, std::string_view cursor, std::size_t limit) {
  Where where = where_of(selection);
  if (!cursor.empty()) {
    const std::vector<std::string> parts = split(cursor, '.');
    const auto number = [](const std::string& text) {
      std::int64_t value = -1;
      const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
      return read.ec == std::errc() && read.ptr == text.data() + text.size() ? value : -1;
    };
    if (parts.size() != 3 || number(parts[0]) < 0 || number(parts[1]) < 0) {
      return Error(Errc::kInvalidArgument, "not a cursor of this list").because("page.cursor");
    }
    where.sql += " AND (time > ? OR (time = ? AND (process > ? OR (process = ? AND sequence > ?))))";
    for (const store::Value& value : {store::Value(number(parts[0])), store::Value(number(parts[0])),
                                      store::Value(parts[2]), store::Value(parts[2]), store::Value(number(parts[1]))}) {
      where.params.push_back(value);
    }
  }
  where.params.push_back(static_cast<std::int64_t>(limit) + 1);
  return store::sql_read<Page>(deps_.sql, [&](store::Tx& tx) -> Result<Page> {
    WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT " + std::string(kColumns) + " FROM metering_reading" +
                                                      where.sql + " ORDER BY time, process, sequence LIMIT ?",
                                                  where.params));
    Page out;
    for (const store::Row& row : rows) {
      if (out.readings.size() == limit) {
        const Reading& last = out.readings.back();
        out.next = std::to_string(last.time.value()) + "." + std::to_string(last.sequence) + "." + last.process;
        break;
      }
      out.readings.push_back(parse_row(row));
    }
    return out;
  });
}

}  // namespace weir::flow::metering

// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/service.h"

#include <algorithm>

namespace weir::supply::identifier {
namespace {

using store::Tx;

constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE identifier_record (
  base TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  registrar TEXT NOT NULL,
  location TEXT NOT NULL,
  status INTEGER NOT NULL,
  registered INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE INDEX identifier_record_owner ON identifier_record (owner, base);
CREATE TABLE identifier_subject (
  subject TEXT PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE
);
)sql";
// `changed` counts the changes of all records; who reported a record first is the only one who may report it again.
constexpr std::string_view kVersion2 = R"sql(
ALTER TABLE identifier_record ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identifier_record ADD COLUMN reporter TEXT NOT NULL DEFAULT '';
UPDATE identifier_record SET reporter = registrar, changed = numbered.n
  FROM (SELECT base, ROW_NUMBER() OVER (ORDER BY updated, base) AS n FROM identifier_record) AS numbered
  WHERE numbered.base = identifier_record.base;
CREATE INDEX identifier_record_changed ON identifier_record (changed);
CREATE TABLE identifier_reported (last INTEGER NOT NULL);
INSERT INTO identifier_reported (last) VALUES (0);
)sql";
constexpr std::string_view kColumns = "id, owner, registrar, location, status, registered, updated";

Error unknown(const Identifier& id) {
  return Error(Errc::kNotFound, "no identifier " + id.text() + " was entered").because("identifier.unknown");
}

Error taken(const Identifier& id) {
  return Error(Errc::kConflict, "the identifier " + id.text() + " was entered before")
      .because("identifier.taken")
      .advise("generate another one: an identifier is never used twice");
}

// An absolute http(s) URL without blanks and control characters, as far as a registry cares.
Result<> check_location(std::string_view location) {
  const bool scheme = location.starts_with("https://") || location.starts_with("http://");
  const bool visible = std::all_of(location.begin(), location.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (scheme && visible && location.size() <= kLocationBytesMax && location.size() > 8) return {};
  return Error(Errc::kInvalidArgument, "a location is an absolute http or https URL of at most 2048 characters")
      .because("identifier.location");
}

Result<Record> record_of(const store::Row& row) {
  WEIR_TRY_LET(const Identifier id, Identifier::parse(row[0].text()));
  WEIR_TRY_LET(const SubjectId owner, SubjectId::parse(row[1].text()));
  WEIR_TRY_LET(const NodeId registrar, NodeId::parse(row[2].text()));
  return Record{.id = id,
                .owner = owner,
                .registrar = registrar,
                .location = row[3].text(),
                .status = static_cast<RecordStatus>(row[4].integer()),
                .registered = row[5].time(),
                .updated = row[6].time()};
}

Result<Record> load(Tx& tx, const Identifier& id) {
  WEIR_TRY_LET(
      const store::Rows rows,
      tx.query("SELECT " + std::string(kColumns) + " FROM identifier_record WHERE base = ?", {id.base().text()}));
  if (rows.empty()) return unknown(id);
  WEIR_TRY_LET(Record record, record_of(rows.front()));
  if (id != id.base() && id != record.id) return unknown(id);  // another extension
  return record;
}

Result<std::int64_t> next_change(Tx& tx) {
  WEIR_TRY_LET(const store::Row last, tx.one("SELECT COALESCE(MAX(changed), 0) + 1 FROM identifier_record"));
  return last.front().integer();
}

// Whether there was none yet.
Result<bool> insert(Tx& tx, const Record& record, std::string_view reporter) {
  WEIR_TRY_LET(const std::int64_t change, next_change(tx));
  WEIR_TRY_LET(const std::int64_t inserted,
               tx.execute("INSERT INTO identifier_record (base, " + std::string(kColumns) +
                              ", changed, reporter) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                              "?) ON CONFLICT (base) DO NOTHING",
                          {record.id.base().text(), record.id.text(), record.owner.text(), record.registrar.text(),
                           record.location, static_cast<std::int64_t>(record.status), record.registered, record.updated,
                           change, reporter}));
  return inserted == 1;
}

Result<> update(Tx& tx, const Record& record) {
  WEIR_TRY_LET(const std::int64_t change, next_change(tx));
  WEIR_TRY(tx.execute(
      "UPDATE identifier_record SET location = ?, status = ?, updated = ?, changed = ? WHERE base = ?",
      {record.location, static_cast<std::int64_t>(record.status), record.updated, change, record.id.base().text()}));
  return {};
}

Result<std::string> reporter_of(Tx& tx, const Record& record) {
  WEIR_TRY_LET(const store::Row row,
               tx.one("SELECT reporter FROM identifier_record WHERE base = ?", {record.id.base().text()}));
  return row.front().text();
}

Result<Record> load_open(Tx& tx, const Identifier& id) {
  WEIR_TRY_LET(Record record, load(tx, id));
  if (record.status == RecordStatus::kWithdrawn) {
    return Error(Errc::kConflict, "the identifier " + id.text() + " was withdrawn for good")
        .because("identifier.withdrawn");
  }
  return record;
}

}  // namespace

std::string_view name_of(RecordStatus status) {
  switch (status) {
    case RecordStatus::kActive: return "active";
    case RecordStatus::kSuspended: return "suspended";
    case RecordStatus::kWithdrawn: return "withdrawn";
  }
  return "unknown";
}

Result<RecordStatus> parse_record_status(std::string_view text) {
  for (const RecordStatus status : {RecordStatus::kActive, RecordStatus::kSuspended, RecordStatus::kWithdrawn}) {
    if (text == name_of(status)) return status;
  }
  return Error(Errc::kInvalidArgument, "the status of an identifier is active, suspended or withdrawn")
      .because("identifier.status");
}

wire::Json to_json(const Record& record) {
  return wire::Json::object({{"id", record.id.text()},
                             {"owner", record.owner.text()},
                             {"registrar", record.registrar.text()},
                             {"location", record.location},
                             {"status", name_of(record.status)},
                             {"registered", format_iso8601(record.registered)},
                             {"updated", format_iso8601(record.updated)}});
}

Result<Record> parse_record(const wire::Json& json) {
  WEIR_TRY_LET(const std::string id_text, json.text("id"));
  WEIR_TRY_LET(const Identifier id, Identifier::parse(id_text));
  WEIR_TRY_LET(const std::string owner_text, json.text("owner"));
  WEIR_TRY_LET(const SubjectId owner, SubjectId::parse(owner_text));
  WEIR_TRY_LET(const std::string registrar_text, json.text("registrar"));
  WEIR_TRY_LET(const NodeId registrar, NodeId::parse(registrar_text));
  WEIR_TRY_LET(std::string location, json.text("location"));
  WEIR_TRY(check_location(location));
  WEIR_TRY_LET(const std::string status_text, json.text("status"));
  WEIR_TRY_LET(const RecordStatus status, parse_record_status(status_text));
  WEIR_TRY_LET(const std::string registered_text, json.text("registered"));
  WEIR_TRY_LET(const Timestamp registered, parse_iso8601(registered_text));
  WEIR_TRY_LET(const std::string updated_text, json.text("updated"));
  WEIR_TRY_LET(const Timestamp updated, parse_iso8601(updated_text));
  return Record{id, owner, registrar, std::move(location), status, registered, updated};
}

//= NDI-TR-2025-04#assignment global assigns regional and sector, regional assigns business node, connector and data
bool may_register(const NodeId& registrar, const Identifier& id) {
  if (id.text() == registrar.text()) return true;
  const bool upper = registrar.kind() == NodeKind::kRegional || registrar.kind() == NodeKind::kSector;
  if (id.form() != Form::kNode) return registrar.kind() != NodeKind::kGlobal;
  const char kind = id.text()[0];
  if (registrar.kind() == NodeKind::kGlobal) return kind == '2' || kind == '3';
  return upper && (kind == '4' || kind == '5');
}

bool may_report(const NodeId& reporter, const Record& record) {
  const bool own = record.registrar == reporter;
  const bool upper = reporter.kind() == NodeKind::kRegional || reporter.kind() == NodeKind::kSector;
  if (!upper) return own && record.owner == reporter.subject() && record.id.form() != Form::kNode;
  const NodeKind registrar = record.registrar.kind();
  return own || registrar == NodeKind::kConnector || registrar == NodeKind::kBusiness;
}

store::Migration Registry::migration() { return {.module = "identifier", .versions = {kVersion1, kVersion2}}; }

Registry::Registry(store::Sql& sql, trust::evidence::Log& log, const Clock& clock, const NodeId& self,
                   const AddressPrefix& prefix, Upstream* upstream)
    : sql_(sql), log_(log), clock_(clock), self_(self), prefix_(prefix), upstream_(upstream) {}

//= NDI-TR-2025-04#audit
Result<> Registry::note(Tx& tx, std::string_view kind, std::string_view actor, const Record& record) {
  trust::evidence::Entry entry{.kind = "identifier." + std::string(kind),
                               .time = clock_.now(),
                               .actor = std::string(actor),
                               .participants = {record.owner.text()},
                               .body = to_json(record)};
  if (record.id.form() == Form::kItem) entry.product = record.id.text();
  if (record.id.form() == Form::kContract) entry.contract = record.id.text();
  if (record.id.form() == Form::kNode) entry.participants.push_back(record.id.text());
  WEIR_TRY(log_.append(tx, entry));
  return {};
}

//= NDI-TR-2025-04#unique
Result<Record> Registry::enter(Tx& tx, const Registration& registration, std::string_view actor) {
  WEIR_TRY(check_location(registration.location));
  if (!may_register(self_, registration.id)) {
    return Error(Errc::kForbidden, "a node of this level does not assign the identifier " + registration.id.text())
        .because("identifier.wrong_level");
  }
  const Timestamp now = clock_.now();
  const Record record{.id = registration.id,
                      .owner = registration.owner,
                      .registrar = self_,
                      .location = registration.location,
                      .status = registration.status,
                      .registered = now,
                      .updated = now};
  WEIR_TRY_LET(const bool inserted, insert(tx, record, ""));
  if (!inserted) return taken(record.id);
  WEIR_TRY(note(tx, "registered", actor, record));
  return record;
}

Result<Record> Registry::relocate(Tx& tx, const Identifier& id, std::string_view location, std::string_view actor) {
  WEIR_TRY(check_location(location));
  WEIR_TRY_LET(Record record, load_open(tx, id));
  if (record.location == location) return record;
  record.location = std::string(location);
  record.updated = clock_.now();
  WEIR_TRY(update(tx, record));
  WEIR_TRY(note(tx, "relocated", actor, record));
  return record;
}

Result<Record> Registry::set_status(Tx& tx, const Identifier& id, RecordStatus status, std::string_view actor) {
  WEIR_TRY_LET(Record record, load_open(tx, id));
  if (record.status == status) return record;
  record.status = status;
  record.updated = clock_.now();
  WEIR_TRY(update(tx, record));
  WEIR_TRY(note(tx, name_of(status), actor, record));
  return record;
}

Result<Record> Registry::accept_report(Tx& tx, const Record& record, const NodeId& reporter, std::string_view actor) {
  WEIR_TRY(check_location(record.location));
  if (!may_report(reporter, record)) {
    return Error(Errc::kForbidden, record.id.text() + " is not the sender's to report").because("identifier.not_yours");
  }
  if (!may_register(record.registrar, record.id)) {
    return Error(Errc::kForbidden, record.registrar.text() + " may not assign the identifier " + record.id.text())
        .because("identifier.wrong_level");
  }
  WEIR_TRY_LET(const bool inserted, insert(tx, record, reporter.text()));
  if (inserted) {
    WEIR_TRY(note(tx, "reported", actor, record));
    return record;
  }
  const auto known = load(tx, record.id.base());
  if (!known) return known;
  WEIR_TRY_LET(const std::string first, reporter_of(tx, record));
  if (first != reporter.text() || known->id != record.id || known->owner != record.owner ||
      known->registrar != record.registrar) {
    return taken(record.id);
  }
  const bool newer = record.updated > known->updated && known->status != RecordStatus::kWithdrawn;
  if (!newer) return known;
  WEIR_TRY(update(tx, record));
  WEIR_TRY(note(tx, "reported", actor, record));
  return load(tx, record.id);
}

Result<Record> Registry::enter(const Registration& registration, std::string_view actor) {
  return store::sql_write<Record>(sql_, [&](Tx& tx) { return enter(tx, registration, actor); });
}
Result<Record> Registry::relocate(const Identifier& id, std::string_view location, std::string_view actor) {
  return store::sql_write<Record>(sql_, [&](Tx& tx) { return relocate(tx, id, location, actor); });
}
Result<Record> Registry::set_status(const Identifier& id, RecordStatus status, std::string_view actor) {
  return store::sql_write<Record>(sql_, [&](Tx& tx) { return set_status(tx, id, status, actor); });
}

Result<Record> Registry::accept_report(const Record& record, const NodeId& reporter, std::string_view actor) {
  return store::sql_write<Record>(sql_, [&](Tx& tx) { return accept_report(tx, record, reporter, actor); });
}

Result<Unreported> Registry::unreported(std::size_t limit) {
  return store::sql_read<Unreported>(sql_, [&](Tx& tx) -> Result<Unreported> {
    WEIR_TRY_LET(const store::Rows rows,
                 tx.query("SELECT " + std::string(kColumns) +
                              ", changed FROM identifier_record WHERE changed > (SELECT last FROM identifier_reported) "
                              "ORDER BY changed LIMIT ?",
                          {static_cast<std::int64_t>(limit)}));
    Unreported out;
    for (const store::Row& row : rows) {
      WEIR_TRY_LET(Record record, record_of(row));
      out.records.push_back(std::move(record));
      out.last = row[7].integer();
    }
    return out;
  });
}

Result<> Registry::mark_reported(std::int64_t last) {
  return sql_.write([&](Tx& tx) -> Result<> {
    WEIR_TRY(tx.execute("UPDATE identifier_reported SET last = ?", {last}));
    return {};
  });
}

//= NDI-TR-2025-02#identifier-resolve
//= NDI-TR-2025-04#resolution resolution goes from local to regional to global, and yields location and status
Result<Resolution> Registry::resolve(const Identifier& id) {
  auto known = store::sql_read<Record>(sql_, [&](Tx& tx) { return load(tx, id); });
  if (known) return Resolution{*std::move(known), true};
  if (known.error().reason() != "identifier.unknown" || upstream_ == nullptr) return Error(std::move(known).error());
  auto above = upstream_->resolve(id);
  if (!above) {
    if (above.error().code() == Errc::kNotFound) return unknown(id);
    return Error(Errc::kUnavailable, std::string(above.error().message()))
        .with("asking the node above for " + id.text())
        .because("identifier.upstream");
  }
  if (above->id.base() != id.base() || (id != id.base() && id != above->id)) {
    return Error(Errc::kUnavailable, "the node above answered for another identifier").because("identifier.upstream");
  }
  return Resolution{*std::move(above), false};
}

Result<SubjectNumber> Registry::number_of(Tx& tx, const SubjectId& subject, std::string_view actor) {
  WEIR_TRY_LET(const store::Rows known,
               tx.query("SELECT number FROM identifier_subject WHERE subject = ?", {subject.text()}));
  if (!known.empty()) return SubjectNumber(static_cast<std::uint32_t>(known.front().front().integer()));
  WEIR_TRY_LET(const store::Row last, tx.one("SELECT COALESCE(MAX(number) + 1, 0) FROM identifier_subject"));
  const std::int64_t number = last.front().integer();
  if (number >= kSubjectNumbers) {
    return Error(Errc::kExhausted, "this registry has no more participant numbers")
        .because("identifier.subject_numbers");
  }
  WEIR_TRY(tx.execute("INSERT INTO identifier_subject (subject, number) VALUES (?, ?)", {subject.text(), number}));
  WEIR_TRY(log_.append(tx, {.kind = "identifier.numbered",
                            .time = clock_.now(),
                            .actor = std::string(actor),
                            .participants = {subject.text()},
                            .body = wire::Json::object({{"number", number}, {"prefix", format(prefix_)}})}));
  return SubjectNumber(static_cast<std::uint32_t>(number));
}

Result<Address> Registry::address_of(const Identifier& id, std::string_view actor) {
  return store::sql_write<Address>(sql_, [&](Tx& tx) -> Result<Address> {
    WEIR_TRY_LET(const Record record, load(tx, id));
    if (record.id.form() == Form::kContract) return to_address(record.id, prefix_, SubjectNumber(0));
    WEIR_TRY_LET(const SubjectNumber number, number_of(tx, record.id.subject(), actor));
    return to_address(record.id, prefix_, number);
  });
}

Result<Identifier> Registry::identifier_at(const Address& address) {
  WEIR_TRY_LET(const AddressParts parts, take_apart(address));
  const Error nobody =
      Error(Errc::kNotFound, "no identifier has the address " + format(address)).because("identifier.unknown");
  if (parts.prefix != prefix_) return nobody;
  return store::sql_read<Identifier>(sql_, [&](Tx& tx) -> Result<Identifier> {
    WEIR_TRY_LET(const store::Rows rows, tx.query("SELECT subject FROM identifier_subject WHERE number = ?",
                                                  {static_cast<std::int64_t>(parts.subject.value())}));
    if (rows.empty()) return nobody;
    WEIR_TRY_LET(const SubjectId subject, SubjectId::parse(rows.front().front().text()));
    WEIR_TRY_LET(const Record record, load(tx, put_together(parts, subject)));
    return record.id;
  });
}

}  // namespace weir::supply::identifier

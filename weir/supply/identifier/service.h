// Registry: which identifiers exist, whose they are, where what they name is found, and whether it still is there.
//
// An identifier is entered once and never again, never changed and never removed (NDI-TR-2025-04): only location and
// status move. What this node does not know it asks the node above (local, regional, global). Each change is one
// evidence entry in the transaction of the change (I-1).
// Thread-safe, as Sql is. Trust: resolve may be called with anybody's identifier; the other calls are the owner's, and
// the caller has checked that.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/base/time.h"
#include "weir/store/sql.h"
#include "weir/supply/identifier/address.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/trust/evidence/evidence.h"
#include "weir/wire/json.h"

namespace weir::supply::identifier {

enum class RecordStatus : std::uint8_t { kActive = 1, kSuspended = 2, kWithdrawn = 3 /* for good */ };
std::string_view name_of(RecordStatus status);  // "active", "suspended", "withdrawn"
Result<RecordStatus> parse_record_status(std::string_view text);

inline constexpr std::size_t kLocationBytesMax = 2048;

struct Record {
  Identifier id;
  SubjectId owner;       // who answers for it
  NodeId registrar;      // where it was entered first
  std::string location;  // absolute URL under which what it names is found
  RecordStatus status = RecordStatus::kActive;
  Timestamp registered{};
  Timestamp updated{};
  friend bool operator==(const Record&, const Record&) = default;
};
wire::Json to_json(const Record& record);
// Fails with kInvalidArgument that names the member.
Result<Record> parse_record(const wire::Json& json);

// What changed here since it was last reported, oldest change first, and where that ends.
struct Unreported {
  std::vector<Record> records;
  std::int64_t last = 0;
};

// Who may give which identifiers: global nodes those of regional and sector nodes; those in turn business nodes',
// connectors', items' and contracts'; business nodes and connectors their own items' and contracts'. Each its own.
bool may_register(const NodeId& registrar, const Identifier& id);
// Whose records a node below may report: a connector or business node its own items and contracts; a regional or sector
// node also what it assigned, and what connectors and business nodes below it did.
bool may_report(const NodeId& reporter, const Record& record);

// The node above. Called outside of transactions. Fails with kNotFound if nobody above knows it, kUnavailable if they
// cannot be asked.
class Upstream {
 public:
  virtual ~Upstream() = default;
  virtual Result<Record> resolve(const Identifier& id) = 0;
};

struct Registration {
  Identifier id;
  SubjectId owner;
  std::string location;
  RecordStatus status = RecordStatus::kActive;
};

struct Resolution {
  Record record;
  bool local = true;  // false: the node above said so
};

class Registry {
 public:
  static store::Migration migration();
  // `upstream` may be null: a global node, or one that stands alone. All must outlive the registry.
  Registry(store::Sql& sql, trust::evidence::Log& log, const Clock& clock, const NodeId& self,
           const AddressPrefix& prefix, Upstream* upstream = nullptr);

  // Enters a new identifier. Fails with kConflict ("identifier.taken") if it was ever entered, with or without another
  // extension; kForbidden ("identifier.wrong_level") by may_register; kInvalidArgument ("identifier.location").
  Result<Record> enter(store::Tx& tx, const Registration& registration, std::string_view actor);
  Result<Record> enter(const Registration& registration, std::string_view actor);
  // Fails with kNotFound ("identifier.unknown"); kConflict ("identifier.withdrawn") after its end.
  Result<Record> relocate(store::Tx& tx, const Identifier& id, std::string_view location, std::string_view actor);
  Result<Record> relocate(const Identifier& id, std::string_view location, std::string_view actor);
  Result<Record> set_status(store::Tx& tx, const Identifier& id, RecordStatus status, std::string_view actor);
  Result<Record> set_status(const Identifier& id, RecordStatus status, std::string_view actor);
  // Takes the record of a node below: new, newer, or the same again. Fails with kForbidden ("identifier.not_yours") by
  // may_report, ("identifier.wrong_level") by may_register; kConflict ("identifier.taken") if the identifier is another
  // owner's or registrar's, or another node reported it first. An older report changes nothing.
  Result<Record> accept_report(store::Tx& tx, const Record& record, const NodeId& reporter, std::string_view actor);
  Result<Record> accept_report(const Record& record, const NodeId& reporter, std::string_view actor);

  // For the node above: everything entered, moved or reported here that was not marked yet, at most `limit`.
  Result<Unreported> unreported(std::size_t limit);
  Result<> mark_reported(std::int64_t last);

  // What this node knows, or else the node above. An item with an extension is found only under that extension or
  // none. Fails with kNotFound ("identifier.unknown"), kUnavailable ("identifier.upstream").
  Result<Resolution> resolve(const Identifier& id);

  // The owner's number is given at the first address asked for, and kept. Fails with kNotFound if the identifier was
  // not entered here.
  Result<Address> address_of(const Identifier& id, std::string_view actor);
  // The entered identifier at an address of this registry. Fails with kNotFound.
  Result<Identifier> identifier_at(const Address& address);

 private:
  Result<> note(store::Tx& tx, std::string_view kind, std::string_view actor, const Record& record);
  Result<SubjectNumber> number_of(store::Tx& tx, const SubjectId& subject, std::string_view actor);

  store::Sql& sql_;
  trust::evidence::Log& log_;
  const Clock& clock_;
  NodeId self_;
  AddressPrefix prefix_;
  Upstream* upstream_;
};

}  // namespace weir::supply::identifier

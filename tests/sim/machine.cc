// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/machine.h"

#include "weir/base/check.h"
#include "weir/flow/contract/store.h"
#include "weir/flow/usage/store.h"
#include "weir/store/outbox.h"
#include "weir/supply/catalog/store.h"

namespace weir::sim {
namespace {

using supply::identifier::NodeId;
using trust::evidence::Entry;
using wire::Json;

constexpr crypto::Suite kSuite = crypto::Suite::kInternational;
constexpr crypto::HashAlgorithm kHash = crypto::HashAlgorithm::kSha256;

Result<std::unique_ptr<store::Database>> open_database(const std::string& path) {
  return store::open_sqlite({.path = path,
                             .cache_bytes = 1u << 20,
                             .readers_max = 1,
                             .mmap_bytes = 0,
                             .log_bytes = 256u << 10,
                             .vfs = weir::testing::FaultyVfs::kName});
}

Result<> migrate_all(store::Database& database) {
  for (const store::Migration& migration :
       {store::outbox_migration(), supply::catalog::migration(), flow::usage::migration(),
        flow::metering::migration(), flow::contract::contract_migration(), flow::delivery::delivery_migration(),
        trust::evidence::evidence_migration()}) {
    WEIR_TRY(store::migrate(database, migration));
  }
  return {};
}

// A database with empty tables, made once.
const Bytes& empty_database() {
  static const Bytes kEmpty = [] {
    const weir::testing::TemporaryFolder folder;
    const std::string path = folder.path() + "/empty.db";
    {
      auto database = store::open_sqlite({.path = path});
      WEIR_CHECK(database.ok() && migrate_all(**database).ok());
    }
    return *store::real_files().read_all(path, 64u << 20);
  }();
  return kEmpty;
}

crypto::PrivateKey make_key(Random& random) {
  return *crypto::PrivateKey::from_seed(crypto::SecretBytes::random(random, 32));
}

}  // namespace

Result<trust::evidence::EntryIndex> Machine::Pen::append(store::Tx& tx, const Entry& entry) {
  if (bug_ == Bug::kForgetsEvidence && entry.kind == "delivery.suspended") return trust::evidence::EntryIndex(0);
  if (bug_ == Bug::kInventsEvidence && entry.kind == "contract.finalized") {
    Entry invented = entry;
    invented.kind = "delivery.requested";
    WEIR_TRY(log_.append(tx, invented));
  }
  if (bug_ != Bug::kDecidesWithoutRules || !entry.body.has("reasons")) return log_.append(tx, entry);
  Entry silent = entry;
  silent.body.set("reasons", Json::array({Json::object({{"rule", ""}, {"why", "because"}})}));
  return log_.append(tx, silent);
}

Machine::Machine(std::string the_name, NodeId the_id, std::uint64_t seed, World the_world)
    : name(std::move(the_name)),
      id(std::move(the_id)),
      world(std::move(the_world)),
      random(seed),
      key(make_key(random)),
      master(crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes)),
      disk(folder.path()) {
  WEIR_CHECK(files.make_directories("/contents").ok() && files.make_directories("/vault").ok());
  disk.put(folder.path() + "/node.db", empty_database());
}

Machine::~Machine() { crash(false); }

Machine::Rooms::Rooms(Machine& machine, std::unique_ptr<store::Database> database)
    : commits(std::move(database)), sql(commits, [this, &machine] {
        news = true;
        machine.report();
      }) {}

Result<> Machine::Rooms::open(Machine& m) {
  const ManualClock& clock = m.world.clock;
  WEIR_TRY_LET(log,
               trust::evidence::SqlLog::open(commits.database(), m.key,
                                             {.origin = tlog::evidence_origin(m.id.text()), .algorithm = kHash}));
  pen = std::make_unique<Pen>(*log, m.world.bug);
  catalog = std::make_unique<supply::catalog::Service>(
      supply::catalog::Service::Parts{.sql = sql,
                                      .log = *pen,
                                      .clock = clock,
                                      .random = m.random,
                                      .participant = m.id.subject(),
                                      .node = m.id,
                                      .area = *supply::identifier::AreaCode::parse("1100")});
  metering = std::make_unique<flow::metering::Service>(
      flow::metering::Service::Deps{.sql = sql, .log = *pen, .clock = clock, .node = m.id.text()});
  usage = std::make_unique<flow::usage::Service>(flow::usage::Service::Parts{
      .sql = sql, .log = *pen, .clock = clock, .random = m.random, .hash = kHash, .node = m.id.text()});
  directory = std::make_unique<node::ContractDirectory>(m.world.find);
  offers = std::make_unique<node::ContractOffers>(*catalog);
  contract_usage = std::make_unique<node::ContractUsage>(
      *usage, m.id.text(), [this](const std::string& agreement) { duties->agreement_ended(agreement); });
  contracts = std::make_unique<flow::contract::Service>(
      flow::contract::Service::Deps{.sql = sql,
                                    .log = *pen,
                                    .clock = clock,
                                    .random = m.random,
                                    .directory = *directory,
                                    .offers = *offers,
                                    .usage = *contract_usage,
                                    .decider = decider,
                                    .self = {m.id, m.id.subject().text(), m.protocol_address(), &m.key}});
  contents = std::make_unique<flow::delivery::Contents>(m.files, "/contents", kHash, m.random, kSimChunk);
  WEIR_TRY(contents->sweep());
  vault = std::make_unique<flow::delivery::Vault>(m.files, "/vault", kSuite, m.master, m.random);
  neighbours = std::make_unique<node::DeliveryNeighbours>(clock, *contracts, *contents, *directory, m.world.find,
                                                         *metering);
  delivery = std::make_unique<flow::delivery::Service>(flow::delivery::Service::Deps{
      .sql = sql,
      .log = *pen,
      .clock = m.world.clock,
      .random = m.random,
      .neighbours = *neighbours,
      .contents = *contents,
      .vault = *vault,
      .self = {m.id, m.protocol_address(), m.url() + std::string(node::kDataPath), &m.key},
      .wake = [this](const std::string& pid) { moving.insert(pid); }});
  delete_handler = std::make_unique<node::DeleteHandler>(*delivery);
  usage->add_handler(*delete_handler);
  duties = std::make_unique<node::Duties>(node::Duties::Parts{
      .clock = clock, .contracts = *contracts, .usage = *usage, .delivery = *delivery, .self = m.id.text()});
  tasks = duties->tasks();
  WEIR_TRY_LET(const auto peers, catalog->peers());
  to_collect.insert(peers.begin(), peers.end());
  return duties->take_up([this](const std::string& pid) { moving.insert(pid); });
}

Result<> Machine::start() {
  WEIR_CHECK(!up());
  ++starts;
  if (world.bug == Bug::kLosesDisk) disk_at_start_ = disk.synced();
  WEIR_TRY_LET(auto database, open_database(folder.path() + "/node.db"));
  auto opened = std::make_unique<Rooms>(*this, std::move(database));
  WEIR_TRY(opened->open(*this));
  rooms = std::move(opened);
  std::vector<std::string> leaves;
  View view;
  WEIR_TRY(read_all(leaves, 0, view));
  reported_ = leaves.size();
  world.checker.reopened(name, leaves, view);
  return {};
}

void Machine::crash(bool power_lost) {
  if (!up()) return;
  disk.stop();
  rooms.reset();
  files.heal();
  files.crash(power_lost ? store::MemoryFiles::Unsynced::kForgotten : store::MemoryFiles::Unsynced::kKept);
  disk.start(power_lost);
  if (!power_lost || world.bug != Bug::kLosesDisk) return;
  for (const auto& [path, bytes] : disk.synced()) disk.put(path, Bytes());
  for (const auto& [path, bytes] : disk_at_start_) disk.put(path, bytes);
}

std::vector<flow::contract::NegotiationRecord> Machine::negotiations() const {
  auto page = rooms->contracts->list({.limit = limits::kPageSizeMax});
  WEIR_CHECK(page.ok());
  return std::move(page->items);
}

std::vector<flow::contract::AgreementRecord> Machine::agreements() const {
  auto page = rooms->contracts->agreements({.limit = limits::kPageSizeMax});
  WEIR_CHECK(page.ok());
  return std::move(page->items);
}

std::vector<flow::delivery::Transfer> Machine::transfers() const {
  auto page = rooms->delivery->list("", limits::kPageSizeMax);
  WEIR_CHECK(page.ok());
  return std::move(page->rows);
}

Result<> Machine::read_all(std::vector<std::string>& leaves, std::size_t from, View& view) {
  return rooms->commits.read([&](store::Tx& tx) -> Result<> {
    WEIR_TRY(
        tx.scan("SELECT leaf FROM evidence_entry WHERE idx >= ? ORDER BY idx", {from}, [&](const store::Row& row) {
          leaves.push_back(row[0].text());
          return true;
        }));
    WEIR_TRY_LET(view, read_view(tx));
    const auto note = rooms->archive.latest_checkpoint(tx);
    if (!note) return note.error().code() == Errc::kNotFound ? Result<>() : Result<>(note.error());
    WEIR_TRY_LET(const tlog::Checkpoint latest, tlog::open_checkpoint(*note, {rooms->log->key()}));
    world.checker.checkpoint(
        name, latest, [&](tlog::TreeSize a, tlog::TreeSize b) { return rooms->archive.prove_consistency(tx, a, b); });
    return {};
  });
}

void Machine::report() {
  if (!up()) return;  // still opening: told whole when it is open
  std::vector<std::string> leaves;
  View view;
  const Result<> read = read_all(leaves, reported_, view);
  WEIR_CHECK(read.ok());
  reported_ += leaves.size();
  world.checker.committed(name, leaves, view);
}

}  // namespace weir::sim

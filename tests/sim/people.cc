// What operators do, chosen by the seed. What is refused to them is refused; that is fine.
// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/world.h"
#include "weir/policy/odrl.h"
#include "weir/policy/terms.h"
#include "weir/policy/vocabulary.h"
#include "weir/wire/encoding.h"

namespace weir::sim {
namespace {

using flow::contract::AgreementRecord;
using flow::contract::NegotiationRecord;
using flow::contract::PartyId;
using supply::catalog::Actor;
using supply::catalog::Product;
using supply::identifier::ProductId;
using wire::Json;

constexpr const char* kTerms[] = {
    "count<=2, purpose=research", "count<=1, log", "count<=3, purpose=research, delete=P1D",
    "count<=2, until=2026-05-01, purpose=research", "purpose=research, notify, count<=4"};

template <class T>
bool ignore(const Result<T>& result) {
  return result.ok();
}

Json terms_json(std::string_view text) { return policy::to_odrl(*policy::parse_terms(text)); }

}  // namespace

void World::act() {
  Machine& machine = any_connector();
  const std::uint64_t what = chance_.below(100);
  if (options_.faults && what >= 88) return misbehave(machine);
  if (!machine.up()) return;
  if (what < 5) return publish(machine);
  if (what < 8) return revise(machine);
  if (what < 9) return deregister(machine);
  if (what < 11) return search(machine);
  if (what < 23) return request(machine);
  if (what < 27) return make_offer(machine);
  if (what < 37) return negotiate(machine);
  if (what < 40) return change_agreement(machine);
  if (what < 57) return ask_for_data(machine);
  if (what < 60) return change_transfer(machine);
  if (what < 85) return use(machine);
  if (what < 86) return destroy(machine);
  pass_time();
}

void World::misbehave(Machine& machine) {
  Machine& victim = roll(4) ? regional() : machine;
  const std::uint64_t what = chance_.below(10);
  if (what < 3 && victim.up()) {
    note("crash " + victim.name);
    return crash(victim);
  }
  if (what < 6 && victim.up()) {
    note("bad disk at " + victim.name);
    return break_disk(victim);
  }
  Machine& far = roll(2) ? regional() : other(machine);
  if (what < 8) {
    note("cut between " + machine.name + " and " + far.name);
    ++seen_.partitions;
    cuts_.insert({machine.name, far.name});
    later(Milliseconds(chance_.below(60'000)), "heals",
          [this, cut = std::pair(machine.name, far.name)] { cuts_.erase(cut); });
    return;
  }
  note("healed");
  cuts_.clear();
}

void World::pass_time() {
  const Milliseconds most = roll(5) ? Milliseconds(20LL * 24 * 3600 * 1000) : Milliseconds(3600 * 1000);
  const Milliseconds length(chance_.below(static_cast<std::uint64_t>(most.count())));
  note("time passes: " + std::to_string(length.count()) + " ms");
  clock_.advance(length);
}

// ── catalogue ──

void World::tell_regional(Machine& machine) {
  if (&machine == &regional()) return;
  static_cast<void>(machine.rooms->sql
                        .write([&](store::Tx& tx) -> Result<> {
                          WEIR_TRY(store::enqueue(tx, {.lane = "regional/peer/v1/catalog/changed",
                                                       .peer = regional().id.text(),
                                                       .address = regional().url(),
                                                       .path = "/peer/v1/catalog/changed",
                                                       .body = "{}",
                                                       .not_before = clock_.now()}));
                          return {};
                        })
                        .ok());
}

void World::publish(Machine& machine) {
  Bytes bytes(kSimChunk * (1 + chance_.below(4)) + chance_.below(kSimChunk));
  machine.random.fill(bytes);
  const auto store_content = [&]() -> Result<flow::delivery::StoredContent> {
    WEIR_TRY_LET(auto writer, machine.rooms->contents->begin());
    WEIR_TRY(writer->add(bytes));
    return writer->finish();
  };
  const auto stored = store_content();
  note(machine.name + " publishes");
  if (!stored) return;
  contents_[format(stored->root)] = bytes;
  supply::catalog::Description d;
  d.title = {"Air quality of Beijing", "北京空气质量"};
  d.description = {"By the hour.", "按小时。"};
  d.grade = supply::grade::stated(supply::grade::Level::kGeneral, 1, "publisher");
  d.content =
      supply::catalog::Content{.hash_algorithm = "sha256",
                               .root = wire::encode_hex(stored->root.digest),
                               .bytes = static_cast<std::int64_t>(stored->size),
                               .chunk_bytes = stored->chunk_bytes,
                               .chunks = static_cast<std::int64_t>((stored->size + kSimChunk - 1) / kSimChunk)};
  d.offers = {supply::catalog::make_offer("urn:uuid:" + machine.random.uuid(),
                                          terms_json(kTerms[chance_.below(std::size(kTerms))]))};
  const auto made = machine.rooms->catalog->publish({.description = d}, Actor("publisher"));
  if (!made) return;
  ++seen_.published;
  tell_regional(machine);
}

void World::revise(Machine& machine) {
  const auto own = some_product(machine);
  note(machine.name + " revises");
  if (!own) return;
  auto& catalog = *machine.rooms->catalog;
  auto description = own->description;
  description.title.en += " again";
  if (roll(2))
    description.offers.front() =
        supply::catalog::make_offer("urn:uuid:" + machine.random.uuid(), terms_json(kTerms[0]));
  if (!ignore(catalog.edit(own->id, description, "", Actor("publisher")))) return;
  if (roll(3) || !ignore(catalog.submit(own->id, "", Actor("publisher")))) return;
  if (roll(4)) {
    ignore(catalog.review(own->id, supply::catalog::Verdict::kReturn, "no", Actor("reviewer")));
    return;
  }
  if (ignore(catalog.review(own->id, supply::catalog::Verdict::kApprove, "", Actor("reviewer"))))
    tell_regional(machine);
}

void World::deregister(Machine& machine) {
  const auto own = some_product(machine);
  note(machine.name + " deregisters");
  if (own && ignore(machine.rooms->catalog->deregister(own->id, "over", Actor("publisher")))) tell_regional(machine);
}

// One of the machine's own that is offered.
std::optional<Product> World::some_product(Machine& machine) {
  const auto feed = machine.rooms->catalog->changes_since(0, 100);
  std::vector<Product> own;
  for (const auto& change : feed ? feed->changes : std::vector<supply::catalog::Change>()) {
    if (!change.product.empty()) own.push_back(change.product.front());
  }
  if (own.empty()) return std::nullopt;
  return any(own);
}

void World::search(Machine& machine) {
  note(machine.name + " searches");
  if (options_.bug == Bug::kStealsIdentifier && regional().up()) {
    static_cast<void>(regional()
                          .rooms->sql
                          .write([&](store::Tx& tx) -> Result<> {
                            WEIR_TRY(tx.execute("UPDATE catalog_product SET origin = ''"));
                            return {};
                          })
                          .ok());
  }
  if (!regional().up() || cut(machine, regional())) return;
  const auto page = regional().rooms->catalog->search({.text = roll(2) ? "air quality" : "空气", .limit = 100});
  const auto feed = regional().rooms->catalog->changes_since(0, 100, supply::catalog::FeedScope::kAll);
  if (!page || !feed) return;
  std::size_t offered = 0;
  for (const auto& change : feed->changes) offered += change.product.size();
  if (page->hits.size() != offered) {
    checker_.unexpected("catalogue", "a search finds " + std::to_string(page->hits.size()) + " of " +
                                         std::to_string(offered) + " products");
  }
}

// ── contracts ──

flow::contract::Offer World::other_terms(flow::contract::Offer offer) {
  offer.id = "urn:uuid:" + chance_.uuid();
  offer.terms = flow::contract::terms_of(terms_json(kTerms[chance_.below(std::size(kTerms))]));
  if (roll(2)) offer.period = roll(2) ? "P7D" : "PT12H";
  return offer;
}

void World::request(Machine& machine) {
  note(machine.name + " requests");
  if (!regional().up() || cut(machine, regional())) return;
  const auto page = regional().rooms->catalog->search({.limit = 100});
  if (!page) return;
  std::vector<ProductId> foreign;
  for (const auto& hit : page->hits) {
    if (hit.node != machine.id) foreign.push_back(hit.id);
  }
  if (foreign.empty()) return;
  const auto product = regional().rooms->catalog->find(any(foreign));
  if (!product || product->description.offers.empty()) return;
  ++seen_.found;
  auto offer = node::published_offer(*product, product->description.offers.front());
  if (roll(4)) offer = other_terms(offer);
  ignore(machine.rooms->contracts->request(PartyId(product->node.text()), offer, "operator"));
}

void World::make_offer(Machine& machine) {
  note(machine.name + " offers");
  const auto own = some_product(machine);
  if (!own) return;
  auto offer = node::published_offer(*own, own->description.offers.front());
  if (roll(2)) offer = other_terms(offer);
  ignore(machine.rooms->contracts->offer(PartyId(other(machine).id.text()), offer, "operator"));
}

void World::negotiate(Machine& machine) {
  auto& contracts = *machine.rooms->contracts;
  std::vector<NegotiationRecord> open, held;
  for (auto& record : machine.negotiations()) {
    if (record.held && !is_final(record.negotiation.state)) held.push_back(record);
    if (!is_final(record.negotiation.state) || roll(6)) open.push_back(std::move(record));
  }
  // Mostly what waits for somebody.
  if (!held.empty() && !roll(4)) open = std::move(held);
  if (open.empty()) return;
  const auto& n = any(open).negotiation;
  note(machine.name + " negotiates " + n.pid);
  switch (chance_.below(20)) {
    case 0: ignore(contracts.terminate(n.pid, "enough", {"no more"}, "operator")); return;
    case 1: ignore(contracts.reject(n.pid, {"no"}, "operator")); return;
    case 2:
    case 3: ignore(contracts.counter(n.pid, other_terms(n.offer), "operator")); return;
    case 4: ignore(contracts.accept(n.pid, "operator")); return;
    case 5: ignore(contracts.agree(n.pid, "operator")); return;
    case 6: ignore(contracts.verify(n.pid, "operator")); return;
    case 7: ignore(contracts.finalize(n.pid, "operator")); return;
    default: ignore(contracts.approve(n.pid, "operator")); return;
  }
}

void World::change_agreement(Machine& machine) {
  auto& contracts = *machine.rooms->contracts;
  const auto all = machine.agreements();
  if (all.empty()) return;
  const std::string& id = any(all).agreement.id;
  note(machine.name + " changes " + id);
  switch (chance_.below(6)) {
    case 0: ignore(contracts.terminate_agreement(id, "over", {"no more"}, "operator")); return;
    case 1:
    case 2: ignore(contracts.suspend_agreement(id, {"wait"}, "operator")); return;
    default: ignore(contracts.resume_agreement(id, "operator")); break;
  }
  if (options_.bug != Bug::kAltersAgreement) return;
  static_cast<void>(machine.rooms->sql
                        .write([&](store::Tx& tx) -> Result<> {
                          WEIR_TRY(
                              tx.execute("UPDATE contract_agreement SET object = object || ' ' WHERE id = ?", {id}));
                          return {};
                        })
                        .ok());
}

// ── data ──

void World::ask_for_data(Machine& machine) {
  std::vector<std::string> mine, live;
  for (const AgreementRecord& record : machine.agreements()) {
    if (record.role != flow::contract::Role::kConsumer) continue;
    mine.push_back(record.agreement.id);
    if (node::check_live(record, clock_.now())) live.push_back(record.agreement.id);
  }
  if (!live.empty() && !roll(4)) mine = std::move(live);
  if (mine.empty()) return;
  note(machine.name + " asks for data");
  const auto format = roll(3) ? flow::delivery::kPushFormat : flow::delivery::kPullFormat;
  ignore(machine.rooms->delivery->request(any(mine), format, "operator"));
}

void World::change_transfer(Machine& machine) {
  auto& delivery = *machine.rooms->delivery;
  const auto all = machine.transfers();
  if (all.empty()) return;
  const std::string& pid = any(all).pid;
  note(machine.name + " changes transfer " + pid);
  switch (chance_.below(8)) {
    case 0: ignore(delivery.terminate(pid, "enough", "operator")); return;
    case 1:
    case 2: ignore(delivery.suspend(pid, "wait", "operator")); return;
    case 3: ignore(delivery.set_rate(pid, 1000, "operator")); return;
    default: ignore(delivery.resume(pid, "operator")); return;
  }
}

void World::use(Machine& machine) {
  Machine::Rooms& rooms = *machine.rooms;
  auto all = machine.agreements();
  if (!roll(4)) {
    // Mostly what there is to be used.
    std::set<std::string> held;
    for (const auto& transfer : machine.transfers()) {
      if (transfer.custody == flow::delivery::Custody::kHeld) held.insert(transfer.agreement);
    }
    std::erase_if(all, [&](const AgreementRecord& each) { return !held.contains(each.agreement.id); });
  }
  if (all.empty()) return;
  const AgreementRecord& record = any(all);
  const std::string& id = record.agreement.id;
  policy::Request ask;
  ask.action = roll(8) ? policy::actions::kDistribute : std::string_view("read");
  ask.connector = machine.id.text();
  ask.purpose = roll(4) ? "marketing" : "research";
  ask.region = "1100";
  note(machine.name + " uses " + id);
  auto use = node::use_held(*rooms.contracts, *rooms.usage, *rooms.delivery, id, ask, "operator", clock_.now());
  rooms.news = true;
  std::unique_ptr<flow::delivery::VaultItem> item;
  if (use) item = std::move(use->item);
  if (use && !item) ++seen_.denied;
  if (!item && options_.bug == Bug::kUsesUnasked) {
    if (auto held = rooms.delivery->held(id)) item = *std::move(held);
  }
  if (!item) return;
  ++seen_.uses;
  checker_.used(machine.name, id, clock_.now());
  Bytes plain;
  for (std::uint64_t i = 0; i < item->manifest().chunk_count(); ++i) {
    const auto chunk = item->read_chunk(flow::delivery::ChunkIndex(i));
    if (!chunk) {
      // A disk that fails now is no loss; what is lost is seen when it works again.
      if (chunk.error().code() == Errc::kCorrupt)
        checker_.unexpected("I-2", machine.name + ": held data of " + id + " are broken");
      return;
    }
    plain.insert(plain.end(), chunk->begin(), chunk->end());
  }
  if (plain != contents_[record.agreement.content_root]) {
    checker_.unexpected("I-2", machine.name + ": held data of " + id + " are not what was agreed");
  }
}

void World::destroy(Machine& machine) {
  const auto all = machine.agreements();
  if (all.empty()) return;
  const std::string& id = any(all).agreement.id;
  note(machine.name + " destroys " + id);
  const auto destroyed = machine.rooms->delivery->destroy(id, "no longer needed", "operator");
  if (destroyed && *destroyed > 0) ++seen_.destroyed;
}

}  // namespace weir::sim

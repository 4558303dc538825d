// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/history.h"

#include <algorithm>
#include <cctype>

#include "weir/base/text.h"
#include "weir/flow/usage/usage.h"

namespace weir::sim {
namespace {

using flow::contract::AgreementState;
using flow::delivery::Custody;
using trust::evidence::Entry;
using wire::Json;

template <class Map, class Word>
std::string first_difference(std::string_view what, const Map& told, const Map& held, const Word& word) {
  for (const auto& [key, value] : told) {
    const auto found = held.find(key);
    if (found == held.end()) return std::string(what) + " " + key + " is told of and not there";
    if (!(found->second == value)) {
      return std::string(what) + " " + key + " is " + word(found->second) + ", the evidence says " + word(value);
    }
  }
  for (const auto& [key, value] : held) {
    if (!told.contains(key)) return std::string(what) + " " + key + " is " + word(value) + " without evidence";
  }
  return {};
}

std::string custody_word(Custody custody) {
  return custody >= Custody::kHeld ? std::string(flow::delivery::name_of(custody)) : std::string();
}

bool is_final_word(const std::string& state) { return state == "COMPLETED" || state == "TERMINATED"; }

std::string key_of(const std::string& id, std::int64_t version) { return id + " " + std::to_string(version); }

}  // namespace

std::string difference(const Facts& told, const Facts& held) {
  const auto plain = [](const std::string& text) { return text; };
  const auto transfer = [](const Facts::Transfer& t) { return t.state + " " + t.custody; };
  const auto agreement = [](const Facts::Agreement& a) {
    return a.state + " after " + std::to_string(a.notices) + " notices";
  };
  const auto terms = [](const Facts::Terms& t) {
    std::string out = t.state + " version " + std::to_string(t.version);
    for (const auto& [key, value] : t.counters) out += ", " + key + "=" + std::to_string(value);
    return out;
  };
  std::string out = first_difference("negotiation", told.negotiations, held.negotiations, plain);
  if (out.empty()) out = first_difference("agreement", told.agreements, held.agreements, agreement);
  if (out.empty()) out = first_difference("transfer", told.transfers, held.transfers, transfer);
  if (out.empty()) out = first_difference("terms", told.terms, held.terms, terms);
  if (out.empty()) out = first_difference("obligation", told.obligations, held.obligations, plain);
  if (out.empty()) out = first_difference("product", told.products, held.products, plain);
  return out;
}

// ── evidence ──

std::string Told::take(const Entry& entry) {
  if (entry.kind.starts_with("contract.")) return take_contract(entry);
  if (entry.kind.starts_with("delivery.")) return take_delivery(entry);
  if (entry.kind.starts_with("usage.")) take_usage(entry);
  if (entry.kind.starts_with("catalog.")) take_catalog(entry);
  return {};
}

std::string Told::take_contract(const Entry& entry) {
  const std::string state = entry.body.text_or("state", "");
  const std::string agreement = entry.body.text_or("agreementId", "");
  const bool about_negotiation = !state.empty() && std::isupper(static_cast<unsigned char>(state.front())) != 0;
  if (!about_negotiation) {
    auto& known = facts_.agreements[agreement];
    known.state = state;
    if (entry.body.has("noticeId")) ++known.notices;
    return {};
  }
  const auto known = facts_.negotiations.find(entry.process);
  const std::string from = entry.body.text_or("from", "");
  if (known == facts_.negotiations.end() && !from.empty()) return entry.process + " begins in the middle";
  if (known != facts_.negotiations.end() && from != known->second) {
    return entry.process + " was " + known->second + ", the entry says it was " + from;
  }
  facts_.negotiations[entry.process] = state;
  if (agreement.empty()) return {};
  if (entry.kind == "contract.agreed") facts_.agreements[agreement].state = "signing";
  if (entry.kind == "contract.finalized") facts_.agreements[agreement].state = "active";
  if (entry.kind == "contract.terminated") facts_.agreements[agreement].state = "void";
  return {};
}

std::string Told::take_delivery(const Entry& entry) {
  const std::string word = entry.kind.substr(entry.kind.find('.') + 1);
  if (word == "rate_changed" || word == "receipt_taken") return {};
  Facts::Transfer& transfer = facts_.transfers[entry.process];
  const Facts::Transfer before = transfer;
  if (word == "destroying") {
    transfer.custody = word;
    if (!is_final_word(transfer.state)) transfer.state = "TERMINATED";
  } else if (word == "destroyed") {
    transfer.custody = word;
  } else {
    transfer.state = word;
    std::transform(word.begin(), word.end(), transfer.state.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (word == "completed" && entry.actor.starts_with("node:")) transfer.custody = "held";
  }
  return transfer == before ? entry.process + " is " + word + " already" : std::string();
}

void Told::take_usage(const Entry& entry) {
  Facts::Terms& terms = facts_.terms[entry.contract];
  const std::string obligation = entry.body.text_or("obligation", "");
  if (entry.kind == "usage.adopted") terms = {.state = "enabled", .version = 1};
  if (entry.kind == "usage.state") terms.state = entry.body.text_or("to", "");
  if (entry.kind == "usage.changed") terms.version = entry.body.integer_or("policyVersion", 0);
  if (entry.kind == "usage.fulfilled") facts_.obligations[obligation] = "fulfilled";
  if (entry.kind == "usage.overdue") facts_.obligations[obligation] = "overdue";
  if (entry.kind != "usage.allowed" || !entry.body["counters"].is_array()) return;
  for (const Json& counter : entry.body["counters"].items()) {
    terms.counters[counter.text_or("rule", "") + " " + counter.text_or("counter", "")] =
        counter.integer_or("value", 0);
  }
}

void Told::take_catalog(const Entry& entry) {
  const std::string word = entry.kind.substr(entry.kind.find('.') + 1);
  const std::int64_t version = entry.body.integer_or("version", 0);
  std::string status = word;
  if (word == "created" || word == "edited" || word == "returned") status = "draft";
  if (word == "published") {
    const std::string prefix = entry.product + " ";
    for (auto& [key, value] : facts_.products) {
      if (key.starts_with(prefix) && value.starts_with("published ")) value.replace(0, 9, "superseded");
    }
  }
  facts_.products[key_of(entry.product, version)] = status + " " + entry.body.text_or("hash", "");
}

// ── tables ──

namespace {

Result<> read_contracts(store::Tx& tx, View& view) {
  WEIR_TRY(tx.scan("SELECT pid, role, peer, peer_pid, state, agreement FROM contract_negotiation", {},
                   [&](const store::Row& row) {
                     const auto state = static_cast<flow::contract::State>(row[4].integer());
                     view.negotiations[row[0].text()] = {.role = static_cast<flow::contract::Role>(row[1].integer()),
                                                         .peer = row[2].text(),
                                                         .peer_pid = row[3].text(),
                                                         .state = state,
                                                         .agreement = row[5].text()};
                     view.facts.negotiations[row[0].text()] = name_of(state);
                     return true;
                   }));
  return tx.scan(
      "SELECT id, role, state, contract, object, hash, valid_until, notices, suspended_by FROM contract_agreement",
      {}, [&](const store::Row& row) {
        const auto state = static_cast<AgreementState>(row[2].integer());
        const std::string& notices = row[7].text();
        View::Agreement agreement{.role = static_cast<flow::contract::Role>(row[1].integer()),
                                  .state = state,
                                  .contract = row[3].text(),
                                  .object = row[4].text(),
                                  .hash = row[5].text(),
                                  .suspended_by = static_cast<int>(row[8].integer())};
        if (!row[6].is_null()) agreement.valid_until = row[6].time();
        view.facts.agreements[row[0].text()] = {
            .state = std::string(name_of(state)),
            .notices = notices.empty() ? 0 : 1 + std::count(notices.begin(), notices.end(), ',')};
        view.agreements[row[0].text()] = std::move(agreement);
        return true;
      });
}

Result<> read_transfers(store::Tx& tx, View& view) {
  WEIR_TRY(
      tx.scan("SELECT pid, role, peer, peer_pid, agreement, state, custody, size, receipt FROM delivery_transfer", {},
              [&](const store::Row& row) {
                const auto state = static_cast<flow::delivery::TransferState>(row[5].integer());
                const auto custody = static_cast<Custody>(row[6].integer());
                view.transfers[row[0].text()] = {.role = static_cast<flow::delivery::Role>(row[1].integer()),
                                                 .peer = row[2].text(),
                                                 .peer_pid = row[3].text(),
                                                 .agreement = row[4].text(),
                                                 .state = state,
                                                 .custody = custody,
                                                 .size = row[7].integer(),
                                                 .receipt = !row[8].text().empty()};
                view.facts.transfers[row[0].text()] = {.state = std::string(name_of(state)),
                                                       .custody = custody_word(custody)};
                return true;
              }));
  WEIR_TRY(
      tx.scan("SELECT process, SUM(quantity) FROM metering_reading GROUP BY process", {}, [&](const store::Row& row) {
        view.metered[row[0].text()] = row[1].integer();
        return true;
      }));
  WEIR_TRY(tx.scan("SELECT process FROM metering_closed", {}, [&](const store::Row& row) {
    view.closed.insert(row[0].text());
    return true;
  }));
  return tx.scan("SELECT pid, bytes FROM delivery_sending", {}, [&](const store::Row& row) {
    view.sending[row[0].text()] += row[1].integer();
    return true;
  });
}

Result<> read_usage(store::Tx& tx, View& view) {
  std::map<std::string, std::string> contracts;
  WEIR_TRY(tx.scan("SELECT agreement, contract, state, version FROM usage_terms", {}, [&](const store::Row& row) {
    contracts[row[0].text()] = row[1].text();
    view.facts.terms[row[1].text()] = {
        .state = std::string(flow::usage::name_of(static_cast<flow::usage::TermsState>(row[2].integer()))),
        .version = row[3].integer()};
    return true;
  }));
  WEIR_TRY(tx.scan("SELECT agreement, rule, counter, value FROM usage_counter", {}, [&](const store::Row& row) {
    view.facts.terms[contracts[row[0].text()]].counters[row[1].text() + " " + row[2].text()] = row[3].integer();
    return true;
  }));
  return tx.scan("SELECT id, state FROM usage_obligation WHERE state IN (2, 3)", {}, [&](const store::Row& row) {
    view.facts.obligations[row[0].text()] = row[1].integer() == 2 ? "fulfilled" : "overdue";
    return true;
  });
}

Result<> read_catalog(store::Tx& tx, View& view) {
  WEIR_TRY(tx.scan("SELECT id, origin, published, deregistered FROM catalog_product", {}, [&](const store::Row& row) {
    view.products[row[0].text()] = {
        .origin = row[1].text(), .published = row[2].integer(), .deregistered = row[3].integer() != 0, .hash = {}};
    return true;
  }));
  return tx.scan("SELECT product, version, status, hash FROM catalog_version", {}, [&](const store::Row& row) {
    view.facts.products[key_of(row[0].text(), row[1].integer())] = row[2].text() + " " + row[3].text();
    View::Product& product = view.products[row[0].text()];
    if (product.published == row[1].integer()) product.hash = row[3].text();
    return true;
  });
}

}  // namespace

Result<View> read_view(store::Tx& tx) {
  View view;
  WEIR_TRY(read_contracts(tx, view));
  WEIR_TRY(read_transfers(tx, view));
  WEIR_TRY(read_usage(tx, view));
  WEIR_TRY(read_catalog(tx, view));
  WEIR_TRY_LET(const store::Row waiting, tx.one("SELECT COUNT(*) FROM outbox"));
  view.waiting = waiting[0].integer();
  return view;
}

}  // namespace weir::sim

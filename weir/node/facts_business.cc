// SPDX-License-Identifier: Apache-2.0
#include "weir/node/facts_business.h"

#include <algorithm>

#include "weir/flow/metering/service.h"
#include "weir/node/node.h"
#include "weir/policy/odrl.h"
#include "weir/policy/validate.h"
#include "weir/supply/identifier/service.h"

namespace weir::node {
namespace {

using flow::contract::AgreementState;
using flow::delivery::Custody;
using flow::delivery::Transfer;
using supply::catalog::Product;
using wire::Json;

constexpr std::size_t kProductsMost = 200;
constexpr std::size_t kAgreementsMost = 20;
constexpr std::size_t kTransfersMost = 50;
constexpr std::size_t kVaultItemsMost = 20;

// The newest products that this node offers; of a regional node, those of its catalogue.
Result<std::vector<Product>> newest_products(Node& node) {
  WEIR_TRY_LET(const auto page, node.catalog().list(kProductsMost, ""));
  std::vector<supply::identifier::ProductId> ids;
  for (const auto& hit : page.hits) {
    if (node.admits() || hit.node == node.id()) ids.push_back(hit.id);
  }
  return node.catalog().find_many(ids);
}

std::string title_of(const Product& product) {
  const Text& title = product.description.title;
  return title.en.empty() ? title.zh : title.en;
}

bool resolves(Node& node, const Product& product) {
  const auto id = supply::identifier::Identifier::parse(product.id.text());
  if (!id) return false;
  const auto found = node.registry().resolve(*id);
  return found && found->record.status == supply::identifier::RecordStatus::kActive;
}

Json product_json(Node& node, const Product& product) {
  const auto& d = product.description;
  const auto personal =
      std::count_if(d.columns.begin(), d.columns.end(), [](const auto& column) { return column.personal; });
  return Json::object({{"id", product.id.text()},
                       {"title", title_of(product)},
                       {"version", product.version},
                       {"offers", static_cast<std::int64_t>(d.offers.size())},
                       {"resolves", resolves(node, product)},
                       {"completeness", static_cast<std::int64_t>(100 * supply::catalog::completeness(d))},
                       {"dataset", d.content.has_value()},
                       {"root", d.content ? d.content->root : ""},
                       {"personalColumns", static_cast<std::int64_t>(personal)},
                       {"grade", d.grade ? supply::grade::to_json(*d.grade) : Json()}});
}

bool terms_are_readable(Node& node, const std::string& agreement) {
  const auto terms = node.usage().find(agreement);
  if (!terms) return false;
  const auto json = wire::parse_json(terms->policy);
  if (!json) return false;
  const auto policy = policy::parse_odrl(*json);
  return policy && policy::check(*policy).ok();
}

Result<Json> agreement_json(Node& node, const flow::contract::AgreementRecord& record) {
  const std::string& id = record.agreement.id;
  const auto checked = node.contracts().check_signatures(id);
  Json out = Json::object({{"contract", record.agreement.contract_id},
                           {"agreement", id},
                           {"state", flow::contract::name_of(record.state)},
                           {"signed", checked.ok()},
                           {"problem", checked ? "" : std::string(checked.error().message())},
                           {"termsReadable", terms_are_readable(node, id)}});
  WEIR_TRY(node.sql().read([&](store::Tx& tx) -> Result<> {
    const auto replay = node.archive().replay(tx, record.agreement.contract_id);
    out.set("entries", replay ? static_cast<std::int64_t>(replay->entries.size()) : 0);
    out.set("legal", replay && replay->story.legal());
    return {};
  }));
  return out;
}

Result<std::int64_t> metered(Node& node, const Transfer& transfer) {
  // What came in is counted where it is received; what went out is read at the meter.
  if (transfer.role == flow::delivery::Role::kConsumer) return static_cast<std::int64_t>(transfer.bytes_moved);
  flow::metering::Selection selection;
  selection.process = transfer.pid;
  WEIR_TRY_LET(const auto totals, node.metering().totals(selection, flow::metering::GroupBy::kProcess));
  std::int64_t out = 0;
  for (const auto& total : totals) out += total.quantity;
  return out;
}

Result<Json> transfer_json(Node& node, const Transfer& transfer) {
  const auto agreement = node.contracts().get_agreement(transfer.agreement);
  const std::string root = flow::delivery::format(transfer.root);
  const auto json = wire::parse_json(transfer.receipt.empty() ? "{}" : transfer.receipt);
  const auto receipt = json ? flow::delivery::parse_receipt(*json) : Error(json.error());
  WEIR_TRY_LET(const std::int64_t quantity, metered(node, transfer));
  return Json::object(
      {{"pid", transfer.pid},
       {"role", transfer.role == flow::delivery::Role::kProvider ? "provider" : "consumer"},
       {"state", flow::delivery::name_of(transfer.state)},
       {"root", root},
       {"agreedRoot", agreement ? agreement->agreement.content_root : ""},
       {"bytes", static_cast<std::int64_t>(transfer.size)},
       {"metered", quantity},
       {"receipt", receipt.ok()},
       {"receiptFits", receipt.ok() && receipt->content_root == root && receipt->agreement == transfer.agreement &&
                           receipt->bytes >= transfer.size}});
}

}  // namespace

Result<Json> see_products(Node& node) {
  WEIR_TRY_LET(const auto products, newest_products(node));
  Json out = Json::array();
  for (const Product& product : products) out.push(product_json(node, product));
  return out;
}

Result<Json> see_search(Node& node) {
  WEIR_TRY_LET(const auto products, newest_products(node));
  if (products.empty()) return Json::object({{"words", ""}, {"found", false}});
  supply::catalog::Query query;
  for (const char c : title_of(products.front())) query.text += c == '"' || c == ':' || c == '-' ? ' ' : c;
  WEIR_TRY_LET(const auto page, node.catalog().search(query));
  const bool found = std::any_of(page.hits.begin(), page.hits.end(),
                                 [&](const auto& hit) { return hit.id == products.front().id; });
  return Json::object({{"words", query.text}, {"found", found}});
}

Result<Json> see_agreements(Node& node) {
  flow::contract::ListQuery query;
  query.limit = kAgreementsMost;
  WEIR_TRY_LET(const auto page, node.contracts().agreements(query));
  Json out = Json::array();
  for (const auto& record : page.items) {
    if (record.state == AgreementState::kSigning || record.state == AgreementState::kVoid) continue;
    WEIR_TRY_LET(Json row, agreement_json(node, record));
    out.push(std::move(row));
  }
  return out;
}

Result<Json> see_transfers(Node& node) {
  WEIR_TRY_LET(const auto page, node.delivery().list("", kTransfersMost));
  Json out = Json::array();
  for (const Transfer& transfer : page.rows) {
    WEIR_TRY_LET(Json row, transfer_json(node, transfer));
    out.push(std::move(row));
  }
  return out;
}

Result<VaultState> see_vault(Node& node) {
  WEIR_TRY_LET(const auto page, node.delivery().list("", kTransfersMost));
  VaultState out;
  for (const Transfer& transfer : page.rows) {
    if (transfer.custody != Custody::kHeld || out.items == static_cast<std::int64_t>(kVaultItemsMost)) continue;
    ++out.items;
    // Only what was sealed under its own key opens.
    const auto item = node.delivery().held(transfer.agreement);
    const bool opens = item && ((*item)->manifest().chunk_count() == 0 ||
                                (*item)->read_chunk(flow::delivery::ChunkIndex(0)).ok());
    out.sealed += opens;
  }
  return out;
}

}  // namespace weir::node

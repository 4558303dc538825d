// Probes of the business: catalogue, grades, contracts, deliveries, uses.
// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/judging.h"
#include "weir/supply/grade/grade.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::standards::assessment {
namespace {

using supply::grade::Grading;
using wire::Json;

const Text kProducts = {"products", "个产品"};

Outcome no_products() {
  return not_tested({"this node has not published a product yet", "本节点尚未发布产品"});
}

// Each product of this node, judged by a function that returns what is wrong with it.
template <class Function>
Outcome each_product(const Facts& facts, const Text& all_good, Function wrong) {
  Tally tally;
  for (const Json& product : list(facts["products"])) {
    const std::string problem = wrong(product);
    problem.empty() ? tally.good() : tally.bad(product.text_or("id", "?") + ": " + problem);
  }
  return tally.size() == 0 ? no_products() : tally.outcome(kProducts, all_good);
}

Outcome identifiers(const Facts& facts, const Arguments&) {
  return each_product(facts, {"identifiers are right, and resolve to them", "标识正确且可解析"},
                      [](const Json& product) -> std::string {
                        if (!supply::identifier::ProductId::parse(product.text_or("id", ""))) return "no identifier";
                        return product.boolean_or("resolves", false) ? "" : "does not resolve";
                      });
}

Outcome catalogue(const Facts& facts, const Arguments&) {
  return each_product(facts, {"listed with title and terms of offer", "已上架并附名称与使用条款"},
                      [](const Json& product) -> std::string {
                        if (product.text_or("title", "").empty()) return "no title";
                        return product.integer_or("offers", 0) > 0 ? "" : "no terms of offer";
                      });
}

Outcome completeness(const Facts& facts, const Arguments&) {
  constexpr double kLeast = 95;  // percent: the capability draft's target
  double sum = 0;
  const auto& products = list(facts["products"]);
  if (products.empty()) return no_products();
  for (const Json& product : products) sum += static_cast<double>(product.integer_or("completeness", 0));
  const double mean = sum / static_cast<double>(products.size());
  const std::string text = std::to_string(static_cast<int>(mean)) + " %";
  Outcome out = mean < kLeast ? not_met({"key fields are filled to " + text + "; 95 % are asked for",
                                         "关键字段完整率 " + text + "，要求不低于 95 %"})
                              : met({"key fields are filled to " + text, "关键字段完整率 " + text});
  out.score = static_cast<int>(mean);
  return out;
}

Outcome manifests(const Facts& facts, const Arguments&) {
  Tally tally;
  for (const Json& product : list(facts["products"])) {
    if (!product.boolean_or("dataset", false)) continue;
    product.text_or("root", "").empty() ? tally.bad(product.text_or("id", "?")) : tally.good();
  }
  if (tally.size() == 0) return no_products();
  return tally.outcome(kProducts, {"cut into chunks and named by the root of their hashes", "已分块并以哈希根命名"});
}

Outcome search(const Facts& facts, const Arguments&) {
  const Json& s = facts["search"];
  const std::string words = s.text_or("words", "");
  if (words.empty()) return no_products();
  if (!s.boolean_or("found", false)) {
    return not_met({"'" + words + "' does not find the product of that name", "检索“" + words + "”未找到该产品"});
  }
  return met({"'" + words + "' finds the product", "检索“" + words + "”找到该产品"});
}

// ── grades (GB/T 43697) ──

Outcome grading(const Facts& facts, const Arguments&) {
  return each_product(facts, {"graded, and the grade follows from what was assessed", "已分级，且级别与评估结果一致"},
                      [](const Json& product) -> std::string {
                        if (!product["grade"].is_object()) return "not graded";
                        const auto read = supply::grade::parse_grading(product["grade"]);
                        if (!read) return std::string(read.error().message());
                        if (!read->stated_by.empty()) return "stated by " + read->stated_by + ", not assessed";
                        return read->assessment.impacts.empty() ? "no impact was assessed" : "";
                      });
}

Outcome grading_offers(const Facts& facts, const Arguments&) {
  return each_product(facts, {"offered only as their grade allows", "提供方式符合级别要求"},
                      [](const Json& product) -> std::string {
                        if (product.integer_or("offers", 0) == 0) return "";
                        const auto read = supply::grade::parse_grading(product["grade"]);
                        if (!read) return "offered without a grade";
                        const auto allowed = supply::grade::may_be_offered(*read);
                        return allowed ? "" : std::string(allowed.error().message());
                      });
}

Outcome grading_personal(const Facts& facts, const Arguments&) {
  return each_product(facts, {"what tells of persons is graded for it", "涉及个人的均已评估对个人权益的影响"},
                      [](const Json& product) -> std::string {
                        if (product.integer_or("personalColumns", 0) == 0) return "";
                        const auto read = supply::grade::parse_grading(product["grade"]);
                        if (!read) return "tells of persons, not graded";
                        for (const auto& impact : read->assessment.impacts) {
                          if (impact.object == supply::grade::AffectedObject::kPersonalRights) return "";
                        }
                        return "tells of persons; what that does to them was not assessed";
                      });
}

// ── contracts ──

Outcome no_agreements() { return not_tested({"this node has no contract yet", "本节点尚无合约"}); }

template <class Function>
Outcome each_agreement(const Facts& facts, const Text& all_good, Function wrong) {
  Tally tally;
  for (const Json& agreement : list(facts["agreements"])) {
    const std::string problem = wrong(agreement);
    problem.empty() ? tally.good() : tally.bad(agreement.text_or("contract", "?") + ": " + problem);
  }
  return tally.size() == 0 ? no_agreements() : tally.outcome({"contracts", "份合约"}, all_good);
}

Outcome contracts(const Facts& facts, const Arguments&) {
  return each_agreement(facts, {"identified rightly, with terms that this node reads and enforces", "标识正确，条款可读可执行"},
                        [](const Json& agreement) -> std::string {
                          const auto id = supply::identifier::ContractId::parse(agreement.text_or("contract", ""));
                          if (!id) return "no contract identifier";
                          return agreement.boolean_or("termsReadable", false) ? "" : "terms cannot be enforced";
                        });
}

Outcome signatures(const Facts& facts, const Arguments&) {
  return each_agreement(facts, {"both signatures verify", "双方签名均有效"}, [](const Json& agreement) -> std::string {
    return agreement.boolean_or("signed", false) ? "" : agreement.text_or("problem", "a signature does not verify");
  });
}

Outcome replay(const Facts& facts, const Arguments&) {
  return each_agreement(facts, {"their stories can be replayed and are in legal order", "过程可回放且顺序合法"},
                        [](const Json& agreement) -> std::string {
                          if (agreement.integer_or("entries", 0) == 0) return "the log knows nothing of it";
                          return agreement.boolean_or("legal", false) ? "" : "steps are out of order";
                        });
}

// ── deliveries ──

Outcome no_transfers() { return not_tested({"this node has not completed a delivery yet", "本节点尚未完成交付"}); }

template <class Function>
Outcome each_completed(const Facts& facts, const Text& all_good, Function wrong) {
  Tally tally;
  for (const Json& transfer : list(facts["transfers"])) {
    if (transfer.text_or("state", "") != "COMPLETED") continue;
    const std::string problem = wrong(transfer);
    problem.empty() ? tally.good() : tally.bad(transfer.text_or("pid", "?") + ": " + problem);
  }
  return tally.size() == 0 ? no_transfers() : tally.outcome({"completed deliveries", "次已完成交付"}, all_good);
}

Outcome transfers(const Facts& facts, const Arguments&) {
  return each_completed(facts, {"delivered what was agreed", "交付内容与合约一致"}, [](const Json& transfer) -> std::string {
    const std::string root = transfer.text_or("root", "");
    return !root.empty() && root == transfer.text_or("agreedRoot", "") ? "" : "not the content that was agreed";
  });
}

Outcome receipts(const Facts& facts, const Arguments&) {
  return each_completed(facts, {"each with the receiver's signed receipt", "均有接收方签名回执"},
                        [](const Json& transfer) -> std::string {
                          if (!transfer.boolean_or("receipt", false)) return "no receipt";
                          return transfer.boolean_or("receiptFits", false) ? "" : "the receipt is of something else";
                        });
}

Outcome metering(const Facts& facts, const Arguments&) {
  return each_completed(facts, {"metered at no less than what was delivered", "计量不少于交付量"},
                        [](const Json& transfer) -> std::string {
                          const bool enough = transfer.integer_or("metered", 0) >= transfer.integer_or("bytes", 0);
                          return enough ? "" : "metered less than was delivered";
                        });
}

}  // namespace

std::vector<Probe> business_probes() {
  return {
      {"catalogue", {"products that this node offers", "本节点提供的产品"}, {"products"}, catalogue},
      {"completeness", {"how full product records are", "产品记录完整率"}, {"products"}, completeness},
      {"contracts", {"contracts and their terms", "合约及其条款"}, {"agreements"}, contracts},
      {"grading", {"grades of products", "产品级别"}, {"products"}, grading},
      {"grading-offers", {"offers against grades", "提供方式与级别"}, {"products"}, grading_offers},
      {"grading-personal", {"grades of what tells of persons", "涉及个人数据的级别"}, {"products"}, grading_personal},
      {"identifiers", {"identifiers of products", "产品标识"}, {"products"}, identifiers},
      {"manifests", {"contents of products", "产品内容清单"}, {"products"}, manifests},
      {"metering", {"meter readings of deliveries", "交付计量"}, {"transfers"}, metering},
      {"receipts", {"receipts of deliveries", "交付回执"}, {"transfers"}, receipts},
      {"replay", {"stories of contracts in the log", "合约过程回放"}, {"agreements"}, replay},
      {"search", {"a search for an own product", "检索自有产品"}, {"search"}, search},
      {"signatures", {"signatures of contracts", "合约签名"}, {"agreements"}, signatures},
      {"transfers", {"what was delivered", "交付内容"}, {"transfers"}, transfers},
  };
}

}  // namespace weir::standards::assessment

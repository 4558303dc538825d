// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/assign.h"

#include "weir/supply/identifier/area.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::supply::identifier {

using wire::Json;

namespace {

struct KindName {
  char kind;
  std::string_view name;
};
constexpr KindName kKinds[] = {{'1', "global"},    {'2', "regional"}, {'3', "sector"},  {'4', "business"},
                               {'5', "connector"}, {'6', "product"},  {'7', "resource"}};

std::string_view name_of_kind(char kind) {
  for (const KindName& each : kKinds) {
    if (each.kind == kind) return each.name;
  }
  return "";
}

Json parts(std::string_view form, std::string_view kind, const std::string& text, const SubjectId& subject,
           const AreaCode& area) {
  Json out = Json::object(
      {{"id", text}, {"form", form}, {"kind", kind}, {"subject", subject.text()}, {"area", area.text()}});
  if (const auto name = describe(area)) out.set("areaName", Json::object({{"en", name->en}, {"zh", name->zh}}));
  return out;
}

}  // namespace

Result<Json> describe_identifier(std::string_view text) {
  if (const auto id = SubjectId::parse(text)) {
    return Json::object({{"id", id->text()}, {"form", "subject"}, {"kind", id->is_uscc() ? "uscc" : "assigned"}});
  }
  if (const auto id = NodeId::parse(text)) {
    return parts("node", name_of_kind(static_cast<char>(id->kind())), id->text(), id->subject(), id->area());
  }
  if (const auto id = ContractId::parse(text)) {
    Json out = parts("contract", "contract", id->text(), id->subject(), id->area());
    out.set("node", name_of_kind(static_cast<char>(id->node_kind()))).set("time", format_iso8601(id->time()));
    return out;
  }
  WEIR_TRY_LET(const ProductId id, ProductId::parse(text));
  Json out = parts("item", name_of_kind(static_cast<char>(id.kind())), id.text(), id.subject(), id.area());
  if (!id.extension().empty()) out.set("extension", id.extension());
  return out;
}

Result<std::string> generate(const Json& wanted, Timestamp now, Random& random) {
  WEIR_TRY_LET(const std::string kind, wanted.text("kind"));
  WEIR_TRY_LET(const std::string subject_text, wanted.text("subject"));
  WEIR_TRY_LET(const SubjectId subject, SubjectId::parse(subject_text));
  WEIR_TRY_LET(const std::string area_text, wanted.text("area"));
  WEIR_TRY_LET(const AreaCode area, AreaCode::parse(area_text));
  if (kind == "contract") return ContractId::generate(NodeKind::kConnector, subject, area, now, random).text();
  for (const KindName& each : kKinds) {
    if (each.name != kind) continue;
    if (each.kind <= '5') return NodeId::generate(static_cast<NodeKind>(each.kind), subject, area, random).text();
    WEIR_TRY_LET(const ProductId id, ProductId::generate(static_cast<ItemKind>(each.kind), subject, area, random,
                                                         wanted.text_or("extension", "")));
    return id.text();
  }
  return Error(Errc::kInvalidArgument, "an identifier is of no kind '" + kind + "'")
      .because("identifier.kind")
      .advise("global, regional, sector, business, connector, product, resource or contract");
}

}  // namespace weir::supply::identifier

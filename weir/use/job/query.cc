// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/query.h"

#include <algorithm>
#include <array>

namespace weir::use::job {
namespace {

using wire::Json;
using Function = Item::Function;

constexpr std::size_t kItemsMax = 2 * kQueryColumnsMax + 2;
constexpr std::size_t kNameBytesMax = 1000;
constexpr std::int64_t kLeastMax = std::int64_t{1} << 31;
constexpr std::array kFunctions = {Function::kGroup, Function::kCount, Function::kSum, Function::kAverage};

std::string_view name_of(Function function) {
  switch (function) {
    case Function::kGroup: return "GROUP";
    case Function::kCount: return "COUNT";
    case Function::kSum: return "SUM";
    case Function::kAverage: return "AVG";
  }
  return "";
}

bool has_column(Function function) { return function == Function::kSum || function == Function::kAverage; }

Error malformed(std::string_view what) {
  return Error(Errc::kInvalidArgument, "this is no query: " + std::string(what)).because("job.malformed");
}

Json column_json(const Column& column) {
  return Json::object({{"side", name_of(column.side)}, {"column", column.name}});
}

Result<Column> parse_column(const Json& json) {
  Column out;
  WEIR_TRY_LET(const std::string side, json.text("side"));
  WEIR_TRY_LET(out.name, json.text("column"));
  if (side != "consumer" && side != "provider") return malformed("a column of neither side");
  out.side = side == "consumer" ? Role::kConsumer : Role::kProvider;
  if (out.name.empty() || out.name.size() > kNameBytesMax || out.name.find('\0') != std::string::npos) {
    return malformed("the name of a column");
  }
  return out;
}

std::string plain(const Column& column) { return std::string(name_of(column.side)) + "." + column.name; }

}  // namespace

std::string_view name_of(Role role) { return role == Role::kProvider ? "provider" : "consumer"; }

Json to_json(const Query& query) {
  Json items = Json::array();
  for (const Item& item : query.items) {
    Json each = has_column(item.function) ? column_json(item.column) : Json::object();
    items.push(each.set("function", name_of(item.function)));
  }
  Json out = Json::object({{"items", std::move(items)}, {"least", query.least}});
  if (query.group) out.set("group", column_json(*query.group));
  return out;
}

Result<Query> parse_query(const Json& json) {
  Query out;
  WEIR_TRY_LET(out.least, json.integer("least"));
  if (out.least < 0 || out.least > kLeastMax) return malformed("a least number of keys that is none");
  if (!json["items"].is_array() || json["items"].size() == 0 || json["items"].size() > kItemsMax) {
    return malformed("it selects nothing, or too much");
  }
  if (json.has("group")) {
    WEIR_TRY_LET(out.group, parse_column(json["group"]));
  }
  for (const Json& each : json["items"].items()) {
    WEIR_TRY_LET(const std::string name, each.text("function"));
    const auto found =
        std::find_if(kFunctions.begin(), kFunctions.end(), [&](Function f) { return name_of(f) == name; });
    if (found == kFunctions.end()) return malformed("a function that is not known here");
    Item item{.function = *found, .column = {}};
    if (has_column(item.function)) {
      WEIR_TRY_LET(item.column, parse_column(each));
    }
    if (item.function == Function::kGroup && !out.group) return malformed("a group without GROUP BY");
    out.items.push_back(std::move(item));
  }
  for (const Role side : {Role::kConsumer, Role::kProvider}) {
    if (summed(out, side).size() > kQueryColumnsMax) return malformed("too many columns");
  }
  if (to_json(out).canonical() != json.canonical()) return malformed("a member that is not known here");
  return out;
}

std::vector<std::string> summed(const Query& query, Role side) {
  std::vector<std::string> out;
  for (const Item& item : query.items) {
    if (!has_column(item.function) || item.column.side != side) continue;
    if (std::find(out.begin(), out.end(), item.column.name) == out.end()) out.push_back(item.column.name);
  }
  return out;
}

std::vector<std::string> read_of(const Query& query, Role side) {
  std::vector<std::string> out = summed(query, side);
  if (query.group && query.group->side == side) out.push_back(query.group->name);
  return out;
}

Text shown(const Query& query) {
  const std::string least = std::to_string(query.least);
  Text out = query.group
                 ? Text{"for each value of " + plain(*query.group) + " that " + least +
                            " keys in both tables have: the value, how many keys",
                        "对双方共有键中至少有 " + least + " 个的每个 " + plain(*query.group) + " 取值：该取值、键的个数"}
                 : Text{"if " + least + " keys are in both tables: how many", "双方共有键至少 " + least + " 个时：其个数"};
  for (const Role side : {Role::kConsumer, Role::kProvider}) {
    for (const std::string& column : summed(query, side)) {
      out.en += ", the sum of " + plain({side, column});
      out.zh += "、" + plain({side, column}) + " 之和";
    }
  }
  return out;
}

}  // namespace weir::use::job

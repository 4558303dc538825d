// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/query.h"

#include <algorithm>
#include <array>

#include "weir/use/job/figures.h"

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

// The same column has the same bounds everywhere, for it is summed once.
bool bounds_differ(const Query& query) {
  for (const Item& a : query.items) {
    for (const Item& b : query.items) {
      if (has_column(a.function) && has_column(b.function) && a.column == b.column && a.bounds != b.bounds) return true;
    }
  }
  return false;
}

std::string plain(const Column& column) { return std::string(name_of(column.side)) + "." + column.name; }

}  // namespace

std::string_view name_of(Role role) { return role == Role::kProvider ? "provider" : "consumer"; }

Json to_json(const Query& query) {
  Json items = Json::array();
  for (const Item& item : query.items) {
    Json each = has_column(item.function) ? column_json(item.column) : Json::object();
    if (item.bounds) each.set("low", item.bounds->low).set("high", item.bounds->high);
    items.push(each.set("function", name_of(item.function)));
  }
  Json out = Json::object({{"items", std::move(items)}, {"least", query.least}});
  if (query.group) out.set("group", column_json(*query.group));
  if (query.epsilon > 0) out.set("epsilon", format_epsilon(query.epsilon));
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
  if (json.has("epsilon")) {
    WEIR_TRY_LET(const std::string epsilon, json.text("epsilon"));
    const auto read = parse_epsilon(epsilon);
    if (!read) return malformed("epsilon");
    out.epsilon = *read;
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
    if (each.has("low")) {
      item.bounds.emplace();
      WEIR_TRY_LET(item.bounds->low, each.integer("low"));
      WEIR_TRY_LET(item.bounds->high, each.integer("high"));
    }
    if (item.function == Function::kGroup && !out.group) return malformed("a group without GROUP BY");
    out.items.push_back(std::move(item));
  }
  for (const Role side : {Role::kConsumer, Role::kProvider}) {
    if (summed(out, side).size() > kQueryColumnsMax) return malformed("too many columns");
  }
  if (const auto fault = fault_of_noise(out); !fault.empty()) return malformed(fault);
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

Result<std::int64_t> parse_epsilon(std::string_view text) {
  const auto wrong = [] {
    return Error(Errc::kInvalidArgument, "epsilon is a number like 0.5, of at most six places, up to 8")
        .because("job.query");
  };
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  std::string places(dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1));
  if (whole.empty() || whole.size() > 6 || places.size() > 6 || (dot != std::string_view::npos && places.empty())) {
    return wrong();
  }
  places.resize(6, '0');
  std::int64_t out = 0;
  for (const char c : std::string(whole) + places) {
    if (c < '0' || c > '9') return wrong();
    out = 10 * out + (c - '0');
  }
  if (out == 0 || out > kEpsilonMax) return wrong();
  return out;
}

std::string format_epsilon(std::int64_t millionths) {
  std::string places = std::to_string(kEpsilonScale + millionths % kEpsilonScale).substr(1);
  places.erase(places.find_last_not_of('0') + 1);
  return std::to_string(millionths / kEpsilonScale) + (places.empty() ? "" : "." + places);
}

Bounds bounds_of(const Query& query, const Column& column) {
  for (const Item& item : query.items) {
    if (has_column(item.function) && item.column == column && item.bounds) return *item.bounds;
  }
  return {};
}

std::string_view fault_of_noise(const Query& query) {
  for (const Item& item : query.items) {
    if (item.bounds.has_value() != (query.epsilon > 0 && has_column(item.function))) {
      return query.epsilon > 0 ? "with noise, a sum has bounds: SUM(x, contribution_bounds_per_group => (0, 1000))"
                               : "bounds are for noise: SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.5) …";
    }
    if (!item.bounds) continue;
    const auto [low, high] = *item.bounds;
    if (low > high || low < -kBoundMax || high > kBoundMax || (low == 0 && high == 0)) {
      return "bounds are two whole numbers, the lower one first";
    }
    if (!noise_of(query, item.bounds->most(), 0)) return "the bounds ask for more noise than can be drawn";
  }
  return bounds_differ(query) ? "the bounds of a column are the same everywhere" : "";
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
  if (query.epsilon == 0) return out;
  const std::string epsilon = format_epsilon(query.epsilon);
  out.en += "; each with random noise that nobody knows (differential privacy, epsilon " + epsilon + " in all)";
  out.zh += "；各数值均加入双方都不知道的随机噪声（差分隐私，ε 合计 " + epsilon + "）";
  return out;
}

}  // namespace weir::use::job

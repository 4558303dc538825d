// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/figures.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <numeric>

#include "weir/base/check.h"
#include "weir/tlog/entry.h"
#include "weir/tlog/tree.h"

namespace weir::use::job {

using table::Table;

namespace {

__extension__ using Wide = __int128;  // for sums before they are known to fit

constexpr auto kHash = crypto::HashAlgorithm::kSha256;
constexpr std::size_t kDigitsMax = 18;
constexpr std::size_t kLabelsMax = 1u << 16;  // that are counted before it is known which are told
constexpr std::size_t kLabelBytesMax = 256;
constexpr std::int64_t kAverageDecimals = 4;  // more than the column has

Error at_row(std::uint64_t row, std::string_view column, std::string_view what, std::string_view reason) {
  return Error(Errc::kInvalidArgument, "row " + std::to_string(row) + " of the table, column '" + std::string(column) +
                                           "': " + std::string(what))
      .because(reason);
}

struct Decimal {
  std::int64_t digits = 0;
  std::int64_t places = 0;
};

std::int64_t power_of_ten(std::int64_t n) {
  std::int64_t out = 1;
  for (; n > 0; --n) out *= 10;
  return out;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Decimal out;
  std::size_t digits = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point && digits > 0) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || ++digits > kDigitsMax) return std::nullopt;
    out.digits = out.digits * 10 + (c - '0');
    if (point && ++out.places > kDecimalsMax) return std::nullopt;
  }
  if (digits == 0 || text.ends_with('.')) return std::nullopt;
  if (negative) out.digits = -out.digits;
  return out;
}

std::string format_decimal(Wide number, std::int64_t places) {
  const bool negative = number < 0;
  std::string out;
  for (Wide rest = negative ? -number : number; rest != 0 || static_cast<std::int64_t>(out.size()) <= places;
       rest /= 10) {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  if (places > 0) out.insert(out.end() - places, '.');
  return (negative ? "-" : "") + out;
}

std::string field_of(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// The records of a table with a key, in the table's order.
struct Records {
  mpc::Blocks keys;
  std::vector<std::vector<Decimal>> numbers;  // of each column
  std::vector<std::uint32_t> labels;
  std::map<std::string, std::uint32_t, std::less<>> label_numbers;
  std::uint64_t rows = 0;
  std::uint64_t keyless = 0;
};

Result<> add_values(Records& out, const Table& table, std::size_t keys, const std::vector<std::string>& summed,
                    const std::string& group) {
  for (std::size_t c = 0; c < summed.size(); ++c) {
    const auto number = parse_decimal(table.value(keys + c));
    if (!number) return at_row(out.rows, summed[c], "this is no number to be summed", "job.number");
    out.numbers[c].push_back(*number);
  }
  if (group.empty()) return {};
  const std::string_view label = table.value(keys + summed.size());
  if (label.size() > kLabelBytesMax || !is_utf8(label)) {
    return at_row(out.rows, group, "this value names no group: too long, or no text", "job.too_many_groups");
  }
  auto found = out.label_numbers.find(label);
  if (found == out.label_numbers.end()) {
    if (out.label_numbers.size() == kLabelsMax) {
      return at_row(out.rows, group, "there are too many values to group by", "job.too_many_groups");
    }
    found = out.label_numbers.emplace(label, static_cast<std::uint32_t>(out.label_numbers.size())).first;
  }
  out.labels.push_back(found->second);
  return {};
}

Result<Records> read_records(ByteSource source, const std::vector<std::string>& key_columns,
                             const std::vector<Form>& forms, const std::vector<std::string>& summed,
                             const std::string& group) {
  std::vector<std::string> columns = key_columns;
  columns.insert(columns.end(), summed.begin(), summed.end());
  if (!group.empty()) columns.push_back(group);
  WEIR_TRY_LET(Table table, Table::open(std::move(source), columns));
  Records out;
  out.numbers.resize(summed.size());
  std::vector<std::string_view> values;
  while (true) {
    WEIR_TRY_LET(const bool more, table.next());
    if (!more) return out;
    ++out.rows;
    values.clear();
    for (std::size_t i = 0; i < forms.size(); ++i) values.push_back(table.value(i));
    const auto key = key_of(values, forms);
    if (!key) {
      ++out.keyless;  // it matches no other: its values count for nothing
      continue;
    }
    out.keys.push_back(*key);
    WEIR_TRY(add_values(out, table, forms.size(), summed, group));
  }
}

// Numbers in the order of the keys, all with the same places; they and their sum fit.
Result<std::vector<std::uint64_t>> scaled(const std::vector<Decimal>& numbers, const std::vector<std::uint32_t>& order,
                                          std::int64_t places, const std::string& column) {
  std::vector<std::uint64_t> out;
  out.reserve(order.size());
  Wide total = 0;
  for (const std::uint32_t row : order) {
    const Wide number = static_cast<Wide>(numbers[row].digits) * power_of_ten(places - numbers[row].places);
    total += number < 0 ? -number : number;
    out.push_back(static_cast<std::uint64_t>(number));
  }
  if (total < Wide{1} << 62) return out;
  return Error(Errc::kInvalidArgument, "the numbers of column '" + column + "' are too large to be summed")
      .because("job.number");
}

// The values of the group's column that enough keys have.
Result<> choose_values(Figures& out, std::int64_t least) {
  std::vector<std::int64_t> counts(out.labels.size());
  for (const std::uint32_t label : out.label_of) ++counts[label];
  for (std::size_t i = 0; i < out.labels.size(); ++i) {
    if (counts[i] >= least) out.values.push_back(out.labels[i]);
  }
  std::sort(out.values.begin(), out.values.end());
  if (out.values.size() <= mpc::kGroupsMax) return {};
  return Error(Errc::kInvalidArgument, "column '" + out.group + "' has " + std::to_string(out.values.size()) +
                                           " values to group by; " + std::to_string(mpc::kGroupsMax) + " are the most")
      .because("job.too_many_groups");
}

// The root over salt || key || value of each key: as the keys are committed to, with a value.
template <class Value>
std::string column_root(const mpc::Blocks& keys, ByteView salt, const Value& value) {
  tlog::Frontier tree(kHash);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    Bytes leaf(salt.begin(), salt.end());
    const ByteView key = mpc::bytes_of(std::span(&keys[i], 1));
    leaf.insert(leaf.end(), key.begin(), key.end());
    value(i, leaf);
    tree.append(tlog::leaf_hash(kHash, leaf));
  }
  return tlog::format_digest(kHash, tree.root());
}

}  // namespace

Result<Figures> read_figures(ByteSource source, const std::vector<std::string>& key_columns,
                             const std::vector<Form>& forms, const Query& query, Role side) {
  Figures out;
  out.summed = summed(query, side);
  if (query.group && query.group->side == side) out.group = query.group->name;
  WEIR_TRY_LET(Records records, read_records(std::move(source), key_columns, forms, out.summed, out.group));
  std::vector<std::uint32_t> order(records.keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return before(records.keys[a], records.keys[b]); });
  std::uint64_t doubled = 0;
  for (const std::uint32_t row : order) {
    if (!out.set.keys.empty() && out.set.keys.back() == records.keys[row]) ++doubled;
    out.set.keys.push_back(records.keys[row]);
  }
  if (doubled > 0) {
    return Error(Errc::kInvalidArgument, std::to_string(doubled) + " rows have a key that another row has too")
        .because("job.duplicate_key")
        .advise("a joint figure wants one row for each key: add them up first");
  }
  out.set.rows = records.rows;
  out.set.keyless = records.keyless;
  for (std::size_t c = 0; c < out.summed.size(); ++c) {
    std::int64_t places = 0;
    for (const Decimal& each : records.numbers[c]) places = std::max(places, each.places);
    out.decimals.push_back(places);
    WEIR_TRY_LET(auto numbers, scaled(records.numbers[c], order, places, out.summed[c]));
    out.numbers.push_back(std::move(numbers));
  }
  if (out.group.empty()) return out;
  out.labels.resize(records.label_numbers.size());
  for (const auto& [label, number] : records.label_numbers) out.labels[number] = label;
  for (const std::uint32_t row : order) out.label_of.push_back(records.labels[row]);
  WEIR_TRY(choose_values(out, query.least));
  return out;
}

Claim claim_of(const Figures& figures, Role side, ByteView salt) {
  Claim out = claim_of(figures.set.keys, salt);
  for (std::size_t c = 0; c < figures.summed.size(); ++c) {
    const auto number = [&](std::size_t i, Bytes& leaf) {
      leaf.push_back(0);
      for (int shift = 56; shift >= 0; shift -= 8)
        leaf.push_back(static_cast<std::uint8_t>(figures.numbers[c][i] >> shift));
    };
    out.columns.push_back({figures.summed[c], figures.decimals[c], column_root(figures.set.keys, salt, number)});
  }
  if (figures.group.empty()) return out;
  const auto label = [&](std::size_t i, Bytes& leaf) {
    const std::string& text = figures.labels[figures.label_of[i]];
    leaf.push_back(1);
    leaf.insert(leaf.end(), text.begin(), text.end());
  };
  out.columns.push_back({figures.group, -1, column_root(figures.set.keys, salt, label)});
  out.groups = static_cast<std::int64_t>(figures.values.size());
  if (side == Role::kProvider) out.values = figures.values;
  return out;
}

std::optional<mpc::DiscreteLaplace> noise_of(const Query& query, std::int64_t most, std::int64_t decimals) {
  const std::size_t figures = 1 + summed(query, Role::kConsumer).size() + summed(query, Role::kProvider).size();
  const Wide denominator = Wide{kEpsilonScale} * static_cast<std::int64_t>(figures) * most * power_of_ten(decimals);
  if (denominator > INT64_MAX) return std::nullopt;
  const mpc::DiscreteLaplace out{static_cast<std::uint64_t>(query.epsilon), static_cast<std::uint64_t>(denominator)};
  if (mpc::noise_digits(out) > mpc::kNoiseDigitsMax) return std::nullopt;
  return out;
}

namespace {

// The bounds of a side's columns, in units of their last places, and their noise.
void add_noise(const Query& query, Role side, const Claim& claim, std::vector<mpc::JoinBounds>& bounds,
               std::vector<mpc::DiscreteLaplace>& noise) {
  const auto columns = summed(query, side);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::int64_t decimals = c < claim.columns.size() ? claim.columns[c].decimals : 0;  // not known while planning
    const Bounds within = bounds_of(query, {side, columns[c]});
    const auto law = noise_of(query, within.most(), decimals);
    WEIR_CHECK(law);
    bounds.push_back({within.low * power_of_ten(decimals), within.high * power_of_ten(decimals)});
    noise.push_back(*law);
  }
}

}  // namespace

mpc::JoinShape shape_of(const Algorithm& algorithm, const Query& query, const Claim& consumer, const Claim& provider) {
  const bool asker = query.group && query.group->side == Role::kConsumer;
  const auto told = static_cast<std::size_t>(asker ? consumer.groups : provider.groups);
  mpc::JoinShape out{.asker_keys = static_cast<std::size_t>(consumer.count),
                     .holder_keys = static_cast<std::size_t>(provider.count),
                     .groups = query.group ? std::max<std::size_t>(told, 2) : 1,
                     .groups_of_asker = asker,
                     .asker_columns = summed(query, Role::kConsumer).size(),
                     .holder_columns = summed(query, Role::kProvider).size(),
                     .least = static_cast<std::uint64_t>(query.least),
                     .noise = {},
                     .asker_bounds = {},
                     .holder_bounds = {}};
  if (algorithm.silent) out.silent.emplace();
  if (query.epsilon == 0) return out;
  const auto count = noise_of(query, 1, 0);
  WEIR_CHECK(count);
  out.noise.push_back(*count);
  add_noise(query, Role::kConsumer, consumer, out.asker_bounds, out.noise);
  add_noise(query, Role::kProvider, provider, out.holder_bounds, out.noise);
  return out;
}

mpc::JoinTable table_of(const Figures& figures, mpc::Blocks elements) {
  mpc::JoinTable out{.keys = std::move(elements), .groups = {}, .columns = figures.numbers};
  if (figures.group.empty()) return out;
  std::vector<std::uint8_t> places;
  for (const std::string& label : figures.labels) {
    const auto found = std::lower_bound(figures.values.begin(), figures.values.end(), label);
    const bool told = found != figures.values.end() && *found == label;
    places.push_back(told ? static_cast<std::uint8_t>(found - figures.values.begin()) : mpc::kNoGroup);
  }
  for (const std::uint32_t label : figures.label_of) out.groups.push_back(places[label]);
  return out;
}

namespace {

std::int64_t decimals_of(const Query& query, const AnswerNames& names, const Column& column) {
  const auto columns = summed(query, column.side);
  const auto place = std::find(columns.begin(), columns.end(), column.name) - columns.begin();
  return (column.side == Role::kConsumer ? names.consumer_decimals
                                         : names.provider_decimals)[static_cast<std::size_t>(place)];
}

}  // namespace

std::vector<std::string> types_of_answer(const Query& query, const AnswerNames& names) {
  using Function = Item::Function;
  std::vector<std::string> out;
  for (const Item& item : query.items) {
    const bool sum = item.function == Function::kSum, average = item.function == Function::kAverage;
    const std::int64_t decimals =
        (sum || average ? decimals_of(query, names, item.column) : 0) + (average ? kAverageDecimals : 0);
    const std::string number = decimals == 0 ? "BIGINT" : "DECIMAL(38," + std::to_string(decimals) + ")";
    out.push_back(item.function == Function::kGroup ? "VARCHAR" : number);
  }
  return out;
}

Result<std::uint64_t> write_answer(const Query& query, const AnswerNames& names, const mpc::JoinAnswer& answer,
                                   const TextSink& sink) {
  using Function = Item::Function;
  const std::array sides = {summed(query, Role::kConsumer), summed(query, Role::kProvider)};
  std::string heading;
  for (const Item& item : query.items) {
    if (!heading.empty()) heading += ',';
    if (item.function == Function::kGroup) heading += field_of(query.group->name);
    if (item.function == Function::kCount) heading += "COUNT(*)";
    if (item.function == Function::kSum) heading += field_of("SUM(" + item.column.name + ")");
    if (item.function == Function::kAverage) heading += field_of("AVG(" + item.column.name + ")");
  }
  WEIR_TRY(sink(heading + "\n"));
  std::uint64_t rows = 0;
  for (std::size_t g = 0; g < answer.size(); ++g) {
    if (!answer[g] || (query.group && g >= names.values.size())) continue;
    std::string record;
    for (const Item& item : query.items) {
      if (&item != query.items.data()) record += ',';
      if (item.function == Function::kGroup) record += field_of(names.values[g]);
      if (item.function == Function::kCount) record += std::to_string(answer[g]->count);
      if (item.function == Function::kGroup || item.function == Function::kCount) continue;
      const bool own = item.column.side == Role::kConsumer;
      const auto& columns = sides[own ? 0 : 1];
      const auto place = static_cast<std::size_t>(
          std::find(columns.begin(), columns.end(), item.column.name) - columns.begin());
      const std::int64_t decimals = decimals_of(query, names, item.column);
      const Wide sum = static_cast<std::int64_t>(answer[g]->sums[(own ? 0 : sides[0].size()) + place]);
      if (item.function == Function::kSum) record += format_decimal(sum, decimals);
      if (item.function == Function::kSum || answer[g]->count == 0) continue;
      const Wide count = answer[g]->count;
      const Wide half = sum < 0 ? -count : count;
      record +=
          format_decimal((sum * power_of_ten(kAverageDecimals) * 2 + half) / (2 * count), decimals + kAverageDecimals);
    }
    ++rows;
    WEIR_TRY(sink(record + "\n"));
  }
  return rows;
}

}  // namespace weir::use::job

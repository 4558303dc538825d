// SPDX-License-Identifier: Apache-2.0
// The SQL of a joint figure, read and written.
#include <algorithm>
#include <array>
#include <charconv>

#include "weir/use/job/query.h"

namespace weir::use::job {
namespace {

using Function = Item::Function;

constexpr std::size_t kTextBytesMax = 256u << 10;
constexpr std::size_t kNameBytesMax = 1000;
constexpr std::size_t kKeysMax = 16;
constexpr std::int64_t kLeastMax = std::int64_t{1} << 31;
constexpr std::array<std::string_view, 15> kReserved = {"select", "from", "join",  "inner", "using",
                                                        "on",     "and",  "group", "by",    "having",
                                                        "count",  "sum",  "avg",   "as",    "where"};

struct Word {
  enum class Kind : std::uint8_t { kEnd, kName, kQuoted, kNumber, kSign };
  Kind kind = Kind::kEnd;
  std::string text;      // of a name its bytes
  std::size_t place = 0; // from 1
};

bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

bool plain_name(std::string_view name) {
  if (name.empty() || !starts_name(name[0]) || !std::all_of(name.begin(), name.end(), in_name)) return false;
  const std::string lower = to_lower_ascii(name);
  return std::find(kReserved.begin(), kReserved.end(), lower) == kReserved.end();
}

std::string quoted(std::string_view name) {
  if (plain_name(name)) return std::string(name);
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Error refuse(const Word& at, std::string what) {
  const std::string seen = at.kind == Word::Kind::kEnd ? std::string("the end") : "'" + at.text + "'";
  return Error(Errc::kInvalidArgument,
               "the query at character " + std::to_string(at.place) + ", " + seen + ": " + std::move(what))
      .because("job.query")
      .advise("SELECT g, COUNT(*), SUM(x), AVG(x) FROM mine JOIN theirs USING (key) GROUP BY g HAVING COUNT(*) >= n");
}

Result<std::vector<Word>> split_words(std::string_view sql) {
  std::vector<Word> out;
  std::size_t i = 0;
  const auto take = [&](Word::Kind kind, const auto& belongs) {
    const std::size_t start = i;
    while (i < sql.size() && belongs(sql[i])) ++i;
    out.push_back({kind, std::string(sql.substr(start, i - start)), start + 1});
  };
  while (i < sql.size()) {
    const char c = sql[i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      ++i;
    } else if (starts_name(c)) {
      take(Word::Kind::kName, in_name);
    } else if (c >= '0' && c <= '9') {
      bool dot = false;
      take(Word::Kind::kNumber, [&](char d) {
        const bool first_dot = d == '.' && !dot;
        dot = dot || d == '.';
        return first_dot || (d >= '0' && d <= '9');
      });
    } else if (c == '"') {
      Word word{Word::Kind::kQuoted, {}, i + 1};
      for (++i;; ++i) {
        if (i == sql.size()) return refuse(word, "a quote that is not closed");
        if (sql[i] == '"' && !(i + 1 < sql.size() && sql[i + 1] == '"')) break;
        if (sql[i] == '"') ++i;
        word.text += sql[i];
      }
      ++i;
      if (word.text.empty()) return refuse(word, "a name is missing");
      out.push_back(std::move(word));
    } else {
      const std::size_t size = sql.substr(i).starts_with(">=") || sql.substr(i).starts_with("=>") ? 2 : 1;
      out.push_back({Word::Kind::kSign, std::string(sql.substr(i, size)), i + 1});
      i += size;
    }
  }
  out.push_back({Word::Kind::kEnd, {}, sql.size() + 1});
  return out;
}

// A column as it is written, before it is known whose it is.
struct Mention {
  Word table;  // kEnd if it is left out
  Word name;
};

class Parser {
 public:
  Parser(std::vector<Word> words, std::span<const std::string> own) : words_(std::move(words)), own_(own) {}

  Result<Statement> statement() {
    WEIR_TRY(expect("SELECT"));
    if (at("DISTINCT")) return refuse(here(), "DISTINCT is not supported: a group is shown once anyway");
    Statement out;
    WEIR_TRY(noise(out.query));
    WEIR_TRY(select());
    WEIR_TRY(expect("FROM"));
    WEIR_TRY(tables());
    WEIR_TRY(join_keys(out));
    if (at("WHERE")) return refuse(here(), "conditions are not supported: leave the rows out of the own table");
    if (take("GROUP")) {
      WEIR_TRY(expect("BY"));
      WEIR_TRY_LET(const Mention group, mention());
      WEIR_TRY_LET(out.query.group, resolve(group));
      if (sign(",")) return refuse(here(), "one column to group by is supported");
    }
    WEIR_TRY(having(out.query));
    take_sign(";");
    if (here().kind != Word::Kind::kEnd) return refuse(here(), unsupported());
    WEIR_TRY(items(out.query));
    return out;
  }

 private:
  const Word& here() const { return words_[next_]; }
  bool at(std::string_view keyword) const {
    return here().kind == Word::Kind::kName && to_lower_ascii(here().text) == to_lower_ascii(keyword);
  }
  bool sign(std::string_view text) const { return here().kind == Word::Kind::kSign && here().text == text; }
  bool take(std::string_view keyword) {
    const bool found = at(keyword);
    next_ += found ? 1 : 0;
    return found;
  }
  bool take_sign(std::string_view text) {
    const bool found = sign(text);
    next_ += found ? 1 : 0;
    return found;
  }
  Result<> expect(std::string_view keyword) {
    if (take(keyword)) return {};
    return refuse(here(), std::string(keyword) + " is expected");
  }
  Result<> expect_sign(std::string_view text) {
    if (take_sign(text)) return {};
    return refuse(here(), "'" + std::string(text) + "' is expected");
  }
  std::string unsupported() const {
    if (at("ORDER")) return "ORDER BY is not supported: groups come in the order of their values";
    if (at("LIMIT")) return "LIMIT is not supported";
    if (at("JOIN") || at("INNER")) return "a join of two tables is supported, no third";
    if (at("UNION")) return "one query at a time is supported";
    return "this is not supported here";
  }
  Result<Word> name() {
    const Word word = here();
    const bool good = word.kind == Word::Kind::kQuoted || (word.kind == Word::Kind::kName && plain_name(word.text));
    if (!good || word.text.size() > kNameBytesMax) return refuse(word, "a name is expected");
    ++next_;
    return word;
  }
  Result<Mention> mention() {
    Mention out;
    WEIR_TRY_LET(out.name, name());
    if (take_sign("("))
      return refuse(out.name, "COUNT(*), SUM(column) and AVG(column) are the functions that are supported");
    if (!take_sign(".")) return out;
    out.table = std::move(out.name);
    WEIR_TRY_LET(out.name, name());
    return out;
  }

  // SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.5), as GoogleSQL writes it.
  Result<> noise(Query& query) {
    const Word& after = words_[std::min(next_ + 1, words_.size() - 1)];
    if (!at("WITH") || to_lower_ascii(after.text) != "differential_privacy") return {};
    next_ += 2;
    WEIR_TRY(expect("OPTIONS"));
    WEIR_TRY(expect_sign("("));
    if (!at("EPSILON")) return refuse(here(), "epsilon is the only option; the key is the unit of privacy");
    ++next_;
    WEIR_TRY(expect_sign("="));
    const auto read = parse_epsilon(here().kind == Word::Kind::kNumber ? here().text : "");
    if (!read) return refuse(here(), std::string(read.error().message()));
    query.epsilon = *read;
    ++next_;
    if (sign(",")) return refuse(here(), "no other option is supported");
    return expect_sign(")");
  }
  Result<std::int64_t> whole_number() {
    const bool negative = take_sign("-");
    const Word number = here();
    std::int64_t out = 0;
    const char* end = number.text.data() + number.text.size();
    const auto read = std::from_chars(number.text.data(), end, out);
    if (number.kind != Word::Kind::kNumber || read.ec != std::errc() || read.ptr != end) {
      return refuse(number, "a whole number is expected");
    }
    ++next_;
    return negative ? -out : out;
  }
  Result<std::optional<Bounds>> bounds() {
    if (!take_sign(",")) return std::optional<Bounds>();
    WEIR_TRY(expect("contribution_bounds_per_group"));
    WEIR_TRY(expect_sign("=>"));
    WEIR_TRY(expect_sign("("));
    Bounds out;
    WEIR_TRY_LET(out.low, whole_number());
    WEIR_TRY(expect_sign(","));
    WEIR_TRY_LET(out.high, whole_number());
    WEIR_TRY(expect_sign(")"));
    return std::optional(out);
  }

  struct Selected {
    Function function;
    Mention column;
    std::optional<Bounds> bounds = {};
  };
  Result<> select() {
    do {
      if (sign("*")) return refuse(here(), "rows are not shown: select COUNT(*), SUM, AVG and the group's column");
      Selected one{Function::kGroup, {}};
      const Word& after = words_[std::min(next_ + 1, words_.size() - 1)];
      const bool call = after.kind == Word::Kind::kSign && after.text == "(";
      if (call && take("COUNT")) {
        ++next_;
        if (!sign("*")) return refuse(here(), "COUNT(*) is supported, COUNT of a column is not");
        ++next_;
        WEIR_TRY(expect_sign(")"));
        one.function = Function::kCount;
      } else if (call && (at("SUM") || at("AVG"))) {
        one.function = at("SUM") ? Function::kSum : Function::kAverage;
        next_ += 2;
        WEIR_TRY_LET(one.column, mention());
        WEIR_TRY_LET(one.bounds, bounds());
        if (!sign(")")) return refuse(here(), "a column is expected: computing within SUM and AVG is not supported");
        ++next_;
      } else {
        WEIR_TRY_LET(one.column, mention());
      }
      if (at("AS")) return refuse(here(), "other names for the answer's columns (AS) are not supported");
      if (!sign(",") && !at("FROM"))
        return refuse(here(), "',' or FROM is expected; computing with columns is not supported");
      selected_.push_back(std::move(one));
    } while (take_sign(","));
    return {};
  }

  struct TableName {
    std::string table;
    std::string alias;
  };
  Result<TableName> table() {
    if (sign("(")) return refuse(here(), "a query within a query is not supported");
    TableName out;
    WEIR_TRY_LET(const Word word, name());
    out.table = to_lower_ascii(word.text);
    out.alias = out.table;
    const bool joins = at("LEFT") || at("RIGHT") || at("FULL") || at("CROSS") || at("NATURAL");
    const bool named =
        here().kind == Word::Kind::kQuoted || (here().kind == Word::Kind::kName && plain_name(here().text));
    if (take("AS") || (named && !joins)) {
      WEIR_TRY_LET(const Word alias, name());
      out.alias = to_lower_ascii(alias.text);
    }
    return out;
  }
  static std::optional<Role> side_by_name(const std::string& table) {
    if (table == "mine" || table == "consumer") return Role::kConsumer;
    if (table == "theirs" || table == "provider") return Role::kProvider;
    return std::nullopt;
  }
  Result<> tables() {
    WEIR_TRY_LET(first_, table());
    take("INNER");
    if (!at("JOIN")) {
      const bool other = at("LEFT") || at("RIGHT") || at("FULL") || at("CROSS") || at("NATURAL");
      return refuse(here(),
                    other ? "only an inner JOIN is supported" : "JOIN is expected: a figure is over two tables");
    }
    ++next_;
    const Word where = here();
    WEIR_TRY_LET(second_, table());
    const auto a = side_by_name(first_.table);
    const auto b = side_by_name(second_.table);
    if (first_.alias == second_.alias || (a && a == b)) return refuse(where, "both tables have one name");
    first_own_ = a ? *a == Role::kConsumer : !b || *b == Role::kProvider;
    return {};
  }

  Result<Role> side_of(const Word& table) const {
    const std::string name = to_lower_ascii(table.text);
    const bool first = name == first_.alias;
    if (!first && name != second_.alias) return refuse(table, "there is no table of that name in the query");
    return first == first_own_ ? Role::kConsumer : Role::kProvider;
  }
  Result<Column> resolve(const Mention& column) const {
    if (column.table.kind != Word::Kind::kEnd) {
      WEIR_TRY_LET(const Role side, side_of(column.table));
      return Column{side, column.name.text};
    }
    const bool own = std::find(own_.begin(), own_.end(), column.name.text) != own_.end();
    return Column{own ? Role::kConsumer : Role::kProvider, column.name.text};
  }

  Result<> join_keys(Statement& out) {
    const Word where = here();
    if (take("USING")) {
      WEIR_TRY(expect_sign("("));
      do {
        WEIR_TRY_LET(const Word key, name());
        out.keys.emplace_back(key.text, key.text);
      } while (take_sign(","));
      WEIR_TRY(expect_sign(")"));
    } else if (take("ON")) {
      do {
        WEIR_TRY(equation(out));
      } while (take("AND"));
    } else {
      return refuse(here(), "USING (column) or ON a.column = b.column is expected");
    }
    if (out.keys.size() > kKeysMax) return refuse(where, "too many key columns");
    return {};
  }
  Result<> equation(Statement& out) {
    std::array<Column, 2> sides;
    const Word where = here();
    for (std::size_t i = 0; i < 2; ++i) {
      WEIR_TRY_LET(const Mention column, mention());
      if (column.table.kind == Word::Kind::kEnd)
        return refuse(column.name, "name the tables here: a.column = b.column");
      WEIR_TRY_LET(sides[i], resolve(column));
      if (i == 0) WEIR_TRY(expect_sign("="));
    }
    if (sides[0].side == sides[1].side) return refuse(where, "a key is a column of each table");
    const bool straight = sides[0].side == Role::kConsumer;
    out.keys.emplace_back(sides[straight ? 0 : 1].name, sides[straight ? 1 : 0].name);
    return {};
  }

  Result<> having(Query& query) {
    if (!take("HAVING")) return {};
    WEIR_TRY(expect("COUNT"));
    for (const std::string_view each : {"(", "*", ")"}) WEIR_TRY(expect_sign(each));
    const bool more = sign(">");
    if (!more && !sign(">=")) return refuse(here(), "HAVING COUNT(*) >= n is supported, and > n");
    ++next_;
    const Word number = here();
    const char* end = number.text.data() + number.text.size();
    const auto read = std::from_chars(number.text.data(), end, query.least);
    const bool good = number.kind == Word::Kind::kNumber && read.ec == std::errc() && read.ptr == end;
    if (!good || query.least > kLeastMax - 1) return refuse(number, "a number of keys is expected");
    ++next_;
    query.least += more ? 1 : 0;
    return {};
  }

  Result<> items(Query& query) {
    for (const Selected& each : selected_) {
      Item item{.function = each.function, .column = {}, .bounds = each.bounds};
      if (each.function != Function::kCount) {
        WEIR_TRY_LET(item.column, resolve(each.column));
      }
      if (each.function == Function::kGroup) {
        if (!query.group || item.column != *query.group) {
          return refuse(each.column.name, "a single row's value is not shown: GROUP BY this column, or sum it");
        }
        item.column = {};
      }
      query.items.push_back(std::move(item));
    }
    for (const Role side : {Role::kConsumer, Role::kProvider}) {
      const bool many = summed(query, side).size() > kQueryColumnsMax;
      if (many || query.items.size() > 2 * kQueryColumnsMax + 2) return refuse(here(), "too many columns");
    }
    if (const auto fault = fault_of_noise(query); !fault.empty()) return refuse(here(), std::string(fault));
    return {};
  }

  std::vector<Word> words_;
  std::span<const std::string> own_;
  std::size_t next_ = 0;
  std::vector<Selected> selected_;
  TableName first_;
  TableName second_;
  bool first_own_ = true;
};

std::string text_of(const Column& column) { return std::string(name_of(column.side)) + "." + quoted(column.name); }

}  // namespace

Result<Statement> parse_statement(std::string_view sql, std::span<const std::string> own) {
  const Word start{Word::Kind::kEnd, {}, 1};
  if (sql.size() > kTextBytesMax || sql.find('\0') != std::string_view::npos || !is_utf8(sql)) {
    return refuse(start, "too long, or no text");
  }
  WEIR_TRY_LET(auto words, split_words(sql));
  return Parser(std::move(words), own).statement();
}

std::string format(const Statement& statement) {
  const Query& query = statement.query;
  std::string out = "SELECT ";
  if (query.epsilon > 0) out += "WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = " + format_epsilon(query.epsilon) + ") ";
  const auto call = [](std::string_view function, const Item& item) {
    std::string text = std::string(function) + "(" + text_of(item.column);
    if (item.bounds) {
      text += ", contribution_bounds_per_group => (" + std::to_string(item.bounds->low) + ", " +
              std::to_string(item.bounds->high) + ")";
    }
    return text + ")";
  };
  for (const Item& item : query.items) {
    if (&item != query.items.data()) out += ", ";
    if (item.function == Function::kGroup) out += text_of(*query.group);
    if (item.function == Function::kCount) out += "COUNT(*)";
    if (item.function == Function::kSum) out += call("SUM", item);
    if (item.function == Function::kAverage) out += call("AVG", item);
  }
  out += " FROM consumer JOIN provider ON ";
  for (std::size_t i = 0; i < statement.keys.size(); ++i) {
    out += (i == 0 ? "" : " AND ") + text_of({Role::kConsumer, statement.keys[i].first}) + " = " +
           text_of({Role::kProvider, statement.keys[i].second});
  }
  if (query.group) out += " GROUP BY " + text_of(*query.group);
  if (query.least > 0) out += " HAVING COUNT(*) >= " + std::to_string(query.least);
  return out;
}

}  // namespace weir::use::job

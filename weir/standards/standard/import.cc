// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/import.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "weir/standards/standard/clip.h"

namespace weir::standards::standard {

namespace {

using wire::Json;

// Columns beside the fields of the registry.
enum Column : int {
  kNumber = kFieldCount,
  kYear,
  kKind,
  kAdopts,
  kAdoption,
  kSource,
  kAsOf,
  kReplacesColumn,
  kCitesColumn,
  kFrom,
  kRelation,
  kTo,
  kColumnCount,
};
constexpr std::array<std::string_view, kColumnCount - kFieldCount> kColumns = {
    "number", "year", "kind", "adopts", "adoption", "source", "as_of", "replaces", "cites", "from", "relation", "to"};

struct Synonym {
  std::string_view word;
  std::string_view column;
};
constexpr std::array kSynonyms = {Synonym{"标准号", "number"},
                                  Synonym{"标准编号", "number"},
                                  Synonym{"计划号", "number"},
                                  Synonym{"standard number", "number"},
                                  Synonym{"standard no.", "number"},
                                  Synonym{"standard", "number"},
                                  Synonym{"标准名称", "title_zh"},
                                  Synonym{"中文名称", "title_zh"},
                                  Synonym{"中文标准名称", "title_zh"},
                                  Synonym{"名称", "title_zh"},
                                  Synonym{"英文名称", "title_en"},
                                  Synonym{"英文标准名称", "title_en"},
                                  Synonym{"title", "title_en"},
                                  Synonym{"状态", "status"},
                                  Synonym{"标准状态", "status"},
                                  Synonym{"阶段", "iso_stage"},
                                  Synonym{"stage", "iso_stage"},
                                  Synonym{"归口单位", "committee"},
                                  Synonym{"技术归口", "committee"},
                                  Synonym{"工作组", "committee"},
                                  Synonym{"研制方向", "framework_direction"},
                                  Synonym{"方向", "framework_direction"},
                                  Synonym{"direction", "framework_direction"},
                                  Synonym{"发布日期", "published"},
                                  Synonym{"实施日期", "implemented"},
                                  Synonym{"废止日期", "withdrawn"},
                                  Synonym{"采用国际标准", "adopts"},
                                  Synonym{"采标", "adopts"},
                                  Synonym{"采用程度", "adoption"},
                                  Synonym{"一致性程度", "adoption"},
                                  Synonym{"degree", "adoption"},
                                  Synonym{"代替标准", "replaces"},
                                  Synonym{"代替标准号", "replaces"},
                                  Synonym{"supersedes", "replaces"},
                                  Synonym{"规范性引用文件", "cites"},
                                  Synonym{"来源", "source"},
                                  Synonym{"日期", "as_of"},
                                  Synonym{"截至", "as_of"},
                                  Synonym{"网址", "url"},
                                  Synonym{"备注", "note"},
                                  Synonym{"语种", "language"},
                                  Synonym{"年份", "year"},
                                  Synonym{"征求意见开始", "comment_from"},
                                  Synonym{"征求意见截止", "comment_until"}};

int column_of(std::string_view heading) {
  std::string name = to_lower_ascii(trim(heading));
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.word == name) name = synonym.column;
  }
  if (const auto field = parse_field(name)) return static_cast<int>(*field);
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (kColumns[i] == name) return kFieldCount + static_cast<int>(i);
  }
  return -1;
}

// "…; adoption memory-unverified", "(title_zh memory)": the source itself says which of its fields it does not vouch
// for.
bool is_from_memory(const std::string& source, std::string_view field) {
  if (source.starts_with("memory-unverified")) return true;
  std::string_view rest = source;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(";(),"), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.find("memory") != std::string_view::npos && part.find(field) != std::string_view::npos) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::vector<std::string> pieces_of(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool separator = text[i] == ';' || text[i] == ',' || text[i] == '\n' || text[i] == '|';
    for (const std::string_view sign : {"；", "，", "、"}) {
      if (!text.substr(i).starts_with(sign)) continue;
      separator = true;
      i += sign.size() - 1;
    }
    plain += separator ? ';' : text[i];
  }
  std::vector<std::string> out;
  for (const std::string& piece : split(plain, ';')) {
    if (!trim(piece).empty()) out.emplace_back(trim(piece));
  }
  return out;
}

std::string quoted(std::string_view text) { return "\"" + std::string(clip(text, 80)) + "\""; }

// Reads one row; wrong cells become notes and are left out.
class RowReader {
 public:
  RowReader(const Row& row, const std::vector<int>& columns, const ImportOptions& options)
      : row_(row), options_(options) {
    for (std::size_t i = 0; i < row.cells.size() && i < columns.size(); ++i) {
      if (columns[i] >= 0 && cells_[static_cast<std::size_t>(columns[i])].empty())
        cells_[static_cast<std::size_t>(columns[i])] = row.cells[i];
    }
  }
  std::vector<Note> notes;
  // Cells under no heading are most often a comma that was not quoted: the row may be shifted.
  void check_width(std::size_t columns) {
    std::string beyond;
    for (std::size_t i = columns; i < row_.cells.size(); ++i) {
      if (!row_.cells[i].empty()) beyond += (beyond.empty() ? "" : ", ") + row_.cells[i];
    }
    if (beyond.empty()) return;
    note("extra_cells", "cells under no heading were not read: " + quoted(beyond),
         "无标题列的单元格未读取：" + quoted(beyond));
  }
  const std::string& number_text() const { return cells_[kNumber].empty() ? cells_[kFrom] : cells_[kNumber]; }

  Result<Statement> read() {
    WEIR_TRY_LET(const StandardNumber number, StandardNumber::parse(number_text()));
    for (const std::string& cell : row_.cells) {
      if (cell.find("\xEF\xBF\xBD") != std::string::npos) {
        return Error(Errc::kInvalidArgument, "the row has bytes that are in no encoding")
            .because("standard.bad_encoding");
      }
    }
    Statement out;
    out.number = number.text();
    WEIR_TRY(read_source(out.source));
    read_claims(number, out);
    read_links(out);
    out.lists = !cells_[kNumber].empty();
    return out;
  }

 private:
  const std::string& cell(Field field) const { return cells_[static_cast<std::size_t>(field)]; }
  void note(std::string_view reason, std::string en, std::string zh) {
    notes.push_back({row_.number, std::string(reason), {std::move(en), std::move(zh)}});
  }
  Trust trust_of(const std::string& source, std::string_view field) const {
    return is_from_memory(source, field) ? Trust::kUnverified : Trust::kSourced;
  }

  Result<> read_source(Source& source) {
    source.name = cells_[kSource].empty() ? options_.source : cells_[kSource];
    source.date = options_.as_of;
    source.by = options_.by;
    if (source.name.empty()) {
      return Error(Errc::kInvalidArgument, "the row has no source")
          .because("standard.no_source")
          .advise("Give one with --source.");
    }
    if (cells_[kAsOf].empty() || cells_[kAsOf] == "see source") return {};
    if (const auto date = parse_date(cells_[kAsOf])) {
      source.date = *date;
    } else {
      note("bad_date", "as_of " + quoted(cells_[kAsOf]) + " is no date",
           "截至日期 " + quoted(cells_[kAsOf]) + " 不是日期");
    }
    return {};
  }

  void read_claims(const StandardNumber& number, Statement& out) {
    check_dates(number);
    for (int i = 0; i < kFieldCount; ++i) {
      const auto field = static_cast<Field>(i);
      std::string value = cell(field);
      if (value.empty()) continue;
      if (field == Field::kDirection) {
        read_directions(out);
        continue;
      }
      if (field == Field::kStatus) {
        const auto status = parse_status(value);
        if (!status) {
          note("unknown_status", "status " + quoted(value) + " is unknown and was left out",
               "状态 " + quoted(value) + " 未知，已略去");
          continue;
        }
        value = name_of(*status);
      }
      Trust trust = trust_of(out.source.name, name_of(field));
      constexpr std::string_view kOwn = " (translation)";
      if (field == Field::kTitleEn && value.ends_with(kOwn)) {
        value.resize(value.size() - kOwn.size());
        trust = std::min(trust, Trust::kProposal);
      }
      out.fields.push_back({field, trust, std::move(value)});
    }
  }

  void read_directions(Statement& out) {
    for (const std::string& direction : pieces_of(cell(Field::kDirection))) {
      if (options_.known_direction && !options_.known_direction(direction)) {
        note("unknown_direction", "direction " + quoted(direction) + " is in no edition of the framework",
             "研制方向 " + quoted(direction) + " 不在任何版本的框架中");
        continue;
      }
      out.fields.push_back({Field::kDirection, Trust::kProposal, direction});
    }
  }

  // Dates as they are kept; those that are none, or run backwards, are left out and named.
  void check_dates(const StandardNumber& number) {
    for (const Field field :
         {Field::kPublished, Field::kImplemented, Field::kWithdrawn, Field::kCommentFrom, Field::kCommentUntil}) {
      std::string& value = cells_[static_cast<std::size_t>(field)];
      if (value.empty()) continue;
      const auto date = parse_date(value);
      if (!date) {
        note("bad_date", std::string(name_of(field)) + " " + quoted(value) + " is no date",
             std::string(name_of(field)) + " " + quoted(value) + " 不是日期");
      }
      value = date ? format(*date) : "";
    }
    check_order(Field::kPublished, Field::kImplemented);
    check_order(Field::kImplemented, Field::kWithdrawn);
    check_order(Field::kPublished, Field::kWithdrawn);
    check_order(Field::kCommentFrom, Field::kCommentUntil);
    const std::string& year = cells_[kYear];
    if (!year.empty() && number.year() != 0 && year != std::to_string(number.year())) {
      note("year_differs", "the column says " + quoted(year) + ", the number " + std::to_string(number.year()),
           "年份列为 " + quoted(year) + "，编号为 " + std::to_string(number.year()));
    }
    const auto plain = [](std::string text) {
      std::ranges::replace(text, '/', '-');
      return text;
    };
    const std::string kind = plain(cells_[kKind]);
    if (kind.empty() || kind == "project") return;
    if (!plain(number.kind()).starts_with(kind)) {
      note("kind_differs", "the column says " + quoted(cells_[kKind]) + ", the number is of " + number.kind(),
           "类别列为 " + quoted(cells_[kKind]) + "，编号属于 " + number.kind());
    }
  }

  void check_order(Field first, Field second) {
    std::string& earlier = cells_[static_cast<std::size_t>(first)];
    std::string& later = cells_[static_cast<std::size_t>(second)];
    if (earlier.empty() || later.empty()) return;
    if (first_day(*parse_date(earlier)) <= last_day(*parse_date(later))) return;
    note("dates_backwards",
         std::string(name_of(second)) + " " + later + " lies before " + std::string(name_of(first)) + " " + earlier +
             "; both were left out",
         std::string(name_of(second)) + " " + later + " 早于 " + std::string(name_of(first)) + " " + earlier +
             "，均已略去");
    earlier.clear();
    later.clear();
  }

  void link(Statement& out, Relation relation, Degree degree, const std::string& text, std::string_view field) {
    const auto to = StandardNumber::parse(text);
    if (!to) {
      note("bad_reference",
           std::string(name_of(relation)) + " " + quoted(text) + ": " + std::string(to.error().message()),
           std::string(name_of(relation)) + " " + quoted(text) + " 不是标准编号");
      return;
    }
    out.links.push_back({relation, degree, trust_of(out.source.name, field), to->text()});
  }

  void read_links(Statement& out) {
    for (const std::string& text : pieces_of(cells_[kReplacesColumn]))
      link(out, Relation::kReplaces, Degree::kUnstated, text, "replaces");
    for (const std::string& text : pieces_of(cells_[kCitesColumn]))
      link(out, Relation::kCites, Degree::kUnstated, text, "cites");
    const auto degree = parse_degree(cells_[kAdoption]);
    if (!degree)
      note("unknown_degree", "degree " + quoted(cells_[kAdoption]) + " is none of IDT, MOD, NEQ",
           "采用程度 " + quoted(cells_[kAdoption]) + " 不是 IDT、MOD、NEQ");
    for (const std::string& text : pieces_of(cells_[kAdopts]))
      link(out, Relation::kAdopts, degree.value_or(Degree::kUnstated), text, "adoption");
    if (cells_[kTo].empty()) return;
    const std::vector<std::string> words = split(cells_[kRelation], ':');
    const auto relation = parse_relation(words[0]);
    const auto of_relation = parse_degree(words.size() > 1 ? words[1] : "");
    if (!relation || !of_relation) {
      note("unknown_relation", "relation " + quoted(cells_[kRelation]) + " is unknown",
           "关系 " + quoted(cells_[kRelation]) + " 未知");
      return;
    }
    link(out, *relation, *of_relation, cells_[kTo], *relation == Relation::kAdopts ? "adoption" : words[0]);
  }

  const Row& row_;
  const ImportOptions& options_;
  std::array<std::string, kColumnCount> cells_;
};

// Rows of one file that say different things about one standard.
class Contradictions {
 public:
  void check(const Statement& statement, std::int64_t row, std::vector<Note>& notes) {
    for (const auto& said : statement.fields) {
      if (is_many(said.field)) continue;
      const auto [found, fresh] = said_.try_emplace({statement.number, said.field}, Said{said.value, row});
      if (fresh || found->second.value == said.value) continue;
      const std::string name(name_of(said.field));
      notes.push_back({row,
                       "contradicts_row",
                       {name + " " + quoted(said.value) + " contradicts row " + std::to_string(found->second.row) +
                            ", which says " + quoted(found->second.value) + "; both are kept as a conflict",
                        name + " " + quoted(said.value) + " 与第 " + std::to_string(found->second.row) + " 行的 " +
                            quoted(found->second.value) + " 矛盾；两者均保留为冲突"}});
    }
  }
  // The source of the second word on the same matter, so that the two stand against each other.
  bool contradicted(const std::vector<Note>& notes) const {
    return std::ranges::any_of(notes, [](const Note& note) { return note.reason == "contradicts_row"; });
  }

 private:
  struct Said {
    std::string value;
    std::int64_t row = 0;
  };
  std::map<std::pair<std::string, Field>, Said> said_;
};

void count(Report& report, Outcome outcome) {
  ++report.read;
  switch (outcome) {
    case Outcome::kNew:
      ++report.fresh;
      break;
    case Outcome::kChanged:
      ++report.changed;
      break;
    case Outcome::kUnchanged:
      ++report.unchanged;
      break;
    case Outcome::kRefused:
      ++report.refused;
      break;
  }
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNew:
      return "new";
    case Outcome::kChanged:
      return "changed";
    case Outcome::kUnchanged:
      return "unchanged";
    case Outcome::kRefused:
      return "refused";
  }
  return "";
}

Result<Applied> apply(Registry& registry, const Statement& statement) {
  WEIR_TRY_LET(const StandardNumber number, StandardNumber::parse(statement.number));
  const Index index = registry.intern(number);
  const SourceId source = registry.source(statement.source);
  Applied out;
  const bool fresh = statement.lists && !registry.at(index).listed;
  if (statement.lists) registry.list(index);
  for (const auto& said : statement.fields) {
    const std::string old(registry.text(index, said.field));
    if (!registry.add(index, {said.field, said.trust, source, said.value})) continue;
    out.outcome = Outcome::kChanged;
    if (!fresh && old != said.value)
      out.changes.push_back(std::string(name_of(said.field)) + ": " + (old.empty() ? "-" : old) + " > " + said.value);
  }
  for (const auto& linked : statement.links) {
    WEIR_TRY_LET(const StandardNumber to, StandardNumber::parse(linked.to));
    const Index target = registry.intern(to);
    const auto added = registry.add({linked.relation, linked.degree, linked.trust, source, index, target});
    if (!added) {
      out.notes.push_back({0,
                           std::string(added.error().reason()),
                           {std::string(added.error().message()) + "; the link was left out",
                            "代替关系成环或指向自身，已略去：" + number.text() + " → " + to.text()}});
      continue;
    }
    if (!*added) continue;
    out.outcome = Outcome::kChanged;
    if (!fresh) out.changes.push_back(std::string(name_of(linked.relation)) + ": " + to.text());
  }
  if (fresh) out.outcome = Outcome::kNew;
  if (out.outcome != Outcome::kUnchanged) registry.settle(index);
  return out;
}

Result<Imported> import_table(Registry& into, const Table& table, const ImportOptions& options) {
  std::vector<int> columns;
  for (const std::string& heading : table.header) columns.push_back(column_of(heading));
  const auto has = [&](int column) { return std::ranges::find(columns, column) != columns.end(); };
  if (!has(kNumber) && !(has(kFrom) && has(kRelation) && has(kTo))) {
    return Error(Errc::kInvalidArgument, "no column is named number (标准号), nor from, relation and to")
        .because("standard.no_number_column")
        .advise("Name the columns as in docs/formats/standards-table.md.");
  }
  Imported out;
  Contradictions contradictions;
  std::map<std::int64_t, std::vector<Note>> of_rows;
  for (const Note& note : table.notes) (note.row == 0 ? out.report.notes : of_rows[note.row]).push_back(note);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] < 0 && !table.header[i].empty()) {
      out.report.notes.push_back(
          {1,
           "unknown_column",
           {"column " + quoted(table.header[i]) + " is not read", "列 " + quoted(table.header[i]) + " 未读取"}});
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto first = std::ranges::find(columns, columns[i]);
    if (columns[i] < 0 || first == columns.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    const std::string& known = table.header[static_cast<std::size_t>(first - columns.begin())];
    const std::string again = quoted(table.header[i]);
    out.report.notes.push_back({1,
                                "repeated_column",
                                {"column " + again + " is read only where " + quoted(known) + " is empty",
                                 "列 " + again + " 仅在 " + quoted(known) + " 为空时读取"}});
  }
  for (const Row& row : table.rows) {
    RowReader reader(row, columns, options);
    reader.check_width(columns.size());
    ReportLine line{
        .row = row.number, .number = reader.number_text(), .outcome = Outcome::kRefused, .changes = {}, .notes = {}};
    line.notes = std::exchange(of_rows[row.number], {});
    auto statement = reader.read();
    if (statement) {
      contradictions.check(*statement, row.number, reader.notes);
      if (contradictions.contradicted(reader.notes)) statement->source.name += ", row " + std::to_string(row.number);
      WEIR_TRY_LET(Applied applied, apply(into, *statement));
      line.outcome = applied.outcome;
      line.changes = std::move(applied.changes);
      for (Note& note : applied.notes) reader.notes.push_back({row.number, note.reason, note.words});
      if (applied.outcome != Outcome::kUnchanged) out.statements.push_back(*std::move(statement));
    } else {
      const Error& error = statement.error();
      line.notes.push_back({row.number,
                            std::string(error.reason()),
                            {std::string(error.message()), "该行未导入：" + std::string(error.message())}});
    }
    std::ranges::move(reader.notes, std::back_inserter(line.notes));
    count(out.report, line.outcome);
    if (line.outcome != Outcome::kUnchanged || !line.notes.empty()) out.report.lines.push_back(std::move(line));
  }
  for (const std::int64_t number : table.no_rows) {
    count(out.report, Outcome::kRefused);
    out.report.lines.push_back({.row = number,
                                .number = "",
                                .outcome = Outcome::kRefused,
                                .changes = {},
                                .notes = std::exchange(of_rows[number], {})});
  }
  // What was noted of rows that came to nothing: a blank one, a title over the table.
  for (auto& [number, notes] : of_rows) std::ranges::move(notes, std::back_inserter(out.report.notes));
  return out;
}

}  // namespace weir::standards::standard

// Reading and writing checklists. docs/formats/checklist.md.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <unordered_set>

#include "weir/standards/clause/clause.h"

namespace weir::standards::clause {
namespace {

constexpr std::array<std::string_view, 10> kColumns = {
    "document", "clause", "level", "tier", "check", "applies", "status", "requirement_en", "requirement_zh", "note"};
enum Column { kDocument, kClause, kLevel, kTier, kCheck, kApplies, kStatus, kEnglish, kChinese, kNote };
constexpr std::array<std::string_view, 7> kWords = {"connector", "regional", "international", "shangmi",
                                                    "server",    "gateway",  "constrained"};
constexpr std::array<std::string_view, 5> kStatuses = {"implemented", "partly", "profile", "not here", "assessed"};
constexpr std::size_t kIdBytesMax = 128;

// RFC 4180 with LF or CRLF. A row that is not closed goes to the end of the text.
class Rows {
 public:
  explicit Rows(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }
  // False at the end. `line` is where the row begins.
  bool next(std::vector<std::string>& cells, std::int64_t& line) {
    cells.clear();
    if (at_ >= text_.size()) return false;
    line = line_;
    for (bool more = true; more;) more = cell(cells.emplace_back());
    return true;
  }

 private:
  // Whether another cell follows in the row.
  bool cell(std::string& out) {
    bool quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) ++at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (quoted) {
        if (c != '"') {
          out += c;
        } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
          out += '"';
          ++at_;
        } else {
          quoted = false;
        }
        continue;
      }
      if (c == ',') return ++at_, true;
      if (c == '\n') return ++at_, false;
      if (c != '\r') out += c;
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

template <class E, std::size_t N>
bool read_name(const std::string& text, E& out) {
  for (std::size_t i = 0; i < N; ++i) {
    if (name_of(static_cast<E>(i)) != text) continue;
    out = static_cast<E>(i);
    return true;
  }
  return false;
}

bool is_probe_word(const std::string& word) {
  return !word.empty() && word.size() <= 64 && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::vector<std::string> words_of(const std::string& text) {
  return text.empty() ? std::vector<std::string>() : split(text, ' ');
}

bool read_check(const std::string& text, Check& out) {
  std::vector<std::string> words = words_of(text);
  if (words.empty()) return true;
  if (!read_name<CheckKind, 5>(words.front(), out.kind) || out.kind == CheckKind::kNone) return false;
  if (out.kind != CheckKind::kProbe) return words.size() == 1;
  if (words.size() < 2 || !std::all_of(words.begin() + 1, words.end(), is_probe_word)) return false;
  out.probe = words[1];
  out.arguments.assign(words.begin() + 2, words.end());
  return true;
}

Text problem_of(const std::vector<std::string>& cells, Clause& clause) {
  clause.id = cells[kClause];
  clause.status = cells[kStatus];
  clause.requirement = {cells[kEnglish], cells[kChinese]};
  clause.note = cells[kNote];
  clause.applies = words_of(cells[kApplies]);
  if (clause.id.size() > kIdBytesMax) return {"the clause's name is too long", "条款编号过长"};
  if (!read_name<Level, 3>(cells[kLevel], clause.level)) {
    return {"the level is must, should or may, not '" + cells[kLevel] + "'", "级别应为 must、should 或 may"};
  }
  if (!read_name<Tier, 3>(cells[kTier], clause.tier)) {
    return {"the tier is base, extended or empty, not '" + cells[kTier] + "'", "层级应为 base、extended 或空"};
  }
  if (!read_check(cells[kCheck], clause.check)) {
    return {"'" + cells[kCheck] + "' is no check: probe NAME …, document, interview or maturity",
            "检查方式应为 probe 名称、document、interview 或 maturity"};
  }
  for (const std::string& word : clause.applies) {
    const bool own_device = word.starts_with("device:") && is_probe_word(word.substr(7));
    if (!own_device && std::find(kWords.begin(), kWords.end(), word) == kWords.end()) {
      return {"'" + word + "' is no role, suite or class of device", "“" + word + "”不是角色、算法套件或设备类别"};
    }
  }
  if (!clause.status.empty() && std::find(kStatuses.begin(), kStatuses.end(), clause.status) == kStatuses.end()) {
    return {"'" + clause.status + "' is no status", "未知状态“" + clause.status + "”"};
  }
  if (clause.requirement.en.empty() || clause.requirement.zh.empty()) {
    return {"the requirement needs words in both languages", "要求须有中英文"};
  }
  if (std::max(clause.requirement.en.size(), clause.requirement.zh.size()) > kRequirementBytesMax) {
    return {"the requirement is longer than 2000 bytes", "要求超过 2000 字节"};
  }
  return {};
}

Error wrong(std::string message, std::string_view reason) {
  return Error(Errc::kInvalidArgument, std::move(message)).because(reason);
}

void add_row(std::vector<std::string>& cells, std::int64_t line, std::unordered_set<std::string>& seen,
             ReadChecklist& out) {
  Clause clause;
  Text problem;
  if (cells.size() != kColumns.size()) {
    problem = {"has " + std::to_string(cells.size()) + " cells, not 10", "应有 10 列"};
  } else if (cells[kDocument] != out.checklist.document) {
    problem = {"is of another document: '" + cells[kDocument] + "'", "属于其他文件：“" + cells[kDocument] + "”"};
  } else if (cells[kClause].empty()) {
    problem = {"names no clause", "缺少条款编号"};
  } else {
    problem = problem_of(cells, clause);
    if (problem.en.empty() && !seen.insert(clause.id).second) {
      problem = {"clause " + clause.id + " is there twice", "条款 " + clause.id + " 重复"};
    }
  }
  if (problem.en.empty()) {
    out.checklist.clauses.push_back(std::move(clause));
  } else {
    out.problems.push_back({line, std::move(problem)});
  }
}

std::string quoted(std::string_view text) {
  const bool plain = text.find_first_of(",\"\n\r") == std::string_view::npos;
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

std::string row_of(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) out += (out.empty() ? "" : ",") + quoted(cell);
  return out + '\n';
}

}  // namespace

Result<ReadChecklist> parse_checklist(std::string_view text) {
  if (text.size() > kChecklistBytesMax) {
    return Error(Errc::kExhausted, "a checklist has at most 64 MiB").because("checklist.too_large");
  }
  if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
    return wrong("a checklist is UTF-8 text", "checklist.encoding").advise("save it as CSV, UTF-8");
  }
  Rows rows(text);
  std::vector<std::string> cells;
  std::int64_t line = 0;
  if (!rows.next(cells, line) || !std::equal(cells.begin(), cells.end(), kColumns.begin(), kColumns.end())) {
    std::string columns;
    for (const std::string_view column : kColumns) columns += (columns.empty() ? "" : ",") + std::string(column);
    return wrong("the first line names the columns: " + columns, "checklist.columns");
  }
  ReadChecklist out;
  const bool titled = rows.next(cells, line) && cells.size() == kColumns.size() && cells[kClause].empty() &&
                      !cells[kDocument].empty() && cells[kDocument].size() <= kIdBytesMax && !cells[kEnglish].empty() &&
                      !cells[kChinese].empty();
  if (!titled || slug_of(cells[kDocument]).empty()) {
    return wrong("the second line is the document: its name, and its title in both languages", "checklist.no_document");
  }
  out.checklist.document = cells[kDocument];
  out.checklist.title = {cells[kEnglish], cells[kChinese]};
  out.checklist.note = cells[kNote];
  std::unordered_set<std::string> seen;
  while (rows.next(cells, line)) {
    if (cells.size() == 1 && cells.front().empty()) continue;
    add_row(cells, line, seen, out);
  }
  return out;
}

std::string format_checklist(const Checklist& checklist) {
  std::string out = row_of(std::vector<std::string>(kColumns.begin(), kColumns.end()));
  out += row_of({checklist.document, "", "", "", "", "", "", checklist.title.en, checklist.title.zh, checklist.note});
  for (const Clause& clause : checklist.clauses) {
    std::string check(name_of(clause.check.kind));
    if (!clause.check.probe.empty()) check += " " + clause.check.probe;
    for (const std::string& argument : clause.check.arguments) check += " " + argument;
    out += row_of({checklist.document, clause.id, std::string(name_of(clause.level)), std::string(name_of(clause.tier)),
                   check, join(clause.applies, " "), clause.status, clause.requirement.en, clause.requirement.zh,
                   clause.note});
  }
  return out;
}

}  // namespace weir::standards::clause

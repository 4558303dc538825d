// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/life_cycle.h"
#include "weir/standards/standard/xml.h"

#include <algorithm>
#include <array>

namespace weir::standards::standard {

namespace {

struct StageRow {
  std::string_view code;
  Status status;
  const char* china_en;
  const char* china_zh;
  const char* iso_en;
  const char* iso_zh;
};
constexpr std::array<StageRow, 9> kStages = {{
    {"00", Status::kProposal, "preliminary", "预阶段", "preliminary", "预阶段"},
    {"10", Status::kProposal, "project approval", "立项阶段", "proposal", "提案阶段"},
    {"20", Status::kDrafting, "drafting", "起草阶段", "preparatory", "准备阶段"},
    {"30", Status::kComment, "public comment", "征求意见阶段", "committee", "委员会阶段"},
    {"40", Status::kReview, "examination", "审查阶段", "enquiry", "询问阶段"},
    {"50", Status::kApproval, "approval", "批准阶段", "approval", "批准阶段"},
    {"60", Status::kInForce, "publication", "出版阶段", "publication", "出版阶段"},
    {"90", Status::kUnderReview, "review", "复审阶段", "review", "复审阶段"},
    {"95", Status::kWithdrawn, "abolition", "废止阶段", "withdrawal", "撤销阶段"},
}};
struct SubStage {
  std::string_view code;
  const char* en;
  const char* zh;
};
constexpr std::array<SubStage, 7> kSubStages = {{{"00", "registered", "登记"},
                                                 {"20", "main action begins", "主要工作开始"},
                                                 {"60", "main action ends", "主要工作结束"},
                                                 {"92", "back to an earlier step", "退回前一阶段"},
                                                 {"93", "repeated or confirmed", "重复本阶段或确认"},
                                                 {"98", "abandoned", "终止"},
                                                 {"99", "goes on", "进入下一阶段"}}};

const StageRow* row_of(std::string_view code) {
  const auto found = std::ranges::find_if(kStages, [&](const StageRow& row) { return code.starts_with(row.code); });
  return found == kStages.end() ? nullptr : &*found;
}

// Deadlines of one standard.
class Reader {
 public:
  Reader(const Registry& registry, Index index) : registry_(registry), index_(index), it_(registry.at(index)) {}

  std::vector<Deadline> read() {
    comment();
    force();
    review();
    adoption();
    return std::move(out_);
  }

 private:
  Deadline make(std::string_view rule, const Date& from, const Date& due) {
    return {.standard = index_,
            .rule = rule,
            .from = from,
            .due = due,
            .stated = false,
            .rough = from.day == 0,
            .overdue = false,
            .note = {}};
  }

  void comment() {
    const Date from = registry_.date(index_, Field::kCommentFrom);
    const Date until = registry_.date(index_, Field::kCommentUntil);
    if (it_.status != Status::kComment || (!from.known() && !until.known())) return;
    const bool committee = it_.number.family() == Family::kCommittee;
    const int days = committee ? 14 : 60;
    Deadline deadline =
        make(committee ? "comment-document" : "comment", from, until.day != 0 ? until : add_days(last_day(from), days));
    deadline.stated = until.day != 0;
    if (deadline.stated) deadline.rough = false;
    if (deadline.stated && from.day != 0 && days_between(from, until) < days) {
      const std::string given = std::to_string(days_between(from, until));
      deadline.note = {"the period of " + given + " days is shorter than " + std::to_string(days),
                       "期限 " + given + " 天，短于 " + std::to_string(days) + " 天"};
    }
    out_.push_back(std::move(deadline));
  }

  void force() {
    const Date day = registry_.date(index_, Field::kImplemented);
    if (!day.known() || phase_of(it_.status) != Phase::kPublished) return;
    Deadline deadline = make("force", registry_.date(index_, Field::kPublished), last_day(day));
    deadline.stated = true;
    deadline.rough = day.day == 0;
    for (const Link* link : registry_.links_from(index_, Relation::kReplaces)) {
      const std::string old = registry_.at(link->to).number.text();
      deadline.note = {"from then " + old + " no longer counts", "自该日起 " + old + " 不再有效"};
    }
    out_.push_back(std::move(deadline));
  }

  void review() {
    const Family family = it_.number.family();
    const bool reviewed = family == Family::kNational || family == Family::kIndustry || family == Family::kLocal;
    if (it_.status != Status::kInForce || !it_.published.known() || !reviewed) return;
    if (!registry_.links_to(index_, Relation::kReplaces).empty()) return;
    out_.push_back(make("review", it_.published, add_months(last_day(it_.published), 60)));
  }

  // The adopted edition is no longer: the edition that came after it should be adopted within a year.
  void adoption() {
    if (phase_of(it_.status) != Phase::kPublished || !it_.number.is_chinese()) return;
    for (const Link* link : registry_.links_from(index_, Relation::kAdopts)) {
      if (!counts(link->degree) || phase_of(registry_.at(link->to).status) != Phase::kPast) continue;
      for (const Index next : registry_.editions(registry_.at(link->to).number)) {
        const Standard& newer = registry_.at(next);
        if (newer.number.year() <= registry_.at(link->to).number.year() || phase_of(newer.status) != Phase::kPublished)
          continue;
        if (!newer.published.known()) continue;
        Deadline deadline = make("adoption", newer.published, add_months(last_day(newer.published), 12));
        deadline.note = {newer.number.text() + " took the place of the adopted edition",
                         newer.number.text() + " 已取代所采用的版本"};
        out_.push_back(std::move(deadline));
      }
    }
  }

  const Registry& registry_;
  const Index index_;
  const Standard& it_;
  std::vector<Deadline> out_;
};

// RFC 5545, 3.3.11 and 3.1: escaped, and folded at 75 octets between characters.
std::string calendar_line(std::string_view name, std::string_view text) {
  std::string line(name);
  line += ':';
  for (const char c : text) {
    if (c == ',' || c == ';' || c == '\\') line += '\\';
    if (c == '\n') line += "\\n";
    if (static_cast<unsigned char>(c) >= 0x20) line += c;
  }
  std::string out;
  std::size_t used = 0;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t length = 1;
    while (i + length < line.size() && (static_cast<unsigned char>(line[i + length]) & 0xC0) == 0x80) ++length;
    if (used + length > 74) {
      out += "\r\n ";
      used = 1;
    }
    out += line.substr(i, length);
    used += length;
    i += length;
  }
  return out + "\r\n";
}

std::string compact(const Date& date) {
  std::string text = format(date);
  std::erase(text, '-');
  return text;
}

}  // namespace

Stage stage_of(std::string_view code, Body body) {
  Stage out{.code = code, .body = body, .words = {}};
  const StageRow* row = row_of(code);
  if (row == nullptr) return out;
  out.words = body == Body::kChina ? Text{row->china_en, row->china_zh} : Text{row->iso_en, row->iso_zh};
  for (const SubStage& sub : kSubStages) {
    if (code.size() == 5 && code[2] == '.' && code.substr(3) == sub.code)
      out.words = {out.words.en + ", " + sub.en, out.words.zh + "，" + sub.zh};
  }
  return out;
}

std::optional<Status> status_of_stage(std::string_view code, Body body) {
  const StageRow* row = row_of(code);
  if (row == nullptr) return std::nullopt;
  if (body == Body::kIso && row->code == "40") return Status::kComment;  // the enquiry is where the public comments
  if (body == Body::kIso && row->code == "30") return Status::kDrafting;
  if (code == "90.93") return Status::kInForce;
  return row->status;
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"comment",
       {"comments close after 60 days", "公开征求意见 60 天截止"},
       60,
       0,
       "SESEC report on TC260, September 2025; SAMR Order 59"},
      {"comment-document",
       {"comments on the technical document close after 14 days", "技术文件征求意见 14 天截止"},
       14,
       0,
       "sesec.eu/?p=9073"},
      {"force", {"takes effect", "实施"}, 0, 0, "the standard itself"},
      {"review", {"review, every five years", "五年复审"}, 0, 60, "std-zbzy.com"},
      {"adoption",
       {"the new international edition should be adopted within twelve months", "应在十二个月内转化新版国际标准"},
       0,
       12,
       "People's Daily via reportify.ai"},
  };
  return all;
}

std::vector<Deadline> deadlines(const Registry& registry, const Date& today, const Date& first, const Date& last,
                                bool overdue) {
  std::vector<Deadline> out;
  for (Index i = 0; i < registry.standards().size(); ++i) {
    if (!registry.at(i).listed) continue;
    for (Deadline& deadline : Reader(registry, i).read()) {
      const bool to_do = deadline.rule != "force";
      deadline.overdue = deadline.due < today && to_do;
      const bool inside = deadline.due >= first && deadline.due <= last;
      if (inside || (overdue && deadline.overdue && deadline.due < first)) out.push_back(std::move(deadline));
    }
  }
  std::ranges::stable_sort(out, [](const Deadline& a, const Deadline& b) { return a.due < b.due; });
  return out;
}

Text words_for(const Event& event) {
  if (event.what == "status") {
    const Text words = words_for(parse_status(event.value).value_or(Status::kUnknown));
    return {"stood as: " + words.en, "当时状态：" + words.zh};
  }
  if (event.what == "comment_from") return {"public comment began", "开始征求意见"};
  if (event.what == "comment_until") return {"public comment ended", "征求意见截止"};
  if (event.what == "published") return {"published", "发布"};
  if (event.what == "implemented") return {"took effect", "实施"};
  if (event.what == "withdrawn") return {"withdrawn", "废止"};
  return {"edition of", "版本年份"};
}

std::vector<Event> timeline(const Registry& registry, const std::vector<Index>& standards) {
  const auto is_day = [](Field field) {
    return field == Field::kCommentFrom || field == Field::kCommentUntil || field == Field::kPublished ||
           field == Field::kImplemented || field == Field::kWithdrawn;
  };
  std::vector<Event> out;
  std::size_t first = 0;  // of this standard
  // Two sources that say the same make one event.
  const auto add = [&](const Event& event) {
    for (std::size_t i = first; i < out.size(); ++i) {
      if (out[i].what == event.what && out[i].day == event.day && out[i].value == event.value) return;
    }
    out.push_back(event);
  };
  for (const Index index : standards) {
    first = out.size();
    bool published = false;
    for (const Claim& claim : registry.at(index).claims) {
      if (is_day(claim.field)) {
        const auto day = parse_date(claim.value);
        if (day) add({index, *day, name_of(claim.field), {}, claim.source});
        published = published || (day && claim.field == Field::kPublished);
      }
      const Date& seen = registry.source_of(claim.source).date;
      const auto status = claim.field == Field::kStatus && seen.known() ? parse_status(claim.value) : std::nullopt;
      if (status) add({index, seen, "status", name_of(*status), claim.source});
    }
    const Date& settled = registry.at(index).published;
    if (!published && settled.known()) add({index, settled, "edition", {}, 0});
  }
  std::ranges::stable_sort(out, [](const Event& a, const Event& b) { return a.day > b.day; });
  return out;
}

std::string to_calendar(const Registry& registry, const std::vector<Deadline>& list, Language language, Timestamp now) {
  std::string out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Weir//Standards//EN\r\nCALSCALE:GREGORIAN\r\n";
  for (const Deadline& deadline : list) {
    const std::string& number = registry.at(deadline.standard).number.text();
    const auto rule = std::ranges::find_if(rules(), [&](const Rule& one) { return one.id == deadline.rule; });
    std::string uid = number + "/" + std::string(deadline.rule) + "/" + format(deadline.due);
    std::ranges::replace(uid, ' ', '_');
    std::string stamp = format_compact(now);
    stamp.insert(8, "T");
    out += "BEGIN:VEVENT\r\n" + calendar_line("UID", uid + "@weir") + calendar_line("DTSTAMP", stamp + "Z") +
           calendar_line("DTSTART;VALUE=DATE", compact(deadline.due)) +
           calendar_line("SUMMARY", number + ": " + rule->words.in(language)) +
           calendar_line("DESCRIPTION", std::string(registry.title(deadline.standard, language)) +
                                            (deadline.note.en.empty() ? "" : " - " + deadline.note.in(language))) +
           "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n";
  }
  return out + "END:VCALENDAR\r\n";
}

std::string to_atom(const Registry& registry, const std::vector<Event>& events, Language language, Timestamp now) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>" +
      std::string(language == Language::kChinese ? "标准动态" : "Standards: what happened") +
      "</title>\n<id>urn:weir:standards</id>\n<author><name>Weir</name></author>\n<updated>" + format_iso8601(now) +
      "</updated>\n";
  for (const Event& event : events) {
    std::string number = registry.at(event.standard).number.text();
    const std::string title = number + ": " + words_for(event).in(language);
    std::ranges::replace(number, ' ', '_');
    const std::string value = event.value.empty() ? "" : ":" + std::string(event.value);
    const std::string id = number + ":" + std::string(event.what) + value + ":" + format(event.day);
    out += "<entry><id>urn:weir:standards:" + escape_xml(id) + "</id><title>" + escape_xml(title) +
           "</title><updated>" + format(first_day(event.day)) +
           "T00:00:00+08:00</updated><summary>" + escape_xml(registry.title(event.standard, language)) +
           "</summary></entry>\n";
  }
  return out + "</feed>\n";
}

}  // namespace weir::standards::standard

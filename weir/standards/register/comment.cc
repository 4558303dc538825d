// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/register/comment.h"

#include <array>
#include <map>

namespace weir::standards::registering {

namespace {

using wire::Json;

constexpr std::size_t kTextBytesMax = 20'000;
constexpr std::array<std::string_view, 3> kKinds = {"general", "technical", "editorial"};
constexpr std::array<std::string_view, 4> kVerdicts = {"open", "accepted", "partly", "rejected"};

Error bad(std::string message) { return Error(Errc::kInvalidArgument, std::move(message)).because("comment.bad"); }

std::string cell(std::string_view text) {
  std::string out = "\"";
  // A spreadsheet must not take a comment for a formula.
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) out += '\'';
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

Json counted(const std::map<std::string, std::int64_t>& counts) {
  Json out = Json::object();
  for (const auto& [name, count] : counts) out.set(name, count);
  return out;
}

}  // namespace

std::string_view name_of(CommentKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view name_of(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }
Text words_for(Verdict verdict) {
  static const std::array<Text, 4> words = {
      {{"open", "待处理"}, {"accepted", "采纳"}, {"accepted in part", "部分采纳"}, {"not accepted", "不采纳"}}};
  return words[static_cast<std::size_t>(verdict)];
}

Json to_json(const Comment& comment) {
  Json out = Json::object({{"id", comment.id},
                           {"standard", comment.standard},
                           {"clause", comment.clause},
                           {"kind", name_of(comment.kind)},
                           {"text", comment.text},
                           {"proposal", comment.proposal},
                           {"who", comment.who}});
  if (!comment.infeasible_for.empty()) out.set("infeasibleFor", Json::strings(comment.infeasible_for));
  out.set("time", format_iso8601(comment.time)).set("actor", comment.actor).set("verdict", name_of(comment.verdict));
  if (comment.verdict != Verdict::kOpen)
    out.set("reason", comment.reason).set("decided", format_iso8601(comment.decided));
  return out;
}

Result<Comment> parse_comment(const Json& json) {
  if (!json.is_object()) return bad("a comment is an object");
  Comment out;
  out.standard = json.text_or("standard", "");
  out.clause = json.text_or("clause", "");
  out.text = json.text_or("text", "");
  out.proposal = json.text_or("proposal", "");
  out.who = json.text_or("who", "");
  if (out.standard.empty()) return bad("a comment names the standard");
  if (out.text.empty() || out.text.size() > kTextBytesMax) return bad("a comment has a text of at most 20,000 bytes");
  if (out.proposal.size() > kTextBytesMax) return bad("the proposed change has at most 20,000 bytes");
  if (out.who.empty() || out.who.size() > 200) return bad("a comment says who makes it");
  if (out.clause.size() > 64) return bad("a clause has at most 64 bytes");
  const std::string kind = json.text_or("kind", "technical");
  bool known = false;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == kind) out.kind = static_cast<CommentKind>(i);
    known = known || kKinds[i] == kind;
  }
  if (!known) return bad("the kind is general, technical or editorial");
  if (json.has("infeasibleFor")) {
    WEIR_TRY_LET(out.infeasible_for, json.texts("infeasibleFor"));
    if (out.infeasible_for.size() > 32) return bad("at most 32 classes of device");
    if (!out.infeasible_for.empty() && out.clause.empty())
      return bad("what a class of device cannot meet is an exact clause");
  }
  return out;
}

Result<Decision> parse_decision(const Json& json) {
  Decision out{
      .comment = json.integer_or("comment", 0), .verdict = Verdict::kOpen, .reason = json.text_or("reason", "")};
  const std::string verdict = json.text_or("verdict", "");
  for (std::size_t i = 1; i < kVerdicts.size(); ++i) {
    if (kVerdicts[i] == verdict) out.verdict = static_cast<Verdict>(i);
  }
  if (out.verdict == Verdict::kOpen) return bad("the verdict is accepted, partly or rejected");
  if (out.verdict != Verdict::kAccepted && out.reason.empty())
    return bad("what is not accepted, or in part, needs a reason");
  if (out.reason.size() > kTextBytesMax) return bad("a reason has at most 20,000 bytes");
  return out;
}

Json statistics(const std::vector<Comment>& comments) {
  std::map<std::string, std::int64_t> verdicts;
  std::map<std::string, std::int64_t> kinds;
  std::map<std::string, std::int64_t> clauses;
  std::map<std::string, std::int64_t> people;
  for (const Comment& comment : comments) {
    ++verdicts[std::string(name_of(comment.verdict))];
    ++kinds[std::string(name_of(comment.kind))];
    ++clauses[comment.clause];
    ++people[comment.who];
  }
  return Json::object({{"total", comments.size()},
                       {"byVerdict", counted(verdicts)},
                       {"byKind", counted(kinds)},
                       {"byClause", counted(clauses)},
                       {"byWho", counted(people)}});
}

namespace {

// How many clauses of the draft concern a class of device, and how many of these it cannot meet.
Json profile_of(const clause::Checklist& draft, const std::string& device,
                const std::map<std::string, Json>& infeasible) {
  std::int64_t all = 0;
  std::int64_t musts = 0;
  std::int64_t out_of_reach = 0;
  for (const clause::Clause& clause : draft.clauses) {
    if (!clause::concerns_device(clause, device)) continue;
    const bool must = clause.level == clause::Level::kMust;
    ++all;
    musts += must ? 1 : 0;
    out_of_reach += must && infeasible.contains(clause.id) ? 1 : 0;
  }
  return Json::object({{"clauses", all}, {"musts", musts}, {"infeasibleMusts", out_of_reach}});
}

}  // namespace

Json feasibility(const std::vector<Comment>& comments, const clause::Checklist* draft) {
  std::map<std::string, std::map<std::string, Json>> classes;
  for (const Comment& comment : comments) {
    for (const std::string& device : comment.infeasible_for) {
      Json& list = classes[device][comment.clause];
      list.push(Json::object({{"comment", comment.id},
                              {"who", comment.who},
                              {"text", comment.text},
                              {"proposal", comment.proposal},
                              {"verdict", name_of(comment.verdict)}}));
    }
  }
  Json out = Json::array();
  for (const auto& [device, clauses] : classes) {
    Json list = Json::array();
    for (const auto& [clause, said] : clauses) {
      Json one = Json::object({{"clause", clause}, {"comments", said}});
      if (const clause::Clause* known = draft == nullptr ? nullptr : draft->find(clause)) {
        const Json words = Json::object({{"en", known->requirement.en}, {"zh", known->requirement.zh}});
        one.set("level", name_of(known->level)).set("requirement", words);
        one.set("concerns", clause::concerns_device(*known, device));
      }
      list.push(std::move(one));
    }
    Json of_device = Json::object({{"device", device}, {"infeasible", std::move(list)}});
    if (draft != nullptr) of_device.set("profile", profile_of(*draft, device, clauses));
    out.push(std::move(of_device));
  }
  return out;
}

std::string summary_table(const std::vector<Comment>& comments) {
  std::string out = "\xEF\xBB\xBF序号,章条编号,意见内容,修改建议,提出单位,处理意见,理由\r\n";
  std::int64_t number = 0;
  for (const Comment& comment : comments) {
    out += std::to_string(++number) + "," + cell(comment.clause) + "," + cell(comment.text) + "," +
           cell(comment.proposal) + "," + cell(comment.who) + "," + cell(words_for(comment.verdict).zh) + "," +
           cell(comment.reason) + "\r\n";
  }
  return out;
}

}  // namespace weir::standards::registering

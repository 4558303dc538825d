// Comment: what somebody says about a clause of a draft, and what became of it; which clauses a class of device cannot
// meet.
//
// Format: docs/formats/standards-register.md. Thread-safety: values. Trust: parse takes hostile JSON.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/standards/clause/clause.h"
#include "weir/wire/json.h"

namespace weir::standards::registering {

enum class CommentKind : std::uint8_t { kGeneral, kTechnical, kEditorial };
std::string_view name_of(CommentKind kind);
enum class Verdict : std::uint8_t { kOpen, kAccepted, kPartly, kRejected };
std::string_view name_of(Verdict verdict);
Text words_for(Verdict verdict);

struct Comment {
  std::int64_t id = 0;
  std::string standard;  // number of the draft
  std::string clause;    // "6.2.1"; empty: the whole document
  CommentKind kind = CommentKind::kTechnical;
  std::string text;
  std::string proposal;  // the changed wording
  std::string who;       // organisation or person
  // Classes of device that cannot meet the clause as it stands: "plc", "collector"; of a comment about feasibility.
  std::vector<std::string> infeasible_for;
  Timestamp time;
  std::string actor;  // the operator that entered it
  Verdict verdict = Verdict::kOpen;
  std::string reason;  // of the verdict; required to reject, or to accept in part
  Timestamp decided;
};
wire::Json to_json(const Comment& comment);
// Fails with kInvalidArgument ("comment.bad"), naming the member.
Result<Comment> parse_comment(const wire::Json& json);
struct Decision {
  std::int64_t comment = 0;
  Verdict verdict = Verdict::kOpen;
  std::string reason;
};
Result<Decision> parse_decision(const wire::Json& json);

wire::Json statistics(const std::vector<Comment>& comments);
// Class of device -> the clauses infeasible for it, with the comments that say so; with the draft's clauses, where
// there is a list of them, also their level and words, and how many musts that concern the class are out of reach.
wire::Json feasibility(const std::vector<Comment>& comments, const clause::Checklist* draft = nullptr);
// 标准征求意见汇总处理表: number, clause, comment, proposal, who, disposition, reason. CSV with a mark, for
// spreadsheets.
std::string summary_table(const std::vector<Comment>& comments);

}  // namespace weir::standards::registering

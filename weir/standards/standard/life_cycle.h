// Life cycle: stage codes of China and ISO, and the days that follow from them: comment, review, entry into force,
// adoption.
//
// Rules and their sources: rules(). The day is an argument (I-9); deadlines run in China's time, +08:00.
// Thread-safety: pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/standards/standard/registry.h"

namespace weir::standards::standard {

enum class Body : std::uint8_t { kChina, kIso };
// One code, two meanings: public comment is 30 in China and 40 in ISO.
struct Stage {
  std::string_view code;  // "30", "40.20"
  Body body = Body::kChina;
  Text words;
};
// "40.20", "30": by the body that uses the code. Empty words if nobody does.
Stage stage_of(std::string_view code, Body body);
// What a stage code means as a status.
std::optional<Status> status_of_stage(std::string_view code, Body body);

struct Rule {
  std::string_view id;  // "comment", "review" …
  Text words;
  int days = 0;
  int months = 0;
  std::string_view source;
};
const std::vector<Rule>& rules();

struct Deadline {
  Index standard = 0;
  std::string_view rule;
  Date from;
  Date due;
  bool stated = false;  // by the source itself, not computed
  bool rough = false;   // counted from a year or month, not from a day
  bool overdue = false;
  Text note;  // what else there is to say: a period that is too short
};
// Whatever is due from `first` to `last`; and with `overdue`, what was due before `first` and is not done.
std::vector<Deadline> deadlines(const Registry& registry, const Date& today, const Date& first, const Date& last,
                                bool overdue);

struct Event {
  Index standard = 0;
  Date day;
  std::string_view what;   // "published", "implemented", "withdrawn", "comment_from", "status", "edition"
  std::string_view value;  // of a status: "in-force"
  SourceId source = 0;
};
Text words_for(const Event& event);
// Of these standards, newest first.
std::vector<Event> timeline(const Registry& registry, const std::vector<Index>& standards);

// RFC 5545, one all-day event a deadline; RFC 4287, one entry an event.
std::string to_calendar(const Registry& registry, const std::vector<Deadline>& deadlines, Language language,
                        Timestamp now);
std::string to_atom(const Registry& registry, const std::vector<Event>& events, Language language, Timestamp now);

}  // namespace weir::standards::standard

// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/repair.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "weir/supply/catalog/tokens.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kListMax = 512;
constexpr std::size_t kWordBytesMax = 512;
constexpr std::size_t kPlaceBytesMax = 512;

struct Named {
  std::string_view from;
  std::string_view to;
};
constexpr Named kEntities[] = {{"&amp;", "&"},  {"&lt;", "<"},   {"&gt;", ">"},    {"&quot;", "\""},
                               {"&#39;", "'"},  {"&apos;", "'"}, {"&nbsp;", " "}, {"&rsquo;", "'"}};

// What starts here looks like a tag: "<p>", "</div>", "<a href=…>", "<br/>", "<!-- -->".
std::size_t tag_length(std::string_view text) {
  if (text.size() < 3 || text[0] != '<') return 0;
  const char first = text[1];
  const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
  if (!letter && first != '/' && first != '!') return 0;
  const std::size_t end = text.find('>');
  return end == std::string_view::npos || end > 1000 ? 0 : end + 1;
}

std::size_t entity_length(std::string_view text, std::string& out) {
  for (const auto& [from, to] : kEntities) {
    if (!text.starts_with(from)) continue;
    out += to;
    return from.size();
  }
  return 0;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::optional<Frequency> interval_frequency(std::string_view text) {
  struct Interval {
    std::string_view text;
    Frequency frequency;
  };
  constexpr Interval kIntervals[] = {
      {"r/pt1s", Frequency::kRealTime},  {"r/pt1h", Frequency::kRealTime}, {"r/p1d", Frequency::kDaily},
      {"r/p3.5d", Frequency::kWeekly},   {"r/p1w", Frequency::kWeekly},    {"r/p7d", Frequency::kWeekly},
      {"r/p0.5m", Frequency::kWeekly},   {"r/p2w", Frequency::kWeekly},    {"r/p1m", Frequency::kMonthly},
      {"r/p2m", Frequency::kQuarterly},  {"r/p3m", Frequency::kQuarterly}, {"r/p4m", Frequency::kQuarterly},
      {"r/p6m", Frequency::kHalfYearly}, {"r/p1y", Frequency::kYearly},    {"r/p12m", Frequency::kYearly},
      {"r/p2y", Frequency::kIrregular},  {"r/p3y", Frequency::kIrregular}, {"r/p4y", Frequency::kIrregular},
      {"r/p5y", Frequency::kIrregular},  {"r/p10y", Frequency::kIrregular},
  };
  for (const Interval& row : kIntervals) {
    if (text == row.text) return row.frequency;
  }
  return std::nullopt;
}

std::optional<Frequency> worded_frequency(std::string_view text) {
  struct Word {
    std::string_view part;
    Frequency frequency;
  };
  // The first part that occurs decides.
  constexpr Word kWords[] = {
      {"no longer", Frequency::kHistorical}, {"not be updated", Frequency::kHistorical}, {"not updated", Frequency::kHistorical},
      {"never", Frequency::kHistorical},     {"archived", Frequency::kHistorical},       {"irregular", Frequency::kIrregular},
      {"as needed", Frequency::kIrregular},  {"ad hoc", Frequency::kIrregular},          {"biennial", Frequency::kIrregular},
      {"real", Frequency::kRealTime},        {"continuous", Frequency::kRealTime},       {"hourly", Frequency::kRealTime},
      {"daily", Frequency::kDaily},          {"biweekly", Frequency::kWeekly},           {"weekly", Frequency::kWeekly},
      {"monthly", Frequency::kMonthly},      {"quarterly", Frequency::kQuarterly},       {"semiannual", Frequency::kHalfYearly},
      {"half", Frequency::kHalfYearly},      {"annual", Frequency::kYearly},             {"yearly", Frequency::kYearly},
      {"实时", Frequency::kRealTime},        {"日", Frequency::kDaily},                  {"周", Frequency::kWeekly},
      {"季", Frequency::kQuarterly},         {"半年", Frequency::kHalfYearly},           {"月", Frequency::kMonthly},
      {"年", Frequency::kYearly},            {"不定期", Frequency::kIrregular},
  };
  for (const Word& word : kWords) {
    if (text.find(word.part) != std::string_view::npos) return word.frequency;
  }
  return std::nullopt;
}

// A date, a date and time, or a year. The end of a period reaches to the end of its year.
std::optional<Timestamp> read_moment(std::string_view text, bool end, Repairs& repairs) {
  text = trim(text);
  const bool year = text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (year) {
    repairs.note("date_widened");
    auto time = parse_iso8601(std::string(text) + (end ? "-12-31" : "-01-01"));
    return time ? std::optional<Timestamp>(*time) : std::nullopt;
  }
  auto time = parse_iso8601(text);
  return time ? std::optional<Timestamp>(*time) : std::nullopt;
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end && numbers.size() < 20'000) {
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error == std::errc() && std::isfinite(value)) {
      numbers.push_back(value);
      at = next;
    } else {
      ++at;
    }
  }
  return numbers;
}

bool is_box(const std::array<double, 4>& box) {
  return std::abs(box[0]) <= 180 && std::abs(box[2]) <= 180 && std::abs(box[1]) <= 90 && std::abs(box[3]) <= 90;
}

std::optional<std::array<double, 4>> gml_box(std::string_view gml) {
  std::array<double, 4> box{180, 90, -180, -90};
  std::size_t points = 0;
  for (const std::string_view tag : {"gml:posList>", "gml:pos>", "gml:lowerCorner>", "gml:upperCorner>"}) {
    for (std::size_t at = gml.find(tag); at != std::string_view::npos; at = gml.find(tag, at + tag.size())) {
      const std::string_view rest = gml.substr(at + tag.size());
      const std::vector<double> numbers = numbers_in(rest.substr(0, rest.find('<')));
      for (std::size_t i = 0; i + 1 < numbers.size(); i += 2, ++points) {  // latitude, longitude
        box = {std::min(box[0], numbers[i + 1]), std::min(box[1], numbers[i]), std::max(box[2], numbers[i + 1]),
               std::max(box[3], numbers[i])};
      }
    }
  }
  if (points < 1 || !is_box(box)) return std::nullopt;
  return box;
}

}  // namespace

void Repairs::note(std::string_view slug) {
  if (std::find(names_.begin(), names_.end(), slug) == names_.end()) names_.emplace_back(slug);
}

std::string clean_text(std::string_view text, Repairs& repairs) {
  std::string out;
  bool blank = true;  // leading ones are dropped
  while (!text.empty()) {
    std::size_t used = tag_length(text);
    if (used > 0) {
      repairs.note("html_removed");
      if (!blank) out += ' ';
      blank = true;
    } else if (text[0] == '&' && (used = entity_length(text, out)) > 0) {
      repairs.note("html_removed");
      blank = !out.empty() && out.back() == ' ';
    } else if (is_blank(text[0])) {
      if (!blank) out += ' ';
      blank = true;
      used = 1;
    } else if (static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f) {
      repairs.note("control_characters_removed");
      used = 1;
    } else {
      out += text[0];
      blank = false;
      used = 1;
    }
    text.remove_prefix(used);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string clean_text(std::string_view text, std::size_t bytes, Repairs& repairs) {
  std::string out = clean_text(text, repairs);
  if (out.size() <= bytes) return out;
  repairs.note("cut");
  return cut_utf8(out, bytes);
}

std::vector<std::string> clean_list(std::vector<std::string> list, Repairs& repairs) {
  std::vector<std::string> out;
  std::set<std::string, std::less<>> seen;
  for (const std::string& word : list) {
    std::string clean = clean_text(word, kWordBytesMax, repairs);
    if (clean.empty() || out.size() == kListMax || !seen.insert(clean).second) {
      repairs.note("list_cleaned");
      continue;
    }
    out.push_back(std::move(clean));
  }
  return out;
}

std::optional<Frequency> read_frequency(std::string_view text, Repairs& repairs) {
  const std::string lower = to_lower_ascii(trim(text));
  if (lower.empty()) return std::nullopt;
  if (const auto interval = interval_frequency(lower)) return interval;
  if (const auto code = parse_code<Frequency>(lower)) return *code;
  if (const auto worded = worded_frequency(lower)) return worded;
  repairs.note("frequency_unknown");
  return std::nullopt;
}

Period read_period(std::string_view text, Repairs& repairs) {
  Period period;
  text = trim(text);
  if (text.empty()) return period;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    period.from = read_moment(text.substr(0, slash), false, repairs);
    period.until = read_moment(text.substr(slash + 1), true, repairs);
  } else if (const auto from = read_moment(text, false, repairs)) {
    period.from = from;
    period.until = read_moment(text, true, repairs);
  }
  if (period.from && period.until && *period.until < *period.from) {
    repairs.note("period_turned");
    std::swap(period.from, period.until);
  }
  if (!period.from || !period.until) {
    repairs.note("period_as_text");
    period.text = clean_text(text, 1024, repairs);
  }
  return period;
}

Place read_place(std::string_view text, Repairs& repairs) {
  Place place;
  text = trim(text);
  if (text.empty()) return place;
  if (text.find("gml:") != std::string_view::npos) {
    place.box = gml_box(text);
    if (place.box) return place;
  }
  const bool numeric = text.find_first_not_of("0123456789.,-+eE \t") == std::string_view::npos;
  if (const std::vector<double> numbers = numeric ? numbers_in(text) : std::vector<double>(); numbers.size() == 4) {
    const std::array<double, 4> box{numbers[0], numbers[1], numbers[2], numbers[3]};
    if (is_box(box)) {
      place.box = box;
      return place;
    }
  }
  place.text = clean_text(text, repairs);
  if (place.text.size() > kPlaceBytesMax) {
    repairs.note("place_cut");
    place.text = cut_utf8(place.text, kPlaceBytesMax);
  }
  return place;
}

std::vector<std::string> read_languages(const std::vector<std::string>& languages, Repairs& repairs) {
  constexpr Named kMended[] = {{"english", "en"}, {"eng", "en"}, {"us-en", "en-US"}, {"spanish", "es"}, {"中文", "zh"}, {"汉语", "zh"}};
  std::vector<std::string> out;
  for (const std::string& language : languages) {
    const std::string lower = to_lower_ascii(trim(language));
    const auto known = std::find_if(std::begin(kMended), std::end(kMended), [&](const Named& row) { return row.from == lower; });
    const bool tag = lower.size() >= 2 && lower.size() <= 35 &&
                     lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
    std::string mended = known != std::end(kMended) ? std::string(known->to) : tag ? std::string(trim(language)) : "";
    if (mended.empty()) {
      repairs.note("language_dropped");
      continue;
    }
    if (known != std::end(kMended)) repairs.note("language_mended");
    if (std::find(out.begin(), out.end(), mended) == out.end()) out.push_back(std::move(mended));
  }
  return out;
}

}  // namespace weir::supply::catalog

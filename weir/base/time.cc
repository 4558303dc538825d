// SPDX-License-Identifier: Apache-2.0
#include "weir/base/time.h"

#include <optional>

namespace weir {
namespace {

namespace chrono = std::chrono;

Error bad_time(std::string_view text) {
  return Error(Errc::kInvalidArgument, "not an ISO 8601 time: '" + std::string(text.substr(0, 40)) + "'")
      .advise("write it like 2026-01-31T08:05:09Z");
}

// Takes `digits` decimal digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// Reads ".123456" as milliseconds, dropping what is finer.
std::optional<int> take_fraction(std::string_view& text) {
  int value = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 3) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (; digits < 3; ++digits) value *= 10;
  return value;
}

std::optional<int> take_offset_minutes(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return 0;
  const int sign = text.front() == '-' ? -1 : 1;
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 14) return std::nullopt;
  take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

struct Broken {
  chrono::year_month_day date;
  chrono::hh_mm_ss<Milliseconds> time;
};

Broken break_down(Timestamp time) {
  const chrono::sys_time<Milliseconds> point{Milliseconds(time.value())};
  const auto day = chrono::floor<chrono::days>(point);
  return {chrono::year_month_day(day), chrono::hh_mm_ss<Milliseconds>(point - day)};
}

// Evidence entries are formatted by the hundred thousand: printf costs as much as the rest of their text.
void put(std::string& out, int value, int digits) {
  if (value < 0 || value > 9999) {
    out += std::to_string(value);
    return;
  }
  for (int unit = digits == 4 ? 1000 : digits == 3 ? 100 : 10; unit > 0; unit /= 10) {
    out += static_cast<char>('0' + value / unit % 10);
  }
}

std::string format(Timestamp time, std::string_view between_date, std::string_view between,
                   std::string_view between_time) {
  const Broken b = break_down(time);
  std::string out;
  put(out, static_cast<int>(b.date.year()), 4);
  out += between_date;
  put(out, static_cast<int>(static_cast<unsigned>(b.date.month())), 2);
  out += between_date;
  put(out, static_cast<int>(static_cast<unsigned>(b.date.day())), 2);
  out += between;
  put(out, static_cast<int>(b.time.hours().count()), 2);
  out += between_time;
  put(out, static_cast<int>(b.time.minutes().count()), 2);
  out += between_time;
  put(out, static_cast<int>(b.time.seconds().count()), 2);
  return out;
}

}  // namespace

std::string format_iso8601(Timestamp time) {
  std::string out = format(time, "-", "T", ":");
  if (const auto ms = break_down(time).time.subseconds().count(); ms != 0) {
    out += '.';
    put(out, static_cast<int>(ms), 3);
  }
  out += 'Z';
  return out;
}

std::string format_compact(Timestamp time) { return format(time, "", "", ""); }

Result<Timestamp> parse_iso8601(std::string_view text) {
  std::string_view rest = text;
  const auto year = take_number(rest, 4);
  if (!year || !take(rest, '-')) return bad_time(text);
  const auto month = take_number(rest, 2);
  if (!month || !take(rest, '-')) return bad_time(text);
  const auto day = take_number(rest, 2);
  if (!day) return bad_time(text);
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return bad_time(text);
  Milliseconds time_of_day{0};
  if (!rest.empty()) {
    if (!take(rest, 'T') && !take(rest, ' ')) return bad_time(text);
    const auto hour = take_number(rest, 2);
    if (!hour || *hour > 23 || !take(rest, ':')) return bad_time(text);
    const auto minute = take_number(rest, 2);
    if (!minute || *minute > 59) return bad_time(text);
    int second = 0;
    int fraction_ms = 0;
    if (take(rest, ':')) {
      const auto read = take_number(rest, 2);
      if (!read || *read > 59) return bad_time(text);
      second = *read;
      if (take(rest, '.')) {
        const auto fraction = take_fraction(rest);
        if (!fraction) return bad_time(text);
        fraction_ms = *fraction;
      }
    }
    const auto offset = take_offset_minutes(rest);
    if (!offset || !rest.empty()) return bad_time(text);
    time_of_day = chrono::hours(*hour) + chrono::minutes(*minute - *offset) + chrono::seconds(second) +
                  Milliseconds(fraction_ms);
  }
  const auto point = chrono::sys_days(date).time_since_epoch() + time_of_day;
  return Timestamp(chrono::duration_cast<Milliseconds>(point).count());
}

Result<CalendarDuration> parse_duration(std::string_view text) {
  const Error bad = Error(Errc::kInvalidArgument, "not an ISO 8601 duration: '" + std::string(text.substr(0, 40)) + "'")
                        .advise("write it like P7D or PT1H30M");
  std::string_view rest = text;
  if (!take(rest, 'P') || rest.empty()) return bad;
  CalendarDuration out;
  bool in_time = false;
  std::size_t last_rank = 0;
  constexpr std::string_view kOrder = "YMWDhms";
  while (!rest.empty()) {
    if (take(rest, 'T')) {
      if (in_time || rest.empty()) return bad;
      in_time = true;
      continue;
    }
    std::int64_t count = 0;
    std::size_t digits = 0;
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9' && digits < 9) {
      count = count * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
      ++digits;
    }
    if (digits == 0 || rest.empty()) return bad;
    char unit = rest.front();
    rest.remove_prefix(1);
    if (in_time) {
      if (unit != 'H' && unit != 'M' && unit != 'S') return bad;
      unit = static_cast<char>(unit - 'A' + 'a');
    }
    const std::size_t rank = kOrder.find(unit);
    if (rank == std::string_view::npos || rank + 1 <= last_rank) return bad;
    last_rank = rank + 1;
    if (unit == 'Y') out.months += static_cast<std::int32_t>(count * 12 % 120000);
    if (unit == 'M') out.months += static_cast<std::int32_t>(count % 120000);
    if (unit == 'W') out.exact += chrono::days(7 * count);
    if (unit == 'D') out.exact += chrono::days(count);
    if (unit == 'h') out.exact += chrono::hours(count);
    if (unit == 'm') out.exact += chrono::minutes(count);
    if (unit == 's') out.exact += chrono::seconds(count);
  }
  if (last_rank == 0) return bad;
  return out;
}

Timestamp add(Timestamp start, CalendarDuration duration) {
  if (duration.months == 0) return after(start, duration.exact);
  const chrono::sys_time<Milliseconds> point{Milliseconds(start.value())};
  const auto day = chrono::floor<chrono::days>(point);
  chrono::year_month_day date = chrono::year_month_day(day) + chrono::months(duration.months);
  if (!date.ok()) date = date.year() / date.month() / chrono::last;
  const auto moved = chrono::sys_days(date).time_since_epoch() + (point - day);
  return after(Timestamp(chrono::duration_cast<Milliseconds>(moved).count()), duration.exact);
}

Timestamp SystemClock::now() const {
  const auto since = chrono::system_clock::now().time_since_epoch();
  return Timestamp(chrono::duration_cast<Milliseconds>(since).count());
}

}  // namespace weir

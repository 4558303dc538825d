// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/standard/date.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

#include "weir/base/check.h"
#include "weir/base/text.h"
#include "weir/standards/standard/clip.h"

namespace weir::standards::standard {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

sys_days to_sys(const Date& date) {
  WEIR_CHECK(date.day != 0);
  return sys_days(year_month_day(std::chrono::year(date.year), std::chrono::month(static_cast<unsigned>(date.month)),
                                 std::chrono::day(static_cast<unsigned>(date.day))));
}

Date from_sys(sys_days day) {
  const year_month_day ymd(day);
  return {static_cast<int>(ymd.year()), static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day()))};
}

int days_in(int year, int month) {
  const auto last = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::last;
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

Error bad(std::string_view text) {
  return Error(Errc::kInvalidArgument, "\"" + std::string(clip(text, 40)) + "\" is no date")
      .because("standard.bad_date")
      .advise("Write it as 2024-03-15.");
}

}  // namespace

Result<Date> parse_date(std::string_view text) {
  text = trim(text);
  std::array<int, 3> numbers{};
  std::array<std::size_t, 3> lengths{};
  std::size_t at = 0;
  for (std::string_view rest = text; !rest.empty();) {
    if (rest[0] >= '0' && rest[0] <= '9') {
      if (at == 3 || lengths[at] == 8) return bad(text);
      numbers[at] = numbers[at] * 10 + (rest[0] - '0');
      ++lengths[at];
      rest.remove_prefix(1);
      continue;
    }
    std::size_t length = 0;
    for (const std::string_view sign : {"-", "/", ".", "年", "月", "日", "－", "—"}) {
      if (rest.starts_with(sign)) length = sign.size();
    }
    if (length == 0 || at == 3 || lengths[at] == 0) return bad(text);
    rest.remove_prefix(length);
    ++at;
  }
  if (lengths[0] == 8 && lengths[1] == 0) {
    numbers = {numbers[0] / 10000, numbers[0] / 100 % 100, numbers[0] % 100};
    lengths = {4, 2, 2};
  }
  if (lengths[0] != 4 || lengths[1] > 2 || lengths[2] > 2) return bad(text);
  const Date date{numbers[0], numbers[1], numbers[2]};
  const bool month_fits = lengths[1] == 0 || (date.month >= 1 && date.month <= 12);
  const bool day_fits = lengths[2] == 0 || (month_fits && date.day >= 1 && date.day <= days_in(date.year, date.month));
  if (date.year < 1850 || date.year > 2199 || !month_fits || !day_fits) return bad(text);
  return date;
}

std::string format(const Date& date) {
  if (!date.known()) return "";
  char text[16];
  if (date.month == 0) {
    std::snprintf(text, sizeof text, "%04d", date.year % 10000);
  } else if (date.day == 0) {
    std::snprintf(text, sizeof text, "%04d-%02d", date.year % 10000, date.month % 100);
  } else {
    std::snprintf(text, sizeof text, "%04d-%02d-%02d", date.year % 10000, date.month % 100, date.day % 100);
  }
  return text;
}

Date first_day(const Date& date) { return {date.year, date.month == 0 ? 1 : date.month, date.day == 0 ? 1 : date.day}; }

Date last_day(const Date& date) {
  const int month = date.month == 0 ? 12 : date.month;
  return {date.year, month, date.day == 0 ? days_in(date.year, month) : date.day};
}

Date add_days(const Date& date, int count) { return from_sys(to_sys(date) + days(count)); }

Date add_months(const Date& date, int months) {
  const int count = date.year * 12 + (date.month - 1) + months;
  const Date to{count / 12, count % 12 + 1, date.day};
  return {to.year, to.month, std::min(to.day, days_in(to.year, to.month))};
}

int days_between(const Date& from, const Date& to) { return static_cast<int>((to_sys(to) - to_sys(from)).count()); }

Date day_in_china(Timestamp time) {
  const std::chrono::sys_time<std::chrono::milliseconds> here(Milliseconds(time.value()) + std::chrono::hours(8));
  return from_sys(std::chrono::floor<days>(here));
}

}  // namespace weir::standards::standard

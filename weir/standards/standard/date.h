// Date: a day, a month or a year, as registers of standards give them; and days counted from one.
//
// Thread-safety: values. Trust: parse_date takes hostile text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/time.h"

namespace weir::standards::standard {

// `month` and `day` are 0 where only the year, or the month, is known. A default Date is no date.
struct Date {
  int year = 0;
  int month = 0;
  int day = 0;
  bool known() const { return year != 0; }
  friend auto operator<=>(const Date&, const Date&) = default;
};

// "2024-03-15", "2024-03", "2024", "2024/3/15", "2024.3.15", "2024年3月15日", "20240315".
// Fails with kInvalidArgument ("standard.bad_date").
Result<Date> parse_date(std::string_view text);
std::string format(const Date& date);  // as precise as it is known; "" for none
Date first_day(const Date& date);      // of the year or month that it names
Date last_day(const Date& date);
// Requires: the date is a day.
Date add_days(const Date& date, int days);
Date add_months(const Date& date, int months);  // a day beyond the month's end becomes its last day
int days_between(const Date& from, const Date& to);
// The day at this moment in China (+08:00), where these deadlines run.
Date day_in_china(Timestamp time);

}  // namespace weir::standards::standard

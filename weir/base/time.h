// Time: points in time, lengths of time, their ISO 8601 text, and the clock as an argument (I-9).
//
// Thread-safety: pure functions; Clock implementations say so themselves.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/base/result.h"
#include "weir/base/strong.h"

namespace weir {

using Milliseconds = std::chrono::milliseconds;

// Milliseconds since 1970-01-01T00:00:00Z.
using Timestamp = Strong<std::int64_t, struct TimestampTag>;

inline Timestamp after(Timestamp start, Milliseconds length) {
  return Timestamp(start.value() + length.count());
}
inline Milliseconds between(Timestamp from, Timestamp to) {
  return Milliseconds(to.value() - from.value());
}

// "2026-01-31T08:05:09.123Z"; the fraction is left out when it is zero.
std::string format_iso8601(Timestamp time);
// "20260131080509", UTC: the dictionary form of TC609-6-2025-14.
std::string format_compact(Timestamp time);
// Reads a date ("2026-01-31"), or a date and time with Z or an offset; without one, UTC is meant.
Result<Timestamp> parse_iso8601(std::string_view text);

// An ISO 8601 duration: years and months cannot be expressed in milliseconds, so they are kept apart.
struct CalendarDuration {
  std::int32_t months = 0;
  Milliseconds exact{0};
};
// Reads "P7D", "PT1H30M", "P1Y2M10DT2H"; weeks are allowed ("P2W").
Result<CalendarDuration> parse_duration(std::string_view text);
// The moment `duration` after `start`; a day beyond the month's end becomes its last day.
Timestamp add(Timestamp start, CalendarDuration duration);

//= I-9
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
};

// A clock that moves only when told. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_ms_(start.value()) {}
  Timestamp now() const override { return Timestamp(now_ms_.load()); }
  void advance(Milliseconds length) { now_ms_ += length.count(); }
  void set(Timestamp time) { now_ms_ = time.value(); }

 private:
  std::atomic<std::int64_t> now_ms_;
};

}  // namespace weir

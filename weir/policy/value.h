// Value: what the texts on the right of a constraint mean: numbers, volumes, rates, times, lengths of time, addresses.
//
// Numbers are fixed-point with six decimals, so that 100.10 is exactly 100.10. Thread-safety: pure functions.
// Trust: takes hostile text. Format: docs/formats/policy.md, "Values".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/base/time.h"
#include "weir/policy/policy.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {

inline constexpr std::int64_t kNumberScale = 1'000'000;

// "3", "-1.5", "100.00". Nothing if it is no number, has more than six decimals, or is past ±9·10^12.
std::optional<std::int64_t> parse_number(std::string_view text);

// "1048576", "10 GB" (10^9), "10GiB" (2^30); `unit` is used if the text has none.
std::optional<std::int64_t> parse_bytes(std::string_view text, std::string_view unit);

// "10000/P1D", "10000/day".
struct Rate {
  std::int64_t count;
  CalendarDuration window;
  std::string_view window_text;  // as an ISO 8601 duration
};
std::optional<Rate> parse_rate(std::string_view text);

// Moments from `low` up to but without `high`, in ms. A date is its whole day in UTC, a moment one millisecond,
// "a/b" everything from a to b; "20260131080509" is read too.
struct TimeRange {
  std::int64_t low;
  std::int64_t high;
};
std::optional<TimeRange> parse_times(std::string_view text);

// An IPv4 or IPv6 address or CIDR block; IPv4 as ::ffff:a.b.c.d.
struct AddressBlock {
  std::array<std::uint8_t, 16> bytes;
  std::uint8_t bits;  // of the 128 that count
};
std::optional<AddressBlock> parse_address(std::string_view text);
bool contains(const AddressBlock& block, const AddressBlock& address);

// Whether region `inner` is `outer` or lies in it: codes of GB/T 2260 by their non-zero prefix, else equality.
bool region_contains(std::string_view outer, std::string_view inner);

// Whether `part` is `whole` or below it on a path: "research/medical" is part of "research".
bool path_contains(std::string_view whole, std::string_view part);

// How often an amount is to be paid: empty for once, else an ISO 8601 duration, from the `dc:frequency` that the IDS
// policy classes write beside it. Nothing if that cannot be read.
std::optional<std::string_view> payment_period(const Constraint& constraint);

// The value type of a literal for an operand in no table: by its xsd type.
ValueType type_of(const Literal& literal);

// Whether the literal can be read as the type.
bool is_readable(const Literal& literal, ValueType type, std::string_view unit);

}  // namespace weir::policy

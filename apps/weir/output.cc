// SPDX-License-Identifier: Apache-2.0
#include "apps/weir/output.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "weir/adapters/http/words.h"

namespace weir::cli {
namespace {

std::uint32_t next_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  std::uint32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length && at + i < text.size(); ++i) {
    point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
  }
  at += length;
  return point;
}

bool is_wide(std::uint32_t point) {
  return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
         (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
         (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
         (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x1f300 && point <= 0x1faff) ||
         (point >= 0x20000 && point <= 0x3fffd);
}

void put(std::FILE* stream, std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream); }

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t has = display_width(text);
  if (has < width) out.append(width - has, ' ');
  return out;
}

}  // namespace

Exit exit_of(const Error& error) {
  switch (error.code()) {
    case Errc::kInvalidArgument: return Exit::kUsage;
    case Errc::kUnauthenticated:
    case Errc::kForbidden: return Exit::kRefused;
    case Errc::kNotFound: return Exit::kNotFound;
    case Errc::kUnavailable: return Exit::kNotRunning;
    case Errc::kConflict:
    case Errc::kCorrupt:
    case Errc::kExhausted: return Exit::kFailed;
  }
  return Exit::kFailed;
}

Output::Output(bool json, Language language)
    : json_(json), language_(language), colour_(isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr) {}

void Output::object(const wire::Json& value) {
  if (json_) put(stdout, value.pretty() + "\n");
}

void Output::line(std::string_view text) {
  if (!json_) put(stdout, std::string(text) + "\n");
}

void Output::good(const Text& text) { line((colour_ ? "\033[32m✓\033[0m " : "✓ ") + pick(text)); }
void Output::bad(const Text& text) { line((colour_ ? "\033[31m✗\033[0m " : "✗ ") + pick(text)); }
void Output::next(const Text& text) { line("→ " + pick(text)); }

void Output::table(const std::vector<Text>& headings, const std::vector<std::vector<std::string>>& rows) {
  if (json_) return;
  std::vector<std::size_t> widths;
  for (const Text& heading : headings) widths.push_back(display_width(pick(heading)));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string head;
  for (std::size_t i = 0; i < headings.size(); ++i) head += padded(pick(headings[i]), widths[i]) + "  ";
  line(colour_ ? "\033[1m" + head + "\033[0m" : head);
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i + 1 < row.size() ? padded(row[i], widths[std::min(i, widths.size() - 1)]) + "  " : row[i];
    }
    line(text);
  }
}

void Output::pairs(const std::vector<std::pair<Text, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, display_width(pick(row.first)));
  for (const auto& row : rows) line("  " + padded(pick(row.first), width) + "  " + row.second);
}

int Output::fail(const Error& error) {
  const std::string detail = adapters::http::detail_in(error, language_);
  const std::string advice = adapters::http::advice_in(error, language_);
  if (json_) {
    const wire::Json problem = wire::Json::object({{"type", "urn:weir:error:" + std::string(error.reason())},
                                                   {"code", name_of(error.code())},
                                                   {"detail", detail},
                                                   {"advice", advice}});
    put(stderr, problem.dump() + "\n");
  } else {
    put(stderr, (colour_ ? "\033[31m✗\033[0m " : "✗ ") + detail + "\n");
    if (!advice.empty()) put(stderr, "→ " + advice + "\n");
  }
  return static_cast<int>(exit_of(error));
}

Progress::Progress(const Output& output, Text what)
    : what_(output.pick(what)),
      terminal_(!output.json() && isatty(STDERR_FILENO) != 0),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (drawn_) put(stderr, "\r\033[K");
}

void Progress::show(std::uint64_t done, std::uint64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - start_ < std::chrono::seconds(1) || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done) / seconds;
  constexpr std::size_t kCells = 24;
  const std::size_t filled = total == 0 ? 0 : static_cast<std::size_t>(kCells * done / total);
  std::string bar;
  for (std::size_t i = 0; i < kCells; ++i) bar += i < filled ? "█" : "░";
  const double left = rate > 0 && total > done ? static_cast<double>(total - done) / rate : 0;
  char eta[32];
  std::snprintf(eta, sizeof eta, "%.0f s", left);
  put(stderr, "\r\033[K" + what_ + " " + bar + " " + format_bytes(done) + " / " + format_bytes(total) + "  " +
                  format_bytes(static_cast<std::uint64_t>(rate)) + "/s  " + eta);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) width += is_wide(next_point(text, at)) ? 2 : 1;
  return width;
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

}  // namespace weir::cli

// SPDX-License-Identifier: Apache-2.0
#include "weir/base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "weir/base/time.h"

namespace weir::log {
namespace {

std::atomic<Level> least_level{Level::kInfo};
std::atomic<Style> line_style{Style::kJson};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "error";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

void set_level(Level least) { least_level = least; }
void set_style(Style style) { line_style = style; }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < least_level.load()) return;
  const std::string time = format_iso8601(SystemClock().now());
  std::string line;
  if (line_style.load() == Style::kJson) {
    line = "{\"time\":\"" + time + "\",\"level\":\"" + std::string(name_of(level)) + "\",\"event\":";
    append_quoted(line, event);
    for (const Field& field : fields) {
      line += ',';
      append_quoted(line, field.key);
      line += ':';
      append_quoted(line, field.value);
    }
    line += "}\n";
  } else {
    line = time.substr(11, 8) + " " + std::string(name_of(level)) + " " + std::string(event);
    for (const Field& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      if (field.value.find_first_of(" \"\n\t") == std::string::npos) {
        line += field.value;
      } else {
        append_quoted(line, field.value);
      }
    }
    line += '\n';
  }
  // One write a line, so that lines of several threads do not mix.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace weir::log

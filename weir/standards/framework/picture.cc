// The treemap: parts as frames, directions as tiles; green has standards in force, amber only projects, red nothing.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "weir/standards/framework/coverage.h"
#include "weir/standards/standard/xml.h"

namespace weir::standards::framework {

namespace {

constexpr double kWidth = 1600;
constexpr double kHeight = 1000;
constexpr double kTop = 90;
constexpr double kBottom = 50;
constexpr double kHead = 30;

struct Box {
  double x = 0;
  double y = 0;
  double w = 0;
  double h = 0;
};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

double worst(const std::vector<double>& row, double side) {
  double sum = 0;
  for (const double area : row) sum += area;
  double ratio = 0;
  for (const double area : row) {
    const double length = sum / side;
    const double across = area / length;
    ratio = std::max(ratio, std::max(length / across, across / length));
  }
  return ratio;
}

// Squarified (Bruls, Huizing, van Wijk 2000), in the given order of areas.
std::vector<Box> squarify(std::vector<double> areas, Box box) {
  double sum = 0;
  for (const double area : areas) sum += area;
  for (double& area : areas) area *= box.w * box.h / sum;
  std::vector<Box> out;
  std::size_t at = 0;
  while (at < areas.size()) {
    const double side = std::min(box.w, box.h);
    std::vector<double> row{areas[at]};
    while (at + row.size() < areas.size()) {
      std::vector<double> longer = row;
      longer.push_back(areas[at + row.size()]);
      if (worst(longer, side) > worst(row, side)) break;
      row = std::move(longer);
    }
    double total = 0;
    for (const double area : row) total += area;
    const bool upright = box.w >= box.h;  // a column at the left, else a row at the top
    const double thick = total / side;
    double along = upright ? box.y : box.x;
    for (const double area : row) {
      const double length = area / thick;
      out.push_back(upright ? Box{box.x, along, thick, length} : Box{along, box.y, length, thick});
      along += length;
    }
    if (upright) {
      box.x += thick;
      box.w -= thick;
    } else {
      box.y += thick;
      box.h -= thick;
    }
    at += row.size();
  }
  return out;
}

// Units of width that a line takes: a Chinese character is one, a Latin letter about half.
std::vector<std::string> wrap(std::string_view text, double units, std::size_t lines_max) {
  std::vector<std::string> lines{""};
  double used = 0;
  std::size_t space = std::string::npos;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    const double wide = length >= 3 ? 1.0 : 0.54;
    if (used + wide > units && !lines.back().empty()) {
      std::string rest;
      if (space != std::string::npos) {
        rest = lines.back().substr(space + 1);
        lines.back().resize(space);
      }
      if (lines.size() == lines_max) {
        lines.back() += "…";
        return lines;
      }
      used = 0.54 * static_cast<double>(rest.size());
      lines.push_back(std::move(rest));
      space = std::string::npos;
    }
    if (text[i] == ' ') space = lines.back().size();
    lines.back() += text.substr(i, length);
    used += wide;
    i += length;
  }
  return lines;
}

const char* colour_of(const Cell& cell) {
  if (cell.missing()) return cell.international.empty() ? "#c0504d" : "#e6a09e";
  if (cell.published.empty()) return "#f2c14e";
  return cell.published.size() >= 5 ? "#2f7d5b" : cell.published.size() >= 2 ? "#5fa883" : "#9ccfb4";
}

bool is_dark(const Cell& cell) { return (cell.missing() && cell.international.empty()) || cell.published.size() >= 2; }

std::string words(const Box& at, double size, std::string_view colour, std::string_view text, bool bold) {
  return "<text x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" font-size=\"" + number(size) + "\" fill=\"" +
         std::string(colour) + "\"" + (bold ? " font-weight=\"600\"" : "") + ">" + standard::escape_xml(text) +
         "</text>\n";
}

std::string rectangle(const Box& at, std::string_view fill, std::string_view more) {
  return "<rect x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" width=\"" + number(std::max(0.0, at.w)) +
         "\" height=\"" + number(std::max(0.0, at.h)) + "\" fill=\"" + std::string(fill) + "\" " + std::string(more);
}

std::string counts(const Cell& cell, Language language) {
  const bool chinese = language == Language::kChinese;
  const std::string published = std::to_string(cell.published.size());
  const std::string development = std::to_string(cell.development.size());
  const std::string international = std::to_string(cell.international.size());
  std::string out = chinese ? "现行 " + published : published + " in force";
  if (!cell.development.empty()) out += chinese ? " · 在研 " + development : " · " + development + " coming";
  if (!cell.international.empty()) out += chinese ? " · 国际 " + international : " · " + international + " intl";
  return out;
}

std::string tile(const Cell& cell, const Box& box, Language language) {
  const std::string& name = cell.direction->name.in(language);
  const std::string colour = is_dark(cell) ? "#ffffff" : "#1f2a2e";
  std::string out = "<g>" + rectangle({box.x + 1.5, box.y + 1.5, box.w - 3, box.h - 3}, colour_of(cell), "rx=\"3\">") +
                    "<title>" + standard::escape_xml(cell.direction->id + " " + name + ": " + counts(cell, language)) +
                    "</title></rect>\n";
  const double size = std::clamp(std::sqrt(box.w * box.h) / 9.0, 10.0, 16.0);
  const double room = (box.w - 14) / size;
  const auto lines_max = static_cast<std::size_t>(std::max(1.0, (box.h - 2.4 * size) / (size * 1.2)));
  double y = box.y + size + 6;
  for (const std::string& line : wrap(name, room, lines_max)) {
    out += words({box.x + 8, y}, size, colour, line, true);
    y += size * 1.2;
  }
  const double small = size * 0.82;
  for (const std::string& line : wrap(counts(cell, language), (box.w - 14) / small, 2)) {
    if (y > box.y + box.h - 5) break;
    out += words({box.x + 8, y + 1}, small, colour, line, false);
    y += small * 1.2;
  }
  return out + "</g>\n";
}

std::string legend(Language language) {
  const bool chinese = language == Language::kChinese;
  struct Entry {
    const char* colour;
    const char* en;
    const char* zh;
  };
  constexpr Entry kEntries[] = {{"#2f7d5b", "five or more in force", "现行五项以上"},
                                {"#5fa883", "two to four", "两至四项"},
                                {"#9ccfb4", "one", "一项"},
                                {"#f2c14e", "only in development", "仅在研"},
                                {"#e6a09e", "missing; international ones exist", "缺失，有国际标准"},
                                {"#c0504d", "missing", "缺失"}};
  std::string out;
  double x = 20;
  for (const Entry& entry : kEntries) {
    const std::string_view text = chinese ? entry.zh : entry.en;
    out += rectangle({x, kHeight - 33, 18, 18}, entry.colour, "rx=\"3\"/>\n") +
           words({x + 25, kHeight - 18}, 15, "#1f2a2e", text, false);
    x += 60 + static_cast<double>(text.size()) * (chinese ? 5.4 : 7.8);
  }
  return out;
}

}  // namespace

std::string picture(const Edition& edition, const std::vector<Cell>& cells, Language language, std::string_view as_of) {
  const bool chinese = language == Language::kChinese;
  std::vector<double> areas;
  for (const Direction& part : edition.parts) areas.push_back(static_cast<double>(leaves(part)) + 0.6);
  std::string body;
  std::size_t published = 0;
  std::size_t unverified = 0;
  std::size_t missing = 0;
  std::size_t all = 0;
  std::size_t at = 0;
  const std::vector<Box> frames = squarify(areas, {12, kTop, kWidth - 24, kHeight - kTop - kBottom});
  for (std::size_t part = 0; part < edition.parts.size(); ++part) {
    const Box& frame = frames[part];
    const Cell& head = cells[at++];
    published += head.published.size();
    unverified += head.unverified;
    body += rectangle({frame.x + 2, frame.y + 2, frame.w - 4, frame.h - 4}, "#e9eef0", "rx=\"5\"/>\n");
    const std::string title = edition.parts[part].id + " " + edition.parts[part].name.in(language);
    body += words({frame.x + 10, frame.y + 22}, 16, "#1f2a2e", wrap(title, (frame.w - 20) / 16.0, 1)[0], true);
    std::vector<const Cell*> tiles;
    for (; at < cells.size() && cells[at].depth > 0; ++at) {
      if (cells[at].direction->is_leaf()) tiles.push_back(&cells[at]);
    }
    if (tiles.empty()) tiles.push_back(&head);
    const Box inner{frame.x + 5, frame.y + kHead, frame.w - 10, frame.h - kHead - 5};
    const std::vector<Box> boxes = squarify(std::vector<double>(tiles.size(), 1.0), inner);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
      body += tile(*tiles[i], boxes[i], language);
      ++all;
      if (tiles[i]->missing()) ++missing;
    }
  }
  const std::string line =
      chinese ? "方向 " + std::to_string(all) + " 个，其中 " + std::to_string(missing) +
                    " 个在本数据中没有国家或行业标准；各部分现行标准合计 " + std::to_string(published) +
                    " 项（一项可属多部分）；所列标准中 " + std::to_string(unverified) + " 项无来源佐证"
              : std::to_string(all) + " directions, " + std::to_string(missing) +
                    " of them without a national or industry standard in this register; " + std::to_string(published) +
                    " in force over the parts; no source vouches for " + std::to_string(unverified) + " of all shown";
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1600 1000\" width=\"1600\" height=\"1000\" "
         "font-family=\"'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif\">\n" +
         rectangle({0, 0, kWidth, kHeight}, "#ffffff", "/>\n") +
         words({20, 40}, 26, "#1f2a2e", edition.name.in(language), true) +
         words({20, 70}, 16, "#4a5a60", line + (chinese ? "。截至 " : "; as of ") + std::string(as_of), false) + body +
         legend(language) + "</svg>\n";
}

}  // namespace weir::standards::framework

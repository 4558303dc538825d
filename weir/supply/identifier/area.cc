// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/identifier/area.h"

#include <algorithm>

#include "weir/supply/identifier/tables.h"

namespace weir::supply::identifier {
namespace {

// What follows "code," on the line of a table, or nothing.
std::string_view find_line(std::string_view table, std::string_view code) {
  std::size_t low = 0;
  std::size_t high = table.size();
  while (low < high) {
    std::size_t begin = low + (high - low) / 2;
    while (begin > low && table[begin - 1] != '\n') --begin;
    const std::size_t end = std::min(table.find('\n', begin), table.size());
    const std::string_view line = table.substr(begin, end - begin);
    const std::string_view found = line.substr(0, line.find(','));
    if (found == code) return line.substr(std::min(found.size() + 1, line.size()));
    if (found < code) {
      low = std::min(end + 1, table.size());
    } else {
      high = begin;
    }
  }
  return {};
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "440300" is "4403", "440000" is "44".
std::string_view without_zeros(std::string_view code) {
  while (code.size() > 2 && code.ends_with("00")) code.remove_suffix(2);
  return code;
}

Error unknown_region(std::string_view code) {
  return Error(Errc::kNotFound, "no region of GB/T 2260 has the code '" + std::string(code.substr(0, 16)) + "'")
      .because("identifier.unknown_region");
}

// Names that only say "the rest of a province" and are left out of whole names.
bool is_filler(std::string_view name) {
  return name == "市辖区" || name == "县" || name == "省直辖县级行政区划" || name == "自治区直辖县级行政区划";
}

}  // namespace

Result<Text> region_name(std::string_view code) {
  if ((code.size() != 2 && code.size() != 4 && code.size() != 6) || !all_digits(code)) return unknown_region(code);
  const std::string_view key = without_zeros(code);
  const std::string_view province = find_line(tables::kRegions, key.substr(0, 2));
  if (province.empty()) return unknown_region(code);
  const std::size_t comma = province.find(',');
  Text name{std::string(province.substr(comma + 1)), std::string(province.substr(0, comma))};
  std::string rest;
  for (std::size_t digits = 4; digits <= key.size(); digits += 2) {
    const std::string_view part = find_line(tables::kRegions, key.substr(0, digits));
    if (part.empty()) return unknown_region(code);
    if (!is_filler(part)) rest += part;
  }
  name.zh += rest;
  if (!rest.empty()) name.en += " " + rest;
  return name;
}

Result<Text> industry_name(std::string_view code) {
  const std::string_view line = code.size() == 2 ? find_line(tables::kIndustries, code) : std::string_view();
  if (line.empty()) {
    return Error(Errc::kNotFound, "no division of GB/T 4754 has the code '" + std::string(code.substr(0, 16)) + "'")
        .because("identifier.unknown_industry");
  }
  const std::size_t comma = line.find(',', 2);
  return Text{std::string(line.substr(comma + 1)), std::string(line.substr(2, comma - 2))};
}

Result<Text> describe(const AreaCode& area) {
  return area.is_industry() ? industry_name(std::string_view(area.text()).substr(2)) : region_name(area.text());
}

//= NDI-TR-2025-04#region region is the first four digits of GB/T 2260
Result<AreaCode> area_of_region(std::string_view code) {
  if (code.size() != 4 && code.size() != 6) return unknown_region(code);
  WEIR_TRY(region_name(code));
  return AreaCode::parse(code.substr(0, 4));
}

//= NDI-TR-2025-04#industry industry is 00 and the second and third digit of GB/T 4754
Result<AreaCode> area_of_industry(std::string_view code) {
  const std::string_view digits = code.size() == 3 ? code.substr(1) : code;
  WEIR_TRY(industry_name(digits));
  if (code.size() == 3 && find_line(tables::kIndustries, digits)[0] != code[0]) {
    return Error(Errc::kInvalidArgument, "division " + std::string(digits) + " is not in section " + code[0])
        .because("identifier.industry_section");
  }
  return AreaCode::parse("00" + std::string(digits));
}

}  // namespace weir::supply::identifier

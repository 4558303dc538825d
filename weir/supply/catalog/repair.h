// Repair: what is done to dirty values of other catalogs, each with a name that the load report shows.
//
// Thread-safety: values and pure functions. Trust: any text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/supply/catalog/product.h"

namespace weir::supply::catalog {

// The names of what was repaired, each once.
class Repairs {
 public:
  void note(std::string_view slug);
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
};

// Without tags, with entities resolved, blanks joined, control characters gone. Notes "html_removed",
// "control_characters_removed".
std::string clean_text(std::string_view text, Repairs& repairs);
// Cut to `bytes`. Notes "cut".
std::string clean_text(std::string_view text, std::size_t bytes, Repairs& repairs);
// Blank, repeated and overlong entries removed. Notes "list_cleaned".
std::vector<std::string> clean_list(std::vector<std::string> list, Repairs& repairs);

// "R/P1Y", "annual", "每年" … Notes "frequency_unknown".
std::optional<Frequency> read_frequency(std::string_view text, Repairs& repairs);
// "a/b", years, dates. Notes "period_as_text", "date_widened".
Period read_period(std::string_view text, Repairs& repairs);
// Four numbers or GML with a list of positions. Notes "place_as_text", "place_cut".
Place read_place(std::string_view text, Repairs& repairs);
// BCP 47 tags. Notes "language_mended", "language_dropped".
std::vector<std::string> read_languages(const std::vector<std::string>& languages, Repairs& repairs);

}  // namespace weir::supply::catalog

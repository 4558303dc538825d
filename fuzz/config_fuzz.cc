// Configuration files: what loads can be shown, and says the same when it is loaded again as flags.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/node/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::node::config;
  const auto loaded = load({.file_text = std::string(reinterpret_cast<const char*>(data), size)});
  if (!loaded) {
    WEIR_CHECK(loaded.error().reason().starts_with("config."));
    return 0;
  }
  Sources again;
  for (const auto& [key, value] : loaded->values) again.flags.emplace_back(key, value.first);
  const auto reloaded = load(again);
  WEIR_CHECK(reloaded.ok());
  for (const auto& [key, value] : loaded->values) WEIR_CHECK(reloaded->values.at(key).first == value.first);
  WEIR_CHECK(!check_report(*loaded, weir::Language::kChinese).empty());
  return 0;
}

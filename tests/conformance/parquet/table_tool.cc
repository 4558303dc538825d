// table_tool FILE [COLUMN…]          prints a table as CSV
// table_tool --write FILE [TYPE…]    makes a Parquet file of the CSV on standard input
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "weir/table/table_file.h"

namespace {

using namespace weir;

Result<> print(const std::string& path, const std::vector<std::string>& columns) {
  WEIR_TRY_LET(const auto table, table::TableFile::open(store::real_files(), path));
  WEIR_TRY_LET(const auto source, table.read(columns));
  std::vector<std::uint8_t> some(1u << 16);
  while (true) {
    WEIR_TRY_LET(const std::size_t got, source(some));
    if (got == 0) return {};
    std::fwrite(some.data(), 1, got, stdout);
  }
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::string> arguments(words + 1, words + count);
  const bool writes = !arguments.empty() && arguments.front() == "--write";
  if (writes) arguments.erase(arguments.begin());
  if (arguments.empty()) return 2;
  const std::string path = arguments.front();
  arguments.erase(arguments.begin());
  const auto input = [](std::span<std::uint8_t> out) -> Result<std::size_t> {
    return std::fread(out.data(), 1, out.size(), stdin);
  };
  const Result<> done = writes ? table::write_parquet(input, arguments, path) : print(path, arguments);
  if (done) return 0;
  std::fprintf(stderr, "%s: %s\n", std::string(done.error().reason()).c_str(),
               std::string(done.error().message()).c_str());
  return 1;
}

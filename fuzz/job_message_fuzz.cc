// Messages about jobs, and tables: what is read is written back so that it reads the same; a table of any bytes ends.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "weir/base/check.h"
#include "weir/store/memory_files.h"
#include "weir/use/job/job.h"
#include "weir/use/job/sorted_keys.h"

namespace {

using namespace weir;
using namespace weir::use::job;

template <class Parse>
void holds(const Parse& parse, const wire::Json& json) {
  const auto read = parse(json);
  if (!read) {
    WEIR_CHECK(read.error().code() != Errc::kCorrupt);  // somebody else's mistake, not our loss
    return;
  }
  const auto again = parse(to_json(*read));
  WEIR_CHECK(again.ok());
  WEIR_CHECK(*again == *read);
}

// Pieces of the size that the first byte says.
void read_table(ByteView data) {
  if (data.empty()) return;
  const std::size_t piece = 1 + data[0] % 64;
  ByteView rest = data.subspan(1);
  const ByteSource source = [&](std::span<std::uint8_t> out) -> Result<std::size_t> {
    const std::size_t count = std::min({piece, out.size(), rest.size()});
    std::copy_n(rest.begin(), count, out.begin());
    rest = rest.subspan(count);
    return count;
  };
  store::MemoryFiles files;
  auto keys = SortedKeys::read(source, {"id"}, {static_cast<Form>(data[0] % 4)}, files, "keys");
  if (!keys) return;
  WEIR_CHECK(keys->settle({}).ok());
  const auto lines = keys->bucket(0, 1);
  WEIR_CHECK(lines.ok() && lines->size() + keys->keyless() == keys->rows());
  WEIR_CHECK(std::is_sorted(lines->begin(), lines->end()));
  WEIR_CHECK(static_cast<std::int64_t>(keys_of(*lines).size()) == keys->claim().count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_table({data, size});
  const auto json = wire::parse_json(text_of({data, size}));
  if (!json) return 0;
  holds(parse_work, *json);
  holds(parse_claim, *json);
  holds(parse_outcome, *json);
  holds(parse_progress, *json);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/computations.h"

#include <map>

namespace weir::tlog {
namespace {

using wire::Json;

// What one log says of one computation.
struct Told {
  const Entry* started = nullptr;
  const Entry* finished = nullptr;
};

std::map<std::string, Told> read(std::span<const Entry> entries) {
  std::map<std::string, Told> out;
  for (const Entry& entry : entries) {
    if (entry.kind == "job.started") out[entry.process].started = &entry;
    if (entry.kind == "job.finished") out[entry.process].finished = &entry;
  }
  return out;
}

bool crossed(const Json& a, const Json& b) {
  return a.text_or("sentHash", "") == b.text_or("receivedHash", "") &&
         a.integer_or("sent", -1) == b.integer_or("received", -1);
}

}  // namespace

Computations compare_computations(std::span<const ToldLog> logs) {
  Computations out;
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const auto ours = read(logs[i].entries);
    for (std::size_t k = i + 1; k < logs.size(); ++k) {
      const auto theirs = read(logs[k].entries);
      for (const auto& [job, here] : ours) {
        const auto found = theirs.find(job);
        if (found == theirs.end()) continue;
        const Told& there = found->second;
        const auto differ = [&](std::string_view what) {
          out.problems.push_back("computation " + job + ": " + logs[i].node + " and " + logs[k].node + " state other " +
                                 std::string(what));
        };
        if (here.started == nullptr || there.started == nullptr) continue;
        ++out.compared;
        for (const std::string_view member : {"terms", "work", "consumer", "provider"}) {
          if (here.started->body[member].canonical() != there.started->body[member].canonical()) differ(member);
        }
        if (here.finished == nullptr || there.finished == nullptr) continue;
        const Json& a = here.finished->body["outcome"];
        const Json& b = there.finished->body["outcome"];
        if (!crossed(a, b) || !crossed(b, a)) differ("bytes on the line");
      }
    }
  }
  return out;
}

}  // namespace weir::tlog

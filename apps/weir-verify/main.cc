// weir-verify: checks evidence offline. Links base, wire, crypto and tlog, and nothing else of Weir.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>

#include "apps/weir-verify/command.h"

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value ? value : "";
}

}  // namespace

int main(int count, char** words) {
  std::string language = environment("LC_ALL");
  if (language.empty()) language = environment("LANG");
  return weir::apps::verify_command({words + 1, words + count}, language, std::cout, std::cerr);
}

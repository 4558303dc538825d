// weir-bench: every benchmark of Weir in one program.
// SPDX-License-Identifier: Apache-2.0
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "bench/bench.h"
#include "weir/wire/json.h"

#ifndef WEIR_COMMIT
#define WEIR_COMMIT "unknown"
#endif

namespace weir::bench {

namespace {

struct Row {
  std::string_view name;
  std::string_view description;
  Run run;
};

// One line a benchmark.
constexpr Row kTable[] = {
    {"catalog", "loading real records, then pages and searches over a million products", &run_catalog},
    {"decision", "a decision on a compiled policy of ten rules, beside an empty virtual call", &run_decision},
    {"delivery", "a file delivered between two processes, verified and sealed, beside bare TLS", &run_delivery},
    {"evidence", "evidence entries: one durable, many in group commit, Merkle tree, proofs, search", &run_evidence},
    {"http", "one long body and small requests over TLS, beside bare OpenSSL", &run_http},
    {"store", "durable writes, group commit and reads of the SQL store, beside pwrite and fdatasync", &run_store},
};

constexpr std::string_view kUsage =
    "weir-bench --list                what there is\n"
    "weir-bench NAME [--json] [--OPTION=VALUE …]\n"
    "\n"
    "For example: weir-bench store --folder=/var/lib/weir --json\n";

std::string line_after(const char* file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t value = line.find_first_not_of(" \t:", key.size());
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "unknown";
}

wire::Json machine() {
  wire::Json out = wire::Json::object();
  struct utsname system {};
  ::uname(&system);
  out.set("processor", line_after("/proc/cpuinfo", "model name"));
  out.set("cores", static_cast<std::int64_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
  out.set("memory", line_after("/proc/meminfo", "MemTotal"));
  out.set("kernel", std::string(system.sysname) + " " + system.release);
  return out;
}

wire::Json report(const Row& row, const Options& options, const Figures& figures) {
  wire::Json out = wire::Json::object();
  out.set("benchmark", std::string(row.name));
  out.set("machine", machine());
  out.set("commit", std::string(WEIR_COMMIT));
  wire::Json parameters = wire::Json::object();
  for (const auto& [name, value] : options.used()) parameters.set(name, value);
  out.set("parameters", parameters);
  wire::Json list = wire::Json::array();
  for (const Figure& figure : figures) {
    wire::Json entry = wire::Json::object();
    entry.set("name", figure.name);
    entry.set("value", figure.value);
    entry.set("unit", figure.unit);
    entry.set("reference_name", figure.reference_name);
    entry.set("reference_value", figure.reference_value);
    entry.set("ratio", figure.ratio());
    list.push(entry);
  }
  out.set("figures", list);
  return out;
}

void print_table(const Figures& figures) {
  std::printf("%-36s %14s %-6s %-28s %14s %8s\n", "figure", "value", "unit", "reference", "value", "ratio");
  for (const Figure& figure : figures) {
    std::printf("%-36s %14.2f %-6s %-28s %14.2f %8.2f\n", figure.name.c_str(), figure.value, figure.unit.c_str(),
                figure.reference_name.c_str(), figure.reference_value, figure.ratio());
  }
}

int run(const Row& row, const Options& options, bool as_json) {
  const auto figures = row.run(options);
  if (!figures) {
    std::fprintf(stderr, "weir-bench %s: %s\n", std::string(row.name).c_str(),
                 std::string(figures.error().message()).c_str());
    return 1;
  }
  for (const std::string& name : options.unknown()) std::fprintf(stderr, "weir-bench: no option --%s\n", name.c_str());
  if (!options.unknown().empty()) return 2;
  if (as_json) {
    std::printf("%s\n", report(row, options, *figures).dump().c_str());
  } else {
    print_table(*figures);
  }
  return 0;
}

int main_of(int count, char** words) {
  std::string_view name;
  bool as_json = false;
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::size_t equals = word.find('=');
    if (word == "--list") {
      for (const Row& row : kTable) std::printf("%-12s %s\n", row.name.data(), row.description.data());
      return 0;
    }
    if (word == "--json") {
      as_json = true;
    } else if (word.starts_with("--") && equals != std::string_view::npos) {
      options.set(std::string(word.substr(2, equals - 2)), std::string(word.substr(equals + 1)));
    } else if (!word.starts_with("-") && name.empty()) {
      name = word;
    } else {
      name = {};
      break;
    }
  }
  for (const Row& row : kTable) {
    if (row.name == name) return run(row, options, as_json);
  }
  std::fputs(kUsage.data(), stderr);
  return 2;
}

}  // namespace

std::int64_t Options::number(const std::string& name, std::int64_t otherwise) const {
  return std::strtoll(text(name, std::to_string(otherwise)).c_str(), nullptr, 10);
}

std::string Options::text(const std::string& name, const std::string& otherwise) const {
  const auto found = given_.find(name);
  return used_[name] = found == given_.end() ? otherwise : found->second;
}

std::vector<std::string> Options::unknown() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : given_) {
    if (!used_.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace weir::bench

int main(int count, char** words) { return weir::bench::main_of(count, words); }

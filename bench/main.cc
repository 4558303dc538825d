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
constexpr Row kBenchmarks[] = {
    {"catalog", "loading real records, then pages and searches over a million products", &run_catalog},
    {"decision", "a decision on a compiled policy of ten rules, beside an empty virtual call", &run_decision},
    {"delivery", "a file delivered between two processes, verified and sealed, beside bare TLS", &run_delivery},
    {"ecdh", "powers on X25519 and SM2 a second and core, beside OpenSSL", &run_ecdh},
    {"evidence", "evidence entries: one durable, many in group commit, Merkle tree, proofs, search", &run_evidence},
    {"garble", "AND gates a second, garbled for many rows at once; in memory and between two processes", &run_garble},
    {"http", "one long body and small requests over TLS, beside bare OpenSSL", &run_http},
    {"job", "an intersection from CSV to CSV through two nodes, under a contract", &run_job},
    {"join", "counts and sums over a join of two tables between two processes over TCP", &run_join},
    {"memory", "resident memory of an idle node, and after negotiations", &run_memory},
    {"ot", "oblivious transfers, vector OLE and AND gates a second between two processes over TCP", &run_ot},
    {"pushes", "several pushes at once between two nodes: memory, and who waits for whom", &run_pushes},
    {"negotiation", "request to finalised between real nodes, durable on both, beside fdatasync", &run_negotiation},
    {"psi", "a private intersection of two sets between two processes over TCP, malicious security", &run_psi},
    {"start", "a node's start to ready, beside a process that ends at once", &run_start},
    {"standards", "ten thousand standards and their clauses loaded, then every question", &run_standards},
    {"store", "durable writes, group commit and reads of the SQL store, beside pwrite and fdatasync", &run_store},
};

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kPages = 1024;

constexpr std::string_view kUsage =
    "weir-bench --list                what there is\n"
    "weir-bench NAME [--json | --markdown] [--OPTION=VALUE …]\n"
    "\n"
    "Data lie in the folder for temporary files: TMPDIR=/var/lib/weir weir-bench store --json\n";

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

std::string text_of(const Goal& goal) {
  char number[32];
  std::snprintf(number, sizeof number, "%g", goal.value);
  return std::string(goal.of_ratio ? "ratio " : "") + (goal.at_most ? "<= " : ">= ") + number;
}

// Four digits that matter.
std::string text_of(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3, value);
  return text;
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
    if (figure.goal) entry.set("goal", text_of(*figure.goal)).set("met", figure.met());
    list.push(entry);
  }
  out.set("figures", list);
  return out;
}

struct Cells {
  std::string name, value, reference, ratio, goal, met;
};

Cells cells_of(const Figure& figure) {
  Cells out{.name = figure.name, .value = text_of(figure.value) + " " + figure.unit};
  if (!figure.reference_name.empty()) {
    out.reference = figure.reference_name + " " + text_of(figure.reference_value);
    out.ratio = text_of(figure.ratio());
  }
  if (figure.goal) {
    out.goal = text_of(*figure.goal);
    out.met = figure.met() ? "yes" : "no";
  }
  return out;
}

void print_table(const Figures& figures) {
  constexpr const char* kLine = "%-36s %18s  %-44s %8s  %-15s %s\n";
  std::printf(kLine, "figure", "value", "reference in the same run", "ratio", "goal", "met");
  for (const Figure& figure : figures) {
    const Cells c = cells_of(figure);
    std::printf(kLine, c.name.c_str(), c.value.c_str(), c.reference.c_str(), c.ratio.c_str(), c.goal.c_str(),
                c.met.c_str());
  }
}

void print_markdown(const Row& row, const Figures& figures) {
  std::printf("\n## %s\n\n%s.\n\n", row.name.data(), row.description.data());
  std::printf("| figure | value | reference in the same run | ratio | goal | met |\n|---|--:|---|--:|---|---|\n");
  for (const Figure& figure : figures) {
    const Cells c = cells_of(figure);
    std::printf("| %s | %s | %s | %s | %s | %s |\n", c.name.c_str(), c.value.c_str(), c.reference.c_str(),
                c.ratio.c_str(), c.goal.c_str(), c.met.c_str());
  }
}

enum class Form { kTable, kJson, kMarkdown };

int run(const Row& row, const Options& options, Form form) {
  const auto figures = row.run(options);
  if (!figures) {
    std::fprintf(stderr, "weir-bench %s: %s\n", std::string(row.name).c_str(),
                 std::string(figures.error().message()).c_str());
    return 1;
  }
  for (const std::string& name : options.unknown()) std::fprintf(stderr, "weir-bench: no option --%s\n", name.c_str());
  if (!options.unknown().empty()) return 2;
  switch (form) {
    case Form::kTable: print_table(*figures); break;
    case Form::kJson: std::printf("%s\n", report(row, options, *figures).dump().c_str()); break;
    case Form::kMarkdown: print_markdown(row, *figures); break;
  }
  return 0;
}

int main_of(int count, char** words) {
  std::string_view name;
  Form form = Form::kTable;
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::size_t equals = word.find('=');
    if (word == "--list") {
      for (const Row& row : kBenchmarks) std::printf("%-12s %s\n", row.name.data(), row.description.data());
      return 0;
    }
    if (word == "--json") {
      form = Form::kJson;
    } else if (word == "--markdown") {
      form = Form::kMarkdown;
    } else if (word.starts_with("--") && equals != std::string_view::npos) {
      options.set(std::string(word.substr(2, equals - 2)), std::string(word.substr(equals + 1)));
    } else if (!word.starts_with("-") && name.empty()) {
      name = word;
    } else {
      name = {};
      break;
    }
  }
  for (const Row& row : kBenchmarks) {
    if (row.name == name) return run(row, options, form);
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

Result<DiskProbe> DiskProbe::open(const std::string& folder) {
  WEIR_TRY_LET(auto file, store::real_files().open(folder + "/disk-probe", store::OpenMode::kCreateOrOpen));
  WEIR_TRY(file->write_at(0, Bytes(kPages * kPageBytes, 1)));
  WEIR_TRY(file->sync());
  return DiskProbe(std::move(file));
}

Result<> DiskProbe::measure() {
  const Bytes page(kPageBytes, 2);
  Result<> done;
  microseconds_.push_back(microseconds_of([&] {
    done = file_->write_at(microseconds_.size() % kPages * kPageBytes, page);
    if (done) done = file_->sync();
  }));
  return done;
}

}  // namespace weir::bench

int main(int count, char** words) { return weir::bench::main_of(count, words); }

// Standards: loading ten thousand of them with two hundred thousand clauses, then every question.
// Budget: load 2 s, any query 10 ms.
// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.h"
#include "weir/standards/query/query.h"
#include "weir/standards/standard/import.h"
#include "weir/standards/standard/shipped.h"

namespace weir::bench {

namespace {

namespace standard = standards::standard;

std::string table_of(std::int64_t count) {
  std::string out =
      "number,title_zh,title_en,status,committee,framework_direction,published,replaces,adopts,adoption,source\n";
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string serial = std::to_string(100'000 + i / 2);
    const bool newer = i % 2 == 1;
    out += "GB/T " + serial + (newer ? "-2024" : "-2016") + ",信息技术 云计算 第" + std::to_string(i) +
           "项,Cloud computing - Item " + std::to_string(i) + (newer ? ",in-force" : ",superseded") +
           ",SAC/TC28,02.1." + std::to_string(1 + i % 4) +
           (newer ? ",2024-03-15,GB/T " + serial + "-2016" : ",2016-03-15,") + ",ISO/IEC " +
           std::to_string(20'000 + i % 1000) + ":2015,IDT,a list\n";
  }
  return out;
}

standards::clause::Checklist checklist_of(std::int64_t number, std::int64_t clauses) {
  standards::clause::Checklist out{.document = "GB/T " + std::to_string(100'000 + number) + "-2024",
                                    .title = {"A list", "清单"}};
  for (std::int64_t i = 0; i < clauses; ++i) {
    out.clauses.push_back({.id = "6." + std::to_string(i),
                           .requirement = {"The service keeps item " + std::to_string(i) + ".",
                                           "服务应保持第" + std::to_string(i) + "项。"}});
  }
  return out;
}

}  // namespace

Result<Figures> run_standards(const Options& options) {
  const std::int64_t count = options.number("standards", 10'000);
  const std::int64_t clauses = options.number("clauses", 200'000);
  const std::string text = table_of(count);
  std::vector<std::string> lists;
  for (std::int64_t i = 0; i < clauses / 100; ++i) lists.push_back(format_checklist(checklist_of(i, 100)));
  standard::Registry registry;
  standards::clause::Registry checklists;
  Result<> outcome;
  const double load = microseconds_of([&] {
    outcome = [&]() -> Result<> {
      WEIR_TRY_LET(const auto table, standard::read_csv(view_of(text)));
      WEIR_TRY_LET(const auto imported, import_table(registry, table, {}));
      for (const std::string& list : lists) {
        WEIR_TRY_LET(auto read, standards::clause::parse_checklist(list));
        WEIR_TRY(checklists.add(std::move(read.checklist)));
      }
      return {};
    }();
  });
  WEIR_TRY(std::move(outcome));
  Figures figures{{.name = "load", .value = load / 1e6, .unit = "s", .goal = at_most(2.0)}};
  figures.push_back(
      {.name = "load_shipped", .value = microseconds_of([] { standard::shipped(); }) / 1e3, .unit = "ms"});
  const standards::query::Library library{registry, standards::framework::shipped(), checklists,
                                          *parse_iso8601("2026-11-21")};
  const standards::query::Parameters parameters = {
      {"number", "GB/T 100000"}, {"from", "GB/T 100000-2024"}, {"to", "GB/T 100001-2024"}};
  for (const auto& question : standards::query::questions()) {
    standards::query::Parameters own = parameters;
    if (question.name != "diff") own.erase("from");
    if (question.name == "find") own = {{"words", "云计算"}};
    if (question.name == "timeline" || question.name == "due") own.erase("number");
    std::vector<double> times;
    for (int i = 0; i < 11; ++i) {
      bool answered = false;
      times.push_back(microseconds_of([&] { answered = standards::query::answer(library, question.name, own).ok(); }));
      if (!answered) return Error(Errc::kCorrupt, "no answer to " + std::string(question.name));
    }
    figures.push_back({.name = std::string(question.name) + "_p50",
                       .value = quantile(times, 0.5) / 1e3,
                       .unit = "ms",
                       .goal = at_most(10.0)});
  }
  return figures;
}

}  // namespace weir::bench

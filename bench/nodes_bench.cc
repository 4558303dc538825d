// start, memory, negotiation, pushes: figures of real nodes, a process each, over TLS on loopback.
//
// Sketch of a negotiation: the critical path is three durable commits at the consumer and two at the provider, five
// messages of about a millisecond of processor each, and one question to the regional node. Both sides, the regional
// node and this client share the machine.
// --starts=9, --negotiations=300, --parallel=8; pushes: --bytes=1073741824, --pushes=4. They run in the folder for
// temporary files: TMPDIR.
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <thread>

#include "bench/space.h"

namespace weir::bench {
namespace {

using adapters::http::Method;
using wire::Json;

constexpr double kEdcStartMs = 2900;         // Eclipse EDC's own log
constexpr double kEdcNegotiationMs = 6030;   // as well
constexpr double kEdcChartMib = 1024;        // its chart, for each of two planes
constexpr Milliseconds kSettle{1000};

Result<std::unique_ptr<Space>> start_space() {
  WEIR_TRY_LET(auto space, Space::make());
  WEIR_TRY(space->provider.start());
  WEIR_TRY(space->consumer.start());
  return space;
}

// A product's identifier, which the regional node knows too; of a file of at least so many bytes.
Result<std::string> publish(Space& space, std::int64_t bytes = 0) {
  const std::string file = space.folder.path() + "/data.csv";
  const std::string line = "a,b\n1,2\n";
  std::ofstream out(file);
  out << line;
  for (std::int64_t written = 0; written < bytes; written += static_cast<std::int64_t>(line.size())) out << line;
  out.close();
  WEIR_TRY_LET(const std::string printed, run_weir({"publish", file, "--data", space.provider.folder(), "--title",
                                                    "bench", "--terms", "purpose=research", "--json"}));
  WEIR_TRY_LET(const Json product, wire::parse_json(printed));
  WEIR_TRY_LET(std::string id, product.text("id"));
  for (int i = 0; !space.regional.call(Method::kGet, "/api/v1/products/" + id); ++i) {
    if (i == 200) return Error(Errc::kUnavailable, "the regional node does not hear of the product");
    std::this_thread::sleep_for(Milliseconds(50));
  }
  return id;
}

// Milliseconds of each, one after the other.
Result<std::vector<double>> negotiate(NodeProcess& consumer, const std::string& product, std::int64_t count) {
  std::vector<double> out;
  const Json ask = Json::object({{"product", product}});
  for (std::int64_t i = 0; i < count; ++i) {
    Result<Json> seen = Json();
    out.push_back(microseconds_of([&] {
      seen = consumer.call(Method::kPost, "/api/v1/negotiations", ask);
      if (!seen) return;
      const std::string path = "/api/v1/negotiations/" + seen->text_or("id", "") + "?wait=20000";
      seen = consumer.call(Method::kGet, path);
    }) / 1e3);
    if (!seen) return std::move(seen).error();
    if (seen->text_or("state", "") != "FINALIZED") return Error(Errc::kUnavailable, "not finalised: " + seen->dump());
  }
  return out;
}

// How many a second.
Result<double> negotiate_at_once(NodeProcess& consumer, const std::string& product, std::int64_t threads,
                                 std::int64_t each) {
  std::vector<Result<std::vector<double>>> results(static_cast<std::size_t>(threads), std::vector<double>());
  const double us = microseconds_of([&] {
    std::vector<std::jthread> running;
    for (auto& result : results) running.emplace_back([&] { result = negotiate(consumer, product, each); });
  });
  for (auto& result : results) WEIR_TRY(std::move(result));
  return static_cast<double>(threads * each) / us * 1e6;
}

// An agreement on the product, for one push.
Result<std::string> agree(NodeProcess& consumer, const std::string& product) {
  WEIR_TRY_LET(const Json begun,
               consumer.call(Method::kPost, "/api/v1/negotiations", Json::object({{"product", product}})));
  WEIR_TRY_LET(const Json seen,
               consumer.call(Method::kGet, "/api/v1/negotiations/" + begun.text_or("id", "") + "?wait=20000"));
  return seen.text("agreementId");
}

// Asks for a push under each agreement, all at once; when each was done, in seconds from the first question.
Result<std::vector<double>> push(NodeProcess& consumer, const std::vector<std::string>& agreements) {
  std::vector<std::string> open;
  std::vector<double> done;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& agreement : agreements) {
    const Json ask = Json::object({{"agreement", agreement}, {"format", "HttpData-PUSH"}});
    WEIR_TRY_LET(const Json transfer, consumer.call(Method::kPost, "/api/v1/transfers", ask));
    WEIR_TRY_LET(std::string id, transfer.text("id"));
    open.push_back(std::move(id));
  }
  while (!open.empty()) {
    std::this_thread::sleep_for(Milliseconds(20));
    for (std::size_t i = 0; i < open.size(); ++i) {
      WEIR_TRY_LET(const Json transfer, consumer.call(Method::kGet, "/api/v1/transfers/" + open[i]));
      const std::string state = transfer.text_or("state", "");
      if (state == "TERMINATED") return Error(Errc::kUnavailable, "a push was ended: " + transfer.dump());
      if (state != "COMPLETED") continue;
      done.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }
  return done;
}

struct Cpu {
  double consumer, provider, regional, client;
};

Cpu cpu_of(const Space& space) {
  return {space.consumer.cpu_seconds(), space.provider.cpu_seconds(), space.regional.cpu_seconds(),
          static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
}

}  // namespace

Result<Figures> run_start(const Options& options) {
  WEIR_TRY_LET(const auto space, Space::make());
  std::vector<double> starts;
  std::vector<double> processes;
  for (std::int64_t i = options.number("starts", 9); i > 0; --i) {
    Result<> started;
    starts.push_back(microseconds_of([&] { started = space->consumer.start(); }) / 1e3);
    WEIR_TRY(started);
    space->consumer.stop();
    Result<std::string> version = std::string();
    processes.push_back(microseconds_of([&] { version = run_weir({"version"}); }) / 1e3);
    WEIR_TRY(version);
  }
  const double p50 = quantile(starts, 0.5);
  return Figures{{"start_to_ready_p50", p50, "ms", "process_that_ends_at_once", quantile(processes, 0.5), at_most(100)},
                 {"start_to_ready_beside_edc", p50, "ms", "edc_published", kEdcStartMs}};
}

Result<Figures> run_memory(const Options& options) {
  WEIR_TRY_LET(const auto space, start_space());
  std::this_thread::sleep_for(kSettle);
  const double idle = space->consumer.resident_mib();
  const double regional = space->regional.resident_mib();
  WEIR_TRY_LET(const std::string product, publish(*space));
  WEIR_TRY(negotiate_at_once(space->consumer, product, options.number("parallel", 8),
                             std::max<std::int64_t>(1, options.number("negotiations", 300) / 8)));
  return Figures{{"resident_idle_connector", idle, "MiB", "edc_chart_a_plane_published", kEdcChartMib, at_most(40)},
                 {"resident_idle_regional", regional, "MiB", "edc_chart_a_plane_published", kEdcChartMib, at_most(40)},
                 {"resident_after_negotiations", space->consumer.resident_mib(), "MiB", "resident_idle", idle}};
}

Result<Figures> run_pushes(const Options& options) {
  const std::int64_t bytes = options.number("bytes", std::int64_t{1} << 30);
  const auto pushes = static_cast<std::size_t>(options.number("pushes", 4));
  WEIR_TRY_LET(const auto space, start_space());
  WEIR_TRY_LET(const std::string product, publish(*space, bytes));
  std::vector<std::string> agreements;
  for (std::size_t i = 0; i <= pushes; ++i) {
    WEIR_TRY_LET(std::string agreement, agree(space->consumer, product));
    agreements.push_back(std::move(agreement));
  }
  WEIR_TRY_LET(const auto one, push(space->consumer, {agreements.front()}));
  const double provider = space->provider.peak_mib();
  const double consumer = space->consumer.peak_mib();
  WEIR_TRY_LET(const auto all, push(space->consumer, {agreements.begin() + 1, agreements.end()}));
  const double mib = static_cast<double>(bytes) / (1 << 20);
  const double together = mib * static_cast<double>(pushes) / all.back();
  return Figures{{"pushed_together", together, "MiB/s", "one_push_alone", mib / one.back()},
                 {"provider_peak_of_" + std::to_string(pushes), space->provider.peak_mib(), "MiB", "of_one", provider,
                  ratio_at_most(1.5)},
                 {"consumer_peak_of_" + std::to_string(pushes), space->consumer.peak_mib(), "MiB", "of_one", consumer,
                  ratio_at_most(1.5)},
                 {"first_done", all.front(), "s", "last_done", all.back()}};
}

Result<Figures> run_negotiation(const Options& options) {
  const std::int64_t count = options.number("negotiations", 300);
  const std::int64_t parallel = options.number("parallel", 8);
  WEIR_TRY_LET(const auto space, start_space());
  WEIR_TRY_LET(const std::string product, publish(*space));
  WEIR_TRY_LET(DiskProbe disk, DiskProbe::open(space->folder.path()));
  WEIR_TRY(negotiate(space->consumer, product, std::max<std::int64_t>(1, count / 10)));  // connections, statements
  std::vector<double> one;
  for (std::int64_t i = 0; i < count; ++i) {
    WEIR_TRY(disk.measure());
    WEIR_TRY_LET(const auto taken, negotiate(space->consumer, product, 1));
    one.push_back(taken.front());
  }
  const double p50 = quantile(one, 0.5);
  const std::int64_t each = std::max<std::int64_t>(1, 4 * count / parallel);
  const Cpu before = cpu_of(*space);
  WEIR_TRY_LET(const double rate, negotiate_at_once(space->consumer, product, parallel, each));
  const Cpu after = cpu_of(*space);
  const auto cpu_ms = [&](double from, double to) { return (to - from) * 1e3 / static_cast<double>(parallel * each); };
  const double client = cpu_ms(before.client, after.client);
  return Figures{
      {"negotiation_p50", p50, "ms", "fdatasync_p50", disk.p50() / 1e3, at_most(10)},
      {"negotiation_p99", quantile(one, 0.99), "ms", "fdatasync_p99", disk.p99() / 1e3},
      {"negotiation_p50_beside_edc", p50, "ms", "edc_published", kEdcNegotiationMs},
      {"negotiations_at_once", rate, "1/s", "one_after_the_other", 1e3 / p50, at_least(300)},
      {"consumer_cpu_each", cpu_ms(before.consumer, after.consumer), "ms", "client_cpu_each", client},
      {"provider_cpu_each", cpu_ms(before.provider, after.provider), "ms", "client_cpu_each", client},
      {"regional_cpu_each", cpu_ms(before.regional, after.regional), "ms", "client_cpu_each", client}};
}

}  // namespace weir::bench

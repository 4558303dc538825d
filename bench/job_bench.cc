// job: an intersection from CSV to CSV under a contract: two nodes, a process each, over TLS on loopback; from the
// command `weir compute psi` to the file of the rows that both have.
//
// Sketch for 10 M rows a side on two cores: 0.2 GiB are handed to the node, hashed and synced 1 s; reading, hashing and
// sorting 150 ns a row and committing 200 ns a key, by two threads, each side waiting for the other, 3.5 s; sixteen
// buckets of the intersection 6 s, for which each side has a core; rows written, synced and fetched 1 s. Memory is that
// of a bucket and does not grow with the table.
// --rows=10000000 a side, half of them shared; --bucket=1048576 keys; --parquet=1: from Parquet to Parquet;
// --others=10000000 rows at the provider; --algorithm=psi-rr22; --questions=1, each of rows of its own. Runs in the
// folder for temporary files (TMPDIR) and takes about 150 bytes of disk a row.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <thread>

#include "bench/space.h"
#include "weir/table/table_file.h"

namespace weir::bench {
namespace {

using adapters::http::Method;
using wire::Json;

constexpr double kSecretflowSeconds = 17;  // published, 10 M a side on 8 to 32 cores
constexpr std::int64_t kPublishedRows = 10'000'000;
constexpr std::uint64_t kNumbers = 10'000'000'000;

Result<table::ByteSource> text_of_table(const std::string& path) {
  WEIR_TRY_LET(const auto table, table::TableFile::open(store::real_files(), path));
  return table.read();
}

// Customers from `first` on, each with a number of eleven digits and something else.
Result<std::string> write_table(const std::string& path, std::int64_t first, std::int64_t rows, bool parquet) {
  std::ofstream out(path);
  out << "phone,value\n";
  for (std::int64_t i = first; i < first + rows; ++i) {
    const std::uint64_t number = kNumbers + static_cast<std::uint64_t>(i) * 2'654'435'761 % kNumbers;
    out << number << ',' << i % 1000 << '\n';
  }
  out.close();
  if (!out) return Error(Errc::kExhausted, "the table could not be written");
  if (!parquet) return path;
  WEIR_TRY_LET(auto text, text_of_table(path));
  WEIR_TRY(table::write_parquet(std::move(text), {"BIGINT", "BIGINT"}, path + ".parquet"));
  WEIR_TRY(store::real_files().remove(path));
  return path + ".parquet";
}

// An agreement on the provider's table that names the algorithm.
Result<std::string> agree(Space& space, const std::string& table, const std::string& algorithm) {
  WEIR_TRY_LET(const std::string known,
               run_weir({"compute", "algorithms", "--data", space.provider.folder(), "--json"}));
  WEIR_TRY_LET(const Json algorithms, wire::parse_json(known));
  std::string hash;
  for (const Json& each : algorithms["items"].items()) {
    if (each.text_or("id", "") == algorithm) hash = each.text_or("hash", "");
  }
  WEIR_TRY_LET(const std::string printed,
               run_weir({"publish", table, "--data", space.provider.folder(), "--title", "bench", "--terms",
                         "action=compute, env=mpc, purpose=research, algorithm=" + algorithm + "@" + hash, "--json"}));
  WEIR_TRY_LET(const Json product, wire::parse_json(printed));
  WEIR_TRY_LET(const std::string id, product.text("id"));
  for (int i = 0; !space.regional.call(Method::kGet, "/api/v1/products/" + id); ++i) {
    if (i == 200) return Error(Errc::kUnavailable, "the regional node does not hear of the product");
    std::this_thread::sleep_for(Milliseconds(50));
  }
  WEIR_TRY_LET(const std::string done, run_weir({"negotiate", id, "--data", space.consumer.folder(), "--json"}));
  WEIR_TRY_LET(const Json agreed, wire::parse_json(done));
  return agreed.text("agreementId");
}

// Asks, waits (the command itself does so only for a while where the other side reads a large table), and fetches.
Result<Json> compute(Space& space, std::vector<std::string> words, const std::string& output) {
  WEIR_TRY_LET(const std::string printed, run_weir(std::move(words)));
  WEIR_TRY_LET(Json job, wire::parse_json(printed));
  WEIR_TRY_LET(const std::string id, job.text("id"));
  for (std::string state = job.text_or("state", ""); state != "DONE"; state = job.text_or("state", "")) {
    if (state == "FAILED" || state == "REJECTED") return Error(Errc::kUnavailable, "not computed: " + job.dump());
    WEIR_TRY_LET(job, space.consumer.call(Method::kGet, "/api/v1/jobs/" + id + "?wait=20000"));
  }
  WEIR_TRY(run_weir({"compute", "result", id, "-o", output, "--data", space.consumer.folder()}));
  return job;
}

Result<std::int64_t> lines_of(const std::string& path) {
  WEIR_TRY_LET(const auto text, text_of_table(path));
  std::vector<std::uint8_t> piece(1 << 20);
  std::int64_t out = 0;
  while (true) {
    WEIR_TRY_LET(const std::size_t got, text(piece));
    if (got == 0) return out;
    out += std::count(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got), '\n');
  }
}

// The tables of a run: the provider's rows begin in the middle of the first question's.
struct Tables {
  std::int64_t rows, others;
  std::int64_t shared(std::int64_t question) const {
    const std::int64_t first = question * rows, theirs = rows / 2;
    return std::max<std::int64_t>(0, std::min(first + rows, theirs + others) - std::max(first, theirs));
  }
};

struct Asked {
  double seconds = 0;
  Json outcome;
};
Result<Asked> ask(Space& space, const std::string& agreement, const Tables& tables, std::int64_t question,
                  const Options& options) {
  const bool parquet = options.number("parquet", 0) != 0;
  const std::string folder = space.folder.path();
  WEIR_TRY_LET(const std::string mine, write_table(folder + "/mine", question * tables.rows, tables.rows, parquet));
  const std::string shared = folder + (parquet ? "/shared.parquet" : "/shared.csv");
  Result<Json> job = Json();
  Asked out;
  out.seconds = microseconds_of([&] {
    job = compute(space, {"compute", "psi", agreement, "--mine", mine, "--key", "phone", "--purpose", "research",
                          "--bucket", std::to_string(options.number("bucket", std::int64_t{1} << 20)), "--data",
                          space.consumer.folder(), "--json"},
                  shared);
  }) / 1e6;
  WEIR_TRY(job);
  out.outcome = (*job)["outcome"];
  WEIR_TRY_LET(const std::int64_t lines, lines_of(shared));
  const std::int64_t wanted = tables.shared(question);
  if (out.outcome.integer_or("matches", 0) != wanted || lines != wanted + 1) {
    return Error(Errc::kCorrupt, "the intersection is wrong: " + out.outcome.dump());
  }
  return out;
}

double moved(const Json& outcome) {
  return static_cast<double>(outcome.integer_or("sent", 0) + outcome.integer_or("received", 0));
}

}  // namespace

Result<Figures> run_job(const Options& options) {
  Tables tables{.rows = options.number("rows", kPublishedRows), .others = 0};
  tables.others = options.number("others", tables.rows);
  const bool parquet = options.number("parquet", 0) != 0;
  WEIR_TRY_LET(const auto space, Space::make());
  WEIR_TRY(space->provider.start());
  WEIR_TRY(space->consumer.start());
  WEIR_TRY_LET(const std::string theirs,
               write_table(space->folder.path() + "/theirs", tables.rows / 2, tables.others, parquet));
  WEIR_TRY_LET(const std::string agreement, agree(*space, theirs, options.text("algorithm", "psi-rr22")));
  WEIR_TRY(store::real_files().remove(theirs));
  const double idle[] = {space->consumer.peak_mib(), space->provider.peak_mib()};
  const double cpu[] = {space->consumer.cpu_seconds(), space->provider.cpu_seconds()};
  WEIR_TRY_LET(const Asked first, ask(*space, agreement, tables, 0, options));
  const double seconds = first.seconds;
  const bool published = tables.rows == kPublishedRows && tables.others == kPublishedRows && !parquet;
  const auto goal = [&](Goal wanted) { return published ? std::optional(wanted) : std::nullopt; };
  Figures out{
      {parquet ? "parquet_to_parquet" : "csv_to_csv", seconds, "s", published ? "secretflow_published" : "",
       published ? kSecretflowSeconds : 0, goal(at_most(15))},
      {"of_it_on_the_line", static_cast<double>(first.outcome.integer_or("milliseconds", 0)) / 1e3, "s", "all",
       seconds},
      {"consumer_cpu", space->consumer.cpu_seconds() - cpu[0], "s", "all", seconds},
      {"provider_cpu", space->provider.cpu_seconds() - cpu[1], "s", "all", seconds},
      {"bytes_a_row", moved(first.outcome) / static_cast<double>(tables.rows), "B", "", 0}};
  for (std::int64_t question = 1; question < options.number("questions", 1); ++question) {
    WEIR_TRY_LET(const Asked next, ask(*space, agreement, tables, question, options));
    const std::string name = "question_" + std::to_string(question + 1);
    out.push_back({name, next.seconds, "s", "the_first", seconds});
    out.push_back({name + "_bytes_a_row", moved(next.outcome) / static_cast<double>(tables.rows), "B", "the_first",
                   moved(first.outcome) / static_cast<double>(tables.rows)});
  }
  out.push_back({"consumer_peak", space->consumer.peak_mib(), "MiB", "before", idle[0], at_most(4096)});
  out.push_back({"provider_peak", space->provider.peak_mib(), "MiB", "before", idle[1], at_most(4096)});
  return out;
}

}  // namespace weir::bench

// Catalog: loading real records, then pages and searches over a million products.
//
// Budget: 14 000 records loaded <= 5 s; a page of 100 <= 10 ms and search p99 <= 20 ms over 1 000 000 products.
// --file=FILE (JSON lines or gzip of DCAT-US 1.1; if not given, the extract in tests/vectors, repeated to
// --records=14000), --n=1000000 synthetic products, --queries=2000.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fstream>

#include "bench/bench.h"
#include "tests/support/temporary_folder.h"
#include "weir/base/random.h"
#include "weir/store/files.h"
#include "weir/store/sql.h"
#include "weir/supply/catalog/dcat.h"
#include "weir/supply/catalog/service.h"
#include "weir/supply/catalog/store.h"

namespace weir::bench {

namespace {

using namespace supply;  // NOLINT: catalog:: and identifier:: read well here
using store::Tx;

// The evidence log has its own benchmark; here its entries are only counted.
class CountingLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(Tx&, const trust::evidence::Entry& entry) override {
    bytes += entry.body.size();
    return trust::evidence::EntryIndex(count++);
  }
  std::int64_t count = 0;
  std::size_t bytes = 0;
};

constexpr const char* kEnglish[] = {"air",    "quality", "water",   "hourly",  "station",  "traffic", "energy",
                                    "bank",   "loan",    "credit",  "health",  "hospital", "survey",  "school",
                                    "port",   "ship",    "flight",  "weather", "rainfall", "river",   "land",
                                    "parcel", "tax",     "company", "patent",  "soil",     "crop",    "price",
                                    "index",  "market",  "road",    "bridge",  "grid",     "solar"};
constexpr const char* kChinese[] = {"空气质量", "水质监测", "交通流量", "电力负荷", "企业信用", "贷款记录", "医院挂号", "学校名录", "港口吞吐",
                                    "航班动态", "气象观测", "降雨量", "河道水位", "土地地块", "税务登记", "专利授权", "土壤检测", "农产品价格",
                                    "市场指数", "公路桥梁", "光伏发电", "人口统计", "社会保障", "住房公积金"};
constexpr const char* kPlaces[] = {"北京市",  "上海市",   "广东省", "浙江省", "福建省",
                                   "Beijing", "Shanghai", "Fujian", "Texas",  "Bavaria"};

// Words of a long tail, as real catalogs have them: instrument names, project names, codes.
std::string rare_word(Random& random) {
  const std::uint64_t a = random.below(300);
  return "mission" + std::to_string(a * random.below(300));
}

template <std::size_t N>
const char* one_of(Random& random, const char* const (&words)[N]) {
  const std::uint64_t a = random.below(N);
  return words[a * random.below(N) / N];  // the first ones more often
}

std::string synthetic_line(Random& random, std::int64_t i) {
  std::string title;
  std::string description;
  const bool chinese = random.below(2) == 0;
  if (chinese) {
    title = std::string(one_of(random, kPlaces)) + one_of(random, kChinese) + one_of(random, kChinese) + "数据" +
            std::to_string(i % 1000);
    description = std::string("包括") + one_of(random, kChinese) + "、" + one_of(random, kChinese) +
                  "，按月更新，来源" + one_of(random, kPlaces);
  } else {
    title = std::string(one_of(random, kEnglish)) + " " + one_of(random, kEnglish) + " of " + one_of(random, kPlaces) +
            " " + std::to_string(i % 1000);
    for (int w = 0; w < 18; ++w) description += std::string(one_of(random, kEnglish)) + " ";
  }
  description += " " + rare_word(random);
  wire::Json json = wire::Json::object({{"identifier", "synthetic-" + std::to_string(i)},
                                        {"title", title},
                                        {"description", description},
                                        {"accessLevel", random.below(20) == 0 ? "restricted public" : "public"},
                                        {"accrualPeriodicity", random.below(2) == 0 ? "R/P1D" : "R/P1M"},
                                        {"modified", "2024-01-01"}});
  json.set("keyword", wire::Json::array({one_of(random, kEnglish), one_of(random, kChinese)}));
  json.set("theme", wire::Json::array({one_of(random, kEnglish)}));
  json.set("publisher", wire::Json::object({{"name", "Publisher " + std::to_string(random.below(500))}}));
  const char* const media[] = {"text/csv", "application/json", "application/pdf", "text/html"};
  json.set("distribution",
           wire::Json::array({wire::Json::object(
               {{"downloadURL", "https://example.org/" + std::to_string(i)}, {"mediaType", one_of(random, media)}})}));
  return json.dump() + "\n";
}

// Lines made while they are read.
class SyntheticSource final : public catalog::ByteSource {
 public:
  explicit SyntheticSource(std::int64_t count) : count_(count) {}
  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    std::size_t size = 0;
    while (size < out.size()) {
      if (at_ == line_.size()) {
        if (made_ == count_) break;
        line_ = synthetic_line(random_, made_++);
        at_ = 0;
      }
      const std::size_t part = std::min(out.size() - size, line_.size() - at_);
      std::copy_n(line_.begin() + static_cast<std::ptrdiff_t>(at_), part,
                  out.begin() + static_cast<std::ptrdiff_t>(size));
      at_ += part;
      size += part;
    }
    return size;
  }

 private:
  std::int64_t count_;
  std::int64_t made_ = 0;
  SeededRandom random_{5};
  std::string line_;
  std::size_t at_ = 0;
};

// The extract again and again, with other identifiers, until there are as many records as in the whole catalog.
std::string repeated_extract(std::int64_t count) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/tests/vectors/catalog/us-federal-extract.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::string out;
  for (std::int64_t i = 0; i < count && !lines.empty(); ++i) {
    std::string line = lines[static_cast<std::size_t>(i) % lines.size()];
    const std::size_t end = line.rfind('}');
    line.insert(end, ",\"round\":" + std::to_string(i));
    const std::size_t key = line.find("\"agency\": \"");
    if (key != std::string::npos)
      line.insert(key + 11, "r" + std::to_string(static_cast<std::size_t>(i) / lines.size()) + "-");
    out += line + "\n";
  }
  return out;
}

std::string query_text(Random& random) {
  switch (random.below(8)) {
    case 0: return one_of(random, kEnglish);
    case 1: return std::string(one_of(random, kEnglish)) + " " + one_of(random, kEnglish);
    case 2: return one_of(random, kChinese);
    case 3: return std::string(one_of(random, kPlaces)) + " " + one_of(random, kChinese);
    case 4: return rare_word(random);
    case 5: return rare_word(random) + " " + one_of(random, kEnglish);
    case 6: return "\"" + std::string(one_of(random, kEnglish)) + " " + one_of(random, kEnglish) + "\"";
    default: return std::string(one_of(random, kEnglish)) + " format:text/csv grade:general-2";
  }
}

struct Bench {
  std::unique_ptr<store::Database> database;
  CountingLog log;
  SystemClock clock;
  SeededRandom random{1};
  std::unique_ptr<catalog::Service> service;
};

Result<> open(Bench& bench, const std::string& path) {
  WEIR_TRY_LET(bench.database, store::open_sqlite({.path = path}));
  WEIR_TRY(store::migrate(*bench.database, catalog::migration()));
  WEIR_TRY_LET(const auto subject, identifier::SubjectId::parse("91350100M000100Y43"));
  WEIR_TRY_LET(const auto area, identifier::AreaCode::parse("3501"));
  const auto node = identifier::NodeId::generate(identifier::NodeKind::kConnector, subject, area, bench.random);
  bench.service = std::make_unique<catalog::Service>(catalog::Service::Parts{.sql = *bench.database,
                                                                             .log = bench.log,
                                                                             .clock = bench.clock,
                                                                             .random = bench.random,
                                                                             .participant = subject,
                                                                             .node = node,
                                                                             .area = area});
  return {};
}

Result<double> load_seconds(Bench& bench, catalog::ByteSource& source, std::int64_t& read,
                            std::vector<catalog::Offer> offers = {}) {
  Result<catalog::LoadReport> report = Error(Errc::kUnavailable, "not run");
  const double time = microseconds_of(
      [&] { report = bench.service->load(source, {.catalog = "bench", .offers = offers}, catalog::Actor("bench")); });
  if (!report) return std::move(report).error();
  if (report->refused > 0) return Error(Errc::kCorrupt, "records were refused");
  read = report->read;
  return time / 1e6;
}

Result<std::vector<double>> search_times(Bench& bench, std::int64_t rounds, bool with_facets) {
  std::vector<double> times;
  SeededRandom random(99);
  for (std::int64_t i = 0; i < rounds; ++i) {
    catalog::Query query{.text = query_text(random), .limit = 20};
    if (with_facets) query.facets = {catalog::Facet::kFormat, catalog::Facet::kGrade, catalog::Facet::kTheme};
    Result<catalog::Page> page = Error(Errc::kUnavailable, "not run");
    times.push_back(microseconds_of([&] { page = bench.service->search(query); }) / 1e3);
    if (!page) return std::move(page).error();
  }
  return times;
}

// Pages one after the other from the newest, as a client that reads everything.
Result<std::vector<double>> page_times(Bench& bench, std::int64_t rounds) {
  std::vector<double> times;
  catalog::Query query{.limit = 100};
  for (std::int64_t i = 0; i < rounds; ++i) {
    Result<catalog::Page> page = Error(Errc::kUnavailable, "not run");
    times.push_back(microseconds_of([&] { page = bench.service->search(query); }) / 1e3);
    if (!page) return std::move(page).error();
    query.cursor = page->next;
  }
  return times;
}

// What nobody who reads the lines can do without.
double parse_seconds(const std::string& lines) {
  std::size_t wrong = 0;
  const double us = microseconds_of([&] {
    for (std::string_view rest = lines; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
      wrong += !wire::parse_json(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
  });
  return wrong == 0 ? us / 1e6 : 0;
}

Result<double> find_p50(Bench& bench, std::int64_t rounds) {
  WEIR_TRY_LET(const catalog::Page page, bench.service->search({.limit = 100}));
  std::vector<double> times;
  for (std::int64_t i = 0; i < rounds; ++i) {
    const auto& id = page.hits[static_cast<std::size_t>(i) % page.hits.size()].id;
    Result<> found;
    times.push_back(microseconds_of([&] {
      const auto product = bench.service->find(id);
      if (!product) found = product.error();
    }) / 1e3);
    WEIR_TRY(found);
  }
  return quantile(times, 0.5);
}

// A page of the Dataspace Protocol's catalogue as the node answers it, out of as many products with an offer each (one
// in twenty has none, and is left out).
Result<Figure> dsp_page(const std::string& path, std::int64_t offers, std::int64_t rounds) {
  Bench bench;
  WEIR_TRY(open(bench, path));
  WEIR_TRY_LET(const wire::Json policy,
               wire::parse_json(R"({"@type":"Offer","permission":[{"action":"use","constraint":[
      {"leftOperand":"purpose","operator":"eq","rightOperand":"research"},
      {"leftOperand":"count","operator":"lteq","rightOperand":100}]}]})"));
  SyntheticSource source(offers);
  std::int64_t read = 0;
  WEIR_TRY(load_seconds(bench, source, read, {catalog::make_offer("urn:offer:bench", policy)}));
  std::vector<double> times;
  std::string cursor;
  for (std::int64_t i = 0; i < rounds; ++i) {
    Result<> done;
    times.push_back(microseconds_of([&] {
      done = [&]() -> Result<> {
        WEIR_TRY_LET(const catalog::Page page, bench.service->list(100, cursor, catalog::FeedScope::kOwn));
        std::vector<identifier::ProductId> ids;
        for (const auto& hit : page.hits) ids.push_back(hit.id);
        WEIR_TRY_LET(const auto products, bench.service->find_many(ids));
        const auto json =
            catalog::to_dsp_catalog("urn:c", "p", {.id = "urn:s", .endpoint_url = "https://a.example"}, products);
        if (json.dump().size() < 1000) return Error(Errc::kCorrupt, "the page is empty");
        cursor = page.next;
        return {};
      }();
    }) / 1e3);
    WEIR_TRY(done);
  }
  return Figure{.name = "dsp_page_of_100_from_" + std::to_string(offers) + "_offers_p50", .value = quantile(times, 0.5),
                .unit = "ms", .goal = at_most(5)};
}

}  // namespace

Result<Figures> run_catalog(const Options& options) {
  const testing::TemporaryFolder folder;
  const std::string file = options.text("file", "");
  const std::int64_t records = options.number("records", 14'000);
  const std::int64_t n = options.number("n", 1'000'000);
  const std::int64_t rounds = options.number("queries", 2000);
  Figures figures;
  {
    Bench bench;
    WEIR_TRY(open(bench, folder.path() + "/records.db"));
    const std::string lines = file.empty() ? repeated_extract(records) : "";
    std::unique_ptr<catalog::ByteSource> source = catalog::text_source(lines);
    if (!file.empty()) {
      WEIR_TRY_LET(source, catalog::file_source(store::real_files(), file));
    }
    std::int64_t read = 0;
    WEIR_TRY_LET(const double seconds, load_seconds(bench, *source, read));
    figures.push_back({"load_of_" + std::to_string(read) + "_records", seconds, "s", "parsing_their_json",
                       parse_seconds(lines), at_most(5)});
  }
  const std::int64_t offers = options.number("offers", 10'000);
  WEIR_TRY_LET(Figure page_of_offers,
               dsp_page(folder.path() + "/offers.db", offers, std::min(rounds, offers / 200 + 1)));
  figures.push_back(std::move(page_of_offers));
  Bench bench;
  WEIR_TRY(open(bench, folder.path() + "/synthetic.db"));
  SyntheticSource synthetic(n);
  std::int64_t read = 0;
  WEIR_TRY_LET(const double seconds, load_seconds(bench, synthetic, read));
  figures.push_back({"load_of_" + std::to_string(n) + "_products", static_cast<double>(read) / seconds, "1/s"});
  const std::int64_t pages_there = std::max<std::int64_t>(n / 100 - 1, 1);
  WEIR_TRY_LET(const auto pages, page_times(bench, std::min(rounds, pages_there)));
  WEIR_TRY_LET(const auto searches, search_times(bench, rounds, false));
  WEIR_TRY_LET(const auto faceted, search_times(bench, rounds / 4 + 1, true));
  WEIR_TRY_LET(const double one, find_p50(bench, rounds));
  const std::string reference = "one_product_by_identifier_p50";
  figures.push_back({"page_of_100_first", pages.front(), "ms", reference, one, at_most(10)});
  figures.push_back({"page_of_100_p50", quantile(pages, 0.5), "ms", reference, one, at_most(10)});
  figures.push_back({"page_of_100_p99", quantile(pages, 0.99), "ms", reference, one, at_most(10)});
  figures.push_back({"search_p50", quantile(searches, 0.5), "ms", reference, one});
  figures.push_back({"search_p99", quantile(searches, 0.99), "ms", reference, one, at_most(20)});
  figures.push_back({"search_with_facets_p50", quantile(faceted, 0.5), "ms", reference, one});
  figures.push_back({"search_with_facets_p99", quantile(faceted, 0.99), "ms", reference, one});
  return figures;
}

}  // namespace weir::bench

// Harvests: catalogues of others that this node reads, again and again, step by step.
//
// A step asks for one page, loads it, and stores how far it came, in this order: what breaks off in between is asked
// for again, and loading the same again changes nothing. Format: docs/formats/ckan.md. Thread-safe; two steps of one
// harvest at once do the same twice, to no harm. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/adapters/ckan/harvest.h"
#include "weir/adapters/http/client.h"
#include "weir/store/sql.h"
#include "weir/supply/catalog/service.h"

namespace weir::node {

struct Harvest {
  std::string name{};  // also the catalog of what was loaded
  adapters::ckan::HarvestKind kind = adapters::ckan::HarvestKind::kCkan;
  std::string url{};
  std::string region{};   // GB/T 2260 code for all records
  wire::Json position{};  // null: never begun
  std::int64_t records = 0;  // read by the harvest that is under way, or the last one
  bool under_way = false;
  std::int64_t round = 0;  // how many harvests read all there is, this one included
  Timestamp updated{};
};
wire::Json to_json(const Harvest& harvest);

store::Migration harvests_migration();

class Harvests {
 public:
  Harvests(store::Sql& sql, const Clock& clock, adapters::http::Client& client, supply::catalog::Service& catalog)
      : sql_(sql), clock_(clock), client_(client), catalog_(catalog) {}

  // Another kind or address begins from the start. Fails with kInvalidArgument ("harvest.malformed").
  Result<Harvest> put(Harvest harvest);
  Result<Harvest> find(const std::string& name);  // kNotFound ("harvest.unknown")
  Result<std::vector<Harvest>> list();
  // What was loaded stays.
  Result<> remove(const std::string& name);

  struct Step {
    supply::catalog::LoadReport report;
    std::int64_t removed = 0;  // were gone in two whole harvests one after the other
    std::int64_t total = 0;  // of the harvest, as the source says; 0: unknown
    bool done = false;
    Harvest harvest;
  };
  // `whole` begins again and reads all there is. Fails as the client does, as take_answer() does, and as the
  // catalogue's load() does.
  Result<Step> step(const std::string& name, bool whole, const supply::catalog::Actor& actor);

 private:
  Result<> save(const Harvest& harvest);

  store::Sql& sql_;
  const Clock& clock_;
  adapters::http::Client& client_;
  supply::catalog::Service& catalog_;
};

}  // namespace weir::node

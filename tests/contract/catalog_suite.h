// CatalogSuite: what the catalog must do on every database.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "weir/supply/catalog/service.h"
#include "weir/supply/catalog/test_support.h"

namespace weir::supply::catalog::testing {

struct DatabaseCase {
  std::string name;
  std::function<std::unique_ptr<store::Database>()> open;  // an empty one
};

// Keeps what was logged by transactions that committed.
class RecordingLog final : public trust::evidence::Log {
 public:
  Result<trust::evidence::EntryIndex> append(store::Tx& tx, const trust::evidence::Entry& entry) override;
  std::vector<trust::evidence::Entry> entries;
  bool broken = false;
};

// One node with its catalog.
struct TestNode {
  TestNode(std::unique_ptr<store::Database> opened, SubjectId subject, std::uint64_t seed,
           Service::Review review = Service::Review::kAnybody,
           identifier::NodeKind kind = identifier::NodeKind::kConnector);
  Peer peer() const { return {.node = node, .participant = participant}; }

  std::unique_ptr<store::Database> database;
  SubjectId participant;
  NodeId node;
  RecordingLog log;
  ManualClock clock{Timestamp(1'700'000'000'000)};
  SeededRandom random;
  std::unique_ptr<Service> service;
};

class CatalogSuite : public ::testing::TestWithParam<DatabaseCase> {
 protected:
  void SetUp() override;
  std::unique_ptr<TestNode> make_node(const SubjectId& participant, std::uint64_t seed);
  Product published(const Description& description);
  Product titled(const std::string& title);
  std::vector<std::string> titles(const Query& query);

  std::unique_ptr<TestNode> here_;
  Service* catalog_ = nullptr;
};

}  // namespace weir::supply::catalog::testing

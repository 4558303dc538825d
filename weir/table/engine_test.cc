// SPDX-License-Identifier: Apache-2.0
#include "weir/table/engine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace weir::table {
namespace {

std::string all(Engine& engine, const std::string& sql) {
  Result<Rows> rows = engine.run(sql);
  if (!rows) return "refused";
  std::string out;
  while (true) {
    const Result<std::size_t> count = rows->next();
    if (!count) return "refused";
    if (*count == 0) return out;
    for (std::size_t i = 0; i < *count; ++i) out += std::string(rows->value(0, i).value_or("NULL")) + ";";
  }
}

TEST(Engine, AnswersAStatement) {
  Engine engine = *Engine::open("/nowhere");
  EXPECT_EQ(all(engine, "SELECT * FROM (VALUES (1), (NULL), (3))"), "1;NULL;3;");
  EXPECT_EQ(all(engine, "SELECT " + quoted_text("it's") + " AS " + quoted_name("a \"b\"")), "it's;");
}

TEST(Engine, TakesRowsThatAreGiven) {
  Engine engine = *Engine::open("/nowhere");
  int left = 5000;
  ASSERT_TRUE(engine.give(2, [&](Row& row) -> Result<bool> {
    row = {std::to_string(left), std::nullopt};
    return left-- > 0;
  }));
  EXPECT_EQ(all(engine, "SELECT CAST(sum(CAST(c0 AS BIGINT)) + count(c1) AS BIGINT) FROM given_rows()"), "12502500;");
}

// ── what it may not do ──

TEST(EngineErrors, GivenRowsThatFailFailTheStatementWithTheirOwnWords) {
  Engine engine = *Engine::open("/nowhere");
  ASSERT_TRUE(engine.give(1, [](Row&) -> Result<bool> { return Error(Errc::kCorrupt, "torn").because("test.torn"); }));
  Result<Rows> rows = engine.run("SELECT c0 FROM given_rows()");
  const Error error = rows ? rows->next().error() : rows.error();
  EXPECT_EQ(error.reason(), "test.torn");
}

TEST(EngineErrors, ItLeavesTheCageByNoDoor) {
  const weir::testing::TemporaryFolder folder;
  const std::string own = folder.path() + "/own.csv", other = folder.path() + "/other.csv";
  for (const std::string& path : {own, other}) std::ofstream(path) << "a\n1\n";
  Engine engine = *Engine::open(own);
  EXPECT_EQ(all(engine, "SELECT a FROM read_csv(" + quoted_text(own) + ")"), "1;");
  for (const std::string& sql :
       {"SELECT a FROM read_csv(" + quoted_text(other) + ")", "SELECT a FROM " + quoted_name(other),
        "SELECT content FROM read_text(" + quoted_text(other) + ")",
        "SELECT file FROM glob(" + quoted_text(folder.path() + "/*") + ")",
        "COPY (SELECT 1) TO " + quoted_text(folder.path() + "/new.csv"),
        "ATTACH " + quoted_text(folder.path() + "/new.db"), "EXPORT DATABASE " + quoted_text(folder.path() + "/all"),
        std::string("INSTALL httpfs"), std::string("LOAD httpfs"), "LOAD " + quoted_text(other),
        std::string("SELECT a FROM read_csv('https://127.0.0.1:1/a.csv')"), std::string("SET memory_limit = '64GB'"),
        std::string("SET enable_external_access = true"), std::string("SET lock_configuration = false"),
        std::string("SET temp_directory = '/tmp'"), "SET allowed_paths = [" + quoted_text(other) + "]"}) {
    EXPECT_EQ(all(engine, sql), "refused") << sql;
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(EngineErrors, WhatTakesMoreMemoryThanItHasIsRefused) {
  Engine engine = *Engine::open("/nowhere");
  Result<Rows> rows = engine.run("SELECT list(i * 7) FROM range(200000000) t(i)");
  const Error error = rows ? rows->next().error() : rows.error();
  EXPECT_EQ(error.code(), Errc::kExhausted) << error.message();
}

}  // namespace
}  // namespace weir::table

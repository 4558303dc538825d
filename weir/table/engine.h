// Engine: DuckDB in a cage: one statement over a file that the caller opened, or over rows that the caller gives.
//
// The shared library is loaded with the first engine, from beside the program, from ../lib seen from there, or from
// where the system looks; until then it costs nothing. The cage: no extensions, no file but the one named, no
// temporary files, a locked configuration, bounded memory, one thread, which is the caller's. Statements are this
// room's own: what comes from outside is quoted in them.
// Thread-safety: one thread an engine. Trust: files are the node's own side's, not its peers'; they may be damaged.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"

namespace weir::table {

inline constexpr std::string_view kEngineMemory = "512MiB";

// Fills a row; false when there are no more.
using Row = std::vector<std::optional<std::string>>;
using RowSource = std::function<Result<bool>(Row&)>;

// The rows of a statement, in order, some at a time.
class Rows {
 public:
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();
  // How many rows can be asked for now; 0 at the end. Fails as Engine::run() does.
  Result<std::size_t> next();
  // Of those rows: text as it is, a number as people write it; nothing if it is NULL. Valid until the next call.
  std::optional<std::string_view> value(std::size_t column, std::size_t row);

 private:
  friend class Engine;
  struct State;
  explicit Rows(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Engine {
 public:
  // `file`: the one path that statements may open. Fails with kConflict ("job.no_parquet") where there is no library.
  static Result<Engine> open(const std::string& file);
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;
  ~Engine();
  // Makes rows of so many columns of text known to a statement, as given_rows(c0, c1, …). Before run(), once.
  Result<> give(std::size_t columns, RowSource rows);
  // Columns are text, integers or floating-point numbers: others the statement casts. The engine outlives the rows.
  // Fails with kUnavailable (the file), kExhausted (memory), kInvalidArgument (its content), or as the given rows do.
  Result<Rows> run(const std::string& sql);

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

std::string quoted_text(std::string_view text);  // 'it''s'
std::string quoted_name(std::string_view name);  // "a ""name"""

}  // namespace weir::table

// SPDX-License-Identifier: Apache-2.0
#include "weir/table/engine.h"

#include <dlfcn.h>
#include <duckdb.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <mutex>

#include "weir/base/log.h"

namespace weir::table {
namespace {

// What is used of the library, by the names in its header.
#define WEIR_DUCKDB(X)                                                                                             \
  X(open_ext) X(close) X(connect) X(disconnect) X(query) X(prepare) X(prepare_error) X(destroy_prepare)            \
  X(execute_prepared_streaming) X(destroy_result) X(result_error) X(result_error_type) X(column_count)             \
  X(column_type) X(fetch_chunk) X(destroy_data_chunk) X(data_chunk_get_size) X(data_chunk_set_size)                \
  X(data_chunk_get_vector) X(vector_get_data) X(vector_get_validity) X(vector_size)                                \
  X(vector_ensure_validity_writable) X(vector_assign_string_element_len) X(create_config) X(set_config)            \
  X(destroy_config) X(free) X(create_table_function) X(destroy_table_function) X(table_function_set_name)          \
  X(table_function_set_extra_info) X(table_function_set_bind) X(table_function_set_init)                           \
  X(table_function_set_function) X(register_table_function) X(bind_get_extra_info) X(bind_add_result_column)       \
  X(create_logical_type) X(destroy_logical_type) X(function_get_extra_info) X(function_set_error)

struct Library {
#define X(name) decltype(&duckdb_##name) name = nullptr;
  WEIR_DUCKDB(X)
#undef X
};

std::string folder_of_program() {
  std::array<char, 4096> path{};
  const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string text(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return text.substr(0, text.rfind('/'));
}

Error no_library() {
  return Error(Errc::kConflict, "Parquet cannot be read or written here: there is no libduckdb.so")
      .because("job.no_parquet")
      .advise("put libduckdb.so (DuckDB 1.4) beside the program, in ../lib from there, or where the system looks for "
              "libraries; or take CSV");
}

Result<const Library*> library() {
  static std::mutex mutex;
  static Library loaded;  // once found it stays
  static bool found = false;
  const std::scoped_lock lock(mutex);
  if (found) return &loaded;
  const std::string folder = folder_of_program();
  for (const std::string& path :
       {folder + "/libduckdb.so", folder + "/../lib/libduckdb.so", std::string("libduckdb.so")}) {
    void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) continue;
    Library library;
    bool whole = true;
#define X(name)                                                                             \
  library.name = reinterpret_cast<decltype(library.name)>(::dlsym(handle, "duckdb_" #name)); \
  whole = whole && library.name != nullptr;
    WEIR_DUCKDB(X)
#undef X
    if (whole) {
      loaded = library;
      found = true;
      return &loaded;
    }
    ::dlclose(handle);
  }
  return no_library();
}

// Without the engine's words: they may have what is in the file.
Error failure(duckdb_error_type type) {
  if (type == DUCKDB_ERROR_OUT_OF_MEMORY) return Error(Errc::kExhausted, "the engine has not enough memory");
  if (type == DUCKDB_ERROR_IO) return Error(Errc::kUnavailable, "the engine cannot read or write the file");
  return Error(Errc::kInvalidArgument, "the engine cannot read the file");
}

struct Given {
  const Library* duckdb = nullptr;
  std::size_t columns = 0;
  RowSource rows;
  Row row;
  Result<> result;  // of the source
};

void bind_given(duckdb_bind_info info) noexcept;
void start_given(duckdb_init_info) noexcept {}
void fill_given(duckdb_function_info info, duckdb_data_chunk chunk) noexcept;

}  // namespace

struct Engine::State {
  ~State() {
    if (connection != nullptr) duckdb->disconnect(&connection);
    if (database != nullptr) duckdb->close(&database);
  }
  Result<> query(const std::string& sql) const {
    duckdb_result result;
    const bool done = duckdb->query(connection, sql.c_str(), &result) == DuckDBSuccess;
    const Error error = failure(done ? DUCKDB_ERROR_INVALID : duckdb->result_error_type(&result));
    duckdb->destroy_result(&result);
    return done ? Result<>() : error;
  }

  const Library* duckdb = nullptr;
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  Given given;
};

struct Rows::State {
  State(const Library& library, const Given& rows) : duckdb(library), given(rows) {}
  ~State() {
    drop();
    if (running) duckdb.destroy_result(&result);
    if (statement != nullptr) duckdb.destroy_prepare(&statement);
  }
  void drop() {
    if (chunk != nullptr) duckdb.destroy_data_chunk(&chunk);
  }
  Error error() { return given.result ? failure(duckdb.result_error_type(&result)) : Error(given.result.error()); }

  struct Column {
    duckdb_type type = DUCKDB_TYPE_INVALID;
    const void* data = nullptr;
    const std::uint64_t* validity = nullptr;
  };
  const Library& duckdb;
  const Given& given;
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  bool running = false;
  duckdb_data_chunk chunk = nullptr;
  std::vector<Column> columns;
  std::array<char, 400> digits{};
};

namespace {

void bind_given(duckdb_bind_info info) noexcept {
  const auto& given = *static_cast<const Given*>((*library())->bind_get_extra_info(info));
  const Library& duckdb = *given.duckdb;
  duckdb_logical_type text = duckdb.create_logical_type(DUCKDB_TYPE_VARCHAR);
  for (std::size_t i = 0; i < given.columns; ++i) {
    duckdb.bind_add_result_column(info, ("c" + std::to_string(i)).c_str(), text);
  }
  duckdb.destroy_logical_type(&text);
}

void fill_given(duckdb_function_info info, duckdb_data_chunk chunk) noexcept {
  auto& given = *static_cast<Given*>((*library())->function_get_extra_info(info));
  const Library& duckdb = *given.duckdb;
  const idx_t most = duckdb.vector_size();
  idx_t row = 0;
  for (; row < most; ++row) {
    const Result<bool> more = given.rows(given.row);
    if (!more) {
      given.result = Error(more.error());
      return duckdb.function_set_error(info, "no more rows");
    }
    if (!*more) break;
    for (std::size_t i = 0; i < given.columns; ++i) {
      const duckdb_vector vector = duckdb.data_chunk_get_vector(chunk, i);
      if (i < given.row.size() && given.row[i]) {
        duckdb.vector_assign_string_element_len(vector, row, given.row[i]->data(), given.row[i]->size());
        continue;
      }
      duckdb.vector_ensure_validity_writable(vector);
      duckdb.vector_get_validity(vector)[row / 64] &= ~(std::uint64_t{1} << (row % 64));
    }
  }
  duckdb.data_chunk_set_size(chunk, row);
}

template <class Number>
std::string_view write_number(const void* data, std::size_t row, std::array<char, 400>& out) {
  const Number number = static_cast<const Number*>(data)[row];
  const auto written = [&] {
    if constexpr (std::is_floating_point_v<Number>) {
      const Number size = std::abs(number);
      const bool plain = size == 0 || (size >= Number(1e-9) && size < Number(1e15));
      return std::to_chars(out.data(), out.data() + out.size(), number,
                           plain ? std::chars_format::fixed : std::chars_format::general);
    } else {
      return std::to_chars(out.data(), out.data() + out.size(), number);
    }
  }();
  return {out.data(), static_cast<std::size_t>(written.ptr - out.data())};
}

}  // namespace

Rows::Rows(std::unique_ptr<State> state) : state_(std::move(state)) {}
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
Rows::~Rows() = default;

Result<std::size_t> Rows::next() {
  const Library& duckdb = state_->duckdb;
  state_->drop();
  state_->chunk = duckdb.fetch_chunk(state_->result);
  if (state_->chunk == nullptr) {
    if (duckdb.result_error(&state_->result) != nullptr) return state_->error();
    return std::size_t{0};
  }
  for (std::size_t i = 0; i < state_->columns.size(); ++i) {
    const duckdb_vector vector = duckdb.data_chunk_get_vector(state_->chunk, i);
    state_->columns[i].data = duckdb.vector_get_data(vector);
    state_->columns[i].validity = duckdb.vector_get_validity(vector);
  }
  return static_cast<std::size_t>(duckdb.data_chunk_get_size(state_->chunk));
}

std::optional<std::string_view> Rows::value(std::size_t column, std::size_t row) {
  const State::Column& from = state_->columns[column];
  if (from.validity != nullptr && ((from.validity[row / 64] >> (row % 64)) & 1) == 0) return std::nullopt;
  switch (from.type) {
    case DUCKDB_TYPE_VARCHAR: {
      const auto& text = static_cast<const duckdb_string_t*>(from.data)[row].value;
      const std::size_t length = text.inlined.length;
      return std::string_view(length <= sizeof text.inlined.inlined ? text.inlined.inlined : text.pointer.ptr, length);
    }
    case DUCKDB_TYPE_TINYINT: return write_number<std::int8_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_SMALLINT: return write_number<std::int16_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_INTEGER: return write_number<std::int32_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_BIGINT: return write_number<std::int64_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_UTINYINT: return write_number<std::uint8_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_USMALLINT: return write_number<std::uint16_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_UINTEGER: return write_number<std::uint32_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_UBIGINT: return write_number<std::uint64_t>(from.data, row, state_->digits);
    case DUCKDB_TYPE_FLOAT: return write_number<float>(from.data, row, state_->digits);
    case DUCKDB_TYPE_DOUBLE: return write_number<double>(from.data, row, state_->digits);
    default: return std::nullopt;
  }
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

Result<Engine> Engine::open(const std::string& file) {
  auto state = std::make_unique<State>();
  WEIR_TRY_LET(state->duckdb, library());
  const Library& duckdb = *state->duckdb;
  duckdb_config config = nullptr;
  bool set = duckdb.create_config(&config) == DuckDBSuccess;
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, std::string_view>>{
           {"threads", "1"},
           {"memory_limit", kEngineMemory},
           {"temp_directory", ""},
           {"autoinstall_known_extensions", "false"},
           {"autoload_known_extensions", "false"},
           {"allow_community_extensions", "false"},
           {"enable_external_file_cache", "false"}}) {
    set = set && duckdb.set_config(config, name, std::string(value).c_str()) == DuckDBSuccess;
  }
  set = set && duckdb.open_ext(nullptr, &state->database, config, nullptr) == DuckDBSuccess &&
        duckdb.connect(state->database, &state->connection) == DuckDBSuccess;
  duckdb.destroy_config(&config);
  if (!set) return Error(Errc::kUnavailable, "DuckDB does not start");
  Engine engine(std::move(state));
  WEIR_TRY(engine.state_->query("SET TimeZone = 'UTC'; SET allowed_paths = [" + quoted_text(file) +
                                "]; SET enable_external_access = false; SET lock_configuration = true"));
  return engine;
}

Result<> Engine::give(std::size_t columns, RowSource rows) {
  const Library& duckdb = *state_->duckdb;
  state_->given = {.duckdb = &duckdb, .columns = columns, .rows = std::move(rows), .row = {}, .result = {}};
  duckdb_table_function function = duckdb.create_table_function();
  duckdb.table_function_set_name(function, "given_rows");
  duckdb.table_function_set_extra_info(function, &state_->given, nullptr);
  duckdb.table_function_set_bind(function, bind_given);
  duckdb.table_function_set_init(function, start_given);
  duckdb.table_function_set_function(function, fill_given);
  const bool known = duckdb.register_table_function(state_->connection, function) == DuckDBSuccess;
  duckdb.destroy_table_function(&function);
  return known ? Result<>() : failure(DUCKDB_ERROR_INTERNAL);
}

Result<Rows> Engine::run(const std::string& sql) {
  const Library& duckdb = *state_->duckdb;
  auto rows = std::make_unique<Rows::State>(duckdb, state_->given);
  if (duckdb.prepare(state_->connection, sql.c_str(), &rows->statement) != DuckDBSuccess) {
    const char* const words = duckdb.prepare_error(rows->statement);
    log::warning("table.refused", {{"engine", std::string_view(words == nullptr ? "" : words).substr(0, 200)}});
    return failure(DUCKDB_ERROR_INVALID);
  }
  rows->running = true;
  if (duckdb.execute_prepared_streaming(rows->statement, &rows->result) != DuckDBSuccess) return rows->error();
  for (idx_t i = 0; i < duckdb.column_count(&rows->result); ++i) {
    rows->columns.push_back({duckdb.column_type(&rows->result, i), nullptr, nullptr});
  }
  return Rows(std::move(rows));
}

std::string quoted_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace weir::table

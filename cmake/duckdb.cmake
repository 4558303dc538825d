# DuckDB reads and writes Parquet. It is not linked: a node loads it when it first meets such a table (weir/table), so the
# build needs the header alone, and puts the library beside the programs. WEIR_DUCKDB is a folder with both.

set(WEIR_DUCKDB "" CACHE PATH "A folder with libduckdb.so and duckdb.h; empty: tools/duckdb.sh gets one")
set(weir_duckdb "${WEIR_DUCKDB}")
if(NOT weir_duckdb)
  execute_process(COMMAND "${PROJECT_SOURCE_DIR}/tools/duckdb.sh" OUTPUT_VARIABLE weir_duckdb RESULT_VARIABLE failed
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    message(FATAL_ERROR "DuckDB could not be had: run tools/setup.sh, or give -DWEIR_DUCKDB=FOLDER")
  endif()
endif()
foreach(file libduckdb.so duckdb.h)
  if(NOT EXISTS "${weir_duckdb}/${file}")
    message(FATAL_ERROR "${weir_duckdb} has no ${file}")
  endif()
endforeach()
add_library(weir_duckdb_header INTERFACE)
target_include_directories(weir_duckdb_header SYSTEM INTERFACE "${weir_duckdb}")
file(COPY "${weir_duckdb}/libduckdb.so" DESTINATION "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")

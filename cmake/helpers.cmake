# weir_library(trust/evidence SOURCES a.cc b.cc DEPENDS base store [THIRD OpenSSL::Crypto])
#   makes target weir_trust_evidence (alias weir::trust::evidence) from files of the current folder.
# weir_test(name SOURCES x_test.cc DEPENDS trust/evidence [LABELS slow])
#   makes one GoogleTest program, registered with ctest.
# weir_nocompile_test(name SOURCE x.cc MISUSES COPY PRINT ...)
#   a ctest: the source compiles as it is, and not with -DWEIR_MISUSE_COPY, nor with -DWEIR_MISUSE_PRINT, ...
# weir_fuzz(fuzz_x SOURCE x_fuzz.cc DEPENDS ... [ROUNDS 2000])
#   in the fuzz preset: a libFuzzer program. Where tests are built: the same entry point as a plain program, and a ctest
#   fuzz_smoke_x that feeds it its seeds and ROUNDS changed seeds.
# weir_embed(x.cc weir::room function a.csv b.csv ...)
#   writes x.cc into the build folder: std::span<const std::string_view> weir::room::function(), the texts in that order.
#   Texts end with a newline and have no line of more than 16000 bytes.

function(weir_target_name name out)
  string(REPLACE "/" "_" flat "${name}")
  set(${out} "weir_${flat}" PARENT_SCOPE)
endfunction()

function(weir_link target from depends)
  foreach(dep IN LISTS depends)
    weir_check_arrow(${from} ${dep})
    weir_target_name(${dep} dep_target)
    target_link_libraries(${target} PUBLIC ${dep_target})
  endforeach()
endfunction()

function(weir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;THIRD" ${ARGN})
  weir_target_name(${name} target)
  add_library(${target} STATIC ${ARG_SOURCES})
  string(REPLACE "/" "::" alias "${name}")
  add_library(weir::${alias} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE weir_flags ${ARG_THIRD})
  weir_link(${target} ${name} "${ARG_DEPENDS}")
endfunction()

function(weir_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;THIRD;LABELS" ${ARGN})
  if(NOT WEIR_BUILD_TESTS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  foreach(dep IN LISTS ARG_DEPENDS)
    weir_target_name(${dep} dep_target)
    target_link_libraries(${name} PRIVATE ${dep_target})
  endforeach()
  target_link_libraries(${name} PRIVATE weir_flags weir_test_main ${ARG_THIRD})
  target_compile_options(${name} PRIVATE $<$<CONFIG:Debug>:-O0>)  # a test is compiled more often than it runs
  target_compile_definitions(${name} PRIVATE WEIR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${ARG_LABELS}")
endfunction()

function(weir_nocompile_test name)
  cmake_parse_arguments(ARG "" "SOURCE" "MISUSES" ${ARGN})
  if(NOT WEIR_BUILD_TESTS)
    return()
  endif()
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND}
    "-DCOMPILER=${CMAKE_CXX_COMPILER}" "-DINCLUDE=${PROJECT_SOURCE_DIR}" "-DMISUSES=${ARG_MISUSES}"
    "-DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SOURCE}" -P "${PROJECT_SOURCE_DIR}/cmake/nocompile.cmake")
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

function(weir_fuzz name)
  cmake_parse_arguments(ARG "" "SOURCE;ROUNDS" "DEPENDS" ${ARGN})
  if(NOT WEIR_BUILD_FUZZERS AND NOT WEIR_BUILD_TESTS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCE})
  foreach(dep IN LISTS ARG_DEPENDS)
    weir_target_name(${dep} dep_target)
    target_link_libraries(${name} PRIVATE ${dep_target})
  endforeach()
  target_link_libraries(${name} PRIVATE weir_flags)
  if(WEIR_BUILD_FUZZERS)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  if(NOT ARG_ROUNDS)
    set(ARG_ROUNDS 2000)
  endif()
  target_link_libraries(${name} PRIVATE weir_smoke_main)
  string(REGEX REPLACE "^fuzz_" "fuzz_smoke_" test_name "${name}")
  add_test(NAME ${test_name} COMMAND ${name} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}" ${ARG_ROUNDS})
  set_tests_properties(${test_name} PROPERTIES TIMEOUT 300 LABELS "fuzz")
endfunction()

function(weir_embed output namespace function)
  set(texts "")
  foreach(file IN LISTS ARGN)
    file(READ "${file}" text)
    # A compiler may refuse a literal of more than 64 KiB; pieces of whole lines, concatenated, it takes.
    string(LENGTH "${text}" length)
    set(literal "")
    set(at 0)
    while(at LESS length)
      string(SUBSTRING "${text}" ${at} 16000 piece)
      string(FIND "${piece}" "\n" end REVERSE)
      math(EXPR end "${end} + 1")
      string(SUBSTRING "${piece}" 0 ${end} piece)
      string(APPEND literal "R\"weir(${piece})weir\"\n")
      math(EXPR at "${at} + ${end}")
    endwhile()
    string(APPEND texts "    ${literal}\"\"sv,\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT "// Made by the build.
#include <span>
#include <string_view>
namespace @namespace@ {
std::span<const std::string_view> @function@();
std::span<const std::string_view> @function@() {
  using namespace std::string_view_literals;  // their length is not counted at compile time, byte for byte
  static constexpr std::string_view kTexts[] = {
@texts@  };
  return kTexts;
}
}  // namespace @namespace@
")
endfunction()

# Run by weir_nocompile_test: SOURCE must compile, and must not with any of MISUSES defined. The first half is what
# makes the second half mean something. Dropping a [[nodiscard]] value counts as not compiling, as in the build.

function(compile result)
  execute_process(COMMAND "${COMPILER}" -std=c++23 -fsyntax-only -Werror=unused-result -Werror=unused-value
    "-I${INCLUDE}" ${ARGN} "${SOURCE}" RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(${result} ${status} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

compile(status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} does not compile without any misuse:\n${output}")
endif()
foreach(misuse IN LISTS MISUSES)
  file(STRINGS "${SOURCE}" used REGEX "WEIR_MISUSE_${misuse}([^A-Z_]|$)")
  if(NOT used)
    message(FATAL_ERROR "${SOURCE} knows no WEIR_MISUSE_${misuse}")
  endif()
  compile(status "-DWEIR_MISUSE_${misuse}")
  if(status EQUAL 0)
    message(SEND_ERROR "${SOURCE} compiles with WEIR_MISUSE_${misuse}, and must not")
  endif()
endforeach()

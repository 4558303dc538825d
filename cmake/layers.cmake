# The floors of the house. A library may depend only on libraries of lower floors, and on the floor-4
# neighbours listed here, one arrow a line. Configuration stops at the first arrow that is not allowed.

set(WEIR_FLOOR_base 0)
set(WEIR_FLOOR_wire 1)
set(WEIR_FLOOR_crypto 2)
set(WEIR_FLOOR_store 3)
set(WEIR_FLOOR_tlog 3)
set(WEIR_FLOOR_policy 3)
set(WEIR_FLOOR_mpc 3)
set(WEIR_FLOOR_table 3)
set(WEIR_FLOOR_trust 4)
set(WEIR_FLOOR_supply 4)
set(WEIR_FLOOR_flow 4)
set(WEIR_FLOOR_use 4)
set(WEIR_FLOOR_standards 4)
set(WEIR_FLOOR_adapters 5)
set(WEIR_FLOOR_node 6)
set(WEIR_FLOOR_apps 7)

# Arrows between rooms of one floor (from -> to). Everything else on the same floor is refused.
set(WEIR_ARROWS
  "table -> store"
  "tlog/fixture -> tlog"
  "trust/participant -> trust/evidence"
  "trust/claims -> trust/evidence"
  "trust/participant -> supply/identifier"
  "trust/participant -> trust/credential"
  "trust/credential -> trust/evidence"
  "trust/credential -> supply/identifier"
  "supply/identifier -> trust/evidence"
  "supply/catalog -> supply/identifier"
  "supply/catalog -> supply/grade"
  "supply/catalog -> trust/evidence"
  "flow/usage -> trust/evidence"
  "flow/contract -> flow/usage"
  "flow/contract -> supply/catalog"
  "flow/contract -> supply/identifier"
  "flow/contract -> trust/evidence"
  "flow/contract -> trust/participant"
  "flow/delivery -> flow/contract"
  "flow/delivery -> flow/metering"
  "flow/delivery -> flow/usage"
  "flow/delivery -> supply/catalog"
  "flow/delivery -> supply/identifier"
  "flow/delivery -> trust/evidence"
  "flow/metering -> trust/evidence"
  "use/job -> trust/evidence"
  "use/job -> supply/identifier"
  "standards/assessment -> standards/clause"
  "standards/assessment -> supply/grade"
  "standards/assessment -> supply/identifier"
  "standards/assessment -> trust/evidence"
  "standards/framework -> standards/standard"
  "standards/query -> standards/standard"
  "standards/register -> standards/clause"
  "standards/register -> standards/standard"
  "standards/register -> trust/evidence"
  "standards/query -> standards/framework"
  "standards/query -> standards/clause"
)

function(weir_floor_of name out)
  string(REGEX REPLACE "/.*" "" room "${name}")
  if(NOT DEFINED WEIR_FLOOR_${room})
    message(FATAL_ERROR "${name}: '${room}' is no room of the house; add it to cmake/layers.cmake")
  endif()
  set(${out} ${WEIR_FLOOR_${room}} PARENT_SCOPE)
endfunction()

function(weir_check_arrow from to)
  weir_floor_of(${from} from_floor)
  weir_floor_of(${to} to_floor)
  if(to_floor LESS from_floor)
    return()
  endif()
  if("${from} -> ${to}" IN_LIST WEIR_ARROWS)
    return()
  endif()
  if(from_floor GREATER_EQUAL 5 AND to_floor EQUAL from_floor)
    return()
  endif()
  message(FATAL_ERROR "${from} (floor ${from_floor}) may not depend on ${to} (floor ${to_floor}); see cmake/layers.cmake")
endfunction()

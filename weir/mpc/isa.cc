// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/isa.h"

#include <algorithm>
#include <atomic>

#include "weir/base/check.h"

namespace weir::mpc {
namespace {

std::vector<Isa> find_available() {
  std::vector<Isa> out{Isa::kPortable};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
    out.push_back(Isa::kAesNi);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("vaes") &&
        __builtin_cpu_supports("vpclmulqdq")) {
      out.push_back(Isa::kAvx512);
    }
  }
#endif
  return out;
}

std::atomic<Isa>& current() {
  static std::atomic<Isa> isa{find_available().back()};
  return isa;
}

}  // namespace

std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::kPortable: return "portable";
    case Isa::kAesNi: return "aes-ni";
    case Isa::kAvx512: return "avx-512";
  }
  return "unknown";
}

Isa isa() { return current().load(std::memory_order_relaxed); }

std::vector<Isa> available_isas() { return find_available(); }

IsaOverride::IsaOverride(Isa isa) : before_(mpc::isa()) {
  const auto available = find_available();
  WEIR_CHECK(std::find(available.begin(), available.end(), isa) != available.end());
  current() = isa;
}

IsaOverride::~IsaOverride() { current() = before_; }

}  // namespace weir::mpc

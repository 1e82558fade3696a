// SPDX-License-Identifier: GPL-2.0-only
#include "instruction_set.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace natrolite {

const char *name_of(InstructionSet set)
{
  constexpr const char *NAMES[] = {"plain", "avx2", "avx512"};
  return NAMES[static_cast<int>(set)];
}

bool is_here([[maybe_unused]] InstructionSet set)
{
#ifdef __x86_64__
  if (set == InstructionSet::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
  if (set == InstructionSet::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return set == InstructionSet::plain;
}

InstructionSet instruction_set()
{
  const char *asked = std::getenv("NATROLITE_SIMD");
  std::string here;
  for (const auto set : INSTRUCTION_SETS) {
    if (!is_here(set)) continue;
    if (!asked || std::string(asked) == name_of(set)) return set;
    if (!here.empty()) here += ", ";
    here += name_of(set);
  }
  throw std::runtime_error(std::string("NATROLITE_SIMD=") + asked +
                           " is not to be had on this processor, which has: " + here +
                           "; unset it or use one of these");
}

}    // namespace natrolite

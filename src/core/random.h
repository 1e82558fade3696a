// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "macros.h"

#include <cstdint>

namespace natrolite {

/// SplitMix64 (Steele, Lea, Flood 2014) as a hash: numbers that depend on their arguments alone.
NATROLITE_INLINE_FUNCTION std::uint64_t mix64(std::uint64_t z)
{
  z += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

/// Uniform in [0, 1).
NATROLITE_INLINE_FUNCTION double uniform(std::uint64_t seed, std::uint64_t key, std::uint64_t counter)
{
  const std::uint64_t bits = mix64(mix64(mix64(seed) ^ key) ^ counter);
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}    // namespace natrolite

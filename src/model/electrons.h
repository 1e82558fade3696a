// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Electrons of a system: what its total charge and its spin must fulfill together.
#pragma once

#include <cstdint>

namespace natrolite {

/// Whether `unpaired` of so many electrons can be unpaired: the others are in pairs.
constexpr bool can_be_unpaired(std::int64_t electrons, std::int64_t unpaired)
{
  return unpaired <= electrons && (electrons - unpaired) % 2 == 0;
}

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "vec3.h"

#include <array>
#include <cstdint>

namespace natrolite {

/// Sums over atoms that differ between two configurations, whatever the order of the atoms. Those of parts
/// of the atoms add up.
struct PlaceSums {
  std::array<double, 4> sum{};    ///< of positions and types, weighted by atom IDs
  double size = 0.0;              ///< of the sizes of what is summed

  void add(std::int64_t id, const Vec3 &position, int type);
  /// The same but for rounding.
  bool is_again(const PlaceSums &other) const;
};

}    // namespace natrolite

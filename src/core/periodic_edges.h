// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The plain twin of the neighbor list: edges of a small structure by looping over all images.
#pragma once

#include "vec3.h"

#include <array>
#include <cstdint>
#include <vector>

namespace natrolite {

/// A small structure. `cell` rows are the lattice vectors; only periodic ones are used.
struct Structure {
  std::vector<Vec3> positions;
  std::array<Vec3, 3> cell{};
  std::array<bool, 3> periodic{};
};

struct PlainEdges {
  std::vector<std::int64_t> center, neighbor;    ///< [E], sorted by center
  std::vector<Vec3> vec;                         ///< [E] x_j + image - x_i
};

/// More distances than this are no small structure: far positions, a flat cell.
inline constexpr double MAX_DISTANCES = 1e7;

/// All edges with 0 < r < cutoff, images included. O(n^2 images): for tests and self tests.
/// Throws std::runtime_error for more than MAX_DISTANCES.
PlainEdges periodic_edges(const Structure &s, double cutoff);

}    // namespace natrolite

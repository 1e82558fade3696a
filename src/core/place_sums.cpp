// SPDX-License-Identifier: GPL-2.0-only
#include "place_sums.h"

#include <cmath>

namespace natrolite {

void PlaceSums::add(std::int64_t id, const Vec3 &position, int type)
{
  // fractions of multiples of the golden ratio: no two IDs have one weight, so that exchanged atoms are seen
  const double weight = 1.0 + std::fmod(0.6180339887498949 * static_cast<double>(id), 1.0);
  const double x[4] = {position.x, position.y, position.z, static_cast<double>(type)};
  for (int k = 0; k < 4; ++k) {
    sum[k] += weight * x[k];
    size += std::abs(weight * x[k]);
  }
}

bool PlaceSums::is_again(const PlaceSums &other) const
{
  bool again = true;
  for (std::size_t k = 0; k < sum.size(); ++k) again &= std::abs(sum[k] - other.sum[k]) <= 1e-12 * size;
  return again;
}

}    // namespace natrolite

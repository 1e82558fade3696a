// SPDX-License-Identifier: GPL-2.0-only
#include "deviation.h"

#include <cmath>

namespace natrolite {

double deviation(const std::vector<double> &values)
{
  if (values.size() < 2) return 0.0;
  const auto n = static_cast<double>(values.size());
  double mean = 0.0, squares = 0.0;
  for (double v : values) mean += v / n;
  for (double v : values) squares += (v - mean) * (v - mean) / n;
  return std::sqrt(squares);
}

double force_deviation(const std::vector<const double *> &members, std::size_t atom)
{
  double squares = 0.0;
  std::vector<double> component(members.size());
  for (std::size_t d = 0; d < 3; ++d) {
    for (std::size_t m = 0; m < members.size(); ++m) component[m] = members[m][3 * atom + d];
    const double s = deviation(component);
    squares += s * s;
  }
  return std::sqrt(squares);
}

}    // namespace natrolite

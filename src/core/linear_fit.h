// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <vector>

namespace natrolite {

/// Least squares y = intercept + slope x. Fewer than three points: points is set, the rest is 0.
struct LineFit {
  int points = 0;
  double slope = 0.0, intercept = 0.0;
  double r2 = 0.0;    ///< coefficient of determination; 0 if y does not vary

  /// a line, not a plateau: the slope means something
  bool is_line() const { return points >= 3 && r2 >= 0.9; }
};

LineFit fit_line(const std::vector<double> &x, const std::vector<double> &y);

}    // namespace natrolite

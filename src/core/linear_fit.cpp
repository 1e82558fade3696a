// SPDX-License-Identifier: GPL-2.0-only
#include "linear_fit.h"

#include <algorithm>

namespace natrolite {

LineFit fit_line(const std::vector<double> &x, const std::vector<double> &y)
{
  LineFit fit;
  fit.points = static_cast<int>(std::min(x.size(), y.size()));
  if (fit.points < 3) return fit;
  double mx = 0.0, my = 0.0;
  for (int k = 0; k < fit.points; k++) {
    mx += x[k] / fit.points;
    my += y[k] / fit.points;
  }
  double sxx = 0.0, sxy = 0.0, syy = 0.0;
  for (int k = 0; k < fit.points; k++) {
    sxx += (x[k] - mx) * (x[k] - mx);
    sxy += (x[k] - mx) * (y[k] - my);
    syy += (y[k] - my) * (y[k] - my);
  }
  if (sxx <= 0.0) return fit;
  fit.slope = sxy / sxx;
  fit.intercept = my - fit.slope * mx;
  if (syy > 0.0) fit.r2 = std::min(1.0, sxy * sxy / (sxx * syy));
  return fit;
}

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <vector>

namespace natrolite {

/// Mean of a correlated series and its standard error by blocking: Flyvbjerg and Petersen, J. Chem.
/// Phys. 91, 461 (1989). Level k averages blocks of 2^k values; memory grows with log(n). The level
/// is the first with 2^(3k) > 2 n (error_k/error_0)^4 (Lee et al., Phys. Rev. E 83, 066706 (2011)).
class Blocking {
public:
  void accumulate(double value);

  std::int64_t count() const { return levels_.empty() ? 0 : levels_[0].n; }
  double mean() const;
  double error() const;          ///< standard error of the mean; 0 with fewer than two values
  double naive_error() const;    ///< as if the values were independent
  /// Integrated correlation time in values, (error/naive)^2/2: 0.5 for independent values.
  double correlation_time() const;
  int level() const;    ///< the one error() takes

  std::vector<double> save() const;
  void load(const std::vector<double> &state);

private:
  struct Level {
    std::int64_t n = 0;
    double mean = 0.0, m2 = 0.0;    ///< Welford
    bool waiting = false;
    double value = 0.0;
  };
  static double level_error(const Level &level);
  std::vector<Level> levels_;
};

}    // namespace natrolite

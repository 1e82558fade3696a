// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "linear_fit.h"
#include "vec3.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace natrolite {

struct MsdSettings {
  int maxlag = 1000;                                                  ///< in samples
  std::int64_t origins = std::numeric_limits<std::int64_t>::max();    ///< only the first so many
  bool log_lags = false;    ///< about 20 lags per decade instead of every lag
  bool dims[3] = {true, true, true};

  int dimensions() const { return dims[0] + dims[1] + dims[2]; }
};

/// Mean squared displacements of some particles over many time origins, by a running window: every
/// new sample meets the last maxlag samples. Memory per particle: 3 (2 maxlag + 64) doubles, however
/// long the run. Samples wait in batches of 64, so that a particle's window stays in cache.
class Msd {
public:
  static constexpr int batch = 64;

  Msd(int particles, const MsdSettings &settings);

  /// One sample: unwrapped positions of all particles.
  void accumulate(const std::vector<Vec3> &positions);

  std::int64_t samples() const { return samples_; }
  const std::vector<int> &lags() const { return lags_; }
  /// Time origins that lag k has (0 if k is none of the lags).
  std::int64_t observations(int lag) const;
  /// One direction's part of the MSD of one particle; 0 if there are no observations yet.
  double part(int particle, int direction, int lag);
  /// The MSD of one particle over the chosen directions.
  double msd(int particle, int lag);

  /// State of one particle as numbers, for restart; load() in the same order, samples() alike.
  static double state_size(std::int64_t samples, const MsdSettings &settings);
  void save(int particle, std::vector<double> &out);
  void begin_load(std::int64_t samples);
  const double *load(int particle, const double *in);

  /// Memory for so many particles.
  static double bytes(double particles, const MsdSettings &settings);

private:
  void flush();
  void flush_particle(int particle);
  double *window(int p, int k) { return window_.data() + (3 * static_cast<std::size_t>(p) + k) * capacity_; }
  double *sums(int p, int k) { return sums_.data() + (3 * static_cast<std::size_t>(p) + k) * maxlag_; }

  int particles_, maxlag_, capacity_;
  MsdSettings settings_;
  std::vector<int> lags_;
  std::vector<char> is_lag_;
  std::int64_t samples_ = 0;
  std::int64_t base_ = 0;                ///< sample number of the first entry of the windows
  int filled_ = 0;                       ///< entries in the windows
  int done_ = 0;                         ///< entries that have met the earlier ones
  std::vector<double> window_, sums_;    ///< sums of lag k at index maxlag - k
};

/// Lags (in samples) of a fit over the fractions first..last of a run of `samples` samples.
struct LagRange {
  int first = 1, last = 0;
};
LagRange fit_range(std::int64_t samples, double first, double last, int maxlag);

/// Relative standard error of one particle's time-averaged MSD in d dimensions at lag n with K
/// overlapping observations (Qian, Sheetz, Elson, Biophys. J. 60, 910 (1991), for both n <= K and
/// n > K); 0 without observations.
double msd_relative_error(std::int64_t n, std::int64_t observations, int dimensions);

}    // namespace natrolite

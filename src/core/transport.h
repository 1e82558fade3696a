// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "msd.h"
#include "path.h"

#include <functional>
#include <vector>

namespace natrolite {

struct TransportSettings {
  MsdSettings msd;
  PathSettings path;
  int hop_block = 1;    ///< samples per mean position
  double hop_distance = 1.5;
  double interval = 1.0;              ///< time between samples
  double fit[2] = {0.1, 0.5};         ///< of the group, fractions of the run
  double ion_fit[2] = {0.02, 0.1};    ///< of one ion

  /// interval, path and hop_block from times of one unit: each becomes a whole number of samples, at
  /// least one, and the window a whole number of strides
  void set_times(double sample, double stride, double window, double block);
};

/// A diffusion coefficient from a mean squared displacement curve.
struct Diffusion {
  LineFit fit;
  LagRange range;
  double d = 0.0;        ///< slope / (2 dimensions); 0 if the fit is not a line
  double ratio = 0.0;    ///< MSD(tau2) / (2 dimensions tau2) at the end of the range
  double error = 0.0;    ///< relative standard error of that MSD for one particle
};

/// msd(lag) must be defined for every lag of `lags` with observations.
Diffusion diffusion(const Msd &observed, const std::function<double(int)> &msd,
                    const TransportSettings &settings, const double fractions[2]);

struct IonResult {
  static constexpr int size = 11;
  double path, net, tortuosity, d_fit, d_ratio, relative_error, largest, hops;
  double windows, capped, r2;
};

/// The mean over ions and its standard deviation, entry k: lag k.
struct GroupCurve {
  std::vector<double> part[3];    ///< mean x, y, z part of the MSD
  std::vector<double> msd, sd;

  /// The means, from Transport::part_sums() added over all ions.
  void take_sums(const std::vector<double> &sums, int ions);
  /// The deviations, from Transport::squared_deviations() added over all ions.
  void take_squares(const std::vector<double> &squares, int ions);
};

/// Everything fix ion/transport measures, for some of the ions.
class Transport {
public:
  Transport(int ions, const TransportSettings &settings);

  /// Positions against an origin that may move; only MsdSettings::dims of them count.
  void accumulate(std::vector<Vec3> positions, const Vec3 &origin = {});
  std::int64_t samples() const { return msd_.samples(); }
  Msd &msd() { return msd_; }

  IonResult ion(int i);

  /// Sums over these ions, 3 per lag (entry 3 k: x part of lag k), to be added over ranks ...
  std::vector<double> part_sums();
  /// ... and the squared deviations from the mean over all ions.
  std::vector<double> squared_deviations(const std::vector<double> &mean);

  /// Numbers that save() adds for any ion after so many samples: the same for all.
  static double state_size(std::int64_t samples, const TransportSettings &settings);
  void save(int i, std::vector<double> &out);
  void begin_load(std::int64_t samples) { msd_.begin_load(samples); }
  const double *load(int i, const double *in);
  /// Memory for so many ions and for the curves of the group.
  static double bytes(double ions, const TransportSettings &settings);

private:
  int ions_;
  TransportSettings settings_;
  Msd msd_;
  std::vector<Path> paths_;
  std::vector<Hops> hops_;
};

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
#include "transport.h"

#include <algorithm>
#include <cmath>

namespace natrolite {

void TransportSettings::set_times(double sample, double stride, double window, double block)
{
  const auto samples = [&](double time) {
    return std::max(1, static_cast<int>(std::lround(std::min(1e9, time / sample))));
  };
  interval = sample;
  path.stride = samples(stride);
  path.window = std::max(1, static_cast<int>(std::lround(samples(window) / double(path.stride))));
  hop_block = samples(block);
}

void GroupCurve::take_sums(const std::vector<double> &sums, int ions)
{
  const std::size_t lags = sums.size() / 3;
  for (auto &p : part) p.assign(lags, 0.0);
  msd.assign(lags, 0.0);
  for (std::size_t lag = 1; lag < lags && ions > 0; lag++)
    for (int k = 0; k < 3; k++) {
      part[k][lag] = sums[3 * lag + k] / ions;
      msd[lag] += part[k][lag];
    }
}

void GroupCurve::take_squares(const std::vector<double> &squares, int ions)
{
  sd.assign(squares.size(), 0.0);
  for (std::size_t lag = 1; lag < squares.size() && ions > 1; lag++)
    sd[lag] = std::sqrt(squares[lag] / (ions - 1));
}

Transport::Transport(int ions, const TransportSettings &settings) :
    ions_(ions), settings_(settings), msd_(ions, settings.msd), paths_(ions, Path(settings.path)),
    hops_(ions, Hops(settings.hop_block, settings.hop_distance))
{
}

void Transport::accumulate(std::vector<Vec3> positions, const Vec3 &origin)
{
  const bool *dims = settings_.msd.dims;
  for (Vec3 &p : positions) {
    p = p - origin;
    p = {dims[0] ? p.x : 0.0, dims[1] ? p.y : 0.0, dims[2] ? p.z : 0.0};
  }
  msd_.accumulate(positions);
  for (int i = 0; i < ions_; i++) {
    paths_[i].accumulate(positions[i]);
    hops_[i].accumulate(positions[i]);
  }
}

Diffusion diffusion(const Msd &observed, const std::function<double(int)> &msd,
                    const TransportSettings &settings, const double fractions[2])
{
  Diffusion out;
  const int d = settings.msd.dimensions();
  out.range = fit_range(observed.samples(), fractions[0], fractions[1], settings.msd.maxlag);
  std::vector<double> x, y;
  int last = 0;
  for (const int lag : observed.lags()) {
    if (lag < out.range.first || lag > out.range.last || observed.observations(lag) == 0) continue;
    x.push_back(lag * settings.interval);
    y.push_back(msd(lag));
    last = lag;
  }
  out.fit = fit_line(x, y);
  if (out.fit.is_line()) out.d = out.fit.slope / (2.0 * d);
  if (last > 0) {
    out.ratio = y.back() / (2.0 * d * x.back());
    out.error = msd_relative_error(last, observed.observations(last), d);
  }
  return out;
}

IonResult Transport::ion(int i)
{
  const Diffusion d =
      diffusion(msd_, [&](int lag) { return msd_.msd(i, lag); }, settings_, settings_.ion_fit);
  const Path &p = paths_[i];
  return {p.length(),
          p.net(),
          p.tortuosity(),
          d.d,
          d.ratio,
          d.error,
          p.largest(),
          static_cast<double>(hops_[i].count()),
          static_cast<double>(p.windows()),
          static_cast<double>(p.capped()),
          d.fit.r2};
}

std::vector<double> Transport::part_sums()
{
  std::vector<double> sums(3 * (settings_.msd.maxlag + 1), 0.0);
  for (int i = 0; i < ions_; i++)
    for (const int lag : msd_.lags())
      for (int k = 0; k < 3; k++) sums[3 * lag + k] += msd_.part(i, k, lag);
  return sums;
}

std::vector<double> Transport::squared_deviations(const std::vector<double> &mean)
{
  std::vector<double> out(settings_.msd.maxlag + 1, 0.0);
  for (int i = 0; i < ions_; i++)
    for (const int lag : msd_.lags()) {
      const double d = msd_.msd(i, lag) - mean[lag];
      out[lag] += d * d;
    }
  return out;
}

double Transport::state_size(std::int64_t samples, const TransportSettings &settings)
{
  return Msd::state_size(samples, settings.msd) + Path::state_size(samples, settings.path) + Hops::state_size;
}

double Transport::bytes(double ions, const TransportSettings &settings)
{
  // the sums of part_sums() and squared_deviations(), the columns of a curve, the lags
  constexpr double curves = 11.0 * sizeof(double) + sizeof(int);
  return Msd::bytes(ions, settings.msd) + ions * (sizeof(Path) + sizeof(Hops)) +
         curves * (settings.msd.maxlag + 1.0);
}

void Transport::save(int i, std::vector<double> &out)
{
  msd_.save(i, out);
  paths_[i].save(out);
  hops_[i].save(out);
}

const double *Transport::load(int i, const double *in)
{
  return hops_[i].load(paths_[i].load(msd_.load(i, in)));
}

}    // namespace natrolite

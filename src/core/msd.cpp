// SPDX-License-Identifier: GPL-2.0-only
#include "msd.h"

#include "macros.h"

#include <algorithm>
#include <cmath>

namespace natrolite {

static std::vector<int> choose_lags(int maxlag, bool logarithmic)
{
  std::vector<int> lags;
  if (!logarithmic) {
    for (int k = 1; k <= maxlag; k++) lags.push_back(k);
    return lags;
  }
  for (int j = 0;; j++) {
    const int lag = static_cast<int>(std::round(std::pow(10.0, j / 20.0)));
    if (lag > maxlag) break;
    if (lags.empty() || lag > lags.back()) lags.push_back(lag);
  }
  return lags;
}

Msd::Msd(int particles, const MsdSettings &settings) :
    particles_(particles), maxlag_(settings.maxlag), capacity_(settings.maxlag + batch), settings_(settings),
    lags_(choose_lags(settings.maxlag, settings.log_lags)), is_lag_(settings.maxlag + 1, 0)
{
  for (const int lag : lags_) is_lag_[lag] = 1;
  window_.assign(3 * static_cast<std::size_t>(particles) * capacity_, 0.0);
  sums_.assign(3 * static_cast<std::size_t>(particles) * maxlag_, 0.0);
}

void Msd::accumulate(const std::vector<Vec3> &positions)
{
  if (filled_ == capacity_) {
    flush();
    for (int p = 0; p < 3 * particles_; p++) {
      double *w = window_.data() + static_cast<std::size_t>(p) * capacity_;
      std::copy(w + batch, w + capacity_, w);
    }
    filled_ = done_ = maxlag_;
    base_ += batch;
  }
  for (int p = 0; p < particles_; p++) {
    window(p, 0)[filled_] = positions[p].x;
    window(p, 1)[filled_] = positions[p].y;
    window(p, 2)[filled_] = positions[p].z;
  }
  filled_++;
  samples_++;
}

static void add_squares(const double *w, double *sums, int first, int end, double now)
{
  for (int j = first; j < end; j++) {
    const double d = now - w[j];
    sums[j] += d * d;
  }
}

// Four new samples w[now..now+3] with complete windows; the sums are added up in the same order.
NATROLITE_TARGET_CLONES static void add_four_samples(const double *w, double *sums, int maxlag)
{
  const double *window = w - maxlag;
  const double x0 = w[0], x1 = w[1], x2 = w[2], x3 = w[3];
  for (int i = 0; i < maxlag; i++) {
    const double d0 = x0 - window[i], d1 = x1 - window[i + 1];
    const double d2 = x2 - window[i + 2], d3 = x3 - window[i + 3];
    double s = sums[i];
    s += d0 * d0;
    s += d1 * d1;
    s += d2 * d2;
    s += d3 * d3;
    sums[i] = s;
  }
}

void Msd::flush_particle(int p)
{
  for (int k = 0; k < 3; k++) {
    if (!settings_.dims[k]) continue;
    const double *w = window(p, k);
    double *s = sums(p, k);
    for (int now = done_; now < filled_; now++) {
      // origins: the last maxlag samples, and only the first settings_.origins of the run
      const int first = std::max(0, now - maxlag_);
      const int end = static_cast<int>(std::clamp<std::int64_t>(settings_.origins - base_, 0, now));
      if (!settings_.log_lags && now >= maxlag_ && now + 4 <= filled_ &&
          settings_.origins - base_ >= now + 3) {
        add_four_samples(w + now, s, maxlag_);
        now += 3;
        continue;
      }
      if (!settings_.log_lags) {
        add_squares(w, s + maxlag_ - now, first, end, w[now]);
        continue;
      }
      for (const int lag : lags_) {
        const int j = now - lag;
        if (j >= first && j < end) add_squares(w, s + maxlag_ - now, j, j + 1, w[now]);
      }
    }
  }
}

void Msd::flush()
{
  if (done_ == filled_) return;
  for (int p = 0; p < particles_; p++) flush_particle(p);
  done_ = filled_;
}

std::int64_t Msd::observations(int lag) const
{
  if (lag < 1 || lag > maxlag_ || !is_lag_[lag]) return 0;
  return std::clamp<std::int64_t>(samples_ - lag, 0, settings_.origins);
}

double Msd::part(int particle, int direction, int lag)
{
  const std::int64_t n = observations(lag);
  if (n == 0) return 0.0;
  flush();
  return sums(particle, direction)[maxlag_ - lag] / static_cast<double>(n);
}

double Msd::msd(int particle, int lag)
{
  return part(particle, 0, lag) + part(particle, 1, lag) + part(particle, 2, lag);
}

void Msd::save(int p, std::vector<double> &out)
{
  flush();
  const int reached = static_cast<int>(std::min<std::int64_t>(maxlag_, samples_));
  const int kept = std::min(filled_, maxlag_);
  for (int k = 0; k < 3; k++) {
    out.insert(out.end(), window(p, k) + filled_ - kept, window(p, k) + filled_);
    out.insert(out.end(), sums(p, k) + maxlag_ - reached, sums(p, k) + maxlag_);
  }
}

void Msd::begin_load(std::int64_t samples)
{
  samples_ = samples;
  filled_ = done_ = static_cast<int>(std::min<std::int64_t>(maxlag_, samples));
  base_ = samples - filled_;
}

const double *Msd::load(int p, const double *in)
{
  for (int k = 0; k < 3; k++) {
    std::copy_n(in, filled_, window(p, k));
    in += filled_;
    std::copy_n(in, filled_, sums(p, k) + maxlag_ - filled_);
    in += filled_;
  }
  return in;
}

double Msd::state_size(std::int64_t samples, const MsdSettings &settings)
{
  return 6.0 * static_cast<double>(std::min<std::int64_t>(settings.maxlag, samples));
}

double Msd::bytes(double particles, const MsdSettings &settings)
{
  return 3.0 * particles * (2.0 * settings.maxlag + batch) * sizeof(double);
}

LagRange fit_range(std::int64_t samples, double first, double last, int maxlag)
{
  const double steps = samples > 0 ? static_cast<double>(samples - 1) : 0.0;
  const double n1 = std::max(1.0, std::ceil(first * steps - 1e-9));
  const double n2 = std::floor(last * steps + 1e-9);
  LagRange range;
  range.first = static_cast<int>(std::min(n1, maxlag + 1.0));
  range.last = static_cast<int>(std::min(n2, static_cast<double>(maxlag)));
  return range;
}

double msd_relative_error(std::int64_t lag, std::int64_t observations, int dimensions)
{
  if (observations < 1 || lag < 1) return 0.0;
  const auto n = static_cast<double>(lag), k = static_cast<double>(observations);
  const double variance = n <= k ? (4.0 * n * n * k + 2.0 * k + n - n * n * n) / (6.0 * n * k * k)
                                 : 1.0 + (k * k * k - 4.0 * n * k * k + 4.0 * n - k) / (6.0 * n * n * k);
  return std::sqrt(2.0 / dimensions * variance);
}

}    // namespace natrolite

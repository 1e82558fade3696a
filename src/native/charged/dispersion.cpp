// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace natrolite::native::charged {
namespace {

  /// of the error function that counts a neighbor, and how far from 0 it is less than rounding
  constexpr double STEEPNESS = 7.5, UNCOUNTED = 6.5;
  constexpr double STEEPNESS_OF_CHARGES = 3.0;
  constexpr double TWO_OVER_ROOT_PI = 2.0 * std::numbers::inv_sqrtpi;

  struct Slope {
    double value, slope;
  };

  /// 1 up to start, 0 from stop on: the logistic function of 1/t - 1/(1 - t)
  Slope switch_off(double r, double start, double stop)
  {
    const double t = (r - start) / (stop - start);
    if (t <= 0.002) return {1.0, 0.0};
    if (t >= 0.998) return {0.0, 0.0};
    const double u = 1.0 / t, w = 1.0 / (1.0 - t), s = 1.0 / (1.0 + std::exp(w - u));
    return {s, -s * (1.0 - s) * (u * u + w * w) / (stop - start)};
  }

  /// exp(3 (1 - exp(hardness (1 - reference / charge)))); exp(3) for no or negative charge
  Slope scaling(double charge, double reference, double hardness)
  {
    if (!(charge > 1e-8)) return {std::exp(STEEPNESS_OF_CHARGES), 0.0};
    const double inner = std::exp(hardness * (1.0 - reference / charge));
    const double value = std::exp(STEEPNESS_OF_CHARGES * (1.0 - inner));
    return {value, -STEEPNESS_OF_CHARGES * value * inner * hardness * reference / (charge * charge)};
  }

  /// 1 / (x^n + floor) and its slope vanish at the cutoff with this added
  Shift<double> shift(double cutoff, double n, double floor)
  {
    if (cutoff <= 0.0) return {};
    const double edge = std::pow(cutoff, n), end = 1.0 / (edge + floor),
                 slope = n * edge * end * end / cutoff;
    return {-end - slope * cutoff, slope};
  }

}    // namespace

Dispersion::Dispersion(const DispersionShape &shape, int types, double cutoff) :
    d_(shape), types_(types), cutoff_(cutoff / shape.bohr), polar_(static_cast<std::size_t>(types) * types),
    uncounted_(polar_.size()), c6_(static_cast<std::size_t>(types) * types * SYSTEMS * SYSTEMS)
{
  for (int a = 0; a < types; ++a)
    for (int b = 0; b < types; ++b) {
      const double gap = std::fabs(d_.electronegativity[a] - d_.electronegativity[b]) + 19.08857;
      uncounted_[a * types + b] =
          (d_.covalent[a] + d_.covalent[b]) * 4.0 / 3.0 * (1.0 + UNCOUNTED / STEEPNESS);
      polar_[a * types + b] = 4.10451 * std::exp(-gap * gap / (2.0 * 11.28174 * 11.28174));
    }
  const auto n = static_cast<std::size_t>(d_.polarizability.shape[2]);
  const double *alpha = d_.polarizability.values.data();
  for (int a = 0; a < types * SYSTEMS; ++a)
    for (int b = 0; b < types * SYSTEMS; ++b) {
      double sum = 0.0;
      for (std::size_t k = 0; k < n; ++k)
        sum += d_.frequency_weights[k] * alpha[a * n + k] * alpha[b * n + k];
      const auto pair = static_cast<std::size_t>(a / SYSTEMS) * types + b / SYSTEMS;
      c6_[(pair * SYSTEMS + a % SYSTEMS) * SYSTEMS + b % SYSTEMS] = 3.0 / std::numbers::pi * sum;
    }
}

void Dispersion::constants(std::int64_t center, std::int64_t neighbor, PairConstants<double> &c) const
{
  const double root = std::sqrt(3.0) * d_.r4r2[center] * d_.r4r2[neighbor], radius = d_.a1 * root + d_.a2;
  c.disperses = true;
  c.inv_length = 1.0 / d_.bohr;
  c.sixth = -0.5 * d_.hartree * d_.s6;
  c.eighth = -0.5 * d_.hartree * d_.s8 * root * root;
  c.floor6 = std::pow(radius, 6);
  c.floor8 = std::pow(radius, 8);
  c.shift6 = shift(cutoff_, 6.0, c.floor6);
  c.shift8 = shift(cutoff_, 8.0, c.floor8);
}

/// of one neighbor; r in bohr
Dispersion::Count Dispersion::count(std::int64_t a, std::int64_t b, double r) const
{
  if (r > uncounted_[a * types_ + b]) return {0.0, 0.0};
  const double touch = (d_.covalent[a] + d_.covalent[b]) * 4.0 / 3.0, u = STEEPNESS * (r - touch) / touch;
  const double half = 0.5 * polar_[a * types_ + b], value = half * std::erfc(u);
  const double slope = -half * TWO_OVER_ROOT_PI * std::exp(-u * u) * STEEPNESS / touch;
  if (cutoff_ <= 0.0 || r <= cutoff_ - d_.bohr) return {value, slope};
  const Slope cut = switch_off(r, cutoff_ - d_.bohr, cutoff_);
  return {value * cut.value, slope * cut.value + value * cut.slope};
}

double Dispersion::coordination(const PairList &list, std::int64_t row) const
{
  const double inv_bohr = 1.0 / d_.bohr;
  double sum = 0.0;
  for (std::int64_t e = list.first[row]; e < list.first[row + 1]; ++e)
    sum += count(list.types[row], list.types[list.neighbor[e]], list.r.data()[e] * inv_bohr).value;
  return sum;
}

void Dispersion::coordination_backward(const PairList &list, std::int64_t row, double slope,
                                       double *edge_gradient) const
{
  const double inv_bohr = 1.0 / d_.bohr;
  for (std::int64_t e = list.first[row]; e < list.first[row + 1]; ++e) {
    const double r = list.r.data()[e];
    const double s =
        count(list.types[row], list.types[list.neighbor[e]], r * inv_bohr).slope * slope * inv_bohr / r;
    if (s == 0.0) continue;
    for (int k = 0; k < 3; ++k) edge_gradient[3 * e + k] += s * list.vec[3 * e + k];
  }
}

Weights Dispersion::weights(std::int64_t type, double coordination, double charge) const
{
  double bell[SYSTEMS], slope[SYSTEMS], norm = 0.0, norm_slope = 0.0;
  for (int a = 0; a < SYSTEMS; ++a) {
    const double gaussians = d_.gaussians[type * SYSTEMS + a];
    const double off = coordination - d_.coordination[type * SYSTEMS + a], b = std::exp(-6.0 * off * off);
    const bool several = gaussians > 1.5, none = !(gaussians > 0.5);
    bell[a] = none ? 0.0 : several ? b + b * b * (1.0 + b) : b;
    slope[a] = none ? 0.0 : -12.0 * off * b * (several ? 1.0 + b * (2.0 + 3.0 * b) : 1.0);
    norm += bell[a];
    norm_slope += slope[a];
  }
  Weights w;
  const double bare = d_.charge[type], inverse = norm > 1e-8 ? 1.0 / norm : 0.0;
  for (int a = 0; a < SYSTEMS; ++a) {
    const double share = norm > 1e-8 ? bell[a] * inverse : d_.fallback[type * SYSTEMS + a];
    const double by_coordination = norm > 1e-8 ? (slope[a] - share * norm_slope) * inverse : 0.0;
    const Slope z = scaling(bare + charge, d_.reference[type * SYSTEMS + a], d_.hardness[type]);
    w.value[a] = share * z.value;
    w.by_coordination[a] = by_coordination * z.value;
    w.by_charge[a] = share * z.slope;
  }
  return w;
}

void Dispersion::apply_c6(std::int64_t center, std::int64_t neighbor, const double *weights,
                          double *c6_row) const
{
  const double *c = c6(center, neighbor);
  for (int b = 0; b < ATOM_DATA; ++b) c6_row[b] = 0.0;
  for (int a = 0; a < SYSTEMS; ++a)
    for (int b = 0; b < SYSTEMS; ++b) c6_row[b] += weights[a] * c[a * SYSTEMS + b];
}

void Dispersion::add_c6_transposed(std::int64_t center, std::int64_t neighbor, double factor,
                                   const double *from, double *to) const
{
  const double *c = c6(center, neighbor);
  for (int a = 0; a < SYSTEMS; ++a)
    for (int b = 0; b < SYSTEMS; ++b) to[a] += factor * c[a * SYSTEMS + b] * from[b];
}

}    // namespace natrolite::native::charged

// SPDX-License-Identifier: GPL-2.0-only
#include "radial.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <set>
#include <stdexcept>

namespace natrolite::native {
namespace {

  /// ends of segments closer than this are one, rounded differently; Angstrom
  constexpr double SAME_END = 1e-5;

  /// A number with its first and second derivative.
  struct Jet {
    double v = 0.0, d = 0.0, dd = 0.0;
  };
  Jet operator+(Jet a, Jet b) { return {a.v + b.v, a.d + b.d, a.dd + b.dd}; }
  Jet operator*(Jet a, Jet b)
  {
    return {a.v * b.v, a.d * b.v + a.v * b.d, a.dd * b.v + 2.0 * a.d * b.d + a.v * b.dd};
  }
  Jet operator*(double s, Jet a) { return {s * a.v, s * a.d, s * a.dd}; }
  /// f(a) from f, f', f'' at a.v
  Jet chain(Jet a, double f, double f1, double f2) { return {f, f1 * a.d, f2 * a.d * a.d + f1 * a.dd}; }

  Jet power(Jet a, double p)
  {
    return chain(a, std::pow(a.v, p), p * std::pow(a.v, p - 1.0), p * (p - 1.0) * std::pow(a.v, p - 2.0));
  }
  Jet inverse(Jet a) { return chain(a, 1.0 / a.v, -1.0 / (a.v * a.v), 2.0 / (a.v * a.v * a.v)); }
  constexpr Jet ONE{1.0, 0.0, 0.0};

  Jet basis(const Radial &radial, double parameter, Jet x)
  {
    if (radial.basis == Radial::Basis::gaussian) {
      const Jet d = x + Jet{-parameter, 0.0, 0.0}, u = radial.prefactor * (d * d);
      const double e = std::exp(u.v);
      return chain(u, e, e, e);
    }
    if (radial.basis == Radial::Basis::cosine) {
      const Jet d = x + Jet{-parameter, 0.0, 0.0};
      if (d.v <= 0.0 || d.v >= radial.prefactor) return {};
      const Jet u = (2.0 * std::numbers::pi / radial.prefactor) * d;
      const double c = std::cos(u.v), s = std::sin(u.v);
      const Jet up = ONE + chain(u, -c, s, c);
      return 0.25 * (up * up);
    }
    const Jet u = parameter * x;
    const double s = std::sin(u.v), c = std::cos(u.v);
    return radial.prefactor * (chain(u, s, c, -s) * inverse(x));
  }

  /// what the basis sees of a distance
  Jet transformed(const Radial &radial, TypePair pair, Jet r)
  {
    if (radial.radii.empty()) return r;
    const Jet s = 1.0 / (radial.radii[pair.center] + radial.radii[pair.neighbor]) * r;
    const double p = radial.agnesi_p, q = radial.agnesi_q;
    return inverse(ONE + radial.agnesi_a * (power(s, q) * inverse(ONE + power(s, q - p))));
  }

  Jet polynomial(double p, double cutoff, double r)
  {
    const double x = r / cutoff;
    const double a = (p + 1.0) * (p + 2.0) / 2.0, b = p * (p + 2.0), c = p * (p + 1.0) / 2.0;
    const double power = std::pow(x, p - 2.0);
    return {1.0 - power * x * x * (a - x * (b - x * c)),
            -power * x * (a * p - x * (b * (p + 1.0) - x * c * (p + 2.0))) / cutoff,
            -power *
                (a * p * (p - 1.0) - x * (b * (p + 1.0) * p - x * c * (p + 2.0) * (p + 1.0))) /
                (cutoff * cutoff)};
  }

  Jet xplor(double on, double cutoff, double r, bool below)
  {
    if (r < on || (r == on && below)) return {1.0, 0.0, 0.0};
    const double c2 = cutoff * cutoff, o2 = on * on, scale = 1.0 / std::pow(c2 - o2, 3);
    const Jet r2{r * r, 2.0 * r, 2.0};
    const Jet u = Jet{c2, 0.0, 0.0} + -1.0 * r2, w = Jet{c2 - 3.0 * o2, 0.0, 0.0} + 2.0 * r2;
    return scale * (u * u * w);
  }

  Jet envelope(const Radial &radial, double r, bool below)
  {
    if (radial.envelope == Radial::Envelope::none) return {1.0, 0.0, 0.0};
    if (r > radial.cutoff || (r == radial.cutoff && !below)) return {};
    if (radial.envelope == Radial::Envelope::polynomial) return polynomial(radial.p, radial.cutoff, r);
    return xplor(radial.on, radial.cutoff, r, below);
  }

  Jet activated(const ActivationShape &a, Jet x)
  {
    const double s = 1.0 / (1.0 + std::exp(-x.v)), slope = s * (1.0 - s);
    switch (a.kind) {
      case Activation::identity:
        return a.factor * x;
      case Activation::silu:
        return a.factor * chain(x, x.v * s, s + x.v * slope, slope * (2.0 + x.v * (1.0 - 2.0 * s)));
      case Activation::sigmoid:
        return a.factor * chain(x, s, slope, slope * (1.0 - 2.0 * s));
      case Activation::tanh: {
        const double t = std::tanh(x.v);
        return a.factor * chain(x, t, 1.0 - t * t, -2.0 * t * (1.0 - t * t));
      }
      case Activation::tanh_square:
        return activated({Activation::tanh, a.factor}, x * x);
      case Activation::abs:
        return a.factor * chain(x, std::fabs(x.v), x.v < 0.0 ? -1.0 : 1.0, 0.0);
      case Activation::softplus:
        return a.factor *
            chain(x, std::log1p(std::exp(-std::fabs(x.v))) + std::max(x.v, 0.0) - std::log(2.0), s, slope);
    }
    return {};
  }

  Jet of(double v, Jet *) { return {v, 0.0, 0.0}; }
  double of(double v, double *) { return v; }
  double activated(const ActivationShape &a, double x) { return activated(a, Jet{x, 0.0, 0.0}).v; }

  template <class X> std::vector<X> through_layers(const Radial &radial, TypePair pair, std::vector<X> x)
  {
    for (const auto &layer : radial.layers) {
      const auto &shape = layer.weights.shape;
      const auto in = shape[shape.size() - 2], out = shape.back();
      const double *weights = layer.weights.values.data();
      if (shape.size() == 4) weights += (pair.center * shape[1] + pair.neighbor) * in * out;
      std::vector<X> y(out);
      for (std::int64_t k = 0; k < out && !layer.bias.empty(); ++k)
        y[k] = of(layer.bias[k], static_cast<X *>(nullptr));
      for (std::int64_t i = 0; i < in; ++i) {
        const double *w = weights + i * out;
        const X from = x[i];
        for (std::int64_t k = 0; k < out; ++k) y[k] = y[k] + w[k] * from;
      }
      for (std::int64_t k = 0; k < out && !layer.center.empty(); ++k)
        y[k] = layer.center[pair.center * out + k] * layer.neighbor[pair.neighbor * out + k] * y[k];
      for (X &v : y) v = activated(layer.activation, v);
      x = std::move(y);
    }
    return x;
  }

  template <class X> std::vector<X> weights(const Radial &radial, TypePair pair, double r, bool below)
  {
    const auto simple = [](Jet jet) {
      if constexpr (std::is_same_v<X, Jet>)
        return jet;
      else
        return jet.v;
    };
    const X cut = simple(envelope(radial, r, below));
    std::vector<X> x;
    const Jet seen = transformed(radial, pair, {r, 1.0, 0.0});
    for (double parameter : radial.parameters) {
      const X value = simple(basis(radial, parameter, seen));
      x.push_back(radial.envelope_of_weights ? value : value * cut);
    }
    x = through_layers(radial, pair, std::move(x));
    if (radial.envelope_of_weights)
      for (X &v : x) v = v * cut;
    return x;
  }

}    // namespace

RadialValues evaluate(const Radial &radial, TypePair pair, double r, bool from_left)
{
  RadialValues result;
  for (const Jet &jet : weights<Jet>(radial, pair, r, from_left)) {
    result.value.push_back(jet.v);
    result.first.push_back(jet.d);
    result.second.push_back(jet.dd);
  }
  return result;
}

std::vector<double> values_at(const Radial &radial, TypePair pair, double r)
{
  return weights<double>(radial, pair, r, true);
}

TableGrid::TableGrid(const std::vector<Radial> &radials, double cutoff, double step, int degree) :
    degree_(degree)
{
  std::set<double> ends{cutoff};
  for (const auto &radial : radials) {
    if (radial.envelope == Radial::Envelope::xplor) ends.insert(radial.on);
    ends.insert(radial.cutoff);
  }
  double start = TABLE_START;
  for (auto it = ends.begin(); it != ends.end(); ++it) {
    const double end = *it;
    const auto next = std::next(it);
    if (end <= start || (next != ends.end() && *next - end < SAME_END)) continue;
    if (segments_.size() == MOST_SEGMENTS)
      throw std::runtime_error("its radial functions have too many different kinks for tables");
    const int n = std::max(8, static_cast<int>(std::ceil((end - start) / step)));
    segments_.push_back({start, (end - start) / n, n, rows_});
    rows_ += n + degree_;
    start = end;
  }
}

template <class T> Grid<T> TableGrid::grid() const
{
  Grid<T> grid;
  for (const auto &s : segments_) {
    const int k = grid.segments++;
    grid.start[k] = static_cast<T>(s.start);
    grid.inverse_step[k] = static_cast<T>(1.0 / s.step);
    grid.intervals[k] = s.intervals;
    grid.first[k] = s.first;
  }
  return grid;
}

template Grid<float> TableGrid::grid() const;
template Grid<double> TableGrid::grid() const;

std::vector<double> TableGrid::coefficients(const Radial &radial, TypePair pair) const
{
  const int outputs = radial.outputs(), ends = (degree_ - 1) / 2;
  std::vector<double> all(static_cast<std::size_t>(rows_) * outputs);
  for (const auto &s : segments_) {
    std::vector<double> right(static_cast<std::size_t>(s.intervals + degree_) * outputs);
    const auto row = [&](int k) { return right.begin() + static_cast<std::ptrdiff_t>(k) * outputs; };
    for (int side = 0; side < 2; ++side) {
      const double r = side ? s.start + s.step * s.intervals : s.start;
      const RadialValues end = evaluate(radial, pair, r, side == 1);
      const int last = s.intervals + degree_ - 1;
      std::copy(end.first.begin(), end.first.end(), row(side ? last : 0));
      if (ends == 2) std::copy(end.second.begin(), end.second.end(), row(side ? last - 1 : 1));
      std::copy(end.value.begin(), end.value.end(), row(side ? last - ends : ends));
    }
    for (int k = 1; k < s.intervals; ++k) {
      const auto value = values_at(radial, pair, s.start + s.step * k);
      std::copy(value.begin(), value.end(), row(ends + k));
    }
    solve(s, outputs, right);
    std::copy(right.begin(), right.end(), all.begin() + static_cast<std::ptrdiff_t>(s.first) * outputs);
  }
  return all;
}

/// Gaussian elimination with row exchanges within the band; right: [rows][outputs], in and out.
void TableGrid::solve(const Segment &s, int outputs, std::vector<double> &right) const
{
  const int n = s.intervals + degree_, ends = (degree_ - 1) / 2, wide = degree_;
  const double h = s.step;
  const std::vector<double> value = degree_ == 3 ? std::vector<double>{1 / 6., 4 / 6., 1 / 6.}
                                                 : std::vector<double>{1 / 120., 26 / 120., 66 / 120.,
                                                                       26 / 120., 1 / 120.};
  const std::vector<double> first = degree_ == 3
      ? std::vector<double>{-0.5 / h, 0.0, 0.5 / h}
      : std::vector<double>{-1 / 24. / h, -10 / 24. / h, 0.0, 10 / 24. / h, 1 / 24. / h};
  const std::vector<double> second{1 / 6. / h / h, 2 / 6. / h / h, -1. / h / h, 2 / 6. / h / h,
                                   1 / 6. / h / h};
  const int below = wide, beyond = 2 * wide, span = below + beyond + 1;    // row exchanges widen the band
  std::vector<double> band(static_cast<std::size_t>(n) * span, 0.0);
  const auto a = [&](int row, int column) -> double & {
    return band[static_cast<std::size_t>(row) * span + column - row + below];
  };
  const auto put = [&](int row, int column, const std::vector<double> &v) {
    for (std::size_t k = 0; k < v.size(); ++k) a(row, column + static_cast<int>(k)) = v[k];
  };
  put(0, 0, first);
  put(n - 1, n - wide, first);
  if (ends == 2) put(1, 0, second), put(n - 2, n - wide, second);
  for (int k = 0; k <= s.intervals; ++k) put(ends + k, k, value);

  const auto line = [&](int k) { return right.data() + static_cast<std::ptrdiff_t>(k) * outputs; };
  for (int c = 0; c < n; ++c) {
    const int last = std::min(n, c + wide), end = std::min(n, c + beyond);
    int pivot = c;
    for (int r = c + 1; r < last; ++r)
      if (std::fabs(a(r, c)) > std::fabs(a(pivot, c))) pivot = r;
    if (pivot != c) {
      for (int k = c; k < end; ++k) std::swap(a(pivot, k), a(c, k));
      std::swap_ranges(line(c), line(c) + outputs, line(pivot));
    }
    for (int r = c + 1; r < last; ++r) {
      const double factor = a(r, c) / a(c, c);
      if (factor == 0.0) continue;
      for (int k = c; k < end; ++k) a(r, k) -= factor * a(c, k);
      for (int k = 0; k < outputs; ++k) line(r)[k] -= factor * line(c)[k];
    }
  }
  for (int c = n; c-- > 0;) {
    for (int k = c + 1; k < std::min(n, c + beyond); ++k)
      for (int q = 0; q < outputs && a(c, k) != 0.0; ++q) line(c)[q] -= a(c, k) * line(k)[q];
    for (int q = 0; q < outputs; ++q) line(c)[q] /= a(c, c);
  }
}

namespace {

  /// cardinal B-splines of a degree at fraction f, and their derivatives (Cox and de Boor)
  void splines(int degree, double f, double *value, double *slope)
  {
    double lower[MOST_SPLINE] = {};
    std::fill_n(value, degree + 1, 0.0);
    value[0] = 1.0;
    for (int d = 1; d <= degree; ++d) {
      std::copy_n(value, d, lower);
      for (int k = d; k >= 0; --k)
        value[k] = ((k > 0 ? (f + (d - k)) * lower[k - 1] : 0.0) +
                    (k < d ? ((k + 1) - f) * lower[k] : 0.0)) / d;
    }
    for (int k = 0; k <= degree; ++k)
      slope[k] = (k > 0 ? lower[k - 1] : 0.0) - (k < degree ? lower[k] : 0.0);
  }

  /// intervals in which a table is compared with its functions: some, and those around weak kinks
  std::set<int> samples(const Radial &radial, double start, double step, int intervals)
  {
    std::set<int> result;
    for (int k = 0; k < intervals; k += std::max(1, intervals / 24)) result.insert(k);
    if (radial.basis != Radial::Basis::cosine) return result;
    for (double parameter : radial.parameters)
      for (double kink : {parameter, parameter + radial.prefactor}) {
        const int at = static_cast<int>(std::floor((kink - start) / step));
        for (int k = std::max(0, at - 1); k < std::min(intervals, at + 2); ++k) result.insert(k);
      }
    return result;
  }

}    // namespace

double TableGrid::error(const Radial &radial, TypePair pair, const std::vector<double> &coefficients) const
{
  const int outputs = radial.outputs();
  double largest[2] = {1e-300, 1e-300}, error[2] = {};
  for (const auto &s : segments_)
    for (const int k : samples(radial, s.start, s.step, s.intervals)) {
      const RadialValues exact = evaluate(radial, pair, s.start + s.step * (k + 0.5), true);
      double value[MOST_SPLINE], slope[MOST_SPLINE];
      splines(degree_, 0.5, value, slope);
      for (int q = 0; q < outputs; ++q) {
        double v = 0.0, d = 0.0;
        for (int c = 0; c <= degree_; ++c) {
          const double x = coefficients[static_cast<std::size_t>(s.first + k + c) * outputs + q];
          v += value[c] * x;
          d += slope[c] * x / s.step;
        }
        largest[0] = std::max(largest[0], std::fabs(exact.value[q]));
        largest[1] = std::max(largest[1], std::fabs(exact.first[q]));
        for (const auto &[which, miss] : {std::pair(0, v - exact.value[q]), std::pair(1, d - exact.first[q])})
          if (!(std::fabs(miss) <= error[which]) && !std::isnan(error[which])) error[which] = std::fabs(miss);    // NaN stays
      }
    }
  const double relative[] = {error[0] / largest[0], error[1] / largest[1]};
  return relative[0] >= relative[1] ? relative[0] : relative[1];
}

}    // namespace natrolite::native

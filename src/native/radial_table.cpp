// SPDX-License-Identifier: GPL-2.0-only
#include "radial.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

namespace natrolite::native {
namespace {

  /// ends of segments closer than this are one, rounded differently; Angstrom
  constexpr double SAME_END = 1e-5;

  /// first nodes of the tables are this far apart, Angstrom, and half as far until they are exact enough
  constexpr double FIRST_STEP[] = {0.01, 0.008};
  constexpr double TABLE_ERROR[] = {4e-6, 1e-11};
  constexpr int REFINEMENTS = 4;

}    // namespace

TableGrid::TableGrid(const std::vector<Radial> &radials, double cutoff, double step, int degree) :
    degree_(degree)
{
  std::map<double, double> ends{{cutoff, 1.0}};    // with factors of the step before them
  for (const auto &radial : radials) {
    if (radial.envelope == Radial::Envelope::xplor) ends.emplace(radial.on, 1.0);
    ends.emplace(radial.cutoff, 1.0);
  }
  for (const auto &radial : radials) {    // exponentials are steep at short distances
    if (radial.basis != Radial::Basis::bernstein || !(1.0 / radial.prefactor < cutoff)) continue;
    ends.emplace(0.4 / radial.prefactor, 0.125);
    ends.emplace(1.0 / radial.prefactor, 0.25);
  }
  double start = TABLE_START;
  for (auto it = ends.begin(); it != ends.end(); ++it) {
    const double end = it->first;
    const auto next = std::next(it);
    if (end <= start || (next != ends.end() && next->first - end < SAME_END)) continue;
    if (segments_.size() == MAX_SEGMENTS)
      throw std::runtime_error("its radial functions have too many different kinks for tables");
    const int n = std::max(8, static_cast<int>(std::ceil((end - start) / (step * it->second))));
    segments_.push_back({start, (end - start) / n, n, rows_});
    rows_ += n + degree_;
    start = end;
  }
}

template <class T>
Grid<T> TableGrid::grid() const
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

namespace {

  /// A square matrix with `half` diagonals on either side of its own, and room for those that row exchanges
  /// add.
  class BandMatrix {
  public:
    BandMatrix(int size, int half) :
        n_(size), half_(half), beyond_(2 * half), span_(half + beyond_ + 1),
        band_(static_cast<std::size_t>(size) * span_, 0.0)
    {
    }
    void put(int row, int column, const std::vector<double> &v)
    {
      for (std::size_t k = 0; k < v.size(); ++k) at(row, column + static_cast<int>(k)) = v[k];
    }
    /// Gaussian elimination; right: [rows][outputs], in and out
    void solve(int outputs, double *right)
    {
      for (int c = 0; c < n_; ++c) eliminate(c, outputs, right);
      for (int c = n_; c-- > 0;) {
        double *line = right + static_cast<std::ptrdiff_t>(c) * outputs;
        for (int k = c + 1; k < std::min(n_, c + beyond_); ++k)
          for (int q = 0; q < outputs && at(c, k) != 0.0; ++q)
            line[q] -= at(c, k) * right[static_cast<std::ptrdiff_t>(k) * outputs + q];
        for (int q = 0; q < outputs; ++q) line[q] /= at(c, c);
      }
    }

  private:
    double &at(int row, int column)
    {
      return band_[static_cast<std::size_t>(row) * span_ + column - row + half_];
    }
    void eliminate(int c, int outputs, double *right)
    {
      const auto line = [&](int k) { return right + static_cast<std::ptrdiff_t>(k) * outputs; };
      const int last = std::min(n_, c + half_), end = std::min(n_, c + beyond_);
      int pivot = c;
      for (int r = c + 1; r < last; ++r)
        if (std::fabs(at(r, c)) > std::fabs(at(pivot, c))) pivot = r;
      if (pivot != c) {
        for (int k = c; k < end; ++k) std::swap(at(pivot, k), at(c, k));
        std::swap_ranges(line(c), line(c) + outputs, line(pivot));
      }
      for (int r = c + 1; r < last; ++r) {
        const double factor = at(r, c) / at(c, c);
        if (factor == 0.0) continue;
        for (int k = c; k < end; ++k) at(r, k) -= factor * at(c, k);
        for (int k = 0; k < outputs; ++k) line(r)[k] -= factor * line(c)[k];
      }
    }

    int n_, half_, beyond_, span_;
    std::vector<double> band_;
  };

}    // namespace

/// right: [rows][outputs], values (and derivatives at the ends) in, coefficients out
void TableGrid::solve(const Segment &s, int outputs, std::vector<double> &right) const
{
  const int n = s.intervals + degree_, ends = (degree_ - 1) / 2;
  const double h = s.step;
  const std::vector<double> value =
      degree_ == 3 ? std::vector<double>{1 / 6., 4 / 6., 1 / 6.}
                   : std::vector<double>{1 / 120., 26 / 120., 66 / 120., 26 / 120., 1 / 120.};
  const std::vector<double> first =
      degree_ == 3 ? std::vector<double>{-0.5 / h, 0.0, 0.5 / h}
                   : std::vector<double>{-1 / 24. / h, -10 / 24. / h, 0.0, 10 / 24. / h, 1 / 24. / h};
  const std::vector<double> second{1 / 6. / h / h, 2 / 6. / h / h, -1. / h / h, 2 / 6. / h / h,
                                   1 / 6. / h / h};
  BandMatrix matrix(n, degree_);
  matrix.put(0, 0, first);
  matrix.put(n - 1, n - degree_, first);
  if (ends == 2) matrix.put(1, 0, second), matrix.put(n - 2, n - degree_, second);
  for (int k = 0; k <= s.intervals; ++k) matrix.put(ends + k, k, value);
  matrix.solve(outputs, right.data());
}

namespace {

  /// cardinal B-splines of a degree at fraction f, and their derivatives (Cox and de Boor)
  void splines(int degree, double f, double *value, double *slope)
  {
    double lower[MAX_SPLINE_ORDER] = {};
    std::fill_n(value, degree + 1, 0.0);
    value[0] = 1.0;
    for (int d = 1; d <= degree; ++d) {
      std::copy_n(value, d, lower);
      for (int k = d; k >= 0; --k)
        value[k] =
            ((k > 0 ? (f + (d - k)) * lower[k - 1] : 0.0) + (k < d ? ((k + 1) - f) * lower[k] : 0.0)) / d;
    }
    for (int k = 0; k <= degree; ++k) slope[k] = (k > 0 ? lower[k - 1] : 0.0) - (k < degree ? lower[k] : 0.0);
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

std::vector<double> TableGrid::powers(const std::vector<double> &coefficients) const
{
  const std::size_t outputs = coefficients.size() / rows_;
  std::vector<double> result(4 * coefficients.size());
  for (std::size_t row = 0; row + 3 < static_cast<std::size_t>(rows_); ++row)
    for (std::size_t q = 0; q < outputs; ++q) {
      const double *c = coefficients.data() + row * outputs + q;
      const double a = c[0], b = c[outputs], d = c[2 * outputs], e = c[3 * outputs];
      const double power[] = {(a + 4.0 * b + d) / 6.0, (d - a) / 2.0, (a - 2.0 * b + d) / 2.0,
                              (e - a + 3.0 * (b - d)) / 6.0};
      for (std::size_t k = 0; k < 4; ++k) result[(4 * row + k) * outputs + q] = power[k];
    }
  return result;
}

double TableGrid::error(const Radial &radial, TypePair pair, const std::vector<double> &coefficients) const
{
  const int outputs = radial.outputs();
  double largest[2] = {1e-300, 1e-300}, error[2] = {};
  for (const auto &s : segments_)
    for (const int k : samples(radial, s.start, s.step, s.intervals)) {
      const RadialValues exact = evaluate(radial, pair, s.start + s.step * (k + 0.5), true);
      double value[MAX_SPLINE_ORDER], slope[MAX_SPLINE_ORDER];
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
          if (!(std::fabs(miss) <= error[which]) && !std::isnan(error[which]))
            error[which] = std::fabs(miss);    // NaN stays
      }
    }
  const double relative[] = {error[0] / largest[0], error[1] / largest[1]};
  return relative[0] >= relative[1] ? relative[0] : relative[1];
}

namespace {

  /// coefficients of all radial functions, and their error
  std::pair<std::vector<std::vector<double>>, double> coefficients_on(const TableGrid &grid,
                                                                      const std::vector<Radial> &radials,
                                                                      const std::vector<TypePair> &pairs)
  {
    std::vector<std::vector<double>> all(radials.size());
    double worst = 0.0;
    for (std::size_t k = 0; k < radials.size(); ++k)
      for (const TypePair pair : pairs) {
        const auto one = grid.coefficients(radials[k], pair);
        const double error = grid.error(radials[k], pair, one);
        if (!(error <= worst) && !std::isnan(worst)) worst = error;
        all[k].insert(all[k].end(), one.begin(), one.end());
      }
    return {std::move(all), worst};
  }

}    // namespace

RadialTables make_tables(const std::vector<Radial> &radials, double cutoff, int degree,
                         const std::vector<TypePair> &pairs)
{
  const int kind = degree == 3 ? 0 : 1;
  double step = FIRST_STEP[kind], best_step = step;
  auto best = coefficients_on(TableGrid(radials, cutoff, step, degree), radials, pairs);
  for (int refinement = 0; refinement < REFINEMENTS && !(best.second <= TABLE_ERROR[kind]); ++refinement) {
    step *= 0.5;
    auto finer = coefficients_on(TableGrid(radials, cutoff, step, degree), radials, pairs);
    if (!(finer.second < 0.25 * best.second)) break;
    best = std::move(finer);
    best_step = step;
  }
  if (!(best.second <= 100.0 * TABLE_ERROR[kind]))
    throw std::runtime_error("its radial functions are too rough for tables");
  return {TableGrid(radials, cutoff, best_step, degree), std::move(best.first)};
}

}    // namespace natrolite::native

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Radial functions and their tables: B-splines through exact values, C2 (cubic, for float32) or C4
/// (quintic, for float64) within a segment, with the exact derivatives at both ends of a segment.
#pragma once

#include "description.h"

#include <vector>

namespace natrolite::native {

/// Shortest distance of a table; below, its first polynomial goes on.
inline constexpr double TABLE_START = 0.05;    ///< Angstrom

/// Types of center and neighbor, for radial functions that look at them.
struct TypePair {
  std::int64_t center = 0, neighbor = 0;
};

/// Values and derivatives by r of all outputs.
struct RadialValues {
  std::vector<double> value, first, second;
};
RadialValues evaluate(const Radial &radial, TypePair pair, double r, bool from_left);
/// values only; as fast as a plain loop can be
std::vector<double> values_at(const Radial &radial, TypePair pair, double r);

/// Where the tables have their nodes: a segment ends where a radial function has a kink.
class TableGrid {
public:
  /// degree 3 or 5
  TableGrid(const std::vector<Radial> &radials, double cutoff, double step, int degree);
  int rows() const { return rows_; }
  int degree() const { return degree_; }
  template <class T>
  Grid<T> grid() const;
  /// coefficients [rows][outputs]
  std::vector<double> coefficients(const Radial &radial, TypePair pair) const;
  /// the same cubic functions as powers of the fraction of an interval, [rows][4][outputs]: their slopes
  /// lose less to rounding than differences of coefficients do
  std::vector<double> powers(const std::vector<double> &coefficients) const;
  /// largest errors of value and slope between the nodes, relative to the largest value and slope
  double error(const Radial &radial, TypePair pair, const std::vector<double> &coefficients) const;

private:
  struct Segment {
    double start, step;
    int intervals, first;
  };
  void solve(const Segment &segment, int outputs, std::vector<double> &right) const;
  std::vector<Segment> segments_;
  int rows_ = 0, degree_ = 3;
};

/// Tables of some functions on one grid.
struct RadialTables {
  TableGrid grid;
  std::vector<std::vector<double>> coefficients;    ///< [radial]: pairs one after another
};

/// Nodes are halved until the tables are exact enough, or rounding stops it. degree 3 is for float32, 5 for
/// float64. Throws std::runtime_error if the functions are too rough.
RadialTables make_tables(const std::vector<Radial> &radials, double cutoff, int degree,
                         const std::vector<TypePair> &pairs);

}    // namespace natrolite::native

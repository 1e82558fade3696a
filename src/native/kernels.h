// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The inner loops of the native evaluator, one table of functions per instruction set and type.
///
/// Plain arrays, no allocation, no exceptions. Feature rows are blocks (one per irrep) of
/// [component m][channel], channels padded with zeros to whole vectors; all rows and blocks are
/// aligned to 64 bytes.
#pragma once

#include "charged/kernel_types.h"
#include "core/instruction_set.h"

#include <cstdint>

namespace natrolite::native {

inline constexpr int MAX_L = 3;    ///< of harmonics and features
inline constexpr int HARMONICS = (MAX_L + 1) * (MAX_L + 1);
inline constexpr int MAX_SEGMENTS = 4;        ///< of a grid of radial tables
inline constexpr int MAX_SPLINE_ORDER = 6;    ///< coefficients of a spline at one point

/// Can real harmonics of (l, m) couple? m = -l..l; the selection rules of real Wigner 3j symbols.
__attribute__((always_inline)) constexpr bool couples(int l1, int m1, int l2, int m2, int l3, int m3)
{
  const auto size = [](int m) { return m < 0 ? -m : m; };
  const int a = size(m1), b = size(m2), c = size(m3);
  if (c != a + b && c != size(a - b)) return false;
  const int sines = (m1 < 0) + (m2 < 0) + (m3 < 0);
  return (sines + l1 + l2 + l3) % 2 == 0;
}

/// Grid of the radial tables: segments of equal intervals; a spline is smooth within a segment.
template <class T>
struct Grid {
  int segments = 0;
  bool powers = false;    ///< an interval has rows of its own: coefficients of powers, not of B-splines
  T start[MAX_SEGMENTS] = {}, inverse_step[MAX_SEGMENTS] = {};
  int intervals[MAX_SEGMENTS] = {}, first[MAX_SEGMENTS] = {};    ///< first row of a segment
};

/// Edges of some centers, as the convolution needs them: arrays over edges, `stride` apart.
template <class T>
struct EdgeArrays {
  int stride = 0;    ///< elements between two arrays, a multiple of a vector
  T *x = nullptr, *y = nullptr, *z = nullptr, *r = nullptr;    ///< unit vector, distance
  const T *scale = nullptr;                ///< null, or factors of the distance for the tables
  T *harmonics = nullptr;                  ///< [HARMONICS][stride]
  T *basis = nullptr, *slope = nullptr;    ///< [spline][stride] values, derivatives by r
  std::int32_t *node = nullptr;            ///< [stride] first row of the table
};

/// One path of a convolution for the edges of one center and one group of channel vectors; backward, for
/// several.
template <class T>
struct PathArguments {
  int edges = 0, stride = 0;
  int groups = 1;                                ///< backward; up to Kernels::backward_groups
  std::int64_t group_stride = 0;                 ///< elements between the tables of two groups
  const std::int32_t *node = nullptr;            ///< [edges] row of the table
  const std::int64_t *row = nullptr;             ///< [edges] offset of the neighbor's features
  const T *basis = nullptr, *slope = nullptr;    ///< [spline][stride]
  const T *harmonics = nullptr;                  ///< [2 l2 + 1][stride], of this path's l2
  const T *table = nullptr;                      ///< [node][group's channels]
  const T *coupling = nullptr;                   ///< [2 l1 + 1][2 l2 + 1][2 l3 + 1]
  const std::int64_t *gradient_row = nullptr;    ///< [edges] offset of the gradient of these
  const T *x = nullptr;                          ///< features, at this block and group
  int x_stride = 0;                              ///< elements between components of x
  T *out = nullptr;                              ///< center's sums (forward), or their gradient
  int out_stride = 0;                            ///< elements between components of out
  T *dx = nullptr;                               ///< gradient of the features, at this block and group
  T *partial = nullptr;                          ///< [edges][1 + HARMONICS][vector] d/dr, d/dharmonics
  int first_harmonic = 0;                        ///< l2 * l2
};

/// y[row] (+)= sum over segments of x[row] W: rows of an array, columns in groups of vectors.
struct MatrixSegment {
  int offset = 0;    ///< of the segment in a row of x
  int depth = 0;     ///< channels summed over
  /// offset of [group][depth][columns of group]; groups of 4 vectors, then 2, then 1
  std::int64_t weights = 0;
};
template <class T>
struct MatrixArguments {
  int rows = 0;
  const std::int32_t *which = nullptr;    ///< [rows] rows of x and y; null = 0, 1, 2, ...
  const T *x = nullptr;
  std::int64_t x_stride = 0;
  T *y = nullptr;
  std::int64_t y_stride = 0;
  int columns = 0;    ///< a multiple of a vector
  int segments = 0;
  const MatrixSegment *segment = nullptr;
  const T *weights = nullptr;
  bool add = false;
};

/// Polynomials of one vector of channels of one atom.
template <class T>
struct ProductArguments {
  int components = 0, pairs = 0, triples = 0, outputs = 0;
  const int *component = nullptr, *output = nullptr;    ///< offsets in x and dx, in out
  const int *left = nullptr, *right = nullptr;          ///< [pairs + triples] factors, monomials
  const int *first = nullptr, *monomial = nullptr;      ///< [outputs + 1], [entries]
  const T *coefficients = nullptr;                      ///< [entries][vector]
  const T *x = nullptr;
  T *dx = nullptr, *out = nullptr;
  T *scratch = nullptr;    ///< 2 vectors for each monomial
};

/// Rows of the edges of a center (or of several), one after another.
template <class T>
struct EdgeRows {
  int edges = 0, columns = 0;              ///< whole vectors of columns
  std::int64_t stride = 0, dstride = 0;    ///< elements between two rows, two rows of gradients
  T *rows = nullptr, *drows = nullptr;     ///< at the first column
  T *out = nullptr;                        ///< another column of the same rows, or of their gradient
  bool add = false;                        ///< to drows
  int edge_stride = 0;                     ///< of the arrays over edges, as in EdgeArrays
  const T *basis = nullptr, *slope = nullptr, *harmonics = nullptr;
  const std::int32_t *node = nullptr;
  const T *table = nullptr;    ///< [node][columns]
  int first_harmonic = 0, harmonics_here = 0;
  T *sums = nullptr, *dsums = nullptr;    ///< [harmonic][sum_stride] of the center
  int sum_stride = 0;
  T *partial = nullptr;    ///< [edges][1 + HARMONICS][vector] d/dr, d/dharmonics
};

enum class Activation : int { identity, silu, tanh, sigmoid, abs, softplus, tanh_square };

/// Functions of one instruction set.
template <class T>
struct Kernels {
  const char *name = nullptr;
  int width = 1;           ///< lanes of a vector
  int spline_order = 4;    ///< coefficients of a spline at one point
  /// vectors in a full group of path channels
  int path_group[MAX_L + 1][MAX_L + 1][MAX_L + 1] = {};
  /// groups that a backward pass takes at once: [full group or single vector]
  int backward_groups[2][MAX_L + 1][MAX_L + 1][MAX_L + 1] = {};
  using Path = void (*)(const PathArguments<T> &);
  /// [full group or single vector]; null where the triangle l1, l2, l3 does not close
  Path forward[2][MAX_L + 1][MAX_L + 1][MAX_L + 1] = {};
  Path backward[2][MAX_L + 1][MAX_L + 1][MAX_L + 1] = {};
  /// harmonics and spline of n edges (n <= stride; the arrays are written in whole vectors)
  void (*prepare)(const EdgeArrays<T> &, const Grid<T> &, int n, int lmax, bool slopes) = nullptr;
  /// partial [n][1 + HARMONICS][vector] -> gradient [n][3] += d/d(edge vector)
  void (*finish)(const EdgeArrays<T> &, int n, int lmax, const T *partial, T *scratch,
                 double *gradient) = nullptr;
  void (*multiply)(const MatrixArguments<T> &) = nullptr;
  /// y = factor f(x), n elements, whole vectors
  void (*activate)(Activation, T factor, int n, const T *x, T *y) = nullptr;
  /// dx = factor f'(x) dy; dx may be x
  void (*activate_backward)(Activation, T factor, int n, const T *x, const T *dy, T *dx) = nullptr;
  void (*product_forward)(const ProductArguments<T> &) = nullptr;
  void (*product_backward)(const ProductArguments<T> &) = nullptr;
  using RowFunction = void (*)(const EdgeRows<T> &);
  RowFunction table_rows = nullptr, table_rows_backward = nullptr;
  RowFunction sum_harmonics = nullptr,
              sum_harmonics_backward = nullptr;                       ///< of 1, 3, 5, 7, 4, 9 or 16 harmonics
  RowFunction invariants = nullptr, invariants_backward = nullptr;    ///< of 1, 4, 9 or 16
  void (*activate_rows)(Activation, T factor, const EdgeRows<T> &) = nullptr;
  RowFunction activate_rows_backward = nullptr;
  /// y[m] = gate x[m] for components m
  void (*gate)(int n, int components, const T *gate, const T *x, T *y) = nullptr;
  /// dx[m] = gate dy[m], dgate = sum_m x[m] dy[m]; dx may be x, dgate may not be gate
  void (*gate_backward)(int n, int components, const T *gate, const T *x, const T *dy, T *dgate,
                        T *dx) = nullptr;
  ChargedKernels<T> charged;
};

/// The table of an instruction set, which this processor must have.
template <class T>
Kernels<T> kernels_of(InstructionSet);
/// The best table for this processor; NATROLITE_SIMD=plain|avx2|avx512 asks for one.
/// Throws std::runtime_error if it asks for what the processor has not.
template <class T>
const Kernels<T> &kernels();

}    // namespace natrolite::native

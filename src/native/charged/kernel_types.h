// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The inner loops of charged networks, by instruction set and type.
///
/// Rows lie one after another, `width` elements each, whole vectors, padded with zeros; everything is
/// aligned to a vector.
#pragma once

#include <cstdint>

namespace natrolite::native {

inline constexpr int MAX_SCREENING = 8;    ///< terms of a screened repulsion
inline constexpr int ATOM_DATA = 8;        ///< numbers of an atom that its neighbors read: 7 weights, charge
inline constexpr int CHARGE_COLUMN = 7;

/// phi = (exp(projected - half - highest) + 1e-4) / sqrt(channels), 0 in the padding.
template <class T>
struct FeatureArguments {
  int rows = 0, channels = 0, width = 0;
  T *projected = nullptr;                         ///< [rows][width]
  const T *half = nullptr, *highest = nullptr;    ///< [rows]
};

/// a + b r, added so that a function and its slope vanish at the cutoff
template <class T>
struct Shift {
  T constant = 0, slope = 0;
};

/// What the pairs of two types have in common. Energies of an edge, that is of half a pair.
template <class T>
struct PairConstants {
  /// repulsion: strength / r sum_k height_k exp(-decay_k r) exp(-r^2 / (r_max^2 - r^2))
  int terms = 0;
  T strength = 0, height[MAX_SCREENING] = {}, decay[MAX_SCREENING] = {};
  T r_max = 0;
  /// electrostatics: coulomb q_i q_j (f soft + (1 - f) bare)
  T coulomb = 0, start = 0, stop = 1;
  Shift<T> soft, bare;
  /// dispersion: c6 (sixth / (x^6 + floor6) + eighth / (x^8 + floor8)), x = r / length
  bool disperses = false;
  T inv_length = 1, sixth = 0, eighth = 0, floor6 = 1, floor8 = 1;
  Shift<T> shift6, shift8;    ///< of x
};

/// Edges of one center to neighbors of one type, the first `near` of them shorter than r_max.
template <class T>
struct PairArguments {
  int edges = 0, near = 0;
  const T *r = nullptr;                      ///< [edges, and up to a whole vector of something beyond r_max]
  const std::int64_t *neighbor = nullptr;    ///< [edges]
  const T *atom_data = nullptr;              ///< [rows][ATOM_DATA]
  const T *c6_row = nullptr;                 ///< [ATOM_DATA] c6 = c6_row . atom_data of the neighbor
  T charge = 0;                              ///< of the center
  const PairConstants<T> *constants = nullptr;
  T *slope = nullptr;                ///< [edges, whole vectors] derivative of an edge's energy by r
  T *damped_sum = nullptr;           ///< [ATOM_DATA] sum of damped powers times atom_data of the neighbor
  T repulsion = 0, potential = 0;    ///< sums: energy; coulomb q_j (...)
};

template <class T>
struct ChargedKernels {
  /// y = amplitude x sigmoid(slope x)
  void (*swish)(int rows, int width, const T *x, const T *amplitude, const T *slope, T *y) = nullptr;
  /// dx = base + f'(x) dy; base null = 0, dx may be dy or base
  void (*swish_backward)(int rows, int width, const T *x, const T *amplitude, const T *slope, const T *dy,
                         const T *base, T *dx) = nullptr;
  /// y = x + bias (x null = 0, may be y; bias null = 0); rows of x and y are `stride` apart
  void (*add_bias)(int rows, int width, int stride, const T *x, const T *bias, T *y) = nullptr;
  /// y = a + b, n elements; y may be one of them
  void (*add)(int n, const T *a, const T *b, T *y) = nullptr;
  /// sum += sum over components of pair[c][0] pair[c][1], pair [rows][components][2][width]
  void (*contract)(int rows, int components, int width, const T *pair, T *sum) = nullptr;
  /// dpair may be pair
  void (*contract_backward)(int rows, int components, int width, const T *pair, const T *dsum,
                            T *dpair) = nullptr;
  /// phi [rows][width]
  void (*features)(const FeatureArguments<T> &, T *phi) = nullptr;
  /// projected becomes its gradient; total [rows]: minus the gradient of half and of highest
  void (*features_backward)(const FeatureArguments<T> &, const T *dphi, T *total) = nullptr;
  /// largest of the channels of each row, and where it is
  void (*row_max)(int rows, int channels, int width, const T *x, T *most, std::int32_t *where) = nullptr;
  /// half = scale |x|^2
  void (*half_square)(int rows, int width, T scale, const T *x, T *half) = nullptr;
  /// y += factor coefficient[row] x
  void (*add_scaled)(int rows, int width, T factor, const T *coefficient, const T *x, T *y) = nullptr;
  /// y += mixed[0 ... width - 1] / (mixed[width] + 1e-8); rows of mixed are a vector wider
  void (*divide)(int rows, int width, const T *mixed, T *y) = nullptr;
  void (*divide_backward)(int rows, int width, const T *mixed, const T *dy, T *dmixed) = nullptr;
  /// sum[i][j] += sum over rows of a[row][i] b[row][j]
  void (*outer)(int rows, int na, int nb, const T *a, const T *b, double *sum) = nullptr;
  void (*pairs)(PairArguments<T> &) = nullptr;    ///< null for float
};

}    // namespace natrolite::native

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A network of residual blocks with attention, charges and analytic terms, in words that no family
/// owns. The form is documented in doc/native.rst; python/natrolite/exporters/spookynet_native.py
/// writes it. Energies in eV, lengths in Angstrom, charges in e.
#pragma once

#include "native/description.h"

#include <optional>
#include <string_view>
#include <vector>

namespace natrolite::native::charged {

/// x W + b
struct DenseShape {
  Array weights;               ///< [in, out]
  std::vector<double> bias;    ///< [out] or empty
};

/// amplitude x sigmoid(slope x), by channel
struct SwishShape {
  std::vector<double> amplitude, slope;
};

/// x + outer(second(inner(first(x))))
struct ResidualShape {
  SwishShape first, second;
  DenseShape inner, outer;
};

/// linear(activation(residuals(x)))
struct ReadoutShape {
  std::vector<ResidualShape> residuals;
  SwishShape activation;
  DenseShape linear;
};

/// A number of the whole system (charge, spin), shared out to the atoms by softplus(query . key).
struct EmbeddingShape {
  bool has_sign = false;    ///< negative numbers have keys and values of their own
  DenseShape query;
  Array key, value;    ///< [1 or 2, features]
  ReadoutShape readout;
};

struct ModuleShape {
  std::vector<ResidualShape> pre, post;
  ReadoutShape own, messages[3], mix, query, key, value, readout;    ///< messages of s, p and d
  DenseShape pairs[2];                                               ///< of p and d: [features, 2 features]
  Array directions;    ///< [features, features], random directions by column
  int radial = 0;      ///< 3 features outputs, of s, p and d
};

/// coulomb / 2 Z_i Z_j / r sum_k height_k exp(-slope_k (size_i + size_j) r), times the smooth cutoff
struct RepulsionShape {
  double coulomb = 0.0;
  std::vector<double> charge, size;     ///< [types]
  std::vector<double> height, slope;    ///< [terms]
};

/// coulomb / 2 q_i q_j [f / sqrt(r^2 + 1) + (1 - f) / r], f from 1 at start to 0 at stop
struct CoulombShape {
  double coulomb = 0.0, start = 0.0, stop = 0.0;
};

inline constexpr int SYSTEMS = 7;    ///< reference systems of an element

/// D4 with two-body terms; atomic units. See LongRange.
struct DispersionShape {
  double bohr = 0.0, hartree = 0.0;
  double s6 = 0.0, s8 = 0.0, a1 = 0.0, a2 = 0.0;
  std::vector<double> covalent, electronegativity, charge, hardness, r4r2;    ///< [types]
  std::vector<double> gaussians, coordination, fallback, reference;           ///< [types][SYSTEMS]
  Array polarizability;    ///< [types, SYSTEMS, frequencies]
  std::vector<double> frequency_weights;
};

struct ChargedDescription {
  int types = 0, features = 0;
  double cutoff = 0.0;       ///< of the edges
  double r_max = 0.0;        ///< of the network and the repulsion
  double lr_cutoff = 0.0;    ///< of electrostatics and dispersion; 0 = every edge
  bool all_pairs = false;    ///< needs every pair of an isolated molecule
  Array elements;            ///< [types, features]
  EmbeddingShape charge, spin;
  std::vector<ModuleShape> modules;
  std::vector<Radial> radials;
  Array output, offset;    ///< [features, 2], [types, 2]: energy and charge
  std::optional<RepulsionShape> repulsion;
  std::optional<CoulombShape> coulomb;
  std::optional<DispersionShape> dispersion;
};

/// Does the description say that it is of this kind?
bool is_charged(std::string_view json);

/// Parse and check: every array, shape and number. Throws std::runtime_error with one line that
/// names the entry.
ChargedDescription parse(std::string_view json, std::string_view arrays);

}    // namespace natrolite::native::charged

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A network in words that no family owns (extra file `native.json`), and its arrays (`native.bin`).
/// The form is documented in doc/native.rst; python/natrolite/exporters/native.py writes it.
#pragma once

#include "kernels.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace natrolite::native {

/// Named arrays as float64, whatever type they are stored in.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

/// Channels of one irrep: rows [2 l + 1][channels].
struct BlockShape {
  int channels = 0, l = 0;
};

struct ValueShape {
  std::string name;
  std::vector<BlockShape> blocks;
};

struct ActivationShape {
  Activation kind = Activation::identity;
  double factor = 1.0;
};

/// w(r): basis times envelope through a network of dense layers.
struct Radial {
  enum class Envelope { none, polynomial, xplor, smooth };    ///< smooth: exp(-r^2 / (cutoff^2 - r^2))
  enum class Basis { bessel, gaussian, cosine, bernstein };
  Basis basis = Basis::bessel;
  /// bessel: prefactor sin(f x) / x; gaussian: exp(prefactor (x - c)^2);
  /// cosine: (1 - cos(2 pi (x - c) / prefactor))^2 / 4 for x from c to c + prefactor, else 0
  std::vector<double> parameters;
  /// bernstein: exp(parameter k) z^(n - k + extra) (1 - z)^k, z = exp(-prefactor x), k = 0 ... n
  double prefactor = 1.0, extra = 0.0;
  /// x = r, or, with radii, 1 / (1 + a s^q / (1 + s^(q - p))), s = r / (R_i + R_j)
  std::vector<double> radii;    ///< [types]
  double agnesi_a = 0.0, agnesi_q = 0.0, agnesi_p = 0.0;
  Envelope envelope = Envelope::none;
  double cutoff = 0.0, on = 0.0, p = 6.0;
  bool envelope_of_weights = false;    ///< else of the basis
  struct Dense {
    Array weights;    ///< [in, out]; of the first layer perhaps [center, neighbor, in, out]
    /// empty or [types, out]: factors of what the first layer gives, by the types of center and neighbor
    std::vector<double> center, neighbor;
    std::vector<double> bias;    ///< [out] or empty
    ActivationShape activation;
    int outputs() const { return static_cast<int>(weights.shape.back()); }
  };
  std::vector<Dense> layers;
  bool typed() const
  {
    return !radii.empty() || layers[0].weights.shape.size() == 4 || !layers[0].center.empty();
  }
  int outputs() const { return layers.back().outputs(); }
};

/// Energies of edges by networks of scalars, which see the radial functions of an edge and its invariants:
/// contractions of its harmonics with environments of its center (doc/native.rst).
struct Edgewise {
  struct Part {
    int from = 0;     ///< node or product
    Array weights;    ///< [its width, width here]
  };
  /// f(radial functions + sum of nodes before times weights + sum of invariants times weights)
  struct Node {
    int width = 0, column = -1;    ///< first column of the radial functions; -1 = none
    ActivationShape activation;
    std::vector<Part> nodes, products;
    int level = 0;    ///< products that it needs, found by the reader
  };
  /// sum over the edges of a center of harmonics times weights [l][channel]: radial or of nodes
  struct Environment {
    int column = -1;
    std::vector<Part> nodes;
  };
  struct Path {
    int in = 0, l2 = 0, out = 0;    ///< block, harmonics of the environment, block
    Array coupling;                 ///< [2 l1 + 1, 2 l2 + 1, 2 l3 + 1]
    std::vector<double> weights;    ///< [channels]
  };
  /// tensors of an edge, in blocks of these l, with the environment of the same number. The first reads
  /// harmonics times radial functions; block 0 of what comes out is the invariant
  struct Product {
    std::vector<int> in, out;
    std::vector<Path> paths;
  };
  int channels = 0, radial = 0, tensors = 0;    ///< first column of [l][channel], of the first tensors
  std::vector<Node> nodes;
  std::vector<Environment> environments;
  std::vector<Product> products;
  std::vector<Part> energy;            ///< of an edge: weights [width, 1]
  std::vector<double> norm;            ///< [types] factor of the environments
  std::vector<double> scale, shift;    ///< [types] E = scale sum of edges + shift
};

struct Step {
  enum class Kind { convolve, linear, gate, exchange, energy, norm, product, divide, repulsion, edgewise };
  Kind kind = Kind::energy;
  int in = -1, by = -1, out = -1;    ///< values; -1 = none

  /// convolve: out += sum over edges and paths
  struct Path {
    int in = 0, l2 = 0, out = 0;    ///< block, harmonics, block
    int weights = 0;                ///< first column of the radial function
    Array coupling;                 ///< [2 l1 + 1, 2 l2 + 1, 2 l3 + 1]
  };
  int radial = 0;
  Array table;    ///< [types, width of in]: features by type instead of in
  std::vector<BlockShape> table_blocks;
  std::vector<Path> paths;

  /// linear: out = or += in W + b
  struct Map {
    int in = 0, out = 0;    ///< blocks
    Array weights;          ///< [channels in, channels out] or [types, in, out]
  };
  bool add = false;
  std::vector<Map> maps;
  struct Bias {
    int out = 0;     ///< block with l = 0
    Array values;    ///< [channels] or [types, channels]
  };
  std::vector<Bias> biases;

  /// gate
  struct Scalars {
    int in = 0, out = 0;
    ActivationShape activation;
  };
  struct Gated {
    int gate = 0, in = 0, out = 0;
    ActivationShape activation;
  };
  std::vector<Scalars> scalars;
  std::vector<Gated> gated;

  /// energy: E += scale[type] in + shift[type], of channel 0 of block 0
  std::vector<double> scale, shift;    ///< [types]

  /// product: out[block][component] = sum over entries of coefficient times monomial. Monomials:
  /// the components of in, then `pairs`, then `triples`, products of two monomials before them;
  /// coefficient[entry][channel] = sum over paths of coupling[path][entry] weights[path][channel]
  std::vector<std::pair<int, int>> pairs, triples;
  struct Output {
    int block = 0, component = 0;
    std::vector<int> monomials;
    Array coupling;    ///< [paths, monomials]
  };
  std::vector<Output> outputs;           ///< every component of out once
  std::vector<Array> product_weights;    ///< [block of out]: [types or 1, paths, channels]

  /// divide: in / (alpha + beta by)
  double alpha = 0.0, beta = 0.0;

  /// repulsion: strength / r sum_k c_k exp(-decay_k r / screening), to 0 at reach; [neighbor, center]
  struct Repulsion {
    std::int64_t types = 0;
    std::vector<double> strength, screening, reach, coefficients, decays;
    double p = 6.0;
  };
  Repulsion repulsion;

  /// norm: x / sqrt(epsilon + sum over blocks of |x|^2 weight), times factors by channel
  std::vector<double> norm_weights;    ///< [blocks]
  double epsilon = 0.0;
  std::vector<Array> norm_factors;    ///< [blocks][channels]

  Edgewise edgewise;
};

struct Description {
  int types = 0, lmax = 0;
  double cutoff = 0.0;
  /// [center, neighbor], or empty; the radial functions see r cutoff / pair_cutoff
  std::vector<double> pair_cutoffs;
  std::vector<ValueShape> values;
  std::vector<Radial> radials;
  std::vector<Step> steps;
};

/// Parse and check against one another: every index, shape and number. Throws std::runtime_error
/// with one line that names the entry.
Description parse_description(std::string_view json, std::string_view arrays);

}    // namespace natrolite::native

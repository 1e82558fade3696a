// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Descriptions with random weights, of the forms that the exporters write, and atoms for them. They are not
/// equivariant: couplings are random numbers where harmonics couple.
#pragma once

#include "native/description.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace natrolite::native {

using Blocks = std::vector<BlockShape>;

/// Adds values and steps.
class Toy {
public:
  Toy()
  {
    d.types = 2;
    d.lmax = 2;
    d.cutoff = 3.0;
  }

  Array array(const std::vector<std::int64_t> &shape, double size = 1.0)
  {
    Array a;
    a.shape = shape;
    std::int64_t n = 1;
    for (const auto k : shape) n *= k;
    for (std::int64_t k = 0; k < n; ++k) a.values.push_back(size * draw(random));
    return a;
  }
  int value(const Blocks &blocks)
  {
    d.values.push_back({std::string("v").append(std::to_string(d.values.size())), blocks});
    return static_cast<int>(d.values.size()) - 1;
  }
  const Blocks &blocks(int value) const { return d.values[value].blocks; }
  Step &step(Step::Kind kind, int in, int out)
  {
    Step &s = d.steps.emplace_back();
    s.kind = kind;
    s.in = in;
    s.out = out;
    return s;
  }

  /// all paths from in (-1 = a table of scalars) to blocks of l <= most_l
  int convolve(int in, int most_l)
  {
    const Blocks from = in < 0 ? Blocks{{5, 0}} : blocks(in);
    Blocks to;
    std::vector<Step::Path> paths;
    int weights = 0;
    for (int b = 0; b < static_cast<int>(from.size()); ++b)
      for (int l2 = 0; l2 <= d.lmax; ++l2)
        for (int l3 = std::abs(from[b].l - l2); l3 <= std::min(most_l, from[b].l + l2); ++l3) {
          to.push_back({from[b].channels, l3});
          paths.push_back({b, l2, static_cast<int>(to.size()) - 1, weights, coupling(from[b].l, l2, l3)});
          weights += from[b].channels;
        }
    const int out = value(to);
    Step &s = step(Step::Kind::convolve, in, out);
    s.radial = radial(weights);
    s.paths = paths;
    if (in >= 0) return out;
    s.table_blocks = from;
    s.table = array({d.types, 5});
    return out;
  }
  void linear(int in, int out, bool add = false, bool typed = false)
  {
    Step &s = step(Step::Kind::linear, in, out);
    s.add = add;
    for (int a = 0; a < static_cast<int>(blocks(in).size()); ++a)
      for (int b = 0; b < static_cast<int>(blocks(out).size()); ++b) {
        const auto &from = blocks(in)[a], &to = blocks(out)[b];
        if (from.l != to.l) continue;
        const double size = 1.0 / std::sqrt(from.channels);
        s.maps.push_back({a, b,
                          typed ? array({d.types, from.channels, to.channels}, size)
                                : array({from.channels, to.channels}, size)});
      }
    if (!typed) s.biases.push_back({0, array({blocks(out)[0].channels}, 0.5)});
  }
  int linear(int in, const Blocks &to)
  {
    const int out = value(to);
    linear(in, out);
    return out;
  }
  /// of (n, 0), (gates, 0), (gates, 1)
  int gate(int in)
  {
    const Blocks &from = blocks(in);
    const bool vectors = from.size() > 1;
    const int out = value(vectors ? Blocks{from[0], from[2]} : Blocks{from[0]});
    Step &s = step(Step::Kind::gate, in, out);
    s.scalars = {{0, 0, {Activation::silu, 1.6}}};
    if (vectors) s.gated = {{1, 2, 1, {Activation::tanh, 1.2}}};
    return out;
  }
  int norm(int in)
  {
    const int out = value(blocks(in));
    Step &s = step(Step::Kind::norm, in, out);
    s.epsilon = 0.3;
    for (const auto &b : blocks(in)) {
      s.norm_weights.push_back(0.2);
      s.norm_factors.push_back(array({b.channels}));
    }
    return out;
  }
  /// pairs and triples of components of each channel
  int product(int in, const Blocks &to)
  {
    const int out = value(to);
    Step &s = step(Step::Kind::product, in, out);
    int components = 0;
    for (const auto &b : blocks(in)) components += 2 * b.l + 1;
    for (int k = 0; k + 1 < components; ++k) s.pairs.emplace_back(k, k + 1);
    s.triples = {{components, 2}, {components + 1, 0}};
    for (int b = 0; b < static_cast<int>(to.size()); ++b) {
      s.product_weights.push_back(array({d.types, 2, to[b].channels}));
      for (int m = 0; m < 2 * to[b].l + 1; ++m) {
        std::vector<int> monomials;
        for (int k = m; k < 2 * components + 1; k += 2) monomials.push_back(k);
        const auto n = static_cast<std::int64_t>(monomials.size());
        s.outputs.push_back({b, m, monomials, array({2, n}, 0.5)});
      }
    }
    return out;
  }
  /// divided by a sum of scalars over the edges
  int divide(int in)
  {
    const int sum = value({{1, 0}}), out = value(blocks(in));
    Step &s = step(Step::Kind::convolve, -1, sum);
    s.radial = radial(1);
    s.paths = {{0, 0, 0, 0, {{1, 1, 1}, {1.0}}}};
    s.table_blocks = {{1, 0}};
    s.table = {{2, 1}, {1.0, 0.7}};
    Step &quotient = step(Step::Kind::divide, in, out);
    quotient.by = sum;
    quotient.alpha = 30.0;
    quotient.beta = 1.0;
    return out;
  }
  int sources(int in, const Blocks &to)
  {
    const int y = linear(in, to);
    step(Step::Kind::exchange, y, -1);
    return y;
  }
  void energy(int in)
  {
    const int e = linear(in, Blocks{{1, 0}});
    Step &s = step(Step::Kind::energy, e, -1);
    s.scale = {0.3, 0.2};
    s.shift = {0.5, -0.4};
  }
  void repulsion()
  {
    Step::Repulsion r;
    r.types = 2;
    r.strength = {3.0, 4.0, 4.0, 5.0};
    r.screening = {0.8, 0.9, 0.9, 1.0};
    r.reach = {2.0, 2.4, 2.4, 2.9};
    r.coefficients = {0.6, 0.4};
    r.decays = {1.5, 0.7};
    step(Step::Kind::repulsion, -1, -1).repulsion = r;
  }

  Description d;

private:
  int radial(int outputs)
  {
    Radial r;
    r.parameters = {1.05, 2.1, 3.14};
    r.envelope = Radial::Envelope::polynomial;
    r.cutoff = d.cutoff;
    r.layers = {{array({3, 6}), {}, {}, {}, {Activation::silu, 1.0}},
                {array({6, outputs}), {}, {}, {}, {Activation::identity, 1.0}}};
    d.radials.push_back(r);
    return static_cast<int>(d.radials.size()) - 1;
  }
  Array coupling(int l1, int l2, int l3)
  {
    Array a = array({2 * l1 + 1, 2 * l2 + 1, 2 * l3 + 1});
    auto at = a.values.begin();
    for (int i = -l1; i <= l1; ++i)
      for (int j = -l2; j <= l2; ++j)
        for (int k = -l3; k <= l3; ++k, ++at)
          if (!couples(l1, i, l2, j, l3, k)) *at = 0.0;
    return a;
  }

  std::mt19937 random{20261127};
  std::uniform_real_distribution<double> draw{-1.0, 1.0};
};

/// gates and connections by type, as in SevenNet and NequIP; with norms as in nequix. n: of channels of l = 1
inline Description gated(int layers, bool norms, int n = 3)
{
  Toy toy;
  const auto inner = [&](int t) {
    return t + 1 < layers ? Blocks{{n + 2, 0}, {n, 0}, {n, 1}} : Blocks{{4, 0}};
  };
  const auto activate = [&](int p) { return toy.gate(norms ? toy.norm(p) : p); };
  int x = activate(toy.linear(toy.convolve(-1, layers > 1 ? 1 : 0), inner(0)));
  for (int t = 1; t < layers; ++t) {
    const int p = toy.value(inner(t));
    toy.linear(x, p, false, true);
    const int m = toy.convolve(toy.sources(x, {{n + 2, 0}, {n, 1}}), t + 1 < layers ? 1 : 0);
    toy.linear(m, p, true);
    x = activate(p);
  }
  toy.energy(x);
  return toy.d;
}

/// products and energies of every layer, as in MACE; with densities
inline Description with_products(int layers, bool density)
{
  Toy toy;
  toy.repulsion();
  int h = -1;
  for (int t = 0; t < layers; ++t) {
    const Blocks out = t + 1 < layers ? Blocks{{4, 0}, {4, 1}} : Blocks{{4, 0}};
    const int m = toy.convolve(t ? toy.sources(h, {{4, 0}, {4, 1}}) : -1, 2);
    int a = toy.linear(m, Blocks{{4, 0}, {4, 1}, {4, 2}});
    if (density) a = toy.divide(a);
    const int b = toy.product(a, out), next = toy.linear(b, out);
    if (t) toy.linear(h, next, true, true);
    h = next;
    toy.energy(t + 1 < layers ? h : toy.gate(toy.linear(h, Blocks{{6, 0}})));
  }
  return toy.d;
}

}    // namespace natrolite::native

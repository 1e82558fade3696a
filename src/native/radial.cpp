// SPDX-License-Identifier: GPL-2.0-only
#include "radial.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

namespace natrolite::native {
namespace {

  /// A number with its first and second derivative.
  struct Jet {
    double v = 0.0, d = 0.0, dd = 0.0;
  };
  Jet operator+(Jet a, Jet b)
  {
    return {a.v + b.v, a.d + b.d, a.dd + b.dd};
  }
  Jet operator*(Jet a, Jet b)
  {
    return {a.v * b.v, a.d * b.v + a.v * b.d, a.dd * b.v + 2.0 * a.d * b.d + a.v * b.dd};
  }
  Jet operator*(double s, Jet a)
  {
    return {s * a.v, s * a.d, s * a.dd};
  }
  /// f(a) from f, f', f'' at a.v
  Jet chain(Jet a, double f, double f1, double f2)
  {
    return {f, f1 * a.d, f2 * a.d * a.d + f1 * a.dd};
  }

  Jet power(Jet a, double p)
  {
    return chain(a, std::pow(a.v, p), p * std::pow(a.v, p - 1.0), p * (p - 1.0) * std::pow(a.v, p - 2.0));
  }
  Jet inverse(Jet a)
  {
    return chain(a, 1.0 / a.v, -1.0 / (a.v * a.v), 2.0 / (a.v * a.v * a.v));
  }
  constexpr Jet ONE{1.0, 0.0, 0.0};

  /// through logarithms, as the factors are very large and very small
  Jet bernstein(const Radial &radial, std::size_t which, Jet x)
  {
    const auto n = static_cast<double>(radial.parameters.size() - 1), k = static_cast<double>(which);
    const double a = radial.prefactor;
    const double z = std::exp(-a * x.v), rest = -std::expm1(-a * x.v), ratio = a * z / rest;
    const double falling = n - k + radial.extra;
    const double value = std::exp(radial.parameters[which] - falling * a * x.v + k * std::log(rest));
    const double first = k * ratio - falling * a, second = -k * ratio * (ratio + a);    // of the logarithm
    return chain(x, value, value * first, value * (first * first + second));
  }

  Jet basis(const Radial &radial, std::size_t which, Jet x)
  {
    const double parameter = radial.parameters[which];
    if (radial.basis == Radial::Basis::gaussian) {
      const Jet d = x + Jet{-parameter, 0.0, 0.0}, u = radial.prefactor * (d * d);
      const double e = std::exp(u.v);
      return chain(u, e, e, e);
    }
    if (radial.basis == Radial::Basis::bernstein) return bernstein(radial, which, x);
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
            -power * (a * p * (p - 1.0) - x * (b * (p + 1.0) * p - x * c * (p + 2.0) * (p + 1.0))) /
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

  /// exp(-r^2 / (c^2 - r^2)); all its derivatives vanish at c
  Jet smooth(double cutoff, double r)
  {
    const double c2 = cutoff * cutoff, rest = c2 - r * r;
    if (rest <= 0.0) return {};
    const Jet r2{r * r, 2.0 * r, 2.0}, u = -1.0 * (r2 * inverse(Jet{c2, 0.0, 0.0} + -1.0 * r2));
    const double e = std::exp(u.v);
    return e == 0.0 ? Jet{} : chain(u, e, e, e);    // or an infinite slope times 0
  }

  Jet envelope(const Radial &radial, double r, bool below)
  {
    if (radial.envelope == Radial::Envelope::none) return {1.0, 0.0, 0.0};
    if (r > radial.cutoff || (r == radial.cutoff && !below)) return {};
    if (radial.envelope == Radial::Envelope::smooth) return smooth(radial.cutoff, r);
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

  Jet of(double v, Jet *)
  {
    return {v, 0.0, 0.0};
  }
  double of(double v, double *)
  {
    return v;
  }
  double activated(const ActivationShape &a, double x)
  {
    return activated(a, Jet{x, 0.0, 0.0}).v;
  }

  template <class X>
  std::vector<X> through_layers(const Radial &radial, TypePair pair, std::vector<X> x)
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

  template <class X>
  std::vector<X> weights(const Radial &radial, TypePair pair, double r, bool below)
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
    for (std::size_t k = 0; k < radial.parameters.size(); ++k) {
      const X value = simple(basis(radial, k, seen));
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

}    // namespace natrolite::native

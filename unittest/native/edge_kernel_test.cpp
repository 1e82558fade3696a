// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_fixture.h"

#include <array>

namespace natrolite::native {
namespace {

  /// Edges at random vectors of 0.5 to 5 Angstrom, their harmonics and splines.
  template <class T>
  struct Edges {
    int n, stride;
    Numbers<T> unit, distance, harmonics, basis, slope;
    std::vector<std::int32_t> node;
    EdgeArrays<T> arrays;

    Edges(const Kernels<T> &k, const std::vector<std::array<double, 3>> &vectors) :
        n(static_cast<int>(vectors.size())), stride((n / k.width + 2) * k.width), unit(3 * n), distance(n),
        harmonics(HARMONICS * stride), basis(k.spline_order * stride), slope(k.spline_order * stride),
        node(stride)
    {
      for (int e = 0; e < n; ++e) {
        const auto &v = vectors[e];
        const double r = std::hypot(v[0], v[1], v[2]);
        for (int d = 0; d < 3; ++d) unit[d * n + e] = static_cast<T>(v[d] / r);
        distance[e] = static_cast<T>(r);
      }
      arrays.stride = stride;
      arrays.x = unit.data();
      arrays.y = unit.data() + n;
      arrays.z = unit.data() + 2 * n;
      arrays.r = distance.data();
      arrays.harmonics = harmonics.data();
      arrays.basis = basis.data();
      arrays.slope = slope.data();
      arrays.node = node.data();
    }
  };

  /// two segments: 0 to 2 in 40 intervals, 2 to 5 in 30
  template <class T>
  Grid<T> two_segments()
  {
    Grid<T> grid;
    grid.segments = 2;
    grid.start[1] = 2;
    grid.inverse_step[0] = 20;
    grid.inverse_step[1] = 10;
    grid.intervals[0] = 40;
    grid.intervals[1] = 30;
    grid.first[1] = 45;
    return grid;
  }

  std::vector<std::array<double, 3>> random_vectors(int n, std::mt19937 &random)
  {
    std::normal_distribution<double> draw;
    std::uniform_real_distribution<double> length(0.5, 5.0);
    std::vector<std::array<double, 3>> all(n);
    for (auto &v : all) {
      for (double &c : v) c = draw(random);
      const double scale = length(random) / std::hypot(v[0], v[1], v[2]);
      for (double &c : v) c *= scale;
    }
    return all;
  }

  template <class T>
  class EdgeKernel : public KernelTest<T> {};
  TYPED_TEST_SUITE(EdgeKernel, Types);

  /// Legendre's addition theorem fixes every harmonic up to a rotation of components within one l:
  /// sum_m Y_m(a) Y_m(b) = (2 l + 1) P_l(a . b)
  TYPED_TEST(EdgeKernel, HarmonicsObeyTheAdditionTheorem)
  {
    for_each_set<TypeParam>([&](const Kernels<TypeParam> &k) {
      Edges<TypeParam> edges(k, random_vectors(19, this->random));
      k.prepare(edges.arrays, two_segments<TypeParam>(), edges.n, MAX_L, true);
      for (int a = 0; a < edges.n; ++a)
        for (int b = 0; b < edges.n; ++b) {
          double c = 0.0;
          for (int d = 0; d < 3; ++d) c += double(edges.unit[d * edges.n + a]) * edges.unit[d * edges.n + b];
          for (int l = 0; l <= MAX_L; ++l) {
            double sum = 0.0;
            for (int m = l * l; m < (l + 1) * (l + 1); ++m)
              sum += double(edges.harmonics[m * edges.stride + a]) * edges.harmonics[m * edges.stride + b];
            const double legendre[] = {1.0, c, 1.5 * c * c - 0.5, 2.5 * c * c * c - 1.5 * c};
            ASSERT_NEAR(sum, (2 * l + 1) * legendre[l], 10 * this->ROUNDING) << "l " << l;
          }
        }
    });
  }

  /// B-splines are a partition of unity, their slopes sum to 0, and they reproduce r itself.
  TYPED_TEST(EdgeKernel, SplinesReproduceStraightLines)
  {
    for_each_set<TypeParam>([&](const Kernels<TypeParam> &k) {
      const auto grid = two_segments<TypeParam>();
      Edges<TypeParam> edges(k, random_vectors(33, this->random));
      k.prepare(edges.arrays, grid, edges.n, 1, true);
      for (int e = 0; e < edges.n; ++e) {
        const int segment = edges.distance[e] >= 2 ? 1 : 0;
        double one = 0.0, none = 0.0, r = 0.0, dr = 0.0;
        for (int s = 0; s < k.spline_order; ++s) {
          const double b = edges.basis[s * edges.stride + e], slope = edges.slope[s * edges.stride + e];
          // coefficient s of interval i is that of the line at node i + s - (degree - 1) / 2
          const double line =
              grid.start[segment] + (edges.node[e] - grid.first[segment] + s - 0.5 * (k.spline_order - 2)) /
                                        grid.inverse_step[segment];
          one += b;
          none += slope;
          r += b * line;
          dr += slope * line;
        }
        ASSERT_NEAR(one, 1.0, this->ROUNDING);
        ASSERT_NEAR(none, 0.0, 20 * this->ROUNDING);
        ASSERT_NEAR(r, edges.distance[e], 10 * this->ROUNDING);
        ASSERT_NEAR(dr, 1.0, 100 * this->ROUNDING);
      }
    });
  }

  /// With factors of the distance, splines are those of the scaled distance, their slopes those by the
  /// distance.
  TYPED_TEST(EdgeKernel, SplinesOfScaledDistances)
  {
    for_each_set<TypeParam>([&](const Kernels<TypeParam> &k) {
      auto vectors = random_vectors(21, this->random), longer = vectors;
      Edges<TypeParam> edges(k, vectors);
      Numbers<TypeParam> scale(21, this->random, 0.3, 1.0);
      for (int e = 0; e < 21; ++e)
        for (double &c : longer[e]) c *= scale[e];
      Edges<TypeParam> scaled(k, longer);
      edges.arrays.scale = scale.data();
      k.prepare(edges.arrays, two_segments<TypeParam>(), 21, 1, true);
      k.prepare(scaled.arrays, two_segments<TypeParam>(), 21, 1, true);
      for (int e = 0; e < 21; ++e) {
        ASSERT_EQ(edges.node[e], scaled.node[e]);
        for (int s = 0; s < k.spline_order; ++s) {
          const auto at = s * edges.stride + e;
          ASSERT_NEAR(edges.basis[at], scaled.basis[at], 10 * this->ROUNDING);
          ASSERT_NEAR(edges.slope[at], scale[e] * scaled.slope[at], 100 * this->ROUNDING);
        }
      }
    });
  }

  /// sum over harmonics and a spline of r, by random coefficients: its gradient by finite differences
  TYPED_TEST(EdgeKernel, GradientIsThatOfFiniteDifferences)
  {
    const auto vectors = random_vectors(21, this->random);
    for_each_set<TypeParam>([&](const Kernels<TypeParam> &k) {
      const Numbers<double> a(HARMONICS, this->random);
      const auto value = [&](const std::array<double, 3> &v) {    // in double whatever is tested
        const auto table = kernels_of<double>(InstructionSet::plain);
        Edges<double> one(table, {v});
        table.prepare(one.arrays, two_segments<double>(), 1, MAX_L, false);
        double sum = 3.0 * one.distance[0];
        for (int m = 0; m < HARMONICS; ++m) sum += a[m] * one.harmonics[m * one.stride];
        return sum;
      };
      for (int n : {0, 1, k.width - 1, k.width, k.width + 1, 21}) {
        Edges<TypeParam> edges(k, {vectors.begin(), vectors.begin() + n});
        Numbers<TypeParam> partial(n * (1 + HARMONICS) * k.width), scratch((1 + HARMONICS) * k.width);
        for (int e = 0; e < n; ++e) {    // spread over the lanes
          partial[e * (1 + HARMONICS) * k.width + e % k.width] = 3;
          for (int m = 0; m < HARMONICS; ++m)
            partial[(e * (1 + HARMONICS) + 1 + m) * k.width + (e + m) % k.width] =
                static_cast<TypeParam>(a[m]);
        }
        std::vector<double> gradient(3 * n + 1, 0.25);
        k.finish(edges.arrays, n, MAX_L, partial.data(), scratch.data(), gradient.data());
        ASSERT_EQ(gradient[3 * n], 0.25);
        for (int e = 0; e < n; ++e)
          for (int d = 0; d < 3; ++d) {
            auto up = vectors[e], down = vectors[e];
            up[d] += 1e-5;
            down[d] -= 1e-5;
            const double slope = (value(up) - value(down)) / 2e-5;
            ASSERT_NEAR(gradient[3 * e + d] - 0.25, slope, 1e-8 + 30 * this->ROUNDING) << "edges " << n;
          }
      }
    });
  }

}    // namespace
}    // namespace natrolite::native

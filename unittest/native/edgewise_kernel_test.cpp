// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_fixture.h"

namespace natrolite::native {
namespace {

  template <class T>
  class EdgewiseKernel : public KernelTest<T> {};
  TYPED_TEST_SUITE(EdgewiseKernel, Types);

  /// Random rows of n edges with all that the loops read and write; what they must leave alone is random too.
  template <class T>
  struct Case {
    int n, columns, edge_stride;
    std::int64_t stride, dstride;
    Numbers<T> rows, drows, basis, slope, harmonics, table, sums, dsums, partial;
    std::vector<std::int32_t> node;
    const Kernels<T> &k;

    static std::size_t size(std::int64_t n) { return n > 0 ? static_cast<std::size_t>(n) : 0; }
    /// blocks: of columns in a row, beside one of output
    Case(const Kernels<T> &kernels, int edges, int vectors, int blocks, std::mt19937 &random) :
        n(edges), columns(vectors * kernels.width), edge_stride((edges / kernels.width + 2) * kernels.width),
        stride((blocks + 1) * columns), dstride((blocks + 2) * columns), rows(size(n * stride), random),
        drows(size(n * dstride), random), basis(size(kernels.spline_order * edge_stride), random),
        slope(size(kernels.spline_order * edge_stride), random),
        harmonics(size(HARMONICS * edge_stride), random),
        table(size((9 + kernels.spline_order) * columns), random), sums(size(HARMONICS * columns), random),
        dsums(size(HARMONICS * columns), random), partial(size(n * (1 + HARMONICS) * kernels.width), random),
        k(kernels)
    {
      for (int e = 0; e < n; ++e) node.push_back((7 * e + 3) % 10);
    }

    EdgeRows<T> arguments(int first, int count) const
    {
      EdgeRows<T> a;
      a.edges = n;
      a.columns = a.sum_stride = columns;
      a.stride = stride;
      a.dstride = dstride;
      a.rows = rows.data();
      a.drows = drows.data();
      a.edge_stride = edge_stride;
      a.basis = basis.data();
      a.slope = slope.data();
      a.harmonics = harmonics.data();
      a.node = node.data();
      a.table = table.data();
      a.first_harmonic = first;
      a.harmonics_here = count;
      a.sums = sums.data();
      a.dsums = dsums.data();
      a.partial = partial.data();
      return a;
    }
    double Y(int i, int e) const { return harmonics[i * edge_stride + e]; }
    /// slot q of an edge's partial sums, summed over lanes
    double slot(int e, int q) const
    {
      double sum = 0.0;
      for (int w = 0; w < k.width; ++w) sum += partial[(e * (1 + HARMONICS) + q) * k.width + w];
      return sum;
    }
    std::vector<double> slots() const
    {
      std::vector<double> all;
      for (int e = 0; e < n; ++e)
        for (int q = 0; q <= HARMONICS; ++q) all.push_back(slot(e, q));
      return all;
    }
    std::vector<double> copy(const Numbers<T> &from, std::size_t count) const
    {
      return {from.data(), from.data() + count};
    }
  };

  template <class T, class F>
  void for_each_case(std::mt19937 &random, int blocks, F &&f)
  {
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int vectors : {1, 2, 3, 5})
        for (int n : {0, 1, 2, 7, 33}) {
          SCOPED_TRACE(std::to_string(n) + " edges, " + std::to_string(vectors) + " vectors");
          f(Case<T>(k, n, vectors, blocks, random));
        }
    });
  }

  template <class T>
  void expect_same(const Numbers<T> &found, const std::vector<double> &plain, double rounding)
  {
    for (std::size_t k = 0; k < plain.size(); ++k)
      ASSERT_NEAR(found[k], plain[k], rounding) << "element " << k;
  }

  TYPED_TEST(EdgewiseKernel, RowsOfTheTableAndTheirSlopes)
  {
    using T = TypeParam;
    for_each_case<T>(this->random, 1, [&](const Case<T> &c) {
      auto rows = c.copy(c.rows, c.n * c.stride);
      auto slots = c.slots();
      for (int e = 0; e < c.n; ++e)
        for (int j = 0; j < c.columns; ++j) {
          double value = 0.0, slope = 0.0;
          for (int s = 0; s < c.k.spline_order; ++s) {
            const double t = c.table[(c.node[e] + s) * c.columns + j];
            value += c.basis[s * c.edge_stride + e] * t;
            slope += c.slope[s * c.edge_stride + e] * t;
          }
          rows[e * c.stride + j] = value;
          slots[e * (1 + HARMONICS)] += slope * c.drows[e * c.dstride + j];
        }
      c.k.table_rows(c.arguments(0, 1));
      c.k.table_rows_backward(c.arguments(0, 1));
      expect_same(c.rows, rows, this->ROUNDING);
      for (int e = 0; e < c.n; ++e)
        for (int q = 0; q <= HARMONICS; ++q)
          ASSERT_NEAR(c.slot(e, q), slots[e * (1 + HARMONICS) + q], 10 * this->ROUNDING);
    });
  }

  TYPED_TEST(EdgewiseKernel, SumsWithHarmonicsAndTheirGradients)
  {
    using T = TypeParam;
    for (const auto &[first, count] : {std::pair(0, 1), {1, 3}, {4, 5}, {9, 7}, {0, 4}, {0, 9}, {0, 16}})
      for (bool add : {false, true})
        for_each_case<T>(this->random, 1, [&, first = first, count = count](const Case<T> &c) {
          auto a = c.arguments(first, count);
          a.add = add;
          auto sums = c.copy(c.sums, HARMONICS * c.columns), drows = c.copy(c.drows, c.n * c.dstride);
          auto slots = c.slots();
          for (int j = 0; j < c.columns; ++j) {
            for (int e = 0; e < c.n; ++e) {
              double d = add ? drows[e * c.dstride + j] : 0.0;
              for (int i = 0; i < count; ++i) {
                d += c.Y(first + i, e) * c.sums[i * c.columns + j];
                slots[e * (1 + HARMONICS) + 1 + first + i] +=
                    double(c.rows[e * c.stride + j]) * c.sums[i * c.columns + j];
              }
              drows[e * c.dstride + j] = d;
            }
            for (int i = 0; i < count; ++i) {
              sums[i * c.columns + j] = 0.0;
              for (int e = 0; e < c.n; ++e)
                sums[i * c.columns + j] += c.Y(first + i, e) * c.rows[e * c.stride + j];
            }
          }
          c.k.sum_harmonics_backward(a);
          c.k.sum_harmonics(a);
          expect_same(c.sums, sums, this->ROUNDING);
          expect_same(c.drows, drows, this->ROUNDING);
          for (int e = 0; e < c.n; ++e)
            for (int q = 0; q <= HARMONICS; ++q)
              ASSERT_NEAR(c.slot(e, q), slots[e * (1 + HARMONICS) + q], 10 * this->ROUNDING);
        });
  }

  TYPED_TEST(EdgewiseKernel, InvariantsAndTheirGradients)
  {
    using T = TypeParam;
    for (int lmax = 0; lmax <= MAX_L; ++lmax)
      for (bool add : {false, true})
        for_each_case<T>(this->random, lmax + 1, [&](const Case<T> &c) {
          const int count = (lmax + 1) * (lmax + 1), out = (lmax + 1) * c.columns;
          auto a = c.arguments(0, count);
          a.add = add;
          auto rows = c.copy(c.rows, c.n * c.stride), drows = c.copy(c.drows, c.n * c.dstride);
          auto dsums = c.copy(c.dsums, HARMONICS * c.columns), slots = c.slots();
          for (int j = 0; j < c.columns; ++j) {
            for (int i = 0; i < count; ++i) dsums[i * c.columns + j] = 0.0;
            for (int e = 0; e < c.n; ++e) {
              const double d = drows[e * c.dstride + out + j];
              double sum = 0.0;
              for (int l = 0; l <= lmax; ++l) {
                const double w = rows[e * c.stride + l * c.columns + j];
                double t = 0.0;
                for (int i = l * l; i < (l + 1) * (l + 1); ++i) {
                  const double Q = c.sums[i * c.columns + j];
                  t += c.Y(i, e) * Q;
                  dsums[i * c.columns + j] += c.Y(i, e) * w * d;
                  if (l > 0) slots[e * (1 + HARMONICS) + 1 + i] += w * d * Q;    // Y of l = 0 has no gradient
                }
                sum += w * t;
                double &dw = drows[e * c.dstride + l * c.columns + j];
                dw = (add ? dw : 0.0) + d * t;
              }
              rows[e * c.stride + out + j] = sum;
            }
          }
          a.out = c.rows.data() + out;
          c.k.invariants(a);
          a.out = c.drows.data() + out;
          c.k.invariants_backward(a);
          expect_same(c.rows, rows, this->ROUNDING);
          expect_same(c.drows, drows, this->ROUNDING);
          expect_same(c.dsums, dsums, this->ROUNDING);
          for (int e = 0; e < c.n; ++e)
            for (int q = 0; q <= HARMONICS; ++q)
              ASSERT_NEAR(c.slot(e, q), slots[e * (1 + HARMONICS) + q], 10 * this->ROUNDING);
        });
  }

  TYPED_TEST(EdgewiseKernel, ActivationsAndTheirSlopes)
  {
    using T = TypeParam;
    for_each_case<T>(this->random, 1, [&](const Case<T> &c) {
      auto rows = c.copy(c.rows, c.n * c.stride), drows = c.copy(c.drows, c.n * c.dstride);
      for (int e = 0; e < c.n; ++e)
        for (int j = 0; j < c.columns; ++j) {
          const double x = rows[e * c.stride + j], s = 1.0 / (1.0 + std::exp(-x));
          rows[e * c.stride + c.columns + j] = 1.7 * x * s;
          rows[e * c.stride + j] = 1.7 * s * (1.0 + x * (1.0 - s));
          drows[e * c.dstride + j] *= rows[e * c.stride + j];
        }
      auto a = c.arguments(0, 1);
      a.out = c.rows.data() + c.columns;
      c.k.activate_rows(Activation::silu, T(1.7), a);
      c.k.activate_rows_backward(a);
      expect_same(c.rows, rows, this->ROUNDING);
      expect_same(c.drows, drows, this->ROUNDING);
    });
  }

}    // namespace
}    // namespace natrolite::native

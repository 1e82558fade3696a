// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_fixture.h"

namespace natrolite::native {
namespace {

  template <class T>
  class ChargedKernel : public KernelTest<T> {};
  TYPED_TEST_SUITE(ChargedKernel, Types);

  constexpr int ROWS[] = {0, 1, 2, 7};

  TYPED_TEST(ChargedKernel, SwishAndItsSlope)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int rows : ROWS) {
        const int width = 3 * k.width, n = rows * width;
        Numbers<T> x(n, this->random, -6.0, 6.0), a(width, this->random), b(width, this->random), y(n),
            dy(n, this->random), base(n, this->random), dx(n);
        k.charged.swish(rows, width, x.data(), a.data(), b.data(), y.data());
        k.charged.swish_backward(rows, width, x.data(), a.data(), b.data(), dy.data(), base.data(),
                                 dx.data());
        const auto f = [&](int i, double at) {
          return a[i % width] * at / (1.0 + std::exp(-b[i % width] * at));
        };
        for (int i = 0; i < n; ++i) {
          ASSERT_NEAR(y[i], f(i, x[i]), this->ROUNDING);
          const double slope = (f(i, x[i] + 1e-5) - f(i, x[i] - 1e-5)) / 2e-5;
          ASSERT_NEAR(dx[i], base[i] + slope * dy[i], this->ROUNDING + 1e-9);
        }
        k.charged.swish_backward(rows, width, x.data(), a.data(), b.data(), dy.data(), nullptr, dy.data());
        for (int i = 0; i < n; ++i) ASSERT_NEAR(dy[i], dx[i] - base[i], this->ROUNDING);
      }
    });
  }

  TYPED_TEST(ChargedKernel, SumsOfRows)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int rows : ROWS) {
        const int width = 2 * k.width, stride = width + k.width, n = rows * width;
        Numbers<T> x(rows * stride, this->random), bias(width, this->random), y(rows * stride),
            c(rows, this->random);
        k.charged.add_bias(rows, width, stride, x.data(), bias.data(), y.data());
        for (int r = 0; r < rows; ++r)
          for (int i = 0; i < width; ++i)
            ASSERT_NEAR(y[r * stride + i], x[r * stride + i] + bias[i], this->ROUNDING);
        Numbers<T> a(n, this->random), b(n, this->random), sum(n), half(rows);
        k.charged.add(n, a.data(), b.data(), sum.data());
        for (int i = 0; i < n; ++i) ASSERT_NEAR(sum[i], double(a[i]) + b[i], this->ROUNDING);
        k.charged.half_square(rows, width, T(0.25), a.data(), half.data());
        k.charged.add_scaled(rows, width, T(-2), c.data(), a.data(), b.data());
        for (int r = 0; r < rows; ++r) {
          double square = 0.0;
          for (int i = 0; i < width; ++i) {
            square += 0.25 * a[r * width + i] * a[r * width + i];
            ASSERT_NEAR(b[r * width + i],
                        sum[r * width + i] - a[r * width + i] - 2.0 * c[r] * a[r * width + i],
                        this->ROUNDING);
          }
          ASSERT_NEAR(half[r], square, this->ROUNDING);
        }
      }
    });
  }

  TYPED_TEST(ChargedKernel, Contraction)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int rows : ROWS) {
        const int width = 2 * k.width, parts = 5, n = rows * width;
        Numbers<T> pair(n * 2 * parts, this->random), sum(n), d(n, this->random), dpair(n * 2 * parts);
        k.charged.contract(rows, parts, width, pair.data(), sum.data());
        k.charged.contract_backward(rows, parts, width, pair.data(), d.data(), dpair.data());
        const auto at = [&](int r, int c, int half, int i) {
          return ((r * parts + c) * 2 + half) * width + i;
        };
        for (int r = 0; r < rows; ++r)
          for (int i = 0; i < width; ++i) {
            double plain = 0.0;
            for (int c = 0; c < parts; ++c) {
              plain += double(pair[at(r, c, 0, i)]) * pair[at(r, c, 1, i)];
              ASSERT_NEAR(dpair[at(r, c, 0, i)], d[r * width + i] * double(pair[at(r, c, 1, i)]),
                          this->ROUNDING);
              ASSERT_NEAR(dpair[at(r, c, 1, i)], d[r * width + i] * double(pair[at(r, c, 0, i)]),
                          this->ROUNDING);
            }
            ASSERT_NEAR(sum[r * width + i], plain, this->ROUNDING);
          }
      }
    });
  }

  TYPED_TEST(ChargedKernel, RandomFeatures)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int rows : ROWS) {
        const int channels = k.width + 1, width = 2 * k.width, n = rows * width;
        Numbers<T> p(n, this->random, -2.0, 2.0), half(rows, this->random), high(rows), phi(n),
            d(n, this->random), total(rows);
        std::vector<std::int32_t> where(rows + 1);
        k.charged.row_max(rows, channels, width, p.data(), high.data(), where.data());
        k.charged.features({rows, channels, width, p.data(), half.data(), high.data()}, phi.data());
        const std::vector<T> before(p.data(), p.data() + n);
        k.charged.features_backward({rows, channels, width, p.data(), half.data(), high.data()}, d.data(),
                                    total.data());
        for (int r = 0; r < rows; ++r) {
          const T *row = before.data() + r * width;
          ASSERT_EQ(where[r], std::max_element(row, row + channels) - row);
          ASSERT_EQ(high[r], row[where[r]]);
          double all = 0.0;
          for (int i = 0; i < width; ++i) {
            const double e = std::exp(row[i] - half[r] - high[r]) / std::sqrt(double(channels));
            ASSERT_NEAR(phi[r * width + i], i < channels ? e + 1e-4 / std::sqrt(double(channels)) : 0.0,
                        this->ROUNDING);
            ASSERT_NEAR(p[r * width + i], e * d[r * width + i], this->ROUNDING);
            all += e * d[r * width + i];
          }
          ASSERT_NEAR(total[r], all, this->ROUNDING);
        }
      }
    });
  }

  TYPED_TEST(ChargedKernel, AttentionSums)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int rows : ROWS)
        for (int vectors : {1, 2, 3}) {
          const int width = vectors * k.width, extended_width = width + k.width;
          Numbers<T> a(rows * width, this->random), b(rows * extended_width, this->random, 0.5, 1.0),
              y(rows * width), d(rows * width, this->random), db(rows * extended_width);
          std::vector<double> sum(width * extended_width, 0.5);
          k.charged.outer(rows, width, extended_width, a.data(), b.data(), sum.data());
          for (int i = 0; i < width; ++i)
            for (int j = 0; j < extended_width; ++j) {
              double plain = 0.5;
              for (int r = 0; r < rows; ++r) plain += double(a[r * width + i]) * b[r * extended_width + j];
              ASSERT_NEAR(sum[i * extended_width + j], plain, this->ROUNDING);
            }
          k.charged.divide(rows, width, b.data(), y.data());
          k.charged.divide_backward(rows, width, b.data(), d.data(), db.data());
          for (int r = 0; r < rows; ++r) {
            const double below = b[r * extended_width + width] + 1e-8;
            double along = 0.0;
            for (int i = 0; i < width; ++i) {
              ASSERT_NEAR(y[r * width + i], b[r * extended_width + i] / below, this->ROUNDING);
              ASSERT_NEAR(db[r * extended_width + i], d[r * width + i] / below, this->ROUNDING);
              along += d[r * width + i] * b[r * extended_width + i];
            }
            ASSERT_NEAR(db[r * extended_width + width], -along / below / below, 10 * this->ROUNDING);
            for (int i = width + 1; i < extended_width; ++i) ASSERT_EQ(db[r * extended_width + i], T(0));
          }
        }
    });
  }

  PairConstants<double> constants()
  {
    PairConstants<double> c;
    c.terms = 2;
    c.strength = 3.0;
    c.height[0] = 0.7;
    c.height[1] = 0.3;
    c.decay[0] = 1.1;
    c.decay[1] = 2.3;
    c.r_max = 4.0;
    c.coulomb = 7.2;
    c.start = 1.0;
    c.stop = 3.0;
    c.soft = {-0.1, 0.01};
    c.bare = {-0.2, 0.02};
    c.disperses = true;
    c.inv_length = 1.9;
    c.sixth = -2.0;
    c.eighth = -5.0;
    c.floor6 = 30.0;
    c.floor8 = 200.0;
    c.shift6 = {-1e-3, 1e-5};
    c.shift8 = {-2e-3, 3e-5};
    return c;
  }

  /// of one edge, by libm
  double plain_pair(const PairConstants<double> &c, double r, double q, double qj, double c6, double *parts)
  {
    const double screening =
        c.height[0] * std::exp(-c.decay[0] * r) + c.height[1] * std::exp(-c.decay[1] * r);
    parts[0] =
        r < c.r_max ? c.strength / r * screening * std::exp(-r * r / (c.r_max * c.r_max - r * r)) : 0.0;
    const double t = (r - c.start) / (c.stop - c.start);
    const double f = t <= 0.0 ? 1.0 : t >= 1.0 ? 0.0 : 1.0 / (1.0 + std::exp(1.0 / (1.0 - t) - 1.0 / t));
    const double soft = 1.0 / std::sqrt(r * r + 1.0) + c.soft.constant + c.soft.slope * r;
    const double bare = 1.0 / r + c.bare.constant + c.bare.slope * r;
    parts[1] = c.coulomb * qj * (f * soft + (1.0 - f) * bare);
    const double x = c.inv_length * r;
    parts[2] = c.sixth * (1.0 / (std::pow(x, 6) + c.floor6) + c.shift6.constant + c.shift6.slope * x) +
               c.eighth * (1.0 / (std::pow(x, 8) + c.floor8) + c.shift8.constant + c.shift8.slope * x);
    return parts[0] + q * parts[1] + c6 * parts[2];
  }

  TEST(PairKernel, EnergiesAndSlopes)
  {
    std::mt19937 random(20261126);
    for_each_set<double>([&](const Kernels<double> &k) {
      for (int edges : {0, 1, 2, 7, 8, 21}) {
        const auto c = constants();
        Numbers<double> r(edges + k.width, random, 0.6, 3.9), atom_data(40 * ATOM_DATA, random),
            c6_row(ATOM_DATA, random), slope(edges + k.width), damped_sum(ATOM_DATA);
        for (int e = edges / 2; e < edges; ++e) r[e] += 3.4;    // beyond r_max
        for (int e = edges; e < edges + k.width; ++e) r[e] = 2.0 * c.r_max;
        std::vector<std::int64_t> neighbor;
        for (int e = 0; e < edges; ++e) neighbor.push_back((7 * e) % 40);
        PairArguments<double> a;
        a.edges = edges;
        a.near = edges / 2;
        a.r = r.data();
        a.neighbor = neighbor.data();
        a.atom_data = atom_data.data();
        a.c6_row = c6_row.data();
        a.charge = 0.4;
        a.constants = &c;
        a.slope = slope.data();
        a.damped_sum = damped_sum.data();
        k.charged.pairs(a);
        double sums[2] = {}, moments[ATOM_DATA] = {};
        for (int e = 0; e < edges; ++e) {
          const double *row = atom_data.data() + neighbor[e] * ATOM_DATA;
          double c6 = 0.0, parts[3], other[3];
          for (int b = 0; b < ATOM_DATA; ++b) c6 += c6_row[b] * row[b];
          plain_pair(c, r[e], a.charge, row[CHARGE_COLUMN], c6, parts);
          sums[0] += parts[0];
          sums[1] += parts[1];
          for (int b = 0; b < ATOM_DATA; ++b) moments[b] += parts[2] * row[b];
          const double by_difference = (plain_pair(c, r[e] + 1e-5, a.charge, row[CHARGE_COLUMN], c6, other) -
                                        plain_pair(c, r[e] - 1e-5, a.charge, row[CHARGE_COLUMN], c6, other)) /
                                       2e-5;
          ASSERT_NEAR(slope[e], by_difference, 1e-7 + 1e-8 * std::fabs(by_difference)) << "r = " << r[e];
        }
        ASSERT_NEAR(a.repulsion, sums[0], 1e-11);
        ASSERT_NEAR(a.potential, sums[1], 1e-11);
        for (int b = 0; b < ATOM_DATA; ++b) ASSERT_NEAR(damped_sum[b], moments[b], 1e-11);
      }
    });
  }

}    // namespace
}    // namespace natrolite::native

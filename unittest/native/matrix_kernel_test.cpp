// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_fixture.h"

namespace natrolite::native {
namespace {

  template <class T>
  class MatrixKernel : public KernelTest<T> {};
  TYPED_TEST_SUITE(MatrixKernel, Types);

  /// offset of weight (depth k, column c) as Kernels::multiply reads it
  int packed(int k, int c, int depth, int columns, int width)
  {
    int start = 0;
    for (;;) {
      const int left = (columns - start) / width, group = (left >= 4 ? 4 : left >= 2 ? 2 : 1) * width;
      if (c < start + group) return start * depth + k * group + (c - start);
      start += group;
    }
  }

  TYPED_TEST(MatrixKernel, MultiplyEqualsThePlainSum)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      const int depth[] = {3, 5};
      for (int vectors = 1; vectors <= 7; ++vectors)
        for (int rows : {0, 1, 5, 6, 7, 13})
          for (int form = 0; form < 4; ++form) {    // adding or not, rows picked or all
            const int columns = vectors * k.width, x_stride = 11;
            const std::int64_t y_stride = columns + k.width;
            Numbers<T> x(20 * x_stride, this->random), w(8 * columns, this->random);
            Numbers<T> y(20 * y_stride, this->random);
            std::vector<double> plain(y.data(), y.data() + 20 * y_stride);
            std::vector<std::int32_t> which;
            for (int r = 0; r < rows; ++r) which.push_back((form & 2) ? 19 - r : r);
            const MatrixSegment segment[] = {{0, depth[0], 0}, {4, depth[1], depth[0] * columns}};
            for (int r : which)
              for (int c = 0; c < columns; ++c) {
                double sum = (form & 1) ? double(y[r * y_stride + c]) : 0.0;
                for (const auto &s : segment)
                  for (int d = 0; d < s.depth; ++d)
                    sum += double(x[r * x_stride + s.offset + d]) *
                           w[s.weights + packed(d, c, s.depth, columns, k.width)];
                plain[r * y_stride + c] = sum;
              }
            MatrixArguments<T> a;
            a.rows = rows;
            a.which = (form & 2) ? which.data() : nullptr;
            a.x = x.data();
            a.x_stride = x_stride;
            a.y = y.data();
            a.y_stride = y_stride;
            a.columns = columns;
            a.segments = 2;
            a.segment = segment;
            a.weights = w.data();
            a.add = form & 1;
            k.multiply(a);
            for (std::size_t n = 0; n < plain.size(); ++n)
              ASSERT_NEAR(y[n], plain[n], this->ROUNDING)
                  << rows << " rows, " << vectors << " vectors, form " << form;
          }
    });
  }

  double by_libm(Activation kind, double x)
  {
    switch (kind) {
    case Activation::identity:
      return x;
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::abs:
      return std::fabs(x);
    case Activation::softplus:
      return std::log1p(std::exp(-std::fabs(x))) + std::max(x, 0.0) - std::log(2.0);
    case Activation::tanh_square:
      return std::tanh(x * x);
    }
    return NAN;
  }

  TYPED_TEST(MatrixKernel, ActivationsAreThoseOfLibm)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int kind = 0; kind <= static_cast<int>(Activation::tanh_square); ++kind) {
        const auto activation = static_cast<Activation>(kind);
        const int n = 5 * k.width;
        Numbers<T> x(n, this->random, -6.0, 6.0), y(n), dy(n, this->random), dx(n);
        x[0] = 0;
        x[1] = 40;    // saturated
        x[2] = -40;
        k.activate(activation, T(1.5), n, x.data(), y.data());
        k.activate_backward(activation, T(1.5), n, x.data(), dy.data(), dx.data());
        for (int i = 0; i < n; ++i) {
          const double at = x[i], h = 1e-6, size = 1 + std::fabs(at);
          ASSERT_NEAR(y[i], 1.5 * by_libm(activation, at), this->ROUNDING * size) << kind << " at " << at;
          const double slope = (by_libm(activation, at + h) - by_libm(activation, at - h)) / (2 * h);
          ASSERT_NEAR(dx[i], 1.5 * slope * dy[i], 1e-8 + this->ROUNDING * size) << kind << " at " << at;
        }
        k.activate_backward(activation, T(1.5), n, x.data(), dy.data(), x.data());    // dx may be x
        for (int i = 0; i < n; ++i) ASSERT_EQ(x[i], dx[i]);
      }
    });
  }

  TYPED_TEST(MatrixKernel, GateAndItsGradient)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      for (int components : {1, 3, 7}) {
        const int n = 3 * k.width;
        Numbers<T> gate(n, this->random), x(components * n, this->random), y(components * n),
            dy(components * n, this->random);
        Numbers<T> dgate(n), dx(components * n);
        k.gate(n, components, gate.data(), x.data(), y.data());
        k.gate_backward(n, components, gate.data(), x.data(), dy.data(), dgate.data(), dx.data());
        for (int c = 0; c < n; ++c) {
          double sum = 0.0;
          for (int m = 0; m < components; ++m) {
            ASSERT_EQ(y[m * n + c], gate[c] * x[m * n + c]);
            ASSERT_EQ(dx[m * n + c], gate[c] * dy[m * n + c]);
            sum += double(x[m * n + c]) * dy[m * n + c];
          }
          ASSERT_NEAR(dgate[c], sum, this->ROUNDING);
        }
      }
    });
  }

  /// x0, x1, x2; x0 x1, x2 x2; (x0 x1) x2 into two outputs of coefficients by channel
  TYPED_TEST(MatrixKernel, PolynomialsAndTheirGradient)
  {
    using T = TypeParam;
    for_each_set<T>([&](const Kernels<T> &k) {
      const int W = k.width;
      const int component[] = {0, W, 2 * W}, output[] = {W, 0}, left[] = {0, 2, 3}, right[] = {1, 2, 2};
      const int first[] = {0, 3, 6}, monomial[] = {0, 3, 5, 1, 4, 5};
      Numbers<T> coefficients(6 * W, this->random), x(3 * W, this->random), dx(3 * W), out(2 * W),
          scratch(12 * W);
      ProductArguments<T> a;
      a.components = 3;
      a.pairs = 2;
      a.triples = 1;
      a.outputs = 2;
      a.component = component;
      a.output = output;
      a.left = left;
      a.right = right;
      a.first = first;
      a.monomial = monomial;
      a.coefficients = coefficients.data();
      a.x = x.data();
      a.dx = dx.data();
      a.out = out.data();
      a.scratch = scratch.data();
      const auto value = [&](int o, int c, double x0, double x1, double x2) {
        const double m[] = {x0, x1, x2, x0 * x1, x2 * x2, x0 * x1 * x2};
        double sum = 0.0;
        for (int e = first[o]; e < first[o + 1]; ++e) sum += double(coefficients[e * W + c]) * m[monomial[e]];
        return sum;
      };
      k.product_forward(a);
      for (int c = 0; c < W; ++c)
        for (int o = 0; o < 2; ++o)
          ASSERT_NEAR(out[output[o] + c], value(o, c, x[c], x[W + c], x[2 * W + c]), this->ROUNDING);
      for (int c = 0; c < 2 * W; ++c) out[c] = static_cast<T>(0.5 + 0.1 * c);    // the gradient by out
      k.product_backward(a);
      for (int c = 0; c < W; ++c)
        for (int d = 0; d < 3; ++d) {
          double up[] = {x[c], x[W + c], x[2 * W + c]}, down[] = {up[0], up[1], up[2]};
          up[d] += 1e-5;
          down[d] -= 1e-5;
          double slope = 0.0;
          for (int o = 0; o < 2; ++o)
            slope += (value(o, c, up[0], up[1], up[2]) - value(o, c, down[0], down[1], down[2])) / 2e-5 *
                     out[output[o] + c];
          ASSERT_NEAR(dx[d * W + c], slope, 1e-8 + 10 * this->ROUNDING);
        }
    });
  }

}    // namespace
}    // namespace natrolite::native

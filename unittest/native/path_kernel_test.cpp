// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_fixture.h"

namespace natrolite::native {
namespace {

  /// One path l1 x l2 -> l3 over some edges of a center, with random operands.
  template <class T>
  struct Path {
    int l1, l2, l3, edges, groups, channels, spline, n1, n2, n3;
    int stride, nodes = 5, atoms = 4;
    std::vector<std::int32_t> node;
    std::vector<std::int64_t> row, gradient_row;    // gradients of the same rows, the other way around
    Numbers<T> basis, slope, harmonics, table, coupling, x, out;

    Path(const Kernels<T> &k, int l1_, int l2_, int l3_, int vectors, int ngroups, int nedges,
         std::mt19937 &random) :
        l1(l1_), l2(l2_), l3(l3_), edges(nedges), groups(ngroups), channels(vectors * groups * k.width),
        spline(k.spline_order), n1(2 * l1 + 1), n2(2 * l2 + 1), n3(2 * l3 + 1),
        stride((nedges / k.width + 1) * k.width), basis(spline * stride, random),
        slope(spline * stride, random), harmonics(n2 * stride, random),
        table((nodes + spline) * channels, random), coupling(n1 * n2 * n3, random),
        x(atoms * n1 * channels, random), out(n3 * channels, random)
    {
      for (int e = 0; e < edges; ++e) {
        node.push_back(e * 7 % nodes);
        row.push_back(e * 3 % atoms * static_cast<std::int64_t>(n1 * channels));
        gradient_row.push_back((atoms - 1) * n1 * channels - row.back());
      }
      for (int i = 0; i < n1; ++i)
        for (int j = 0; j < n2; ++j)
          for (int m = 0; m < n3; ++m)
            if (!couples(l1, i - l1, l2, j - l2, l3, m - l3)) coupling[(i * n2 + j) * n3 + m] = 0;
    }
    PathArguments<T> arguments() const
    {
      PathArguments<T> a;
      a.edges = edges;
      a.groups = groups;
      a.group_stride = static_cast<std::int64_t>(nodes + spline) * channels / groups;
      a.stride = stride;
      a.node = node.data();
      a.row = row.data();
      a.gradient_row = gradient_row.data();
      a.basis = basis.data();
      a.slope = slope.data();
      a.harmonics = harmonics.data();
      a.table = table.data();
      a.coupling = coupling.data();
      a.x = x.data();
      a.x_stride = a.out_stride = channels;
      a.out = out.data();
      a.first_harmonic = l2 * l2;
      return a;
    }
    double weight(const Numbers<T> &b, int e, int c) const
    {
      const int here = channels / groups, first = c / here * (nodes + spline);
      double sum = 0.0;
      for (int k = 0; k < spline; ++k)
        sum += double(b[k * stride + e]) * table[(first + node[e] + k) * here + c % here];
      return sum;
    }
    /// f(e, c, i, j, m, coupling x harmonic) for all terms
    template <class F>
    void for_each_term(F &&f) const
    {
      for (int e = 0; e < edges; ++e)
        for (int c = 0; c < channels; ++c)
          for (int i = 0; i < n1; ++i)
            for (int j = 0; j < n2; ++j)
              for (int m = 0; m < n3; ++m) f(e, c, i, j, m, double(coupling[(i * n2 + j) * n3 + m]));
    }
    double x_at(int e, int i, int c) const { return x[row[e] + i * channels + c]; }
  };

  template <class T>
  void check_forward(const Kernels<T> &k, Path<T> &p, typename Kernels<T>::Path f, double tolerance)
  {
    std::vector<double> plain(p.out.data(), p.out.data() + p.n3 * p.channels);
    p.for_each_term([&](int e, int c, int i, int j, int m, double C) {
      plain[m * p.channels + c] +=
          C * p.weight(p.basis, e, c) * p.x_at(e, i, c) * p.harmonics[j * p.stride + e];
    });
    f(p.arguments());
    for (std::size_t n = 0; n < plain.size(); ++n)
      ASSERT_NEAR(p.out[n], plain[n], tolerance)
          << k.name << " l " << p.l1 << p.l2 << p.l3 << " edges " << p.edges;
  }

  /// gradients of sum out . g, where the path's out holds g
  template <class T>
  void check_backward(const Kernels<T> &k, Path<T> &p, typename Kernels<T>::Path f, double tolerance)
  {
    const int W = k.width;
    std::vector<double> dx(p.atoms * p.n1 * p.channels), partial(p.edges * (1 + HARMONICS));
    p.for_each_term([&](int e, int c, int i, int j, int m, double C) {
      const double g = p.out[m * p.channels + c], y = p.harmonics[j * p.stride + e];
      dx[p.gradient_row[e] + i * p.channels + c] += C * g * p.weight(p.basis, e, c) * y;
      partial[e * (1 + HARMONICS)] += C * g * p.weight(p.slope, e, c) * p.x_at(e, i, c) * y;
      if (p.l2 > 0)
        partial[e * (1 + HARMONICS) + 1 + p.l2 * p.l2 + j] +=
            C * g * p.weight(p.basis, e, c) * p.x_at(e, i, c);
    });
    Numbers<T> got_x(dx.size()), got(p.edges * (1 + HARMONICS) * W);
    auto a = p.arguments();
    a.dx = got_x.data();
    a.partial = got.data();
    f(a);
    for (std::size_t n = 0; n < dx.size(); ++n)
      ASSERT_NEAR(got_x[n], dx[n], tolerance)
          << k.name << " l " << p.l1 << p.l2 << p.l3 << " edges " << p.edges;
    for (std::size_t n = 0; n < partial.size(); ++n) {
      double sum = 0.0;
      for (int lane = 0; lane < W; ++lane) sum += got[n * W + lane];
      ASSERT_NEAR(sum, partial[n], tolerance * W)
          << k.name << " l " << p.l1 << p.l2 << p.l3 << " partial " << n;
    }
  }

  template <class T>
  class PathKernel : public KernelTest<T> {};
  TYPED_TEST_SUITE(PathKernel, Types);

  /// Every path of every l, one vector and a full group, several of them backward, no edge to many.
  TYPED_TEST(PathKernel, EqualsThePlainSum)
  {
    for_each_set<TypeParam>([&](const Kernels<TypeParam> &k) {
      for (int l1 = 0; l1 <= MAX_L; ++l1)
        for (int l2 = 0; l2 <= MAX_L; ++l2)
          for (int l3 = 0; l3 <= MAX_L; ++l3)
            for (int single = 0; single < 2; ++single) {
              const auto forward = k.forward[single][l1][l2][l3], backward = k.backward[single][l1][l2][l3];
              const bool closes = l3 <= l1 + l2 && l1 <= l2 + l3 && l2 <= l1 + l3;
              ASSERT_EQ(forward != nullptr, closes);
              ASSERT_EQ(backward != nullptr, closes);
              if (!closes) continue;
              const int vectors = single ? 1 : k.path_group[l1][l2][l3];
              const int most = k.backward_groups[single][l1][l2][l3];
              ASSERT_GE(most, 1);
              for (int edges : {0, 1, 2, 17}) {
                const double tolerance = this->ROUNDING * (1 + edges);
                Path<TypeParam> p(k, l1, l2, l3, vectors, 1, edges, this->random);
                check_backward(k, p, backward, tolerance);
                check_forward(k, p, forward, tolerance);
              }
              Path<TypeParam> p(k, l1, l2, l3, vectors, most, 5, this->random);
              check_backward(k, p, backward, this->ROUNDING * 6 * most);
            }
    });
  }

}    // namespace
}    // namespace natrolite::native

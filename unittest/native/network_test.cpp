// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Whole networks of toys: what is kept, computed again, shared between threads and exchanged must not show.
#include "native/network.h"
#include "toy_networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <string>

namespace natrolite::native {
namespace {

  using Point = std::array<double, 3>;

  /// A graph of rows that may be images of others, in both forms.
  struct System {
    std::vector<Point> at;    ///< of atoms: centers, then images
    std::vector<const double *> x;
    std::vector<int> row_of_atom, atom_of_row, owner;
    std::vector<std::int64_t> types, first, index;
    std::vector<std::int32_t> atom;
    std::vector<double> vectors;
    CompactEdges compact;
    Graph graph;

    /// nx ny nz atoms near places of a lattice, periodic along x if it is wide enough; images folded or
    /// ghosts
    System(int nx, int ny, int nz, bool folded)
    {
      const double a = 1.7, length = nx * a;
      std::mt19937 random(7);
      std::uniform_real_distribution<double> draw(-0.2, 0.2);
      for (int k = 0; k < nz; ++k)
        for (int j = 0; j < ny; ++j)
          for (int i = 0; i < nx; ++i)
            at.push_back({a * i + draw(random), a * j + draw(random), a * k + draw(random)});
      const auto n = static_cast<int>(at.size());
      for (int i = 0; i < n; ++i) owner.push_back(i);
      for (int i = 0; i < n && length > 6.0; ++i)
        for (const double shift : {-length, length})
          if (std::fabs(at[i][0] + shift - 0.5 * length) < 0.5 * length + 3.5) {
            at.push_back({at[i][0] + shift, at[i][1], at[i][2]});
            owner.push_back(i);
          }
      const auto all = static_cast<int>(at.size());
      for (int i = 0; i < all; ++i) {
        row_of_atom.push_back(folded ? owner[i] : i);
        if (!folded || i < n) {
          atom_of_row.push_back(i);
          types.push_back(owner[i] % 3 == 0);
        }
      }
      connect(n);
    }

    /// the vectors again
    void refresh()
    {
      for (std::size_t i = 0; i < at.size(); ++i) x[i] = at[i].data();
      for (std::int64_t row = 0; row < graph.nlocal; ++row)
        for (std::int64_t e = first[row]; e < first[row + 1]; ++e)
          for (int d = 0; d < 3; ++d) vectors[3 * e + d] = at[atom[e]][d] - at[atom_of_row[row]][d];
      compact = {first.data(), atom.data(), atom_of_row.data(), row_of_atom.data(), x.data(), true,
                 true,         true};
    }

  private:
    void connect(int n)
    {
      std::vector<std::int64_t> neighbors;
      first.push_back(0);
      for (int i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < at.size(); ++j) {
          double rsq = 0.0;
          for (int d = 0; d < 3; ++d) rsq += (at[j][d] - at[i][d]) * (at[j][d] - at[i][d]);
          if (rsq == 0.0 || rsq >= 9.0) continue;
          atom.push_back(static_cast<std::int32_t>(j));
          index.push_back(i);
          neighbors.push_back(row_of_atom[j]);
        }
        first.push_back(static_cast<std::int64_t>(atom.size()));
      }
      index.insert(index.end(), neighbors.begin(), neighbors.end());
      vectors.resize(3 * atom.size());
      x.resize(at.size());
      graph.nowned = graph.nlocal = n;
      graph.nall = static_cast<std::int64_t>(atom_of_row.size());
      graph.nedges = static_cast<std::int64_t>(atom.size());
      graph.types = types.data();
      refresh();
    }
  };

  /// Ghost rows are the rows of their owners.
  template <class T>
  struct Images : NoExchange {
    const System &s;
    int count = 0;
    explicit Images(const System &system) : s(system) {}
    void forward(const FeatureRows &rows) override { each(rows, false); }
    void reverse(const FeatureRows &rows) override { each(rows, true); }
    void each(const FeatureRows &rows, bool back)
    {
      ++count;
      auto *data = static_cast<T *>(rows.data);
      for (std::int64_t i = s.graph.nlocal; i < s.graph.nall; ++i)
        for (std::int64_t c = 0; c < rows.width; ++c) {
          T &ghost = data[i * rows.width + c], &own = data[s.owner[i] * rows.width + c];
          if (back)
            own += std::exchange(ghost, T(NAN));    // undefined
          else
            ghost = own;
        }
    }
  };

  /// Sums for atoms, images with their owners.
  struct Results {
    double energy = 0.0;
    std::vector<double> forces, virial, virials, centroids;
  };

  void fold(const System &s, const double *from, int width, std::vector<double> &to)
  {
    to.assign(width * s.graph.nlocal, 0.0);
    for (std::int64_t row = 0; row < s.graph.nall; ++row)
      for (int k = 0; k < width; ++k) to[width * s.owner[s.atom_of_row[row]] + k] += from[width * row + k];
  }

  template <class T>
  Results evaluate(Network<T> &network, System &s, bool compact)
  {
    Graph graph = s.graph;
    if (compact)
      graph.compact = &s.compact;
    else
      graph.edge_vec = s.vectors.data(), graph.edge_index = s.index.data();
    Images<T> exchange(s);
    Evaluation e;
    network.evaluate(graph, exchange, e);
    Results r;
    for (std::int64_t i = 0; i < graph.nlocal; ++i) r.energy += e.energy[i];
    if (compact) {
      fold(s, e.row_forces, 3, r.forces);
      fold(s, e.row_virial, 6, r.virials);
      fold(s, e.row_centroid, 9, r.centroids);
      r.virial.assign(e.virial, e.virial + 9);
      return r;
    }
    r.virial.resize(9);
    r.forces.resize(3 * graph.nlocal);
    r.virials.resize(6 * graph.nlocal);
    r.centroids.resize(9 * graph.nlocal);
    const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
    const int nine[9][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}, {1, 0}, {2, 0}, {2, 1}};
    for (std::int64_t k = 0; k < graph.nedges; ++k) {
      const double *g = e.edge_gradient + 3 * k, *v = s.vectors.data() + 3 * k;
      const std::int64_t i = s.index[k], j = s.owner[s.atom[k]];
      for (int d = 0; d < 3; ++d) {
        r.forces[3 * i + d] += g[d];
        r.forces[3 * j + d] -= g[d];
        for (int c = 0; c < 3; ++c) r.virial[3 * d + c] -= v[d] * g[c];
      }
      for (int q = 0; q < 6; ++q) {
        const double w = -0.5 * v[voigt[q][0]] * g[voigt[q][1]];
        r.virials[6 * i + q] += w;
        r.virials[6 * j + q] += w;
      }
      for (int q = 0; q < 9; ++q) r.centroids[9 * j + q] -= v[nine[q][0]] * g[nine[q][1]];
    }
    return r;
  }

  void expect_same(const Results &a, const Results &b, double tolerance, const std::string &what)
  {
    EXPECT_NEAR(a.energy, b.energy, tolerance * 100.0) << what;
    const std::vector<double> *left[] = {&a.forces, &a.virial, &a.virials, &a.centroids};
    const std::vector<double> *right[] = {&b.forces, &b.virial, &b.virials, &b.centroids};
    for (int k = 0; k < 4; ++k) {
      ASSERT_EQ(left[k]->size(), right[k]->size()) << what;
      for (std::size_t n = 0; n < left[k]->size(); ++n)
        ASSERT_NEAR((*left[k])[n], (*right[k])[n], tolerance * (k == 1 ? 100.0 : 1.0))
            << what << ' ' << k << ' ' << n;
    }
  }

  const std::map<std::string, Description> &toys()
  {
    static const std::map<std::string, Description> all = {{"gated1", gated(1, false)},
                                                           {"gated2", gated(2, false)},
                                                           {"gated3", gated(3, true)},
                                                           {"gated4", gated(4, false)},
                                                           {"wide2", gated(2, false, 85)},
                                                           {"products1", with_products(1, true)},
                                                           {"products2", with_products(2, false)},
                                                           {"products3", with_products(3, true)},
                                                           {"products4", with_products(4, false)}};
    return all;
  }

  /// Threads, forms of edges and exchanges give the same numbers.
  template <class T>
  void check_all_ways(double tolerance)
  {
    for (const auto &[name, description] : toys()) {
      Network<T> one(description, 1), two(description, 2), three(description, 3);
      for (const auto &size : {std::array<int, 3>{6, 4, 9}, {3, 3, 1}, {1, 1, 1}}) {
        System folded(size[0], size[1], size[2], true), ghosts(size[0], size[1], size[2], false);
        const Results plain = evaluate(one, folded, false);
        EXPECT_TRUE(std::isfinite(plain.energy)) << name;
        expect_same(evaluate(one, folded, true), plain, tolerance, name + " compact");
        expect_same(evaluate(one, ghosts, false), plain, tolerance, name + " ghosts");
        expect_same(evaluate(one, ghosts, true), plain, tolerance, name + " ghosts, compact");
        expect_same(evaluate(two, ghosts, true), plain, tolerance, name + " ghosts, 2 threads");
        expect_same(evaluate(two, folded, false), plain, tolerance, name + " 2 threads");
        const Results again = evaluate(three, folded, true);
        expect_same(again, plain, tolerance, name + " 3 threads");
        EXPECT_EQ(evaluate(three, folded, true).forces, again.forces) << name << " is not the same twice";
      }
    }
  }

  TEST(Network, AllWaysGiveTheSameInDouble)
  {
    check_all_ways<double>(1e-11);
  }

  TEST(Network, AllWaysGiveTheSameInFloat)
  {
    check_all_ways<float>(2e-4);
  }

  TEST(Network, ForcesAreTheDerivativeOfTheEnergy)
  {
    for (const auto &[name, description] : toys()) {
      System s(4, 4, 3, true);
      Network<double> network(description, 2);
      const Results found = evaluate(network, s, true);
      const auto n = static_cast<std::size_t>(s.graph.nlocal);
      for (std::size_t i = 0; i < n; i += 5)
        for (int d = static_cast<int>(i) % 3; d < 3; d += 3) {
          double energy[2];
          for (int side = 0; side < 2; ++side) {
            System moved = s;
            for (std::size_t k = 0; k < moved.at.size(); ++k)
              if (moved.owner[k] == static_cast<int>(i)) moved.at[k][d] += side ? 1e-5 : -1e-5;
            moved.graph.types = moved.types.data();
            moved.refresh();
            energy[side] = evaluate(network, moved, true).energy;
          }
          const double slope = (energy[0] - energy[1]) / 2e-5, force = found.forces[3 * i + d];
          EXPECT_NEAR(force, slope, 1e-6 * (1.0 + std::fabs(slope))) << name << " atom " << i;
        }
    }
  }

  /// A rank without atoms makes the same exchanges.
  TEST(Network, NoAtomsTakePartInExchanges)
  {
    for (const auto &[name, description] : toys()) {
      System some(3, 3, 1, false), none(0, 0, 0, false);
      int counts[2];
      for (int k = 0; k < 2; ++k) {
        System &s = k ? none : some;
        Network<double> network(description, 2);
        Images<double> exchange(s);
        Graph graph = s.graph;
        graph.compact = &s.compact;
        Evaluation e;
        network.evaluate(graph, exchange, e);
        counts[k] = exchange.count;
      }
      EXPECT_EQ(counts[0], counts[1]) << name;
      EXPECT_EQ(counts[0], 2 * (name.back() - '1')) << name;    // a forward and a backward one between layers
    }
  }

}    // namespace
}    // namespace natrolite::native

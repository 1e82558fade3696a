// SPDX-License-Identifier: GPL-2.0-only
#include "core/edge_scatter.h"
#include "neighbor_fixture.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace natrolite;

namespace {

/// two atoms at distance 2 along x, both directions; g of edge e is (1, 10, 100) * (e + 1)
struct TwoAtoms {
  Structure s;
  std::unique_ptr<HostAtoms> host;
  RowMap rows;
  EdgeList edges;
  std::vector<double> gradient, energy{-3.0, -5.0};
  double force[2][3] = {}, virial6[2][6] = {}, virial9[2][9] = {}, eatom[2] = {};
  double *f[2] = {force[0], force[1]}, *v6[2] = {virial6[0], virial6[1]}, *v9[2] = {virial9[0], virial9[1]};
  double total = 0.0, virial[6] = {};

  TwoAtoms()
  {
    s.positions = {{0.0, 0.0, 0.0}, {2.0, 0.0, 0.0}};
    host = std::make_unique<HostAtoms>(s, std::vector<int>{1, 1}, 0, 3.0);
    build_rows(host->neighbors(), host->atoms({-1, 0}), GhostRows::folded, rows);
    edges.build(host->neighbors(), rows, PairCutoffs(1, 3.0), 2);
    for (int e = 0; e < 2; ++e)
      for (double g : {1.0, 10.0, 100.0}) gradient.push_back(g * (e + 1));
  }
  AtomSums sums() { return {f, &total, eatom, virial, v6, v9}; }
};

}    // namespace

TEST(EdgeScatter, ForcesAreOppositeAndEnergyIsScaled)
{
  TwoAtoms t;
  AtomSums sums = t.sums();
  scatter_energy(t.rows, t.energy.data(), 2.0, sums);
  scatter_edges(t.rows, t.edges, t.gradient.data(), 1.0, sums);
  EXPECT_DOUBLE_EQ(t.total, -16.0);
  EXPECT_DOUBLE_EQ(t.eatom[0] + t.eatom[1], -16.0);
  // the first row is the list's first center, atom 1: edge 0 is 1 -> 0, edge 1 is 0 -> 1
  EXPECT_DOUBLE_EQ(t.force[1][0], 1.0 - 2.0);
  for (int d = 0; d < 3; ++d) EXPECT_DOUBLE_EQ(t.force[0][d], -t.force[1][d]);
}

TEST(EdgeScatter, VirialsAreMinusVectorTimesGradientAndSumUp)
{
  TwoAtoms t;
  AtomSums sums = t.sums();
  scatter_edges(t.rows, t.edges, t.gradient.data(), 1.0, sums);
  // edge 0: v = (-2, 0, 0), g = (1, 10, 100); edge 1: v = (2, 0, 0), g = (2, 20, 200)
  const double expected[9] = {-2.0, 0.0, 0.0, -20.0, -200.0, 0.0, 0.0, 0.0, 0.0};
  for (int k = 0; k < 6; ++k) {
    EXPECT_DOUBLE_EQ(t.virial[k], expected[k]);
    EXPECT_DOUBLE_EQ(t.virial6[0][k], 0.5 * expected[k]);
    EXPECT_DOUBLE_EQ(t.virial6[1][k], 0.5 * expected[k]);
  }
  for (int k = 0; k < 9; ++k) EXPECT_DOUBLE_EQ(t.virial9[0][k] + t.virial9[1][k], expected[k]);
  EXPECT_DOUBLE_EQ(t.virial9[0][0], 2.0);      // atom 0 is edge 0's neighbor
  EXPECT_DOUBLE_EQ(t.virial9[1][3], -40.0);    // xy of edge 1, whose neighbor is atom 1
}

TEST(EdgeScatter, OnlyWhatIsWantedIsTouched)
{
  TwoAtoms t;
  AtomSums sums;
  sums.force = t.f;
  scatter_energy(t.rows, t.energy.data(), 1.0, sums);
  scatter_edges(t.rows, t.edges, t.gradient.data(), 1.0, sums);
  EXPECT_DOUBLE_EQ(t.total, 0.0);
  EXPECT_DOUBLE_EQ(t.virial[0], 0.0);
  EXPECT_NE(t.force[0][0], 0.0);
}

TEST(EdgeScatter, SumsAreNotFiniteIfAnyValueIsNot)
{
  for (const double bad : {0.5, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    TwoAtoms t;
    AtomSums sums = t.sums();
    t.energy[1] = bad;
    EXPECT_EQ(std::isfinite(scatter_energy(t.rows, t.energy.data(), 1.0, sums)), bad == 0.5);
    for (std::size_t k = 0; k < t.gradient.size(); ++k) {
      auto gradient = t.gradient;
      gradient[k] = bad;
      for (const bool virials : {true, false}) {
        if (!virials) sums.virial = nullptr, sums.virial_atom = sums.centroid_atom = nullptr;
        const double sum = scatter_edges(t.rows, t.edges, gradient.data(), 1.0, sums);
        EXPECT_EQ(std::isfinite(sum), bad == 0.5);
      }
    }
    const double forces[6] = {1.0, 2.0, bad, 4.0, 5.0, 6.0}, virial[9] = {};
    EXPECT_EQ(std::isfinite(scatter_rows(t.rows, {forces, virial}, 1.0, sums)), bad == 0.5);
  }
}

TEST(EdgeScatter, ResultsOfRowsGoToTheirAtoms)
{
  TwoAtoms t;
  AtomSums sums = t.sums();
  std::vector<double> forces(6), virial(9), virials(12), centroids(18);
  for (auto *values : {&forces, &virial, &virials, &centroids})
    for (std::size_t k = 0; k < values->size(); ++k)
      (*values)[k] = 1.0 + static_cast<double>(k * values->size());
  scatter_rows(t.rows, {forces.data(), virial.data(), virials.data(), centroids.data()}, 2.0, sums);
  // the first row is atom 1
  for (int d = 0; d < 3; ++d) EXPECT_DOUBLE_EQ(t.force[1][d], 2.0 * forces[d]);
  for (int k = 0; k < 6; ++k) EXPECT_DOUBLE_EQ(t.virial6[0][k], 2.0 * virials[6 + k]);
  for (int k = 0; k < 9; ++k) EXPECT_DOUBLE_EQ(t.virial9[0][k], 2.0 * centroids[9 + k]);
  const int place[6] = {0, 4, 8, 1, 2, 5};
  for (int k = 0; k < 6; ++k) EXPECT_DOUBLE_EQ(t.virial[k], 2.0 * virial[place[k]]);
}

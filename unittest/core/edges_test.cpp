// SPDX-License-Identifier: GPL-2.0-only
#include "neighbor_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <tuple>

using namespace natrolite;

namespace {

Structure triclinic(int n, unsigned seed)
{
  Structure s;
  s.cell = {{{4.1, 0.0, 0.0}, {1.3, 3.9, 0.0}, {-0.7, 0.9, 4.4}}};
  s.periodic = {true, true, true};
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> u(0.0, 1.0);
  for (int i = 0; i < n; ++i) {
    const double f[3] = {u(random), u(random), u(random)};
    Vec3 p{};
    for (int k = 0; k < 3; ++k)
      for (int d = 0; d < 3; ++d) p[d] += f[k] * s.cell[k][d];
    s.positions.push_back(p);
  }
  return s;
}

using Edge = std::tuple<int, int, std::array<long, 3>>;

template <class V>
Edge edge(int i, int j, const V &v)
{
  return {i, j, {std::lround(v[0] * 1e7), std::lround(v[1] * 1e7), std::lround(v[2] * 1e7)}};
}

/// edges as (owner of center, owner of neighbor, vector), sorted
std::vector<Edge> edges_of(const EdgeList &e, const RowMap &rows, const HostAtoms &host)
{
  std::vector<Edge> all;
  for (std::int64_t k = 0; k < e.size(); ++k)
    all.push_back(edge(host.owner[rows.atom_of_row[e.centers()[k]]],
                       host.owner[rows.atom_of_row[e.neighbors()[k]]], e.vectors() + 3 * k));
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<Edge> plain_edges(const Structure &s, double cutoff)
{
  const PlainEdges p = periodic_edges(s, cutoff);
  std::vector<Edge> all;
  for (std::size_t k = 0; k < p.vec.size(); ++k)
    all.push_back(edge(static_cast<int>(p.center[k]), static_cast<int>(p.neighbor[k]), p.vec[k]));
  std::sort(all.begin(), all.end());
  return all;
}

const std::vector<int> ONE_TYPE{-1, 0};

}    // namespace

TEST(PeriodicEdges, SimpleCubicHas6And18And26Neighbors)
{
  Structure s;
  s.positions = {{0.0, 0.0, 0.0}};
  s.cell = {{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 1.0}}};
  s.periodic = {true, true, true};
  EXPECT_EQ(periodic_edges(s, 1.1).vec.size(), 6u);
  EXPECT_EQ(periodic_edges(s, 1.5).vec.size(), 18u);
  EXPECT_EQ(periodic_edges(s, 1.8).vec.size(), 26u);
  s.periodic = {true, true, false};
  EXPECT_EQ(periodic_edges(s, 1.5).vec.size(), 8u);
}

TEST(PeriodicEdges, AnEdgeExactlyAtTheCutoffIsLeftOut)
{
  Structure s;
  s.positions = {{0.0, 0.0, 0.0}, {2.0, 0.0, 0.0}};
  EXPECT_EQ(periodic_edges(s, 2.0).vec.size(), 0u);
  EXPECT_EQ(periodic_edges(s, 2.0000001).vec.size(), 2u);
}

TEST(PeriodicEdges, MoreImagesThanASmallStructureHasAreRefused)
{
  Structure s;
  s.cell = {{{4.0, 0.0, 0.0}, {0.0, 4.0, 0.0}, {0.0, 0.0, 4.0}}};
  s.periodic = {true, true, true};
  s.positions = {{0.0, 0.0, 0.0}, {1e9, 0.0, 0.0}};
  EXPECT_THROW(periodic_edges(s, 5.0), std::runtime_error);
  s.positions[1] = {1.0, 1.0, 1.0};
  EXPECT_NO_THROW(periodic_edges(s, 40.0));
  for (const double height : {1e-9, 0.0}) {
    s.cell[2] = {0.0, 0.0, height};
    EXPECT_THROW(periodic_edges(s, 5.0), std::runtime_error) << height;
  }
  s.cell[2] = s.cell[1];    // no volume
  EXPECT_THROW(periodic_edges(s, 5.0), std::runtime_error);
  s.periodic = {false, false, false};
  EXPECT_EQ(periodic_edges(s, 5.0).vec.size(), 2u);
  s.positions.assign(4000, {0.0, 0.0, 0.0});
  EXPECT_THROW(periodic_edges(s, 5.0), std::runtime_error);
}

class EdgesOfCellShorterThanCutoff : public testing::TestWithParam<GhostRows> {};

TEST_P(EdgesOfCellShorterThanCutoff, EqualThePlainLoop)
{
  const double cutoff = 5.0;
  const Structure s = triclinic(7, 3);
  const HostAtoms host(s, std::vector<int>(7, 1), 3, cutoff + 0.5);
  RowMap rows;
  build_rows(host.neighbors(), host.atoms(ONE_TYPE), GetParam(), rows);
  EXPECT_EQ(rows.nlocal, 7);
  EXPECT_EQ(rows.nall(), GetParam() == GhostRows::folded ? 7 : static_cast<int>(host.x.size()));
  EdgeList edges;
  edges.build(host.neighbors(), rows, PairCutoffs(1, cutoff), rows.nlocal);
  EXPECT_TRUE(std::is_sorted(edges.centers(), edges.centers() + edges.size()));
  EXPECT_EQ(edges_of(edges, rows, host), plain_edges(s, cutoff));
}

INSTANTIATE_TEST_SUITE_P(Modes, EdgesOfCellShorterThanCutoff,
                         testing::Values(GhostRows::folded, GhostRows::ghost));

TEST(Edges, ShellRowsAreReachedBreadthFirstAndOwnedFirst)
{
  // a chain with spacing 1: atom k is k hops from atom 0; a ghost beyond the last hop stays out
  Structure chain;
  for (int k = 0; k < 6; ++k) chain.positions.push_back({1.0 * k, 0.0, 0.0});
  HostAtoms host(chain, std::vector<int>(6, 1), 0, 1.5, true);
  host.nlocal = 1;
  RowMap rows;
  const auto centers = build_shell_rows(host.neighbors(), host.atoms(ONE_TYPE), PairCutoffs(1, 1.2), 3, rows);
  EXPECT_EQ(rows.nowned, 1);
  EXPECT_EQ(rows.nlocal, 4);
  EXPECT_EQ(centers, 3);
  EXPECT_EQ(rows.atom_of_row, (std::vector<int>{0, 1, 2, 3}));
  EdgeList edges;
  edges.build(host.neighbors(), rows, PairCutoffs(1, 1.2), centers);
  EXPECT_EQ(edges.size(), 5);    // 0-1, 1-0, 1-2, 2-1, 2-3
}

TEST(Edges, ShellRefusesAGhostCenterWithoutNeighbors)
{
  Structure chain;
  for (int k = 0; k < 4; ++k) chain.positions.push_back({1.0 * k, 0.0, 0.0});
  HostAtoms host(chain, std::vector<int>(4, 1), 0, 1.5, true);
  host.nlocal = 1;
  host.ilist = {0, 1};
  RowMap rows;
  EXPECT_THROW(build_shell_rows(host.neighbors(), host.atoms(ONE_TYPE), PairCutoffs(1, 1.2), 3, rows),
               std::runtime_error);
}

TEST(Edges, AtomsOfOtherStylesAreNoRows)
{
  const Structure s = triclinic(6, 5);
  const HostAtoms host(s, {1, 2, 1, 2, 2, 1}, 2, 4.0);
  const std::vector<int> second_only{-1, -1, 0};
  RowMap rows;
  build_rows(host.neighbors(), host.atoms(second_only), GhostRows::folded, rows);
  EXPECT_EQ(rows.nlocal, 3);
  for (std::size_t i = 0; i < host.type.size(); ++i) EXPECT_EQ(rows.row_of_atom[i] < 0, host.type[i] == 1);
  EdgeList edges;
  edges.build(host.neighbors(), rows, PairCutoffs(1, 3.5), rows.nlocal);
  Structure part = s;
  part.positions = {s.positions[1], s.positions[3], s.positions[4]};
  EXPECT_EQ(static_cast<std::size_t>(edges.size()), periodic_edges(part, 3.5).vec.size());
}

TEST(Edges, AtomsPutAsideAreNoRows)
{
  const Structure s = triclinic(6, 5);
  HostAtoms host(s, std::vector<int>(6, 1), 2, 4.0, true);
  for (std::size_t i = 0; i < host.groups.size(); ++i)    // LAMMPS' ghosts have their owner's groups
    host.groups[i] = host.owner[i] == 2 || host.owner[i] == 3 ? 8 : 1 | 4;
  Structure rest = s;
  rest.positions.erase(rest.positions.begin() + 2, rest.positions.begin() + 4);
  const auto expected = periodic_edges(rest, 3.5).vec.size();
  RowMap rows;
  EdgeList edges;
  for (const GhostRows mode : {GhostRows::folded, GhostRows::ghost}) {
    build_rows(host.neighbors(), host.atoms(ONE_TYPE), mode, rows);
    EXPECT_EQ(rows.nowned, 4);
    for (std::size_t i = 0; i < host.groups.size(); ++i)
      EXPECT_EQ(rows.row_of_atom[i] < 0, host.groups[i] == 8);
    edges.build(host.neighbors(), rows, PairCutoffs(1, 3.5), rows.nlocal);
    EXPECT_EQ(static_cast<std::size_t>(edges.size()), expected);
  }
  const PairCutoffs cutoffs(1, 3.5);
  const auto centers = build_shell_rows(host.neighbors(), host.atoms(ONE_TYPE), cutoffs, 1, rows);
  EXPECT_EQ(rows.nowned, 4);
  for (const int atom : rows.atom_of_row) EXPECT_NE(host.groups[atom], 8);
  edges.build(host.neighbors(), rows, cutoffs, centers);
  EXPECT_EQ(static_cast<std::size_t>(edges.size()), expected);
}

TEST(Edges, CutoffsPerTypePairAreUsed)
{
  Structure s;
  s.positions = {{0.0, 0.0, 0.0}, {2.0, 0.0, 0.0}, {4.0, 0.0, 0.0}};
  const HostAtoms host(s, {1, 2, 1}, 0, 6.0);
  RowMap rows;
  build_rows(host.neighbors(), host.atoms({-1, 0, 1}), GhostRows::folded, rows);
  EdgeList edges;
  // 0-0: 4.5 (reaches), 0-1: 2.5 (reaches), 1-0: 1.0 (does not)
  edges.build(host.neighbors(), rows, PairCutoffs(2, std::vector<double>{4.5, 2.5, 1.0, 1.0}), 3);
  EXPECT_EQ(edges.size(), 4);
}

TEST(Edges, NoAtomsAndNoNeighborsGiveNoEdges)
{
  const HostAtoms nobody(Structure{}, {}, 0, 1.0);
  RowMap rows;
  EdgeList edges;
  build_rows(nobody.neighbors(), nobody.atoms(ONE_TYPE), GhostRows::ghost, rows);
  edges.build(nobody.neighbors(), rows, PairCutoffs(1, 1.0), rows.nlocal);
  EXPECT_EQ(rows.nall(), 0);
  EXPECT_EQ(edges.size(), 0);

  Structure one;
  one.positions = {{0.0, 0.0, 0.0}};
  const HostAtoms single(one, {1}, 0, 1.0);
  build_rows(single.neighbors(), single.atoms(ONE_TYPE), GhostRows::ghost, rows);
  edges.build(single.neighbors(), rows, PairCutoffs(1, 1.0), rows.nlocal);
  EXPECT_EQ(rows.nall(), 1);
  EXPECT_EQ(edges.size(), 0);
}

/// as atoms of neighbors, from every exchange mode's rows
TEST(Edges, CompactEdgesAreTheSame)
{
  const Structure s = triclinic(6, 5);
  const std::vector<int> types = {1, 2, 1, 1, 2, 1};
  const PairCutoffs cutoffs(2, std::vector<double>{4.5, 2.5, 3.0, 4.0});
  for (const bool shell : {false, true}) {
    const HostAtoms host(s, types, 4, 5.0, shell);
    RowMap rows;
    std::int64_t centers = 6;
    if (shell)
      centers = build_shell_rows(host.neighbors(), host.atoms({-1, 0, 1}), cutoffs, 1, rows);
    else
      build_rows(host.neighbors(), host.atoms({-1, 0, 1}), GhostRows::ghost, rows);
    EdgeList plain, compact;
    plain.build(host.neighbors(), rows, cutoffs, centers);
    compact.build_compact(host.neighbors(), rows, cutoffs, centers);
    ASSERT_TRUE(compact.compact() && !plain.compact());
    ASSERT_EQ(compact.size(), plain.size());
    ASSERT_EQ(compact.first()[rows.nlocal], plain.size());
    for (std::int64_t row = 0; row < rows.nlocal; ++row)
      for (std::int64_t e = compact.first()[row]; e < compact.first()[row + 1]; ++e) {
        EXPECT_EQ(plain.centers()[e], row);
        EXPECT_EQ(plain.neighbors()[e], rows.row_of_atom[compact.atoms()[e]]);
        const double *x = host.neighbors().x[compact.atoms()[e]];
        for (int d = 0; d < 3; ++d)
          EXPECT_EQ(plain.vectors()[3 * e + d], x[d] - host.neighbors().x[rows.atom_of_row[row]][d]);
      }
  }
}

TEST(Edges, OneFormTakesTheMemoryOfTheOther)
{
  const Structure s = triclinic(8, 9);
  const HostAtoms host(s, std::vector<int>(8, 1), 3, 9.0);
  RowMap rows;
  build_rows(host.neighbors(), host.atoms(ONE_TYPE), GhostRows::ghost, rows);
  EdgeList edges;
  edges.build_compact(host.neighbors(), rows, PairCutoffs(1, 8.9), 8);
  const double compact = edges.memory_bytes();
  edges.build(host.neighbors(), rows, PairCutoffs(1, 8.9), 8);
  const double plain = edges.memory_bytes();
  EXPECT_GT(plain, 8.0 * compact);
  edges.build_compact(host.neighbors(), rows, PairCutoffs(1, 8.9), 8);
  EXPECT_LE(edges.memory_bytes(), 1.1 * compact);
}

TEST(Edges, BuffersAreReusedOnceWarm)
{
  const Structure s = triclinic(8, 9);
  const HostAtoms host(s, std::vector<int>(8, 1), 2, 5.0);
  RowMap rows;
  build_rows(host.neighbors(), host.atoms(ONE_TYPE), GhostRows::ghost, rows);
  EdgeList edges;
  edges.build(host.neighbors(), rows, PairCutoffs(1, 4.5), rows.nlocal);
  const double *vectors = edges.vectors();
  const double bytes = edges.memory_bytes();
  edges.build(host.neighbors(), rows, PairCutoffs(1, 4.6), rows.nlocal);
  EXPECT_EQ(edges.vectors(), vectors);
  EXPECT_EQ(edges.memory_bytes(), bytes);
}

TEST(Edges, BuffersGrowAndShrinkWithoutMuchSlack)
{
  const auto wanted = [](std::int64_t n) { return 5.0 * sizeof(double) * n; };
  EdgeList edges;
  for (const std::int64_t n : {200000, 205000, 210000, 215000, 260000, 600000, 590000, 610000}) {
    const std::vector<double> vectors(3 * n, 1.0);
    const std::vector<std::int64_t> index(2 * n, 7);
    edges.assign(n, vectors.data(), index.data());
    EXPECT_GE(edges.memory_bytes(), wanted(n));
    EXPECT_LE(edges.memory_bytes(), 1.15 * wanted(n)) << n;
  }
  const std::vector<double> vectors(3 * 100000, 1.0);
  const std::vector<std::int64_t> index(2 * 100000, 7);
  edges.assign(100000, vectors.data(), index.data());
  EXPECT_LE(edges.memory_bytes(), 1.15 * wanted(100000));
}

TEST(Edges, SumOfPositionsIsNotFiniteIfOnePositionIsNot)
{
  Structure s;
  s.positions = {{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}};
  for (const double bad : {0.0, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    s.positions[1][1] = bad;
    const HostAtoms host(s, {1, 2}, 0, 1.0);
    RowMap rows;
    build_rows(host.neighbors(), host.atoms({-1, 0, 0}), GhostRows::ghost, rows);
    const double sum = sum_positions(rows, host.neighbors().x);
    EXPECT_EQ(std::isfinite(sum), std::isfinite(bad));
    if (bad == 0.0) {
      EXPECT_DOUBLE_EQ(sum, 16.0);
    }
    build_rows(host.neighbors(), host.atoms({-1, 0, -1}), GhostRows::ghost, rows);
    EXPECT_DOUBLE_EQ(sum_positions(rows, host.neighbors().x), 6.0);
  }
}

TEST(PairCutoffs, BadValuesAreNamed)
{
  EXPECT_THROW(PairCutoffs(1, 0.0), std::invalid_argument);
  EXPECT_THROW(PairCutoffs(1, -2.0), std::invalid_argument);
  EXPECT_THROW(PairCutoffs(2, std::vector<double>{1.0, 2.0, 3.0}), std::invalid_argument);
  EXPECT_THROW(PairCutoffs(1, std::vector<double>{-1.0}), std::invalid_argument);
  EXPECT_DOUBLE_EQ(PairCutoffs(2, std::vector<double>{1.0, 2.0, 3.0, 0.5}).shortest(), 0.5);
}

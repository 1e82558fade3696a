// SPDX-License-Identifier: GPL-2.0-only
#include "core/double4.h"
#include "core/layer_map.h"
#include "tilted_cell.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace natrolite;

namespace {

std::vector<MapNode> map_of(MapSettings::Mode mode, int n, double (*upper)(double, double), int atoms = 60)
{
  MapSettings s;
  s.mode = mode, s.nx = s.ny = n;
  LayerMap m(tilted(), s);
  for (int i = 0; i < atoms; i++)
    for (int j = 0; j < atoms; j++) {
      const double u = (i + 0.5) / atoms, v = (j + 0.5) / atoms;
      const Vec3 p = to_cartesian(tilted(), {u, v, 0});
      m.accumulate(false, {p.x, p.y, 5});
      m.accumulate(true, {p.x, p.y, 5 + upper(u, v)});
    }
  return m.result();
}

}    // namespace

TEST(LayerMap, PlaneIsUniformInEveryMode)
{
  for (auto mode : {MapSettings::Kernel, MapSettings::Bin, MapSettings::Node})
    for (const MapNode &n : map_of(mode, 6, [](double, double) { return 3.96; }))
      EXPECT_NEAR(n.gap, 3.96, 1e-12);
}

TEST(LayerMap, BinsReproduceARamp)
{
  const auto map = map_of(MapSettings::Bin, 6, [](double u, double v) { return 3 + u + 2 * v; });
  for (int k = 0; k < 36; k++) {
    EXPECT_NEAR(map[k].gap, 3 + (k % 6 + 0.5) / 6 + 2 * (k / 6 + 0.5) / 6, 1e-12);
    EXPECT_EQ(map[k].lower_count, 100);
  }
}

TEST(LayerMap, NodesAreWhereThePageSays)
{
  const auto kernel = map_of(MapSettings::Kernel, 4, [](double, double) { return 1.0; });
  EXPECT_NEAR(kernel[5].x, 1 + 20 * 0.375 + 5 * 0.375, 1e-12);
  EXPECT_NEAR(kernel[4].y, 2 + 18 * 0.375, 1e-12);
  const auto node = map_of(MapSettings::Node, 4, [](double, double) { return 1.0; });
  EXPECT_NEAR(node[15].x, 1 + 20 + 5, 1e-12);
  EXPECT_NEAR(node[0].y, 2, 1e-12);
}

TEST(LayerMap, KernelSmoothsAPeriodicWave)
{
  // a wave of wavelength lx/1 along a at xy = 0 shrinks by exp(-(2 pi s/lx)^2/2)
  MapSettings s;
  s.nx = 10, s.ny = 3;
  Cell c = tilted();
  c.xy = 0;
  LayerMap m(c, s);
  for (int i = 0; i < 200; i++)
    for (int j = 0; j < 180; j++) {
      const double x = 0.1 * i;
      m.accumulate(false, {1 + x, 2 + 0.1 * j, 0});
      m.accumulate(true, {1 + x, 2 + 0.1 * j, 4 + std::cos(2 * M_PI * x / 20)});
    }
  const double shrink = std::exp(-0.5 * std::pow(2 * M_PI * 1.5 / 20, 2));
  for (const MapNode &n : m.result())
    EXPECT_NEAR(n.gap, 4 + shrink * std::cos(2 * M_PI * (n.x - 1) / 20), 1e-6);
}

// The definition, node by node and image by image.
double plain_gap(const Cell &c, const MapSettings &s, const std::vector<Vec3> (&atoms)[2],
                 const MapNode &node)
{
  double z[2];
  for (int upper = 0; upper < 2; upper++) {
    double w = 0.0, wz = 0.0, all = 0.0;
    for (const Vec3 &p : atoms[upper]) {
      all += p.z / atoms[upper].size();
      const int m = c.periodic[1] ? 12 : 0, n = c.periodic[0] ? 12 : 0;
      for (int j = -m; j <= m; j++)
        for (int i = -n; i <= n; i++) {
          const double dx = p.x - node.x + i * c.lx + j * c.xy, dy = p.y - node.y + j * c.ly;
          const double d2 = (dx * dx + dy * dy) / (s.s * s.s);
          if (d2 >= KernelMap::reach * KernelMap::reach) continue;
          w += std::exp(-0.5 * d2);
          wz += std::exp(-0.5 * d2) * p.z;
        }
    }
    z[upper] = w > 0.0 ? wz / w : all;
  }
  return z[1] - z[0];
}

TEST(LayerMap, KernelIsItsDefinition)
{
  std::mt19937 rng(5);
  std::uniform_real_distribution<double> u(0, 1);
  // nx, ny, s, xy, periodic in x, in y: boxes smaller than the kernel, lone nodes, nodes too far
  // apart for powers, long rows, tilts beyond the box, atoms that hardly reach a node
  const double cases[][6] = {
      {6, 5, 1.5, 0, 1, 1},    {6, 5, 1.5, 5, 1, 1},   {20, 18, 1.0, -9, 1, 1}, {7, 40, 2.0, 14, 1, 1},
      {1, 1, 9.0, 5, 1, 1},    {3, 1, 0.2, 5, 1, 1},   {2, 3, 0.5, 7, 1, 1},    {40, 2, 0.4, 7, 1, 1},
      {2, 40, 0.4, 9.5, 1, 1}, {5, 60, 0.3, 47, 1, 1}, {12, 12, 1.5, 0, 0, 1},  {12, 12, 1.5, 5, 0, 1},
      {12, 12, 1.5, 0, 1, 0},  {12, 12, 1.5, 0, 0, 0}, {4, 4, 0.2, 5, 0, 1},    {9, 11, 4.0, -33, 1, 1},
      {20, 18, 1.5, 0, 1, 1},  {4, 20, 4.0, 50, 1, 1}, {20, 18, 1.5, 10, 1, 1}, {28, 20, 1.5, 4, 1, 1}};
  for (const auto &k : cases) {
    Cell c = tilted();
    c.xy = k[3], c.periodic[0] = k[4] != 0, c.periodic[1] = k[5] != 0;
    MapSettings s;
    s.nx = static_cast<int>(k[0]), s.ny = static_cast<int>(k[1]), s.s = k[2];
    LayerMap m(c, s);
    std::vector<Vec3> atoms[2];
    for (int a = 0; a < 150; a++) {
      Vec3 p = to_cartesian(c, {u(rng), u(rng), 0});
      if (a == 0) p = c.origin;
      p.z = 5 + u(rng) + 4 * (a % 2);
      atoms[a % 2].push_back(p);
      // an image of it
      m.accumulate(a % 2, c.periodic[0] && a % 3 ? p + Vec3{c.lx, 0, 0} : p);
    }
    const auto map = m.result();
    for (const MapNode &n : map)
      ASSERT_NEAR(n.gap, plain_gap(c, s, atoms, n), 1e-10)
          << "nx " << s.nx << " ny " << s.ny << " s " << s.s << " xy " << c.xy;
  }
}

TEST(Double4, ExponentialAndFloor)
{
  std::mt19937 rng(3);
  std::uniform_real_distribution<double> u(-708, 709);
  for (int k = 0; k < 20000; k++) {
    const double scale = k % 2 ? 1.0 : 1e-3;
    const Double4 x = {scale * u(rng), k - 10000.0, 0.0, 900.0};
    Double4 e = x, f = x;
    exp_in_place(e);
    floor_in_place(f);
    ASSERT_NEAR(e[0] / std::exp(x[0]), 1.0, 1e-15) << x[0];
    ASSERT_EQ(e[2], 1.0);
    ASSERT_NEAR(e[3] / std::exp(709.0), 1.0, 1e-15);
    for (int m = 0; m < 4; m++) ASSERT_EQ(f[m], std::floor(x[m]));
  }
}

TEST(LayerMap, EmptyCells)
{
  MapSettings s;
  s.nx = s.ny = 2;
  s.mode = MapSettings::Bin;
  LayerMap bin(tilted(), s);
  bin.accumulate(false, to_cartesian(tilted(), {0.1, 0.1, 0}));
  bin.accumulate(true, to_cartesian(tilted(), {0.1, 0.1, 0.5}));
  bin.accumulate(true, to_cartesian(tilted(), {0.9, 0.1, 0.5}));
  const auto r = bin.result();
  EXPECT_NEAR(r[0].gap, 15, 1e-12);
  EXPECT_TRUE(std::isnan(r[1].gap));
  EXPECT_TRUE(std::isnan(r[3].gap));
  s.mode = MapSettings::Node;
  s.nx = s.ny = 3;
  LayerMap node(tilted(), s);
  node.accumulate(false, {1, 2, 5});
  node.accumulate(false, {2, 3, 6});
  node.accumulate(true, {1, 2, 9});
  node.accumulate(true, {14, 12, 11});
  const auto q = node.result();
  EXPECT_NEAR(q[0].gap, 9 - 5.5, 1e-12);
  EXPECT_EQ(q[0].lower_count, 2);
  EXPECT_NEAR(q[4].gap, 11 - 5.5, 1e-12);    // no lower there: its global mean
  EXPECT_NEAR(q[8].gap, 10 - 6, 1e-12);      // none at all: mean upper - highest lower
}

TEST(LayerMap, KernelNodeOutOfReachTakesTheMean)
{
  MapSettings s;
  s.nx = 4, s.ny = 1, s.s = 0.2;
  LayerMap m(tilted(), s);
  m.accumulate(false, {1, 2, 5});
  m.accumulate(true, {1, 2, 8});
  for (const MapNode &n : m.result()) EXPECT_NEAR(n.gap, 3.0, 1e-12);
}

TEST(LayerMap, LiftPutsTheUpperLayerAboveTheLower)
{
  Cell c = tilted();
  c.xz = 4, c.yz = -2;
  for (const double rise : {-31.0, -0.5, 0.0, 3.0, 29.9, 61.0}) {
    const Vec3 lift = lift_above(c, rise);
    const double n = lift.z / c.lz;
    EXPECT_EQ(n, std::round(n));
    EXPECT_EQ(lift.x, n * 4);
    EXPECT_EQ(lift.y, n * -2);
    EXPECT_GE(rise + lift.z, 0.0);
    EXPECT_LT(rise + lift.z, c.lz);
  }
  const Vec3 near = next_to_height(c, {1, 2, 32}, 4);
  EXPECT_EQ(near.z, 2);
  EXPECT_EQ(near.x, 1 - 4);
  EXPECT_EQ(near.y, 2 + 2);
  c.periodic[2] = false;
  EXPECT_EQ(lift_above(c, -31.0).z, 0.0);
  EXPECT_EQ(next_to_height(c, {1, 2, 32}, 4).z, 32);
}

TEST(LayerMap, MeanHeightsOfTwoLayersAddUpOverRanks)
{
  LayerHeights one, other;
  one.add(false, 1.0);
  one.add(true, 7.0);
  EXPECT_DOUBLE_EQ(one.rise(), 6.0);
  other.add(false, 2.0);
  other.add(false, 3.0);
  EXPECT_TRUE(std::isnan(other.rise())) << "no upper layer on this rank";
  for (int k = 0; k < 4; ++k) one.sums[k] += other.sums[k];
  EXPECT_DOUBLE_EQ(one.rise(), 5.0);
}

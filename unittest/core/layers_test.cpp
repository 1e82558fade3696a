// SPDX-License-Identifier: GPL-2.0-only
#include "core/layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace natrolite;

namespace {

Cell box(double lx, double ly, double lz, double xy = 0, double xz = 0, double yz = 0)
{
  Cell c;
  c.lx = lx, c.ly = ly, c.lz = lz, c.xy = xy, c.xz = xz, c.yz = yz;
  return c;
}

Layer layer_from(const Cell &cell, const std::vector<Vec3> &atoms)
{
  LayerSums sums;
  for (const Vec3 &a : atoms) sums.accumulate(minimum_image(cell, a - atoms[0]), 1.0);
  return finish_layer(sums, atoms[0]);
}

std::vector<Vec3> sheet(double z, double ax = 0, double ay = 0)
{
  std::vector<Vec3> out;
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 4; j++) out.push_back({1.0 * i, 1.1 * j, z + ax * i + ay * 1.1 * j});
  return out;
}

}    // namespace

TEST(Cell, FractionalRoundTripInTiltedCell)
{
  Cell c = box(7, 8, 9, 2, -1, 3);
  c.origin = {0.5, -1, 2};
  const Vec3 p{3.1, 4.2, 5.3};
  const Vec3 q = to_cartesian(c, to_fractional(c, p));
  EXPECT_NEAR(norm(p - q), 0.0, 1e-14);
}

TEST(Cell, MinimumImageIsTheShortestForShortVectors)
{
  const Cell c = box(7, 8, 9, 2, -1, 3);
  std::mt19937 rng(1);
  std::uniform_real_distribution<double> u(-0.4, 0.4);
  const double shortest = std::min({face_distance(c, 0), face_distance(c, 1), face_distance(c, 2)});
  for (int t = 0; t < 200; t++) {
    const Vec3 d{u(rng) * shortest, u(rng) * shortest, u(rng) * shortest};
    if (norm(d) > 0.45 * shortest) continue;
    const Vec3 shifted = d + Vec3{7, 0, 0} + -2.0 * Vec3{2, 8, 0} + 3.0 * Vec3{-1, 3, 9};
    EXPECT_NEAR(norm(minimum_image(c, shifted) - d), 0.0, 1e-12);
  }
}

TEST(Cell, NonPeriodicDirectionIsLeftAlone)
{
  Cell c = box(4, 4, 4);
  c.periodic[2] = false;
  const Vec3 d = minimum_image(c, {3, 3, 3});
  EXPECT_DOUBLE_EQ(d.x, -1);
  EXPECT_DOUBLE_EQ(d.z, 3);
}

TEST(Cell, FaceDistanceOfTiltedCell)
{
  const Cell c = box(7, 8, 9, 2, -1, 3);
  EXPECT_NEAR(face_distance(c, 2), 9.0, 1e-14);
  EXPECT_NEAR(face_distance(c, 1), 8 * 9 / std::hypot(9, 3), 1e-12);
  EXPECT_NEAR(face_distance(box(3, 4, 5), 0), 3.0, 1e-14);
}

TEST(Layers, FlatBilayer)
{
  const Cell c = box(20, 20, 30);
  const auto g = gaps(c, {layer_from(c, sheet(5)), layer_from(c, sheet(8.96))}, true);
  ASSERT_EQ(g.size(), 2u);
  EXPECT_NEAR(g[0].normal, 3.96, 1e-12);
  EXPECT_NEAR(g[0].perpendicular, 3.96, 1e-12);
  EXPECT_NEAR(g[0].tilt, 0.0, 1e-7);
  EXPECT_EQ(g[0].lower_corrugation, 0.0);
  EXPECT_NEAR(g[1].normal, 30 - 3.96, 1e-12);
}

TEST(Layers, FourLayers)
{
  const Cell c = box(20, 20, 40);
  std::vector<Layer> l;
  for (double z : {1.0, 10.5, 19.9, 29.5}) l.push_back(layer_from(c, sheet(z)));
  const auto g = gaps(c, l, false);
  EXPECT_NEAR((g[0].normal + g[1].normal + g[2].normal) / 3, 9.5, 1e-12);
}

TEST(Layers, LayerAcrossTheBoundary)
{
  const Cell c = box(20, 20, 10, 0, 2, 3);
  std::vector<Vec3> low;
  for (int i = 0; i < 10; i++) low.push_back({1.0 * i, 0.3 * i * i, i % 2 ? 0.1 : 9.9});
  const auto g = gaps(c, {layer_from(c, low), layer_from(c, sheet(4))}, false);
  EXPECT_NEAR(g[0].normal, 4.0, 1e-12);
}

TEST(Layers, TiltedParallelPlanes)
{
  const Cell c = box(40, 40, 40);
  const auto g = gaps(c, {layer_from(c, sheet(5, 0.2, -0.1)), layer_from(c, sheet(9, 0.2, -0.1))}, false);
  EXPECT_NEAR(g[0].normal, 4.0, 1e-12);
  EXPECT_NEAR(g[0].perpendicular, 4.0 / std::sqrt(1 + 0.04 + 0.01), 1e-12);
  EXPECT_NEAR(g[0].tilt, 0.0, 1e-6);
}

TEST(Layers, TiltAngle)
{
  const Cell c = box(40, 40, 40);
  const auto g = gaps(c, {layer_from(c, sheet(5)), layer_from(c, sheet(9, std::tan(0.1)))}, false);
  EXPECT_NEAR(g[0].tilt, 0.1 * 180 / M_PI, 1e-10);
}

TEST(Layers, CorrugationOfAlternatingHeights)
{
  const Cell c = box(40, 40, 40);
  std::vector<Vec3> a;
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 6; j++) a.push_back({1.0 * i, 1.0 * j, 5 + ((i + j) % 2 ? 0.25 : -0.25)});
  EXPECT_NEAR(layer_from(c, a).corrugation, 0.25, 0.01);
}

TEST(Layers, OneAtomAndTwoAtomsAreHorizontal)
{
  const Cell c = box(40, 40, 40);
  EXPECT_EQ(layer_from(c, {{1, 2, 3}}).ax, 0.0);
  const Layer two = layer_from(c, {{1, 2, 3}, {2, 2, 4}});
  EXPECT_EQ(two.ax, 0.0);
  EXPECT_NEAR(two.center.z, 3.5, 1e-14);
  EXPECT_NEAR(two.corrugation, 0.5, 1e-14);
}

namespace {

// The definition, from the sorted list of all heights.
std::vector<int> sorted_clusters(const std::vector<double> &z, double gap, double period)
{
  std::vector<double> s = z;
  std::sort(s.begin(), s.end());
  std::vector<double> starts;
  for (std::size_t k = 1; k < s.size(); k++)
    if (s[k] - s[k - 1] > gap) starts.push_back(s[k]);
  const int n = static_cast<int>(starts.size()) + 1;
  const bool over = period > 0 && n > 1 && s[0] + period - s.back() <= gap;
  std::vector<int> out;
  for (const double h : z) {
    const int k = static_cast<int>(
        std::count_if(starts.begin(), starts.end(), [&](double start) { return h >= start; }));
    out.push_back(over ? (k + n - 2) % (n - 1) : k);
  }
  return out;
}

// The heights in two parts, as two ranks have them.
std::vector<int> clusters(const std::vector<double> &z, double gap, double period)
{
  if (z.empty()) {
    HeightClusters none(1.0, -1.0, gap);
    none.finish(period);
    EXPECT_EQ(none.count(), 0);
    return {};
  }
  const auto [low, high] = std::minmax_element(z.begin(), z.end());
  HeightClusters a(*low, *high, gap), b(*low, *high, gap);
  for (std::size_t k = 0; k < z.size(); k++) (k % 3 ? a : b).accumulate(z[k]);
  for (std::size_t k = 0; k < a.lows().size(); k++) {
    a.lows()[k] = std::min(a.lows()[k], b.lows()[k]);
    a.highs()[k] = std::max(a.highs()[k], b.highs()[k]);
  }
  a.finish(period);
  std::vector<int> out;
  for (const double h : z) out.push_back(a.layer(h));
  EXPECT_EQ(a.count(), *std::max_element(out.begin(), out.end()) + 1);
  return out;
}

}    // namespace

TEST(Layers, ClusteringFindsLayersAndTheOneOverTheFace)
{
  const std::vector<double> z{0.1, 5.0, 5.2, 9.9, 4.9, 0.2};
  EXPECT_EQ(clusters(z, 1.5, 10.0), (std::vector<int>{1, 0, 0, 1, 0, 1}));
  EXPECT_EQ(clusters(z, 1.5, 0.0), (std::vector<int>{0, 1, 1, 2, 1, 0}));
  EXPECT_EQ(clusters(z, 20.0, 10.0), (std::vector<int>(6, 0)));
  EXPECT_TRUE(clusters({}, 1.5, 10.0).empty());
  EXPECT_EQ(clusters({3.0}, 1.5, 10.0), std::vector<int>{0});
  // a stretch of exactly one gap separates nothing
  EXPECT_EQ(clusters({1.0, 2.5, 4.0, 5.5000001}, 1.5, 0.0), (std::vector<int>{0, 0, 0, 1}));
}

TEST(Layers, ClusteringIsThatOfTheSortedHeights)
{
  std::mt19937 rng(8);
  for (int trial = 0; trial < 400; trial++) {
    std::uniform_real_distribution<double> height(-3.0, 17.0), gap(0.05, 4.0);
    std::vector<double> z(1 + trial % 60);
    for (double &h : z) h = trial % 2 ? height(rng) : std::round(2.0 * height(rng)) / 2.0;
    const double g = trial % 2 ? gap(rng) : 0.5 * (1 + trial % 4);
    EXPECT_EQ(clusters(z, g, trial % 3 ? 20.0 : 0.0), sorted_clusters(z, g, trial % 3 ? 20.0 : 0.0)) << trial;
  }
}

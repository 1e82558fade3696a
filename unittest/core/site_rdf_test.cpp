// SPDX-License-Identifier: GPL-2.0-only
#include "core/site_rdf.h"
#include "tilted_cell.h"

#include <gtest/gtest.h>

#include <random>

using namespace natrolite;

TEST(Centroids, MeansOverTheFacesOfTheCell)
{
  Cell c;
  c.lx = c.ly = c.lz = 10;
  Centroids centroids({{9.5, 5, 5}, {}, {1, 1, 1}});
  for (const Vec3 &x : {Vec3{9.5, 5, 5}, Vec3{0.5, 5, 5}, Vec3{0.5, 6, 8}}) centroids.accumulate(c, 0, x);
  centroids.accumulate(c, 2, {1, 1, 1});
  const auto found = centroids.result();
  ASSERT_EQ(found.size(), 2u);    // the second set has no atoms
  EXPECT_NEAR(found[0].x, 9.5 + 2.0 / 3.0, 1e-12);
  EXPECT_NEAR(found[0].y, 16.0 / 3.0, 1e-12);
  EXPECT_NEAR(found[0].z, 6.0, 1e-12);
  EXPECT_EQ(found[1].z, 1.0);
}

TEST(SiteRdf, SimpleCubicShells)
{
  Cell c;
  c.lx = c.ly = c.lz = 3;
  SiteRdf rdf(100, 5.5);
  rdf.accumulate(c, {0.2, 0.3, 0.4}, {{0.2, 0.3, 0.4}});
  const auto rows = rdf.result(1, 1, 27);
  EXPECT_EQ(rows[0].coordination, 1);
  EXPECT_EQ(rows[99].coordination, 27);    // itself, 6, 12 and 8 images
  EXPECT_NEAR(rows[54].r, 2.9975, 1e-12);
}

TEST(SiteRdf, IdealGasIsOneOnAverageInATiltedCell)
{
  Cell c = tilted();
  c.yz = -4, c.xz = 3;
  std::mt19937 rng(2);
  std::uniform_real_distribution<double> u(0, 1);
  std::vector<Vec3> sites;
  for (int k = 0; k < 3000; k++) sites.push_back(to_cartesian(c, {u(rng), u(rng), u(rng)}));
  SiteRdf rdf(1, 25.0);
  for (int k = 0; k < 20; k++) rdf.accumulate(c, to_cartesian(c, {u(rng), u(rng), u(rng)}), sites);
  EXPECT_NEAR(rdf.result(20, 3000, c.volume())[0].g, 1.0, 0.01);
}

TEST(SiteRdf, NoIonsOrNoSitesIsZero)
{
  SiteRdf rdf(5, 4.0);
  rdf.accumulate(tilted(), {1, 1, 1}, {});
  for (const auto &row : rdf.result(0, 0, 1.0)) EXPECT_EQ(row.g + row.coordination, 0.0);
}

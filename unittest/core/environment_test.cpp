// SPDX-License-Identifier: GPL-2.0-only
#include "core/accessible_volume.h"
#include "core/elements.h"
#include "core/environment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace natrolite;

namespace {

struct Crystal {
  Vec3 a[3];
  std::vector<Vec3> basis;    // Cartesian
};

Crystal cubic(std::vector<Vec3> fractions, double a)
{
  Crystal c{{{a, 0, 0}, {0, a, 0}, {0, 0, a}}, {}};
  for (const Vec3 &f : fractions) c.basis.push_back(a * f);
  return c;
}

const std::vector<Vec3> sc{{0, 0, 0}}, bcc{{0, 0, 0}, {.5, .5, .5}},
    fcc{{0, 0, 0}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}},
    diamond{{0, 0, 0},       {.5, .5, 0},     {.5, 0, .5},     {0, .5, .5},
            {.25, .25, .25}, {.75, .75, .25}, {.75, .25, .75}, {.25, .75, .75}};

// positions of all atoms within reach of a point, relative to it
std::vector<Vec3> around(const Crystal &c, const Vec3 &p, double reach)
{
  std::vector<Vec3> out;
  const int n = static_cast<int>(reach / 0.8 / norm(c.a[0])) + 2;
  for (int i = -n; i <= n; i++)
    for (int j = -n; j <= n; j++)
      for (int k = -n; k <= n; k++)
        for (const Vec3 &b : c.basis) {
          const Vec3 d = b - p + (1.0 * i) * c.a[0] + (1.0 * j) * c.a[1] + (1.0 * k) * c.a[2];
          if (norm(d) <= reach) out.push_back(d);
        }
  return out;
}

double coordination(const Crystal &c, const Switch &s)
{
  IonEnvironment out;
  for (const Vec3 &d : around(c, c.basis[0], s.reach() + 0.1))
    if (norm(d) > 1e-9) add_neighbor(out, s, s, true, false, dot(d, d));
  return out.ion_coordination;
}

Switch hard(double rc)
{
  Switch s;
  s.rc = rc;
  return s;
}

// the void of a crystal of equal spheres: the mean fraction over ions all over the cell
double void_fraction(const Crystal &c, double radius, double a)
{
  const double rs = 0.5 * a;
  AccessibleVolume volume(rs, 0.055 * a, false);
  double sum = 0.0;
  const int n = 12;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      for (int k = 0; k < n; k++) {
        const Vec3 p{a * (i + 0.37) / n, a * (j + 0.61) / n, a * (k + 0.18) / n};
        std::vector<Sphere> spheres;
        for (const Vec3 &d : around(c, p, rs + radius)) spheres.push_back({d, radius});
        sum += volume.evaluate(spheres).fraction;
      }
  return sum / (n * n * n);
}

constexpr double full = 4.0 / 3.0 * M_PI;

}    // namespace

TEST(Coordination, ShellsOfCubicLattices)
{
  const double eps = 1e-6;
  EXPECT_EQ(coordination(cubic(sc, 3), hard(3 + eps)), 6);
  EXPECT_EQ(coordination(cubic(sc, 3), hard(3 * std::sqrt(2.0) + eps)), 18);
  EXPECT_EQ(coordination(cubic(sc, 3), hard(3 * std::sqrt(3.0) + eps)), 26);
  EXPECT_EQ(coordination(cubic(bcc, 3), hard(1.5 * std::sqrt(3.0) + eps)), 8);
  EXPECT_EQ(coordination(cubic(bcc, 3), hard(3 + eps)), 14);
  EXPECT_EQ(coordination(cubic(fcc, 3), hard(3 / std::sqrt(2.0) + eps)), 12);
  EXPECT_EQ(coordination(cubic(fcc, 3), hard(3 + eps)), 18);
  EXPECT_EQ(coordination(cubic(diamond, 4), hard(std::sqrt(3.0) + eps)), 4);
  EXPECT_EQ(coordination(cubic(diamond, 4), hard(4 / std::sqrt(2.0) + eps)), 16);
}

TEST(Coordination, Graphite)
{
  const double b = 1.42, a = b * std::sqrt(3.0);
  Crystal c{{{a, 0, 0}, {a / 2, a * std::sqrt(3.0) / 2, 0}, {0, 0, 6.7}}, {}};
  c.basis = {{0, 0, 0}, {a / 2, b / 2, 0}, {0, 0, 3.35}, {a / 2, b / 2 - 2 * b + b, 3.35}};
  EXPECT_EQ(coordination(c, hard(1.5)), 3);
}

TEST(Coordination, HardCutoffCountsTheNeighborOnIt)
{
  EXPECT_EQ(coordination(cubic(sc, 3), hard(3)), 6);
  EXPECT_EQ(coordination(cubic(sc, 3), hard(std::nextafter(3.0, 0.0))), 0);
}

TEST(Coordination, RationalSwitchOfSimpleCubic)
{
  Switch s;
  s.kind = Switch::Rational;
  s.rc = 3.5;
  s.cut = 10.0;
  EXPECT_NEAR(coordination(cubic(sc, 3), s), 9.102448, 5e-7);
}

TEST(Coordination, RationalSwitchAtItsCutoffIsNOverM)
{
  Switch s;
  s.kind = Switch::Rational;
  s.rc = 2.0, s.n = 8, s.m = 14, s.cut = 5.0;
  EXPECT_NEAR(switch_value(s, 4.0), 8.0 / 14.0, 1e-14);
  EXPECT_NEAR(switch_value(s, 1.0), (1 - std::pow(.5, 8)) / (1 - std::pow(.5, 14)), 1e-14);
  EXPECT_EQ(switch_value(s, 25.01), 0.0);
}

TEST(Coordination, CosineSwitch)
{
  Switch s;
  s.kind = Switch::Cosine;
  s.rc = 2.0, s.width = 1.0;
  EXPECT_EQ(switch_value(s, 4.0), 1.0);
  EXPECT_NEAR(switch_value(s, 6.25), 0.5, 1e-15);
  EXPECT_NEAR(switch_value(s, 9.0), 0.0, 1e-15);
  EXPECT_EQ(switch_value(s, 9.1), 0.0);
}

TEST(Coordination, NoNeighborIsMinusOne)
{
  const IonEnvironment s;
  EXPECT_EQ(s.ion_nearest(), -1.0);
  EXPECT_EQ(s.host_nearest(), -1.0);
  EXPECT_EQ(s.ion_coordination, 0.0);
}

TEST(AccessibleVolume, IsolatedIonIsTheWholeSphere)
{
  for (bool connected : {false, true}) {
    AccessibleVolume v(5.0, 0.25, connected);
    EXPECT_DOUBLE_EQ(v.evaluate({}).volume, full * 125.0);
    EXPECT_DOUBLE_EQ(v.evaluate({}).fraction, 1.0);
  }
  EXPECT_DOUBLE_EQ(accessible_volume_monte_carlo(5.0, {}, 100, 1, 1).volume, full * 125.0);
}

TEST(AccessibleVolume, SphereInsideTheProbeSphere)
{
  AccessibleVolume v(5.0, 0.05, false);
  EXPECT_NEAR(v.evaluate({{{2, 0.3, 0.1}, 1.7}}).volume, full * (125 - std::pow(1.7, 3)), 0.1);
}

TEST(AccessibleVolume, TouchingSpheres)
{
  EXPECT_NEAR(void_fraction(cubic(sc, 4), 2.0, 4), 0.476401, 2e-3);
  EXPECT_NEAR(void_fraction(cubic(bcc, 4), std::sqrt(3.0), 4), 0.319825, 2e-3);
  EXPECT_NEAR(void_fraction(cubic(fcc, 4), std::sqrt(2.0), 4), 0.259520, 2e-3);
  EXPECT_NEAR(void_fraction(cubic(diamond, 4), std::sqrt(3.0) / 2, 4), 0.659913, 2e-3);
}

TEST(AccessibleVolume, OverlappingSpheres)
{
  EXPECT_NEAR(void_fraction(cubic(sc, 4), 2.2, 4), 0.328223, 2e-3);
  EXPECT_NEAR(void_fraction(cubic(sc, 4), 2.4, 4), 0.202035, 2e-3);
  EXPECT_NEAR(void_fraction(cubic(sc, 4), 2.6, 4), 0.104122, 2e-3);
}

TEST(AccessibleVolume, GridAgreesWithMonteCarloWithinItsError)
{
  std::mt19937 rng(11);
  std::uniform_real_distribution<double> u(-6, 6);
  AccessibleVolume grid(5.0, 0.1, false);
  for (int t = 0; t < 6; t++) {
    std::vector<Sphere> spheres;
    for (int k = 0; k < 40; k++) spheres.push_back({{u(rng), u(rng), u(rng)}, 1.7});
    const auto a = grid.evaluate(spheres);
    const auto b = accessible_volume_monte_carlo(5.0, spheres, 20000, 7, t);
    RecordProperty("grid", std::to_string(a.volume));
    EXPECT_GT(b.error, 0.0);
    EXPECT_NEAR(a.volume, b.volume, 4.0 * b.error) << "error " << b.error;
  }
}

TEST(AccessibleVolume, ConnectedPartBehindAWallIsLeftOut)
{
  // a wall of overlapping spheres in the plane x = 1.5 cuts the probe sphere in two
  std::vector<Sphere> wall;
  for (int j = -12; j <= 12; j++)
    for (int k = -12; k <= 12; k++) wall.push_back({{2.0, 0.5 * j, 0.5 * k}, 0.6});
  AccessibleVolume all(5.0, 0.2, false), part(5.0, 0.2, true);
  const double near_side = part.evaluate(wall).volume, both = all.evaluate(wall).volume;
  // half of the ball plus a disc-like zone up to x = 1.4, give or take the wall's roughness
  const double cap = M_PI * (25 * 1.45 - std::pow(1.45, 3) / 3) + full * 125 / 2;
  EXPECT_NEAR(near_side, cap, 0.05 * cap);
  EXPECT_GT(both, near_side + 50);
}

TEST(AccessibleVolume, BuriedIonHasNoConnectedPart)
{
  AccessibleVolume all(5.0, 0.25, false), part(5.0, 0.25, true);
  const std::vector<Sphere> cover{{{0.1, 0, 0}, 1.6}};
  EXPECT_EQ(part.evaluate(cover).volume, 0.0);
  EXPECT_GT(all.evaluate(cover).volume, 400.0);
  // just short of 1 A: starts at the nearest free node
  EXPECT_GT(part.evaluate({{{0, 0, 0}, 0.9}}).volume, 400.0);
}

TEST(AccessibleVolume, MonteCarloDependsOnSeedAndKeyAlone)
{
  const std::vector<Sphere> s{{{2, 0, 0}, 1.7}};
  const double v = accessible_volume_monte_carlo(5, s, 1000, 3, 4).volume;
  EXPECT_EQ(v, accessible_volume_monte_carlo(5, s, 1000, 3, 4).volume);
  EXPECT_NE(v, accessible_volume_monte_carlo(5, s, 1000, 3, 5).volume);
  EXPECT_NE(v, accessible_volume_monte_carlo(5, s, 1000, 4, 4).volume);
}

TEST(Elements, NearestByMass)
{
  EXPECT_EQ(element_by_mass(22.99), "Na");
  EXPECT_EQ(element_by_mass(12.0), "C");
  EXPECT_EQ(element_by_mass(1.0), "H");
  EXPECT_EQ(element_by_mass(47.9), "Ti");
  EXPECT_EQ(element_by_mass(0.0), "");
  EXPECT_EQ(element_symbols().size(), 118u);
  EXPECT_DOUBLE_EQ(default_radius("Na"), 2.27);
  EXPECT_LT(default_radius("U"), 0.0);
  EXPECT_FALSE(is_element("switch"));
}

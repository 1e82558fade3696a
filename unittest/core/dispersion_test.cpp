// SPDX-License-Identifier: GPL-2.0-only
// DFT-D3 against the double sum over pairs of reference systems, written out, and its derivatives.
#include "core/dispersion.h"
#include "core/dispersion_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

using namespace natrolite;

namespace {

constexpr double BOHR = 0.52917725, HARTREE = 27.21140795;

struct Cluster {
  std::vector<std::array<double, 3>> x;
  std::vector<int> type;
};

/// n atoms at random, none closer than 1.2 A
Cluster cluster(int n, int types, double side, unsigned seed = 7)
{
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> u(0.0, side);
  Cluster c;
  while (static_cast<int>(c.x.size()) < n) {
    const std::array<double, 3> p{u(random), u(random), u(random)};
    bool far = true;
    for (const auto &q : c.x) far = far && std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) > 1.2;
    if (!far) continue;
    c.type.push_back(static_cast<int>(c.x.size()) % types);
    c.x.push_back(p);
  }
  return c;
}

DispersionSettings settings(const std::string &damping, const std::string &functional,
                            std::vector<int> elements, double cutoff = 9.0, double cn_cutoff = 6.0)
{
  DispersionSettings s;
  s.damping = d3::damping(damping);
  s.functional = d3::functional(s.damping, functional);
  s.elements = std::move(elements);
  s.cutoff = cutoff;
  s.coordination_cutoff = cn_cutoff;
  return s;
}

/// A half list of all pairs.
struct HalfList {
  std::vector<std::vector<int>> lists;
  std::vector<const int *> first;
  std::vector<int> number, order;
  std::vector<const double *> rows;
  explicit HalfList(const Cluster &c, int bits = 0)
  {
    const int n = static_cast<int>(c.x.size());
    lists.resize(n);
    for (int i = 0; i < n; ++i) {
      for (int j = i + 1; j < n; ++j) lists[i].push_back(j | bits << 30);
      order.push_back(i);
      first.push_back(lists[i].data());
      number.push_back(static_cast<int>(lists[i].size()));
      rows.push_back(c.x[i].data());
    }
  }
};

DispersionAtoms atoms_of(const Cluster &c, const HalfList &list)
{
  DispersionAtoms a;
  a.nlocal = a.nall = static_cast<int>(c.x.size());
  a.type = c.type.data();
  a.list.ncenter = a.nlocal;
  a.list.ilist = list.order.data();
  a.list.numneigh = list.number.data();
  a.list.firstneigh = list.first.data();
  a.list.mask = 0x1FFFFFFF;
  a.list.x = list.rows.data();
  return a;
}

double energy(Dispersion &d, const DispersionAtoms &a, const DispersionOutputs &wants = {})
{
  d.count(a, wants);
  d.pairs(a);
  d.chain(a);
  return d.energy();
}

/// C6 of a pair in eV A^6: Grimme's sum over pairs of references, the nearest pair with weight 1
double pair_c6(int a, int b, double cn_a, double cn_b)
{
  double sum = 0.0, norm = 0.0, nearest = 1e300;
  const auto over_pairs = [&](const auto &f) {
    for (int m = d3::FIRST_REFERENCE[a - 1]; m < d3::FIRST_REFERENCE[a]; ++m)
      for (int n = d3::FIRST_REFERENCE[b - 1]; n < d3::FIRST_REFERENCE[b]; ++n) {
        const double p = cn_a - d3::REFERENCE_COORDINATION[m], q = cn_b - d3::REFERENCE_COORDINATION[n];
        f(p * p + q * q, 1e-4 * d3::REFERENCE_C6[d3::in_triangle(m, n)]);
      }
  };
  over_pairs([&](double away, double) { nearest = std::min(nearest, away); });
  over_pairs([&](double away, double c6) {
    const double w = std::exp(-4.0 * (away - nearest));
    sum += w * c6;
    norm += w;
  });
  return sum / norm * HARTREE * std::pow(BOHR, 6);
}

/// s6 f6 / r^6 + s8 (C8 / C6) f8 / r^8 in 1 / A^6
double damped(const DispersionSettings &s, int a, int b, double r)
{
  const double c8 = 3.0 * d3::ROOT_R4_R2[a - 1] * d3::ROOT_R4_R2[b - 1] * BOHR * BOHR;
  const auto &f = s.functional;
  if (s.damping == d3::Damping::bj || s.damping == d3::Damping::bjm) {
    const double r0 = f.first * std::sqrt(c8) + f.second * BOHR;
    return f.s6 / (std::pow(r, 6) + std::pow(r0, 6)) + f.s8 * c8 / (std::pow(r, 8) + std::pow(r0, 8));
  }
  const double r0 = 1e-4 * d3::DAMPING_RADIUS[d3::in_triangle(a - 1, b - 1)];
  const bool modified = s.damping == d3::Damping::zerom;
  const double shift = modified ? f.second * r0 / BOHR : 0.0;
  const double t6 = std::pow(r / (f.first * r0) + shift, -14.0);
  const double t8 = std::pow(r / ((modified ? 1.0 : f.second) * r0) + shift, -16.0);
  return f.s6 / std::pow(r, 6) / (1.0 + 6.0 * t6) + f.s8 * c8 / std::pow(r, 8) / (1.0 + 6.0 * t8);
}

double distance(const Cluster &c, std::size_t i, std::size_t j)
{
  return std::hypot(c.x[i][0] - c.x[j][0], c.x[i][1] - c.x[j][1], c.x[i][2] - c.x[j][2]);
}

/// the energy, every pair written out; factor: of each pair's energy
double written_out(const Cluster &c, const DispersionSettings &s, double factor = 1.0)
{
  std::vector<double> cn(c.x.size(), 0.0);
  for (std::size_t i = 0; i < c.x.size(); ++i)
    for (std::size_t j = 0; j < c.x.size(); ++j) {
      const double r = distance(c, i, j);
      const int a = s.elements[c.type[i]], b = s.elements[c.type[j]];
      const double rc = (d3::COVALENT_RADIUS[a - 1] + d3::COVALENT_RADIUS[b - 1]) * BOHR;
      if (i != j && r <= s.coordination_cutoff) cn[i] += 1.0 / (1.0 + std::exp(-16.0 * (rc / r - 1.0)));
    }
  double e = 0.0;
  for (std::size_t i = 0; i < c.x.size(); ++i)
    for (std::size_t j = i + 1; j < c.x.size(); ++j) {
      const double r = distance(c, i, j);
      const int a = s.elements[c.type[i]], b = s.elements[c.type[j]];
      if (r < s.cutoff) e -= factor * pair_c6(a, b, cn[i], cn[j]) * damped(s, a, b, r);
    }
  return e;
}

struct Case {
  const char *damping, *functional;
  std::vector<int> elements;
};

class Formula : public testing::TestWithParam<Case> {};

TEST_P(Formula, EnergyIsTheSumWrittenOut)
{
  const auto &[damping, functional, elements] = GetParam();
  for (const double cn_cutoff : {3.0, 8.0, 12.0}) {
    const auto s = settings(damping, functional, elements, 9.0, cn_cutoff);
    const Cluster c = cluster(150, static_cast<int>(elements.size()), 14.0);
    const HalfList list(c);
    Dispersion d(s);
    const double expected = written_out(c, s);
    EXPECT_NEAR(energy(d, atoms_of(c, list)) / expected, 1.0, 1e-13);
  }
}

TEST_P(Formula, ForcesAreItsDerivative)
{
  const auto &[damping, functional, elements] = GetParam();
  const auto s = settings(damping, functional, elements);
  Cluster c = cluster(40, static_cast<int>(elements.size()), 7.0);
  const HalfList list(c);
  Dispersion d(s);
  energy(d, atoms_of(c, list));
  const std::vector<double> forces(d.forces(), d.forces() + 4 * c.x.size());
  double largest = 0.0;
  for (const int atom : {0, 1, 17})
    for (int k = 0; k < 3; ++k) {
      constexpr double h = 1e-4;
      const double x = c.x[atom][k];
      double e[4];
      const double at[] = {2.0 * h, h, -h, -2.0 * h};
      for (int m = 0; m < 4; ++m) {
        c.x[atom][k] = x + at[m];
        e[m] = written_out(c, s);
      }
      c.x[atom][k] = x;
      const double f = -(-e[0] + 8.0 * e[1] - 8.0 * e[2] + e[3]) / (12.0 * h);
      EXPECT_NEAR(forces[4 * atom + k], f, 1e-9 + 3e-15 * std::abs(e[0]) / h) << atom << " " << k;
      largest = std::max(largest, std::abs(f));
    }
  EXPECT_GT(largest, 1e-2);
}

INSTANTIATE_TEST_SUITE_P(All, Formula,
                         testing::Values(Case{"bj", "pbe", {6}}, Case{"bj", "pbe", {6, 11, 22, 8, 1}},
                                         Case{"original", "PBE", {6, 11}},
                                         Case{"zero", "b2-plyp", {22, 8, 6}},
                                         Case{"zerom", "b-lyp", {6, 7, 28}}, Case{"bjm", "pbe0", {1, 94}}));

TEST(Dispersion, DimerIsTheClosedForm)
{
  for (const auto &[damping, functional] : {std::pair("bj", "pbe"), std::pair("original", "pbe"),
                                            std::pair("zerom", "pbe"), std::pair("bjm", "pbe")})
    for (double r = 1.1; r < 9.5; r += 0.3) {
      const auto s = settings(damping, functional, {6, 11}, 9.0, 9.0);
      const Cluster c{{{0.0, 0.0, 0.0}, {0.0, 0.0, r}}, {0, 1}};
      const HalfList list(c);
      Dispersion d(s);
      const double expected = written_out(c, s);
      EXPECT_NEAR(energy(d, atoms_of(c, list)), expected, 1e-14 * std::abs(expected));
      EXPECT_EQ(expected == 0.0, r >= 9.0);
    }
}

TEST(Dispersion, FarFromAllReferencesTheNearestOneCounts)
{
  // sodium in a shell of 40 carbon atoms: no Gaussian of it is a number above 1e-300
  Cluster c{{{0.0, 0.0, 0.0}}, {1}};
  for (int k = 0; k < 40; ++k) {
    const double z = (k + 0.5) / 20.0 - 1.0, phi = 2.4 * k, s = std::sqrt(1.0 - z * z);
    c.x.push_back({2.3 * s * std::cos(phi), 2.3 * s * std::sin(phi), 2.3 * z});
    c.type.push_back(0);
  }
  const HalfList list(c);
  Dispersion d(settings("bj", "pbe", {6, 11}, 9.0, 9.0));
  const double near = energy(d, atoms_of(c, list));
  EXPECT_TRUE(std::isfinite(near));
  const double cn = d.count(atoms_of(c, list), {})[0];
  EXPECT_GT(cn, 15.0);    // 4 (15 - 1)^2 > 700
  const std::vector<double> forces = [&] {
    energy(d, atoms_of(c, list));
    return std::vector<double>(d.forces(), d.forces() + 4 * c.x.size());
  }();
  double e[2];
  for (const int side : {0, 1}) {
    c.x[5][0] += side == 0 ? 1e-5 : -2e-5;
    e[side] = energy(d, atoms_of(c, list));
  }
  EXPECT_NEAR(forces[4 * 5], -(e[0] - e[1]) / 2e-5, 1e-6);
}

TEST(Dispersion, ThreadsChangeNothingAndAtomsAddUp)
{
  const auto elements = std::vector<int>{6, 11, 8};
  auto s = settings("bj", "pbe", elements);
  const Cluster c = cluster(200, 3, 15.0);
  const HalfList list(c);
  Dispersion one(s);
  const DispersionOutputs all{true, true, true};
  const double expected = energy(one, atoms_of(c, list), all);
  s.threads = 3;
  Dispersion three(s);
  EXPECT_NEAR(energy(three, atoms_of(c, list), all), expected, 1e-12);
  for (std::size_t k = 0; k < 3 * c.x.size(); ++k)
    EXPECT_NEAR(three.forces()[k / 3 * 4 + k % 3], one.forces()[k / 3 * 4 + k % 3], 1e-12);
  double atoms = 0.0, virial[6] = {}, centroid[9] = {};
  for (std::size_t i = 0; i < c.x.size(); ++i) {
    atoms += three.energy_atom()[i];
    for (int k = 0; k < 6; ++k) virial[k] += three.virial_atom()[6 * i + k];
    for (int k = 0; k < 9; ++k) centroid[k] += three.centroid_atom()[9 * i + k];
  }
  EXPECT_NEAR(atoms, expected, 1e-11);
  for (int k = 0; k < 6; ++k) {
    EXPECT_NEAR(virial[k], one.virial()[k], 1e-11);
    EXPECT_NEAR(centroid[k], one.virial()[k], 1e-11);
    EXPECT_NEAR(centroid[k < 3 ? k : k + 3], one.virial()[k], 1e-11);
  }
}

TEST(Dispersion, FactorsOfBondedPairsScaleTheEnergyAlone)
{
  const auto s = settings("original", "pbe", {6, 11});
  const Cluster c = cluster(60, 2, 9.0);
  const HalfList list(c, 2);
  auto atoms = atoms_of(c, list);
  atoms.special[2] = 0.25;
  Dispersion d(s);
  EXPECT_NEAR(energy(d, atoms), written_out(c, s, 0.25), 1e-12);
}

TEST(Dispersion, NoAtoms)
{
  Dispersion d(settings("bj", "pbe", {6}));
  EXPECT_EQ(energy(d, DispersionAtoms{}, {true, true, true}), 0.0);
}

TEST(Dispersion, Refusals)
{
  EXPECT_THROW(Dispersion(settings("bj", "pbe", {6}, 0.0)), std::invalid_argument);
  EXPECT_THROW(Dispersion(settings("bj", "pbe", {6}, 9.0, -1.0)), std::invalid_argument);
  EXPECT_THROW(d3::damping("bz"), std::invalid_argument);
  try {
    d3::functional(d3::Damping::bjm, "scan");
    FAIL();
  } catch (const std::invalid_argument &e) {
    EXPECT_NE(std::string(e.what()).find("functional scan"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("b97-d"), std::string::npos);
  }
  EXPECT_EQ(dispersion_element("na"), 11);
  EXPECT_EQ(dispersion_element("PU"), 94);
  EXPECT_THROW(dispersion_element("Am"), std::invalid_argument);
  EXPECT_THROW(dispersion_element("Xx"), std::invalid_argument);
}

}    // namespace

// SPDX-License-Identifier: GPL-2.0-only
#include "core/blocking.h"
#include "core/voltage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace natrolite;

TEST(Capacity, KnownCompounds)
{
  const double c = 12.011, ti = 47.867, o = 15.999;
  EXPECT_NEAR(capacity(1, 6 * c), 371.902, 5e-4);
  EXPECT_NEAR(capacity(1, 8 * c), 278.926, 5e-4);
  EXPECT_NEAR(capacity(1, 6.9 * c), 323.393, 5e-4);
  EXPECT_NEAR(capacity(1, 2 * ti + c + 2 * o), 191.791, 5e-4);
  EXPECT_EQ(capacity(1, 0), 0.0);
}

TEST(Voltage, LinearEnergyIsTheSameInEveryVariant)
{
  std::vector<Content> p;
  for (double n : {0., 1., 3., 4., 8.}) p.push_back({n, {-100 - 2.9 * n, 0}});
  for (const auto &r : voltage_table(p, {-1.3, 0}, 72.066, true)) {
    if (r.n == 0) continue;
    EXPECT_NEAR(r.from_empty.value, 1.6, 1e-12);
    EXPECT_NEAR(r.from_previous.value, 1.6, 1e-12);
    EXPECT_NEAR(r.along_hull.value, 1.6, 1e-12);
  }
}

TEST(Voltage, QuadraticEnergy)
{
  const double g = 0.05, v0 = 1.1, mu = -1.3;
  std::vector<Content> p;
  for (int n = 0; n <= 6; n++) p.push_back({1.0 * n, {-50 + (mu - v0) * n + g * n * n / 2, 0}});
  const auto rows = voltage_table(p, {mu, 0}, 0, true);
  for (int n = 1; n <= 6; n++) {
    EXPECT_NEAR(rows[n].from_previous.value, v0 - g * (n - 0.5), 1e-12);
    EXPECT_NEAR(rows[n].along_hull.value, v0 - g * (n - 0.5), 1e-12);
    EXPECT_NEAR(rows[n].from_empty.value, v0 - g * n / 2, 1e-12);
  }
}

TEST(Voltage, HullSkipsUnstableContents)
{
  const std::vector<Content> p{{0, {0, 0}}, {1, {0.5, 0}}, {2, {-2, 0.1}}, {3, {-1.5, 0}}, {4, {-3, 0.2}}};
  EXPECT_EQ(lower_hull(p), (std::vector<int>{0, 2, 4}));
  const auto r = voltage_table(p, {0, 0}, 0, true);
  EXPECT_NEAR(r[1].along_hull.value, 1.0, 1e-14);
  EXPECT_NEAR(r[2].along_hull.value, 1.0, 1e-14);
  EXPECT_NEAR(r[3].along_hull.value, 0.5, 1e-14);
  EXPECT_NEAR(r[4].along_hull.error, std::hypot(0.1, 0.2) / 2, 1e-14);
  EXPECT_EQ(voltage_table(p, {0, 0}, 0, false)[4].along_hull.value, 0.0);
}

TEST(Voltage, ErrorsAgainstRandomDraws)
{
  std::mt19937 rng(5);
  std::normal_distribution<double> g(0, 1);
  double sum = 0, sum2 = 0;
  const int n = 20000;
  for (int t = 0; t < n; t++) {
    const double v =
        voltage({2, {-7 + 0.3 * g(rng), 0}}, {6, {-20 + 0.4 * g(rng), 0}}, {-1 + 0.05 * g(rng), 0}).value;
    sum += v / n, sum2 += v * v / n;
  }
  const double expected = voltage({2, {-7, 0.3}}, {6, {-20, 0.4}}, {-1, 0.05}).error;
  EXPECT_NEAR(expected, std::sqrt(0.25 / 16 + 0.0025), 1e-14);
  EXPECT_NEAR(std::sqrt(sum2 - sum * sum), expected, 0.03 * expected);
}

TEST(ContentTable, ReadsAndSorts)
{
  const auto t =
      read_contents("# comment\n# host = 72.066\n2 -5 0.1\n\n0 -1\n# host = 72.066\n1 -3 .2\n", 2.0);
  EXPECT_EQ(t.problem, "");
  ASSERT_EQ(t.contents.size(), 3u);
  EXPECT_DOUBLE_EQ(t.contents[2].energy.value, -10);
  EXPECT_DOUBLE_EQ(t.contents[1].energy.error, 0.4);
  EXPECT_DOUBLE_EQ(t.host_mass, 72.066);
}

TEST(ContentTable, RefusesWithTheValue)
{
  const auto problem = [](const char *text) { return read_contents(text, 1.0).problem; };
  EXPECT_NE(problem("0 1\n").find("1 row"), std::string::npos);
  EXPECT_NE(problem("").find("0 row"), std::string::npos);
  EXPECT_NE(problem("0 1\n2 3\n2 4\n").find("n = 2"), std::string::npos);
  EXPECT_NE(problem("0 1\nx 3\n").find("line 2: 'x'"), std::string::npos);
  EXPECT_NE(problem("0 1\n1 2 3 4\n").find("not 4"), std::string::npos);
  EXPECT_NE(problem("1 1\n2 2\n").find("n = 0"), std::string::npos);
  EXPECT_NE(problem("# host = 10\n0 1\n# host = 11\n1 2\n").find("10 and 11"), std::string::npos);
  EXPECT_NE(problem("0 1 -2\n1 2\n").find("negative error"), std::string::npos);
  EXPECT_NE(problem("0 nan\n1 2\n").find("nan"), std::string::npos);
}

TEST(Blocking, IndependentValues)
{
  std::mt19937 rng(1);
  std::normal_distribution<double> g(-1e6, 2);
  Blocking b;
  for (int k = 0; k < 40000; k++) b.accumulate(g(rng));
  EXPECT_NEAR(b.error(), 2 / std::sqrt(40000.0), 0.1 * 2 / 200);
  EXPECT_NEAR(b.correlation_time(), 0.5, 0.08);
}

TEST(Blocking, AutoregressiveSeriesOfKnownCorrelationTime)
{
  for (double phi : {0.5, 0.9, 0.97}) {
    double error = 0, tau = 0;
    const int series = 30, n = 40000;
    for (int s = 0; s < series; s++) {
      std::mt19937 rng(100 + s);
      std::normal_distribution<double> g(0, 1);
      Blocking b;
      double x = g(rng) / std::sqrt(1 - phi * phi);
      for (int k = 0; k < n; k++) {
        b.accumulate(x);
        x = phi * x + g(rng);
      }
      error += b.error() / series;
      tau += b.correlation_time() / series;
    }
    EXPECT_NEAR(error, 1 / (1 - phi) / std::sqrt(n), 0.1 / (1 - phi) / std::sqrt(n)) << phi;
    EXPECT_NEAR(tau, 0.5 * (1 + phi) / (1 - phi), 0.2 * 0.5 * (1 + phi) / (1 - phi)) << phi;
  }
}

TEST(Blocking, FewValuesAreFinite)
{
  Blocking b;
  EXPECT_EQ(b.error(), 0.0);
  EXPECT_EQ(b.mean(), 0.0);
  b.accumulate(3);
  EXPECT_EQ(b.error(), 0.0);
  EXPECT_EQ(b.mean(), 3.0);
  b.accumulate(5);
  EXPECT_DOUBLE_EQ(b.error(), 1.0);
  Blocking constant;
  for (int k = 0; k < 100; k++) constant.accumulate(2.5);
  EXPECT_EQ(constant.error(), 0.0);
  EXPECT_EQ(constant.correlation_time(), 0.5);
}

TEST(Blocking, SaveAndLoadContinueExactly)
{
  Blocking a, c;
  for (int k = 0; k < 333; k++) a.accumulate(std::sin(k));
  c.load(a.save());
  for (int k = 333; k < 1000; k++) a.accumulate(std::sin(k)), c.accumulate(std::sin(k));
  EXPECT_EQ(a.error(), c.error());
  EXPECT_EQ(a.mean(), c.mean());
}

TEST(Table, EnergyRowIsReadBack)
{
  const EnergyRow row{288.264, 1200, 3.25, {4, {-7.123456789012345, 0.0125}}};
  const EnergyRow empty{288.264, 10, 0.5, {0, {-3.5, 0.0}}};
  const auto table = read_contents(energy_text(row, "eV") + energy_text(empty, "eV"), 1.0);
  EXPECT_EQ(table.problem, "");
  EXPECT_EQ(table.host_mass, 288.264);
  ASSERT_EQ(table.contents.size(), 2u);
  EXPECT_EQ(table.contents[1].n, 4);
  EXPECT_NEAR(table.contents[1].energy.value, row.content.energy.value, 1e-14);
  EXPECT_EQ(table.contents[1].energy.error, 0.0125);
}

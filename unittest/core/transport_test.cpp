// SPDX-License-Identifier: GPL-2.0-only
#include "core/linear_fit.h"
#include "core/msd.h"
#include "core/path.h"
#include "core/transport.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace natrolite;

namespace {

using Track = std::vector<Vec3>;

Msd run(const Track &t, const MsdSettings &s)
{
  Msd m(1, s);
  for (const Vec3 &x : t) m.accumulate({x});
  return m;
}

Track random_walk(int n, unsigned seed)
{
  std::mt19937 rng(seed);
  std::normal_distribution<double> g(0, 0.3);
  Track t(n);
  for (int k = 1; k < n; k++) t[k] = t[k - 1] + Vec3{g(rng), 2 * g(rng), g(rng)};
  return t;
}

// the definition, written as loops
double brute(const Track &t, int lag, std::int64_t origins, const bool dims[3])
{
  double sum = 0;
  int n = 0;
  for (int o = 0; o + lag < static_cast<int>(t.size()) && o < origins; o++, n++) {
    const Vec3 d = t[o + lag] - t[o];
    sum += (dims[0] ? d.x * d.x : 0) + (dims[1] ? d.y * d.y : 0) + (dims[2] ? d.z * d.z : 0);
  }
  return n ? sum / n : 0;
}

double tortuosity(const Track &t, PathSettings s)
{
  Path p(s);
  for (const Vec3 &x : t) p.accumulate(x);
  return p.tortuosity();
}

}    // namespace

TEST(Msd, StraightLineIsVelocitySquaredTimesLagSquared)
{
  Track t;
  for (int k = 0; k < 300; k++) t.push_back({0.3 * k, 0, 0});
  MsdSettings s;
  s.maxlag = 100;
  Msd m = run(t, s);
  for (int lag : {1, 7, 100}) EXPECT_NEAR(m.msd(0, lag), 0.09 * lag * lag, 1e-9);
  EXPECT_NEAR(m.part(0, 0, 7), 0.09 * 49, 1e-11);
  EXPECT_EQ(m.part(0, 1, 7), 0.0);
}

TEST(Msd, LatticeStepsGiveIntegers)
{
  // steps +x +x +y -x +z +z; positions below
  const Track t{{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {2, 1, 0}, {1, 1, 0}, {1, 1, 1}, {1, 1, 2}};
  MsdSettings s;
  s.maxlag = 6;
  Msd all = run(t, s);
  const double sum_all[] = {6, 4 + 2 + 2 + 2 + 4, 5 + 1 + 3 + 5, 2 + 2 + 6, 3 + 5, 6};
  const int count[] = {6, 5, 4, 3, 2, 1};
  for (int lag = 1; lag <= 6; lag++) {
    EXPECT_DOUBLE_EQ(all.msd(0, lag) * count[lag - 1], sum_all[lag - 1]) << lag;
    EXPECT_EQ(all.observations(lag), count[lag - 1]);
  }
  s.origins = 2;
  Msd first = run(t, s);
  const double sum_two[] = {2, 6, 6, 4, 8, 6};
  for (int lag = 1; lag <= 6; lag++) {
    EXPECT_DOUBLE_EQ(first.msd(0, lag) * std::min(2, 7 - lag), sum_two[lag - 1]) << lag;
    EXPECT_EQ(first.observations(lag), std::min(2, 7 - lag));
  }
  s.origins = 1;
  EXPECT_DOUBLE_EQ(run(t, s).msd(0, 4), 2.0);
}

TEST(Msd, RunningWindowIsTheDefinition)
{
  const Track t = random_walk(500, 3);
  for (int maxlag : {1, 10, 63, 64, 65, 200, 700})
    for (std::int64_t origins : {std::int64_t{1}, std::int64_t{90}, std::int64_t{1} << 60}) {
      MsdSettings s;
      s.maxlag = maxlag;
      s.origins = origins;
      s.dims[2] = false;
      Msd m = run(t, s);
      for (int lag = 1; lag <= maxlag; lag++) {
        const double expected = brute(t, lag, origins, s.dims);
        EXPECT_NEAR(m.msd(0, lag), expected, 1e-11 * (1 + expected)) << maxlag << " " << lag;
      }
    }
}

TEST(Msd, LogarithmicLagsAreASubset)
{
  const Track t = random_walk(300, 5);
  MsdSettings s;
  s.maxlag = 250;
  s.log_lags = true;
  Msd m = run(t, s);
  EXPECT_LT(m.lags().size(), 60u);
  for (const int lag : m.lags()) EXPECT_NEAR(m.msd(0, lag), brute(t, lag, 1 << 30, s.dims), 1e-9);
  EXPECT_EQ(m.observations(11), 1 * (300 - 11));
  EXPECT_EQ(m.observations(249), 0);
  EXPECT_EQ(m.msd(0, 249), 0.0);
}

TEST(Msd, NothingYetIsZero)
{
  Msd m(2, MsdSettings{});
  EXPECT_EQ(m.msd(1, 5), 0.0);
  m.accumulate({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(m.msd(1, 1), 0.0);
  EXPECT_EQ(m.observations(1), 0);
  Msd none(0, MsdSettings{});
  none.accumulate({});
  EXPECT_EQ(none.samples(), 1);
}

TEST(Msd, SaveAndLoadContinueExactly)
{
  const Track t = random_walk(400, 8);
  for (int cut : {1, 30, 64, 100, 200, 333}) {
    MsdSettings s;
    s.maxlag = 90;
    s.origins = 150;
    Msd whole = run(t, s), a = run({t.begin(), t.begin() + cut}, s), b(1, s);
    std::vector<double> state;
    a.save(0, state);
    b.begin_load(a.samples());
    EXPECT_EQ(b.load(0, state.data()), state.data() + state.size());
    for (int k = cut; k < 400; k++) b.accumulate({t[k]});
    for (int lag = 1; lag <= 90; lag++) EXPECT_EQ(whole.msd(0, lag), b.msd(0, lag)) << cut;
  }
}

TEST(Msd, RelativeErrorFormula)
{
  EXPECT_NEAR(msd_relative_error(1, 100, 3), std::sqrt(2.0 / 3.0 / 100), 1e-15);
  EXPECT_NEAR(msd_relative_error(50, 50, 2), std::sqrt(0.5 + 0.5 / 2500), 1e-14);
  EXPECT_NEAR(msd_relative_error(7, 1, 2), 1.0, 1e-14);
  EXPECT_EQ(msd_relative_error(7, 0, 2), 0.0);
}

TEST(Msd, RelativeErrorAgainstManyWalks)
{
  const int walks = 3000, n = 40, lag = 8;
  double sum = 0, sum2 = 0;
  for (int w = 0; w < walks; w++) {
    std::mt19937 rng(w + 1);
    std::normal_distribution<double> g(0, 1);
    Track t(n + 1);
    for (int k = 1; k <= n; k++) t[k] = t[k - 1] + Vec3{g(rng), g(rng), g(rng)};
    const bool all[] = {true, true, true};
    const double v = brute(t, lag, 1 << 30, all);
    sum += v / walks;
    sum2 += v * v / walks;
  }
  const double relative = std::sqrt(sum2 - sum * sum) / sum;
  EXPECT_NEAR(relative, msd_relative_error(lag, n + 1 - lag, 3), 0.04 * relative);
}

TEST(FitRange, FractionsOfTheRun)
{
  const LagRange r = fit_range(101, 0.1, 0.5, 1000);
  EXPECT_EQ(r.first, 10);
  EXPECT_EQ(r.last, 50);
  EXPECT_EQ(fit_range(101, 0.1, 0.5, 30).last, 30);
  EXPECT_LT(fit_range(100001, 0.1, 0.5, 1000).last, fit_range(100001, 0.1, 0.5, 1000).first);
  EXPECT_LT(fit_range(1, 0.1, 0.5, 10).last, 1);
  EXPECT_LT(fit_range(0, 0.1, 0.5, 10).last, 1);
}

TEST(LineFit, LineAndPlateau)
{
  const LineFit line = fit_line({1, 2, 3, 4}, {5, 7, 9, 11});
  EXPECT_NEAR(line.slope, 2, 1e-14);
  EXPECT_NEAR(line.intercept, 3, 1e-13);
  EXPECT_NEAR(line.r2, 1, 1e-14);
  EXPECT_TRUE(line.is_line());
  EXPECT_FALSE(fit_line({1, 2, 3, 4}, {1, -1, 1, -1}).is_line());
  EXPECT_FALSE(fit_line({1, 2, 3}, {2, 2, 2}).is_line());
  EXPECT_EQ(fit_line({1, 2}, {1, 2}).slope, 0.0);
  EXPECT_EQ(fit_line({1, 1, 1}, {1, 2, 3}).slope, 0.0);
  EXPECT_FALSE(fit_line({}, {}).is_line());
}

TEST(Path, StraightSemicircleElbowHelix)
{
  PathSettings s;
  s.window = 10000;
  Track straight, semicircle, elbow, helix;
  for (int k = 0; k <= 10000; k++) {
    const double u = k / 10000.0;
    straight.push_back({10 * u, 0, 0});
    semicircle.push_back({3 * std::cos(M_PI * u), 3 * std::sin(M_PI * u), 1});
    elbow.push_back({std::min(10 * u, 5.0), std::max(10 * u - 5.0, 0.0), 0});
    const double phi = 2 * M_PI * 4 * u;    // four whole turns, R 2, pitch 5
    helix.push_back({2 * std::cos(phi), 2 * std::sin(phi), 5 * 4 * u});
  }
  EXPECT_NEAR(tortuosity(straight, s), 1.0, 1e-12);
  EXPECT_NEAR(tortuosity(semicircle, s), M_PI / 2, 1e-7);
  EXPECT_NEAR(tortuosity(elbow, s), std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(tortuosity(helix, s), 2.704912, 5e-6);
}

TEST(Path, WindowsAverages)
{
  // windows of 2 strides: values 1, 2 (net 1, path 2) and a return (net 0 -> floored)
  const Track t{{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {2, 1.5, 0}, {2, 1, 0}, {2, 2, 0}, {2, 1, 0}};
  PathSettings s;
  s.window = 2;
  EXPECT_NEAR(tortuosity(t, s), 2.0, 1e-14);
  s.average = PathSettings::Mean;
  EXPECT_NEAR(tortuosity(t, s), (1 + 2 + 20) / 3.0, 1e-13);
  s.average = PathSettings::Ratio;
  EXPECT_NEAR(tortuosity(t, s), 2.0 / std::sqrt((4 + 1 + 0) / 3.0), 1e-14);
}

TEST(Path, FloorAndCap)
{
  Track t;
  for (int k = 0; k <= 400; k++) t.push_back({k % 2 ? 1.0 : 0.0, 0, 0});
  PathSettings s;
  s.window = 400;
  EXPECT_EQ(tortuosity(t, s), 1000.0);
  Path p(s);
  for (const Vec3 &x : t) p.accumulate(x);
  EXPECT_EQ(p.capped(), 1);
  EXPECT_DOUBLE_EQ(p.length(), 400);
  EXPECT_EQ(p.net(), 0.0);
  EXPECT_EQ(p.largest(), 1.0);
}

TEST(Path, WindowLongerThanTheRunIsZero)
{
  PathSettings s;
  s.window = 50;
  EXPECT_EQ(tortuosity(Track(50), s), 0.0);
  EXPECT_EQ(tortuosity({}, s), 0.0);
}

TEST(Path, StillParticleIsFinite)
{
  PathSettings s;
  s.window = 5;
  EXPECT_EQ(tortuosity(Track(11, Vec3{1, 2, 3}), s), 0.0);
}

TEST(Path, StrideSkipsSamples)
{
  PathSettings s;
  s.stride = 2, s.window = 1;
  const Track zigzag{{0, 0, 0}, {1, 5, 0}, {2, 0, 0}, {3, 5, 0}, {4, 0, 0}};
  EXPECT_NEAR(tortuosity(zigzag, s), 1.0, 1e-14);
}

TEST(Hops, CountsMovesOfTheMeanPosition)
{
  Hops h(4, 1.5);
  for (double site : {0.0, 0.0, 2.0, 2.0, 3.0, 4.0, 0.0})
    for (int k = 0; k < 4; k++) h.accumulate({site + (k % 2 ? 0.9 : -0.9), 0, 0});
  EXPECT_EQ(h.count(), 3);    // 0 -> 2, 2 -> 4 (3 is not far enough), 4 -> 0
}

TEST(Hops, BlocksAcrossSaveAndLoad)
{
  Hops a(4, 1.0);
  Path p(PathSettings{});
  for (int k = 0; k < 10; k++) a.accumulate({0.5 * k, 0, 0}), p.accumulate({0.5 * k, 0, 0});
  std::vector<double> state;
  a.save(state);
  p.save(state);
  Hops b(4, 1.0);
  Path q(PathSettings{});
  EXPECT_EQ(q.load(b.load(state.data())), state.data() + state.size());
  for (int k = 10; k < 300; k++) {
    const Vec3 x{0.5 * k, std::sin(k), 0};
    a.accumulate(x), b.accumulate(x), p.accumulate(x), q.accumulate(x);
  }
  EXPECT_EQ(a.count(), b.count());
  EXPECT_GT(a.count(), 5);
  EXPECT_EQ(p.tortuosity(), q.tortuosity());
  EXPECT_EQ(p.length(), q.length());
}

TEST(Transport, SizeOfTheStateIsKnownBeforehand)
{
  TransportSettings s;
  s.msd.maxlag = 20;
  s.path.stride = 2, s.path.window = 5;
  Transport t(2, s);
  for (int n = 0; n < 100; n++) {
    std::vector<double> state;
    t.save(0, state);
    EXPECT_EQ(Transport::state_size(n, s), static_cast<double>(state.size())) << n;
    t.accumulate({{0.1 * n, 0, 0}, {0, 0.2 * n, 0}});
  }
}

TEST(Transport, TimesAreWholeSamplesAndWindowsWholeStrides)
{
  TransportSettings s;
  s.set_times(0.2, 0.5, 50.0, 1.0);    // lround(2.5) = 3 samples, lround(250 / 3) = 83 strides
  EXPECT_EQ(s.interval, 0.2);
  EXPECT_EQ(s.path.stride, 3);
  EXPECT_EQ(s.path.window, 83);
  EXPECT_EQ(s.hop_block, 5);
  s.set_times(10.0, 0.5, 1.0, 1.0);    // samples farther apart than all of them
  EXPECT_EQ(s.path.stride, 1);
  EXPECT_EQ(s.path.window, 1);
  EXPECT_EQ(s.hop_block, 1);
  s.set_times(1e-9, 1e9, 1e9, 1e9);    // as many as an int can count
  EXPECT_EQ(s.path.stride, 1000000000);
}

TEST(Transport, PositionsAreAgainstTheOriginAndInTheMeasuredDimensions)
{
  TransportSettings s;
  s.msd.maxlag = 10;
  s.msd.dims[1] = false;
  Transport moving(1, s), still(1, s);
  for (int n = 0; n < 20; n++) {
    moving.accumulate({{1.3 * n, 7.0 * n, 0.5 * n}}, {1.0 * n, 2.0 * n, 0.5 * n});
    still.accumulate({{1.3 * n - 1.0 * n, 0.0, 0.0}});
  }
  const IonResult a = moving.ion(0), b = still.ion(0);
  EXPECT_EQ(a.path, b.path);
  EXPECT_NEAR(a.path, 0.3 * 19, 1e-12);
  EXPECT_EQ(a.d_fit, b.d_fit);
  EXPECT_EQ(moving.part_sums(), still.part_sums());
}

TEST(GroupCurve, MeanAndDeviationOfTwoIons)
{
  GroupCurve curve;
  curve.take_sums({0, 0, 0, 2, 4, 6, 8, 0, 0}, 2);
  EXPECT_EQ(curve.msd, (std::vector<double>{0, 6, 4}));
  EXPECT_EQ(curve.part[2], (std::vector<double>{0, 3, 0}));
  curve.take_squares({0, 9, 16}, 2);
  EXPECT_EQ(curve.sd, (std::vector<double>{0, 3, 4}));
  curve.take_squares({0, 9, 16}, 1);    // one ion has no deviation
  EXPECT_EQ(curve.sd[1], 0.0);
}

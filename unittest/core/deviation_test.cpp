// SPDX-License-Identifier: GPL-2.0-only
#include "core/deviation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace natrolite;

TEST(Deviation, IsThatOfThePopulation)
{
  EXPECT_DOUBLE_EQ(deviation({2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}), 2.0);    // by hand
  EXPECT_DOUBLE_EQ(deviation({1.0, -1.0}), 1.0);
}

TEST(Deviation, FewerThanTwoValuesDoNotDeviate)
{
  EXPECT_EQ(deviation({}), 0.0);
  EXPECT_EQ(deviation({7.0}), 0.0);
}

TEST(Deviation, OfEqualValuesIsZeroAndALargeMeanDoesNotCancel)
{
  EXPECT_NEAR(deviation({0.1, 0.1, 0.1}), 0.0, 1e-16);
  EXPECT_NEAR(deviation({1e8 + 1.0, 1e8 - 1.0}), 1.0, 1e-7);
}

TEST(Deviation, ANumberThatIsNoneStaysVisible)
{
  EXPECT_TRUE(std::isnan(deviation({0.0, std::numeric_limits<double>::quiet_NaN()})));
}

TEST(ForceDeviation, IsTheLengthOfTheComponentsDeviations)
{
  // atom 1: the x components are +3 and -3, the y components +4 and -4
  const std::vector<double> first{9.0, 9.0, 9.0, 3.0, 4.0, 0.5}, second{0.0, 0.0, 0.0, -3.0, -4.0, 0.5};
  const std::vector<const double *> members{first.data(), second.data()};
  EXPECT_DOUBLE_EQ(force_deviation(members, 1), 5.0);
  EXPECT_DOUBLE_EQ(force_deviation(members, 0), 4.5 * std::sqrt(3.0));
}

TEST(ForceDeviation, DoesNotDependOnTheFrame)
{
  const double c = std::cos(0.3), s = std::sin(0.3);
  const std::vector<std::vector<double>> forces{{1.0, 2.0, -1.0}, {0.5, -0.3, 0.2}, {2.0, 0.1, 0.7}};
  std::vector<std::vector<double>> turned;
  std::vector<const double *> members, turned_members;
  for (const auto &f : forces) turned.push_back({c * f[0] - s * f[1], s * f[0] + c * f[1], f[2]});
  for (const auto &f : forces) members.push_back(f.data());
  for (const auto &f : turned) turned_members.push_back(f.data());
  EXPECT_NEAR(force_deviation(turned_members, 0), force_deviation(members, 0), 1e-15);
}

TEST(ForceDeviation, OfOneMemberIsZero)
{
  const std::vector<double> only{1.0, 2.0, 3.0};
  EXPECT_EQ(force_deviation({only.data()}, 0), 0.0);
}

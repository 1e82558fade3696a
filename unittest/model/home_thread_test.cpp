// SPDX-License-Identifier: GPL-2.0-only
#include "torch/exchange_context.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

using namespace natrolite;

TEST(HomeThread, WhatWorkPassesRunsOnTheCallersThreadInOrder)
{
  HomeThread home;
  const auto caller = std::this_thread::get_id();
  std::vector<int> order;
  home.serve([&] {
    EXPECT_NE(std::this_thread::get_id(), caller);
    for (int k = 0; k < 100; ++k)
      home.run([&, k] {
        EXPECT_EQ(std::this_thread::get_id(), caller);
        order.push_back(k);
      });
  });
  ASSERT_EQ(order.size(), 100u);
  for (int k = 0; k < 100; ++k) EXPECT_EQ(order[k], k);
}

TEST(HomeThread, OutsideServeAFunctionSimplyRuns)
{
  HomeThread home;
  bool ran = false;
  home.run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(HomeThread, ErrorsOfTheWorkAndOfTheCallReachTheCaller)
{
  HomeThread home;
  EXPECT_THROW(home.serve([] { throw std::runtime_error("work"); }), std::runtime_error);
  int caught = 0;
  home.serve([&] {
    try {
      home.run([] { throw std::invalid_argument("call"); });
    } catch (const std::invalid_argument &) {
      ++caught;
    }
  });
  EXPECT_EQ(caught, 1);
  home.serve([&] { home.run([&] { ++caught; }); });    // usable again after both
  EXPECT_EQ(caught, 2);
}

TEST(ExchangeScope, NestsAndIsGoneAfterwards)
{
  EXPECT_THROW(current_exchange("ghost_exchange"), std::runtime_error);
  ExchangeContext outer, inner;
  {
    const ExchangeScope a(outer);
    {
      const ExchangeScope b(inner);
      EXPECT_EQ(&current_exchange("x"), &inner);
    }
    EXPECT_EQ(&current_exchange("x"), &outer);
  }
  EXPECT_THROW(current_exchange("ghost_exchange"), std::runtime_error);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "core/step_table.h"

#include <gtest/gtest.h>

#include <string>

using natrolite::bytes_before_step;

namespace {

const std::string HEADER = "# columns\n";

std::string kept(const std::string &table, std::int64_t step)
{
  return table.substr(0, bytes_before_step(table, step));
}

}    // namespace

TEST(StepTable, RowsOfEarlierStepsStay)
{
  const std::string rows = HEADER + "0 0.5\n100 0.25\n";
  EXPECT_EQ(kept(rows + "200 0.125\n300 1\n", 200), rows);
  EXPECT_EQ(kept(rows + "200 0.125\n300 1\n", 101), rows);
  EXPECT_EQ(kept(rows, 200), rows);
}

TEST(StepTable, AFreshRunBeginsAfresh)
{
  EXPECT_EQ(kept(HEADER + "0 0.5\n100 0.25\n", 0), "");
  EXPECT_EQ(kept(HEADER, 100), "");
}

TEST(StepTable, WhatFollowsTheFirstLaterRowGoes)
{
  EXPECT_EQ(kept(HEADER + "0 1\n50 1\n" + HEADER + "10 1\n", 40), HEADER + "0 1\n");
}

TEST(StepTable, AnUnfinishedLineGoes)
{
  EXPECT_EQ(kept(HEADER + "0 1\n10 0.12", 20), HEADER + "0 1\n");
  EXPECT_EQ(kept("10", 20), "");
  EXPECT_EQ(kept("", 20), "");
}

TEST(StepTable, StepsBeyond32Bits)
{
  EXPECT_EQ(kept("3000000000 1\n5000000000 1\n", 4000000000), "3000000000 1\n");
}

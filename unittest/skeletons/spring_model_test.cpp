// SPDX-License-Identifier: GPL-2.0-only
#include "spring_model.h"

#include <gtest/gtest.h>

#include <stdexcept>

using namespace natrolite;

namespace {

/// Two atoms at 3 A with a cutoff of 4 A: E = k/2, the force on the first one is k (1, 0, 0) outward.
Metadata pair_of_atoms(double k)
{
  Metadata m;
  m.type_names = {"Ar"};
  m.r_max = m.list_cutoff = 4.0;
  Reference &r = m.reference;
  r.types = {0, 0};
  r.positions = {{0.0, 0.0, 0.0}, {3.0, 0.0, 0.0}};
  r.energy = 0.5 * k;
  r.forces = {{-k, 0.0, 0.0}, {k, 0.0, 0.0}};
  r.energy_tolerance = r.force_tolerance = 1e-12;
  return m;
}

}    // namespace

TEST(Skeletons, AnEvaluatorPassesTheSelfTestOfItsFile)
{
  EXPECT_TRUE(springs::load_springs(pair_of_atoms(0.7), 0.7)->self_test());
}

TEST(Skeletons, AnEvaluatorWithOtherParametersDoesNot)
{
  EXPECT_THROW(springs::load_springs(pair_of_atoms(0.7), 0.8)->self_test(), std::runtime_error);
}

TEST(Skeletons, AnEvaluatorRefusesWhatItCannotRun)
{
  Metadata m = pair_of_atoms(0.7);
  m.num_layers = 2;
  EXPECT_THROW(springs::load_springs(m, 0.7), std::runtime_error);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "core/place_sums.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

using namespace natrolite;

namespace {

struct Atom {
  std::int64_t id;
  Vec3 x;
  int type;
};

PlaceSums sums(const std::vector<Atom> &atoms)
{
  PlaceSums s;
  for (const Atom &a : atoms) s.add(a.id, a.x, a.type);
  return s;
}

const std::vector<Atom> ATOMS{{1, {0.1, 20.0, -3.0}, 1}, {2, {5.0, 2.0, 1.0}, 1}, {3, {-8.0, 0.0, 2.0}, 2}};

}    // namespace

TEST(PlaceSums, TheOrderOfTheAtomsDoesNotShow)
{
  EXPECT_TRUE(sums(ATOMS).is_again(sums({ATOMS[2], ATOMS[0], ATOMS[1]})));
}

TEST(PlaceSums, AnAtomThatMovedIsSeen)
{
  std::vector<Atom> moved = ATOMS;
  moved[1].x.z += 1e-6;
  EXPECT_FALSE(sums(ATOMS).is_again(sums(moved)));
}

TEST(PlaceSums, AtomsThatChangedPlacesOrTypesAreSeen)
{
  std::vector<Atom> exchanged = ATOMS, typed = ATOMS;
  std::swap(exchanged[0].x, exchanged[1].x);
  std::swap(typed[1].type, typed[2].type);
  EXPECT_FALSE(sums(ATOMS).is_again(sums(exchanged)));
  EXPECT_FALSE(sums(ATOMS).is_again(sums(typed)));
}

TEST(PlaceSums, NoAtomsAreNoAtomsAgain)
{
  EXPECT_TRUE(sums({}).is_again(sums({})));
  EXPECT_FALSE(sums({}).is_again(sums(ATOMS)));
}

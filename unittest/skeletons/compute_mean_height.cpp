// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Skeleton of a compute: `compute ID group mean/height [weight number|mass]`.
#include "compute_mean_height.h"

#include "lammps/arguments.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "update.h"

using namespace LAMMPS_NS;

static constexpr char TITLE[] = "compute mean/height";

struct ComputeMeanHeight::Impl {
  bool by_mass = false;
};

ComputeMeanHeight::ComputeMeanHeight(LAMMPS *lmp, int narg, char **arg) :
    Compute(lmp, narg, arg), impl(std::make_unique<Impl>())
{
  Arguments args(lmp, TITLE, narg, arg, 3);
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "weight")
      impl->by_mass = args.choice(keyword, {"number", "mass"}) == 1;
    else
      args.unknown(keyword, "weight");
  }
  scalar_flag = 1;
  extscalar = 0;
  dynamic_group_allow = 1;
}

ComputeMeanHeight::~ComputeMeanHeight() = default;

double ComputeMeanHeight::compute_scalar()
{
  invoked_scalar = update->ntimestep;
  double mine[2] = {}, sum[2];    // of weights, of weights times heights
  for (int i = 0; i < atom->nlocal; i++) {
    if (!(atom->mask[i] & groupbit)) continue;
    double x[3];
    domain->unmap(atom->x[i], atom->image[i], x);
    const double mass = atom->rmass ? atom->rmass[i] : atom->mass[atom->type[i]];
    const double weight = impl->by_mass ? mass : 1.0;
    mine[0] += weight;
    mine[1] += weight * x[2];
  }
  MPI_Allreduce(mine, sum, 2, MPI_DOUBLE, MPI_SUM, world);
  scalar = sum[0] > 0.0 ? sum[1] / sum[0] : 0.0;    // a formula that is longer belongs into src/core
  return scalar;
}

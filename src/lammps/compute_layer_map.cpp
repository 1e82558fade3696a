// SPDX-License-Identifier: GPL-2.0-only
#include "compute_layer_map.h"

#include "arguments.h"
#include "over_ranks.h"
#include "lammps_data.h"
#include "layer_gather.h"

#include "core/layer_map.h"

#include "atom.h"
#include "domain.h"
#include "memory.h"
#include "update.h"

using namespace LAMMPS_NS;
using natrolite::MapSettings;
using natrolite::Vec3;

static constexpr char title[] = "compute layer/map";

struct ComputeLayerMap::Impl {
  std::unique_ptr<LayerGather> layers;
  MapSettings settings;
  std::vector<Vec3> unwrapped;    // atoms' positions in whole layers
};

ComputeLayerMap::ComputeLayerMap(LAMMPS *lmp, int narg, char **arg) :
    Compute(lmp, narg, arg), impl(std::make_unique<Impl>())
{
  Arguments args(lmp, title, narg, arg, 3);
  impl->layers = std::make_unique<LayerGather>(lmp, title, igroup);
  impl->layers->add_group(args.group("lower"));
  impl->layers->add_group(args.group("upper"));
  MapSettings &s = impl->settings;
  s.nx = args.integer("Nx", 1);
  s.ny = args.integer("Ny", 1);
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword != "mode") args.unknown(keyword, "mode");
    s.mode = static_cast<MapSettings::Mode>(args.choice(keyword, {"kernel", "bin", "node"}));
    if (s.mode == MapSettings::Kernel && args.next_is_number()) s.s = args.positive("mode kernel");
  }
  if (s.mode == MapSettings::Node && (s.nx < 2 || s.ny < 2))
    args.refuse(fmt::format("'mode node' needs at least 2 x 2 nodes, not {} x {}", s.nx, s.ny));
  if (static_cast<double>(s.nx) * s.ny > 1.0e7)
    args.refuse(fmt::format("{} x {} nodes are too many", s.nx, s.ny));

  scalar_flag = array_flag = 1;
  extscalar = extarray = 0;
  size_array_rows = s.nx * s.ny;
  size_array_cols = 5;
  dynamic_group_allow = 1;
  memory->create(array, size_array_rows, size_array_cols, "layer/map:array");
}

ComputeLayerMap::~ComputeLayerMap()
{
  memory->destroy(array);
}

void ComputeLayerMap::init() {}

void ComputeLayerMap::compute_array()
{
  if (invoked_array == update->ntimestep) return;
  invoked_array = update->ntimestep;
  const natrolite::Cell cell = cell_of(domain);
  const std::vector<Vec3> reference = impl->layers->references();
  std::vector<Vec3> &unwrapped = impl->unwrapped;    // the lower layer, then the upper one
  std::size_t at = 0;
  natrolite::LayerHeights heights;
  for (int l = 0; l < 2; l++) {
    const auto &members = impl->layers->members()[l];
    unwrapped.resize(at + members.size());
    for (const int i : members) {
      // whole along c; the map wraps along a and b
      const Vec3 x{atom->x[i][0], atom->x[i][1], atom->x[i][2]};
      unwrapped[at] = natrolite::next_to_height(cell, x, reference[l].z);
      heights.add(l == 1, unwrapped[at++].z);
    }
  }
  const std::size_t lower = impl->layers->members()[0].size();
  sum_over_ranks(heights.sums, world);
  const Vec3 lift = natrolite::lift_above(cell, heights.rise());

  natrolite::LayerMap map(cell, impl->settings);
  for (std::size_t k = 0; k < lower; k++) map.accumulate(false, unwrapped[k]);
  for (std::size_t k = lower; k < unwrapped.size(); k++) map.accumulate(true, unwrapped[k] + lift);
  sum_over_ranks(map.sums(), world);
  MPI_Allreduce(MPI_IN_PLACE, &map.highest_lower(), 1, MPI_DOUBLE, MPI_MAX, world);
  copy_rows(map.result(), array);
}

double ComputeLayerMap::compute_scalar()
{
  invoked_scalar = update->ntimestep;
  compute_array();
  scalar = 0.0;
  for (int k = 0; k < size_array_rows; k++)
    if (array[k][3] == 0.0 || array[k][4] == 0.0) scalar += 1.0;
  return scalar;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "compute_layer_spacing.h"

#include "arguments.h"
#include "lammps_data.h"
#include "layer_gather.h"

#include "domain.h"
#include "error.h"
#include "memory.h"
#include "update.h"

#include <set>

using namespace LAMMPS_NS;

static constexpr char title[] = "compute layer/spacing";

struct ComputeLayerSpacing::Impl {
  bool by_mass = false;
  bool closing = false;
};

ComputeLayerSpacing::ComputeLayerSpacing(LAMMPS *lmp, int narg, char **arg) :
    Compute(lmp, narg, arg), impl(std::make_unique<Impl>())
{
  const std::set<std::string> keywords{"weight", "periodic"};
  Arguments args(lmp, title, narg, arg, 3);
  layers = std::make_unique<LayerGather>(lmp, title, igroup);
  if (!args.empty() && std::string(args.peek()) == "auto") {
    args.word("auto");
    layers->find_layers(args.next_is_number() ? args.positive("auto") : 1.5, id);
  } else {
    while (!args.empty() && !keywords.count(args.peek())) layers->add_group(args.group("layer"));
    if (layers->count() < 2)
      args.refuse(fmt::format("needs at least 2 layers, not {}; name groups or use auto", layers->count()));
  }
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "weight")
      impl->by_mass = args.choice(keyword, {"number", "mass"}) == 1;
    else if (keyword == "periodic")
      impl->closing = args.yes(keyword);
    else
      args.unknown(keyword, "weight, periodic");
  }
  if (impl->closing && !domain->zperiodic)
    args.refuse("'periodic yes' needs a box that is periodic in z; use boundary p p p");

  scalar_flag = vector_flag = array_flag = 1;
  extscalar = extvector = extarray = 0;
  size_vector = size_array_rows = layers->count() - (impl->closing ? 0 : 1);
  size_array_cols = 5;
  dynamic_group_allow = 1;
  vector = new double[size_vector];
  memory->create(array, size_array_rows, size_array_cols, "layer/spacing:array");
}

ComputeLayerSpacing::~ComputeLayerSpacing()
{
  delete[] vector;
  memory->destroy(array);
}

void ComputeLayerSpacing::compute_array()
{
  if (invoked_array == update->ntimestep) return;
  invoked_array = update->ntimestep;
  copy_rows(natrolite::gaps(cell_of(domain), layers->layers(impl->by_mass), impl->closing), array);
}

void ComputeLayerSpacing::compute_vector()
{
  invoked_vector = update->ntimestep;
  compute_array();
  for (int k = 0; k < size_vector; k++) vector[k] = array[k][0];
}

double ComputeLayerSpacing::compute_scalar()
{
  invoked_scalar = update->ntimestep;
  compute_array();
  scalar = 0.0;
  for (int k = 0; k < size_vector; k++) scalar += array[k][0] / size_vector;
  return scalar;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "layer_gather.h"

#include "over_ranks.h"
#include "lammps_data.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "group.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace LAMMPS_NS;
using natrolite::Vec3;

LayerGather::LayerGather(LAMMPS *lmp, const std::string &title, int igroup) :
    Pointers(lmp), title_(title), groupbit_(group->bitmask[igroup])
{
  require_ids(lmp, title_);
}

void LayerGather::add_group(const std::string &name)
{
  groups_.push_back(name);
  nlayers_++;
}

void LayerGather::find_layers(double gap, const std::string &compute_id)
{
  constexpr double most = 2.0e6;    // bins, 32 MB
  double ends[2] = {std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  const auto mine = [&](int i) { return (atom->mask[i] & groupbit_) != 0; };
  for (int i = 0; i < atom->nlocal; i++) {
    if (!mine(i)) continue;
    ends[0] = std::min(ends[0], atom->x[i][2]);
    ends[1] = std::min(ends[1], -atom->x[i][2]);
  }
  MPI_Allreduce(MPI_IN_PLACE, ends, 2, MPI_DOUBLE, MPI_MIN, world);
  if (natrolite::HeightClusters::bins(ends[0], -ends[1], gap) > most)
    error->all(FLERR, "{}: 'auto {}' is too fine for heights from {:.6g} to {:.6g}; use at least {:.2g}",
               title_, gap, ends[0], -ends[1], 2.1 * (-ends[1] - ends[0]) / most);
  natrolite::HeightClusters clusters(ends[0], -ends[1], gap);
  for (int i = 0; i < atom->nlocal; i++)
    if (mine(i)) clusters.accumulate(atom->x[i][2]);
  const auto n = static_cast<int>(clusters.lows().size());
  MPI_Allreduce(MPI_IN_PLACE, clusters.lows().data(), n, MPI_DOUBLE, MPI_MIN, world);
  MPI_Allreduce(MPI_IN_PLACE, clusters.highs().data(), n, MPI_DOUBLE, MPI_MAX, world);
  clusters.finish(domain->zperiodic ? domain->zprd : 0.0);
  nlayers_ = clusters.count();
  if (nlayers_ < 2)
    error->all(FLERR,
               "{}: auto {} finds {} layer(s), at least 2 are needed; give a smaller gap or name the "
               "layers as groups",
               title_, gap, nlayers_);
  marks_ = std::make_shared<AtomMarks>(lmp, "layer_of_" + compute_id, 1);
  for (int i = 0; i < atom->nlocal; i++)
    if (mine(i)) (*marks_)[i][0] = clusters.layer(atom->x[i][2]) + 1.0;
}

std::vector<int> LayerGather::layer_of_atom() const
{
  std::vector<int> layers(marks_ ? atom->nlocal : 0);
  for (std::size_t i = 0; i < layers.size(); i++)
    layers[i] = static_cast<int>((*marks_)[static_cast<int>(i)][0]) - 1;
  return layers;
}

LayerTest LayerGather::test(int layer) const
{
  if (groups_.empty()) return {groupbit_, 0, layer};
  return {groupbit_, group->bitmask[group_index(lmp, title_, groups_[layer])], layer};
}

std::string LayerGather::name(int layer) const
{
  if (!groups_.empty()) return groups_[layer];
  return std::to_string(layer + 1);
}

void LayerGather::find_members()
{
  members_.resize(nlayers_);
  const int nlocal = atom->nlocal, *mask = atom->mask;
  const std::vector<int> layer = layer_of_atom();
  for (int l = 0; l < nlayers_; l++) {
    members_[l].resize(nlocal);
    const LayerTest in = test(l);
    int *const mine = members_[l].data(), n = 0;
    if (in.bit)
      for (int i = 0; i < nlocal; i++) {
        mine[n] = i;
        n += in.in_group(mask[i]);
      }
    else
      for (int i = 0; i < nlocal; i++)
        if (in.by_atom(mask[i], layer[i])) mine[n++] = i;
    members_[l].resize(n);
  }
}

std::vector<FirstAtom> LayerGather::first_atoms()
{
  find_members();
  std::vector<FirstAtom> first(nlayers_);
  for (int l = 0; l < nlayers_; l++)
    for (const int i : members_[l]) first[l].offer(atom->tag[i], atom->x[i]);
  return first;
}

std::vector<Vec3> LayerGather::references()
{
  const std::vector<FirstAtom> first = first_over_ranks(first_atoms(), world);
  std::vector<Vec3> out;
  for (int l = 0; l < nlayers_; l++) {
    if (first[l].tag == MAXTAGINT)
      error->all(FLERR, "{}: layer '{}' has no atoms; check {}", title_, name(l),
                 groups_.empty() ? "the compute's group; atoms that 'rerun purge yes' makes anew belong "
                                   "to no layer that auto found before"
                                 : "the group and the compute's own group");
    out.push_back(first[l].x);
  }
  return out;
}

std::vector<natrolite::LayerSums> LayerGather::add_up(const std::vector<Vec3> &reference, bool by_mass)
{
  const natrolite::Cell cell = cell_of(domain);
  std::vector<natrolite::LayerSums> sums(nlayers_);
  for (int l = 0; l < nlayers_; l++)
    for (const int i : members_[l]) {
      const Vec3 x{atom->x[i][0], atom->x[i][1], atom->x[i][2]};
      sums[l].accumulate(minimum_image(cell, x - reference[l]), by_mass ? mass_of(atom, i) : 1.0);
    }
  return sums;
}

std::vector<natrolite::Layer> LayerGather::layers(bool by_mass)
{
  constexpr int width = natrolite::LayerSums::size;
  const std::vector<Vec3> reference = references();
  std::vector<natrolite::LayerSums> sums = add_up(reference, by_mass);
  std::vector<double> all;
  for (const auto &s : sums) all.insert(all.end(), s.data(), s.data() + width);
  sum_over_ranks(all, world);
  std::vector<natrolite::Layer> out;
  for (int l = 0; l < nlayers_; l++) {
    std::copy_n(all.begin() + l * width, width, sums[l].data());
    out.push_back(natrolite::finish_layer(sums[l], reference[l]));
  }
  return out;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "layer_gather.h"

#include "adapter.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "group.h"

#include <algorithm>
#include <cmath>

using namespace LAMMPS_NS;
using natrolite::Vec3;

LayerGather::LayerGather(LAMMPS *lmp, const std::string &title, int igroup)
    : Pointers(lmp), title_(title), groupbit_(group->bitmask[igroup])
{
  if (!atom->tag_enable) error->all(FLERR, "{}: atoms need IDs; use atom_modify id yes", title_);
}

void LayerGather::add_group(int igroup)
{
  groups_.push_back(igroup);
  nlayers_++;
}

void LayerGather::find_layers(double gap)
{
  std::vector<double> mine;
  for (int i = 0; i < atom->nlocal; i++)
    if (atom->mask[i] & groupbit_) {
      mine.push_back(static_cast<double>(atom->tag[i]));
      mine.push_back(atom->x[i][2]);
    }
  const std::vector<double> all = gather_over_ranks(mine, world);
  std::vector<std::pair<tagint, double>> atoms;
  for (std::size_t k = 0; k < all.size(); k += 2)
    atoms.emplace_back(static_cast<tagint>(all[k]), all[k + 1]);
  std::sort(atoms.begin(), atoms.end());
  std::vector<double> heights;
  for (const auto &a : atoms) heights.push_back(a.second);
  const double period = domain->zperiodic ? domain->zprd : 0.0;
  const std::vector<int> layer = natrolite::cluster_heights(heights, gap, period);
  for (std::size_t k = 0; k < layer.size(); k++) {
    nlayers_ = std::max(nlayers_, layer[k] + 1);
    if (static_cast<std::size_t>(atoms[k].first) >= layer_of_tag_.size())
      layer_of_tag_.resize(atoms[k].first + 1, -1);
    layer_of_tag_[atoms[k].first] = layer[k];
  }
  if (nlayers_ < 2)
    error->all(
        FLERR,
        "{}: auto {} finds {} layer(s) among {} atoms, at least 2 are needed; give a smaller "
        "gap or name the layers as groups",
        title_, gap, nlayers_, atoms.size());
}

LayerTest LayerGather::test(int layer) const
{
  return {groupbit_, groups_.empty() ? 0 : group->bitmask[groups_[layer]], layer};
}

std::string LayerGather::name(int layer) const
{
  if (!groups_.empty()) return group->names[groups_[layer]];
  return std::to_string(layer + 1);
}

void LayerGather::find_members()
{
  members_.resize(nlayers_);
  const int nlocal = atom->nlocal, *mask = atom->mask;
  const auto ntags = static_cast<tagint>(layer_of_tag_.size());
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
        if (in.by_tag(mask[i], atom->tag[i], layer_of_tag_.data(), ntags)) mine[n++] = i;
    members_[l].resize(n);
  }
}

std::vector<LayerGather::First> LayerGather::first_atoms()
{
  find_members();
  std::vector<First> first(nlayers_);
  for (int l = 0; l < nlayers_; l++) {
    int owner = -1;
    const tagint *tag = atom->tag;
    for (const int i : members_[l])
      if (owner < 0 || tag[i] < tag[owner]) owner = i;
    const double *x = owner < 0 ? nullptr : atom->x[owner];
    if (x) first[l] = {tag[owner], {x[0], x[1], x[2]}};
  }
  return first;
}

std::vector<Vec3> LayerGather::references()
{
  const double none = static_cast<double>(MAXTAGINT);
  const std::vector<First> mine = first_atoms();
  std::vector<double> lowest;
  for (const First &first : mine) lowest.push_back(static_cast<double>(first.tag));
  MPI_Allreduce(MPI_IN_PLACE, lowest.data(), nlayers_, MPI_DOUBLE, MPI_MIN, world);
  std::vector<double> x(3 * nlayers_, 0.0);
  for (int l = 0; l < nlayers_; l++) {
    if (lowest[l] == none)
      error->all(FLERR, "{}: layer '{}' has no atoms; check the group and the compute's own group",
                 title_, name(l));
    if (static_cast<double>(mine[l].tag) != lowest[l]) continue;
    x[3 * l] = mine[l].x.x;
    x[3 * l + 1] = mine[l].x.y;
    x[3 * l + 2] = mine[l].x.z;
  }
  sum_over_ranks(x, world);
  std::vector<Vec3> out;
  for (int l = 0; l < nlayers_; l++) out.push_back({x[3 * l], x[3 * l + 1], x[3 * l + 2]});
  return out;
}

std::vector<natrolite::LayerSums> LayerGather::add_up(const std::vector<Vec3> &reference,
                                                      bool by_mass)
{
  const natrolite::Cell cell = cell_of(domain);
  std::vector<natrolite::LayerSums> sums(nlayers_);
  for (int l = 0; l < nlayers_; l++)
    for (const int i : members_[l]) {
      const double mass = atom->rmass ? atom->rmass[i] : atom->mass[atom->type[i]];
      const Vec3 x{atom->x[i][0], atom->x[i][1], atom->x[i][2]};
      sums[l].accumulate(minimum_image(cell, x - reference[l]), by_mass ? mass : 1.0);
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

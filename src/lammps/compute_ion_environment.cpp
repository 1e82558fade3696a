// SPDX-License-Identifier: GPL-2.0-only
#include "ion_environment_state.h"

#include "arguments.h"
#include "over_ranks.h"
#include "lammps_data.h"
#include "neighbor_reach.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "update.h"

#include <algorithm>

using namespace LAMMPS_NS;
using natrolite::Switch;

void ComputeIonEnvironment::Impl::read_switch(Arguments &args)
{
  Switch s = rules.to_ion;
  s.kind = static_cast<Switch::Kind>(args.choice("switch", {"hard", "rational", "cosine"}));
  if (s.kind == Switch::Rational && args.next_is_number()) {
    s.n = args.integer("switch rational n", 1);
    s.m = args.integer("switch rational m", 1);
    if (s.m <= s.n)
      args.refuse(fmt::format("'switch rational {} {}' needs m > n, or it does not decay", s.n, s.m));
  }
  if (s.kind == Switch::Cosine) s.width = args.positive("switch cosine");
  s.rc = rules.to_ion.rc;
  rules.to_ion = s;
  s.rc = rules.to_host.rc;
  rules.to_host = s;
}

void ComputeIonEnvironment::Impl::read_volume(Arguments &args)
{
  with_volume = true;
  if (args.next_is_number()) {
    rs = args.positive("volume Rs");
    probe = args.nonnegative("volume probe");
  }
}

void ComputeIonEnvironment::Impl::read(Arguments &args, double cut)
{
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "switch")
      read_switch(args);
    else if (keyword == "cut")
      cut = args.positive(keyword);
    else if (keyword == "volume")
      read_volume(args);
    else if (keyword == "spacing")
      spacing = args.positive(keyword);
    else if (keyword == "radii")
      radii.read_radii(args);
    else if (keyword == "elements")
      radii.read_elements(args);
    else if (keyword == "others")
      with_others = args.yes(keyword);
    else if (keyword == "connected")
      connected = args.yes(keyword);
    else if (keyword == "montecarlo") {
      points = args.integer("montecarlo N", 1);
      seed = args.integer("montecarlo seed", 1);
    } else
      args.unknown(keyword, "switch, cut, volume, spacing, radii, elements, others, connected, "
                            "montecarlo");
  }
  rules.to_ion.cut = cut > 0.0 ? cut : 2.5 * rules.to_ion.rc;
  rules.to_host.cut = cut > 0.0 ? cut : 2.5 * rules.to_host.rc;
  if (connected && points > 0) args.refuse("'connected yes' needs the grid; leave out 'montecarlo'");
  if (with_volume && rs / spacing > 250.0)
    args.refuse(fmt::format("'spacing {}' gives more than 500 grid nodes across the probe sphere "
                            "of radius {}; use a spacing of at least {}",
                            spacing, rs, rs / 250.0));
}

natrolite::AccessibleResult ComputeIonEnvironment::Impl::volume(std::uint64_t tag, std::uint64_t step)
{
  if (points == 0) return grid->evaluate(spheres);
  return natrolite::accessible_volume_monte_carlo(rs, spheres, points, seed, (step << 32) ^ tag);
}

ComputeIonEnvironment::ComputeIonEnvironment(LAMMPS *lmp, int narg, char **arg) :
    Compute(lmp, narg, arg), impl(std::make_unique<Impl>(lmp))
{
  Arguments args(lmp, Impl::title, narg, arg, 3);
  impl->rules.to_ion.rc = args.positive("rIon");
  impl->rules.to_host.rc = args.positive("rHost");
  impl->rules.ion_bit = groupbit;
  impl->host_group = args.group("hostGroup");
  impl->read(args, 0.0);
  if (impl->with_volume && impl->points == 0)
    impl->grid = std::make_unique<natrolite::AccessibleVolume>(impl->rs, impl->spacing, impl->connected);
  require_ids(lmp, Impl::title);
  peratom_flag = vector_flag = 1;
  size_peratom_cols = size_vector = Impl::ncolumns;
  extvector = 0;
  dynamic_group_allow = 1;
  comm_forward = 3;
  vector = new double[Impl::ncolumns];
}

ComputeIonEnvironment::~ComputeIonEnvironment()
{
  delete[] vector;
  memory->destroy(array_atom);
}

// The types that exclude volume now; each must have a radius. Collective.
std::vector<char> ComputeIonEnvironment::Impl::excluding_types()
{
  std::vector<double> used(atom->ntypes + 1, 0.0);
  const int excluding = rules.host_bit | (with_others ? rules.ion_bit : 0);
  for (int i = 0; i < atom->nlocal; i++)
    if (atom->mask[i] & excluding) used[atom->type[i]] = 1.0;
  sum_over_ranks(used, world);
  std::vector<char> out(atom->ntypes + 1, 0);
  for (int t = 1; t <= atom->ntypes; t++) {
    out[t] = used[t] > 0.0;
    if (out[t] && radius[t] < 0.0)
      error->all(FLERR, "{}: no radius for atom type {} (element '{}'); use radii {} R or elements", title, t,
                 radii.element(t), radii.element(t));
  }
  return out;
}

// Atoms may join the groups, or change their types, after the neighbor list was asked for.
void ComputeIonEnvironment::Impl::check_spheres()
{
  const std::vector<char> used = excluding_types();
  for (int t = 1; t <= atom->ntypes; t++)
    if (used[t] && sphere_reach(t) > rules.reach)
      error->all(FLERR,
                 "{}: atoms of type {} (element '{}') with radius {:.6g} have joined by step {}, the "
                 "neighbors end before them; name them by radii {} {:.6g}, or start a run after they "
                 "have joined",
                 title, t, radii.element(t), radius[t], update->ntimestep, radii.element(t), radius[t]);
}

void ComputeIonEnvironment::Impl::find_host()
{
  rules.host_bit = group->bitmask[group_index(lmp, title, host_group)];
}

void ComputeIonEnvironment::init()
{
  impl->find_host();
  double &reach = impl->rules.reach;
  reach = std::max(impl->rules.to_ion.reach(), impl->rules.to_host.reach());
  if (impl->with_volume) {
    impl->radius = impl->radii.per_type();
    const std::vector<char> used = impl->excluding_types();
    // any atom may join a dynamic group, and elements with a radius of the input's any group
    const bool any = group->dynamic[group->find(impl->host_group)] != 0;
    for (int t = 1; t <= atom->ntypes; t++)
      if (used[t] || ((any || impl->radii.given(t)) && impl->radius[t] >= 0.0))
        reach = std::max(reach, impl->sphere_reach(t));
  }
  request_full_list(lmp, this, Impl::title, reach);
}

void ComputeIonEnvironment::init_list(int /*id*/, NeighList *list)
{
  impl->list = list;
}

void ComputeIonEnvironment::compute_peratom()
{
  if (invoked_peratom == update->ntimestep) return;
  invoked_peratom = update->ntimestep;
  if (atom->nmax > impl->allocated || !array_atom) {
    impl->allocated = std::max(1, atom->nmax);
    memory->destroy(array_atom);
    memory->create(array_atom, impl->allocated, Impl::ncolumns, "ion/environment:array_atom");
  }
  for (int i = 0; i < atom->nlocal; i++) std::fill_n(array_atom[i], Impl::ncolumns, 0.0);
  impl->find_host();
  fill_rows();
}

void ComputeIonEnvironment::fill_rows()
{
  if (impl->with_volume) impl->check_spheres();
  // with fix deform the owned atoms have moved at the end of the step: the ghosts follow
  if (domain->deform_flag) comm->forward_comm(this);
  neighbor->build_one(impl->list);
  double **x = atom->x;
  for (int ii = 0; ii < impl->list->inum; ii++) {
    const int i = impl->list->ilist[ii];
    if (!(atom->mask[i] & groupbit)) continue;
    natrolite::IonEnvironment around;
    impl->spheres.clear();
    for (int jj = 0; jj < impl->list->numneigh[i]; jj++) {
      const int j = impl->list->firstneigh[i][jj] & NEIGHMASK;
      const natrolite::Vec3 d{x[j][0] - x[i][0], x[j][1] - x[i][1], x[j][2] - x[i][2]};
      if (!add_atom(around, impl->rules, atom->mask[j], dot(d, d)) || !impl->with_volume) continue;
      if (impl->with_others || (atom->mask[j] & impl->rules.host_bit))
        impl->spheres.push_back({d, impl->radius[atom->type[j]] + impl->probe});
    }
    double *row = array_atom[i];
    fill_row(around, row);
    if (!impl->with_volume) continue;
    const auto v = impl->volume(atom->tag[i], update->ntimestep);
    row[2] = v.volume;
    row[3] = v.fraction;
  }
}

// LAMMPS' own forward_comm() may run on a device, after which the host's positions are old.
int ComputeIonEnvironment::pack_forward_comm(int n, int *list, double *buf, int pbc_flag, int *pbc)
{
  return pack_positions(lmp, n, list, buf, pbc_flag ? pbc : nullptr);
}

void ComputeIonEnvironment::unpack_forward_comm(int n, int first, double *buf)
{
  std::copy_n(buf, 3 * n, atom->x[first]);
}

void ComputeIonEnvironment::compute_vector()
{
  invoked_vector = update->ntimestep;
  compute_peratom();
  // sums of the columns, then how many ions each column counts
  std::vector<double> sums(2 * Impl::ncolumns, 0.0);
  for (int i = 0; i < atom->nlocal; i++) {
    if (!(atom->mask[i] & groupbit)) continue;
    for (int k = 0; k < Impl::ncolumns; k++) {
      if (array_atom[i][k] < 0.0) continue;    // no neighbor
      sums[k] += array_atom[i][k];
      sums[Impl::ncolumns + k] += 1.0;
    }
  }
  sum_over_ranks(sums, world);
  for (int k = 0; k < Impl::ncolumns; k++) {
    const double none = k >= 4 ? -1.0 : 0.0;
    vector[k] = sums[Impl::ncolumns + k] > 0.0 ? sums[k] / sums[Impl::ncolumns + k] : none;
  }
}

double ComputeIonEnvironment::memory_usage()
{
  return static_cast<double>(impl->allocated) * Impl::ncolumns * sizeof(double);
}

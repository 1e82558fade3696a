// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What PairEquivariant watches in every step of a run: atoms that come, go or change their type,
/// bonds that appear, results that are no numbers.
#include "equivariant_state.h"

#include "over_ranks.h"
#include "collective.h"
#include "comm_compat.h"
#include "list_completeness.h"

#include "atom.h"
#include "error.h"
#include "neigh_list.h"
#include "neighbor.h"
#include "update.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

/// \name Types
/// Fixes, scripts and the command set change types without a new neighbor list, and not those of
/// ghosts.
/// @{

/// is there a new list, or an atom of another type? The same on all ranks.
bool PairEquivariant::atoms_changed() const
{
  if (neighbor->ago == 0) return true;
  const auto natoms = static_cast<std::size_t>(atom->nlocal + atom->nghost);
  return any_rank(impl->types.size() != natoms || own_types_changed(), world);
}

bool PairEquivariant::own_types_changed() const
{
  return !std::equal(atom->type, atom->type + atom->nlocal, impl->types.begin());
}

/// types, and in folded the owners, of this step; what of them can be wrong ends the run
void PairEquivariant::read_atoms()
{
  const int nlocal = atom->nlocal, nall = nlocal + atom->nghost;
  impl->types.resize(nall);
  std::copy_n(atom->type, nlocal, impl->types.begin());
  if (impl->mode == Mode::folded) {
    impl->owner.resize(nall);
    for (int i = 0; i < nlocal; ++i) impl->owner[i] = i;
    send_to_ghosts(impl->owner);
    for (int j = nlocal; j < nall; ++j) impl->types[j] = impl->types[impl->owner[j]];
  } else {
    send_to_ghosts(impl->types);
  }
  impl->parity_checked = false;
  check_special();
  check_list();
}

void PairEquivariant::send_to_ghosts(std::vector<int> &values)
{
  impl->sending = &values;
  compat::forward_comm(comm, this, 1);
  impl->sending = nullptr;
}

namespace {

/// Does a list that skips pairs of types hold other pairs for atoms of type a than of type b?
bool pairs_differ(const NeighList &list, const std::vector<int> &model_type, int a, int b)
{
  if (list.iskip[a] != list.iskip[b]) return true;
  for (std::size_t t = 1; t < model_type.size(); ++t)
    if (model_type[t] >= 0 &&
        (list.ijskip[a][t] != list.ijskip[b][t] || list.ijskip[t][a] != list.ijskip[t][b]))
      return true;
  return false;
}

}    // namespace

/// With pair_style hybrid the list has only pairs of types that this style computes. It cannot
/// serve an atom that was of another kind when it was built, except one that leaves the model.
void PairEquivariant::check_list()
{
  const NeighList *skips = list;
  while (!skips->ijskip && skips->listcopy) skips = skips->listcopy;
  if (!skips->ijskip) return;
  const int nlocal = atom->nlocal;
  const bigint build[] = {static_cast<bigint>(neighbor->ncalls), static_cast<bigint>(neighbor->lastcall)};
  const bool is_new = neighbor->ago == 0 && !std::equal(build, build + 2, impl->listed);
  if (is_new || static_cast<int>(impl->listed_types.size()) != nlocal) {
    std::copy_n(build, 2, impl->listed);
    impl->listed_types.assign(impl->types.begin(), impl->types.begin() + nlocal);
  }
  const std::string problem = run_and_agree(world, [&] {
    for (int i = 0; i < nlocal; ++i) {
      const int now = impl->types[i], then = impl->listed_types[i];
      if (now != then && impl->model_type[now] >= 0 && pairs_differ(*skips, impl->model_type, now, then))
        throw std::runtime_error(fmt::format("atom {} changed from type {} to {}", atom->tag[i], then, now));
    }
  });
  if (!problem.empty())
    error->all(FLERR,
               "Pair style equivariant: {} after the neighbor list of pair_style hybrid was built, "
               "which lacks pairs of the new type: build a list after the change (run without 'pre "
               "no'), or give both types to the model",
               problem);
}

/// @}

/// bonded neighbors that special_bonds leaves out of the list would be missing edges; fixes make
/// bonds and molecules in the middle of a run
void PairEquivariant::check_special() const
{
  if (bonded_left_out(lmp, [this](int i) { return impl->model_type[impl->types[i]] >= 0; }))
    error->all(FLERR, "Pair style equivariant needs all neighbors but special_bonds leaves out bonded atoms "
                      "of its types: use 'special_bonds lj/coul 1.0 1.0 1.0'");
}

namespace {

/// far beyond what sums of finite results of all atoms need to become infinite
bool is_number(double value)
{
  return std::abs(value) <= 1e300;
}

/// Throws with the first that is no number: positions and energies of own atoms, then forces.
/// \param tag [atom] IDs
void find_not_finite(const natrolite::RowMap &rows, const natrolite::EdgeList &edges,
                     const natrolite::Evaluation &result, const double *const *x, const tagint *tag)
{
  const auto check = [&](const char *what, std::int64_t row, const double *values, int n) {
    const int i = rows.atom_of_row[row];
    if (!std::all_of(values, values + n, is_number))
      throw std::runtime_error(fmt::format("{} of atom {}", what, tag[i]));
  };
  for (std::int64_t row = 0; row < rows.nowned; ++row) check("position", row, x[rows.atom_of_row[row]], 3);
  for (std::int64_t row = 0; row < rows.nowned; ++row) check("energy", row, &result.energy[row], 1);
  if (!result.edge_gradient)
    for (std::int64_t row = 0; row < rows.nall(); ++row) check("force", row, result.row_forces + 3 * row, 3);
  else
    for (std::int64_t e = 0; e < edges.size(); ++e)
      check("force", edges.centers()[e], result.edge_gradient + 3 * e, 3);
}

}    // namespace

/// Ends the run where `sum`, of all positions, energies and gradients of this rank, is not finite. An
/// atom without a position has no edges: the model would go on without it.
void PairEquivariant::check_finite(double sum)
{
  const std::string problem = run_and_agree(world, [&] {
    if (std::isfinite(sum)) return;
    bring_edges();
    try {
      find_not_finite(impl->rows, impl->edges, impl->result, atom->x, atom->tag);
    } catch (const std::runtime_error &e) {
      throw std::runtime_error(fmt::format("{} on rank {}", e.what(), comm->me));
    }
  });
  if (!problem.empty())
    error->all(FLERR,
               "Pair style equivariant: the {} is not a finite number at step {}: look for atoms that "
               "overlap or move too far in a step (minimize first, smaller timestep; overlap_cutoff of fix "
               "gcmc, pair zbl with fix widom)",
               problem, update->ntimestep);
}

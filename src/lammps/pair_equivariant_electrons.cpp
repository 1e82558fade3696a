// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Total charge and spin of PairEquivariant: numbers or variables, checked for their parity.
#include "equivariant_state.h"

#include "core/edge_functions.h"
#include "model/electrons.h"

#include "atom.h"
#include "error.h"
#include "input.h"
#include "modify.h"
#include "update.h"
#include "variable.h"

#include <cmath>

using namespace LAMMPS_NS;

/// before a run: what can be said without evaluating a variable
void PairEquivariant::check_electrons() const
{
  const natrolite::Metadata &m = impl->model->metadata();
  const auto check = [&](const NumberOrVariable &n, bool taken, const char *keyword) {
    if (n.given && !taken)
      error->all(FLERR, "Model {} does not take the pair_style equivariant keyword {}: remove it", impl->file,
                 keyword);
    if (n.variable.empty()) return;
    const int ivar = input->variable->find(n.variable.c_str());
    if (ivar < 0 || !input->variable->equalstyle(ivar))
      error->all(FLERR, "Variable {} of pair_style equivariant keyword {} is not an equal-style variable",
                 n.variable, keyword);
  };
  check(impl->settings.charge, m.needs_total_charge, "charge");
  check(impl->settings.spin, m.needs_total_spin, "spin");
}

double PairEquivariant::value_of(const NumberOrVariable &n) const
{
  if (n.variable.empty()) return n.value;
  const int ivar = input->variable->find(n.variable.c_str());
  if (ivar < 0) error->all(FLERR, "Variable {} of pair_style equivariant is gone", n.variable);
  return input->variable->compute_equal(ivar);
}

/// total charge and unpaired electrons of this step
void PairEquivariant::update_electrons()
{
  const natrolite::Metadata &m = impl->model->metadata();
  if (!m.needs_total_charge && !m.needs_total_spin) return;
  const auto &charge = impl->settings.charge, &spin = impl->settings.spin;
  const bool variable = !charge.variable.empty() || !spin.variable.empty();
  const double before[] = {impl->total_charge, impl->spin};
  if (variable) {
    bring_what_variables_read();
    modify->clearstep_compute();
  }
  if (m.needs_total_charge) impl->total_charge = value_of(charge);
  if (m.needs_total_spin) impl->spin = value_of(spin);
  if (variable) modify->addstep_compute(update->ntimestep + 1);
  const bool changed = impl->total_charge != before[0] || impl->spin != before[1];
  if (!changed && impl->parity_checked) return;
  check_parity();
  impl->parity_checked = true;
}

/// the number of electrons and the number of unpaired ones are both even or both odd
void PairEquivariant::check_parity() const
{
  if (!std::isfinite(impl->total_charge) || !std::isfinite(impl->spin))
    error->all(FLERR, "pair_style equivariant has charge {:g} and spin {:g}: use finite numbers",
               impl->total_charge, impl->spin);
  if (impl->spin < 0.0 || impl->spin != std::floor(impl->spin))
    error->all(FLERR, "pair_style equivariant keyword spin is {:g}: use a whole number of unpaired electrons",
               impl->spin);
  const natrolite::Metadata &m = impl->model->metadata();
  if (!m.needs_total_spin || impl->total_charge != std::floor(impl->total_charge)) return;
  bigint mine = 0, protons = 0;
  for (int i = 0; i < atom->nlocal; ++i) {
    const int type = natrolite::type_in_model(impl->model_type[impl->types[i]], atom->mask[i]);
    if (type >= 0) mine += m.atomic_numbers[type];
  }
  MPI_Allreduce(&mine, &protons, 1, MPI_LMP_BIGINT, MPI_SUM, world);
  const auto electrons = protons - static_cast<bigint>(impl->total_charge);
  const auto unpaired = static_cast<bigint>(impl->spin);
  if (!natrolite::can_be_unpaired(electrons, unpaired))
    error->all(FLERR,
               "pair_style equivariant: {} electrons (charge {:g}) cannot have spin {} unpaired "
               "electrons: use an {} number of them, or another charge",
               electrons, impl->total_charge, unpaired, electrons % 2 ? "odd" : "even");
}

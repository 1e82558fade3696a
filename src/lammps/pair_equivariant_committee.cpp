// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// PairEquivariant with several models: how far do they disagree?
///
/// The first model drives the run. On the steps of keyword committee, or when fix pair asks for
/// the field uncertainty, every member gives forces on the same graph.
#include "comm_compat.h"
#include "equivariant_state.h"

#include "core/deviation.h"
#include "core/edge_scatter.h"

#include "atom.h"
#include "error.h"
#include "update.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;

/// members have the same cutoffs; element numbers may differ, and are translated
void PairEquivariant::check_member(const std::string &file, const natrolite::Metadata &m) const
{
  const natrolite::Metadata &first = impl->model->metadata();
  if (!m.pair_cutoffs.empty() && m.type_names != first.type_names)
    error->all(FLERR,
               "The models of a committee with cutoffs by pair must have their elements in the same "
               "order: {} differs from {}", file, impl->file);
  if (m.list_cutoff != first.list_cutoff || m.pair_cutoffs != first.pair_cutoffs)
    error->all(FLERR,
               "The models of a committee must have the same cutoffs: {} has {:g} Angstrom, {} has {:g}",
               impl->file, first.list_cutoff, file, m.list_cutoff);
  if (m.needs_total_charge != first.needs_total_charge ||
      m.needs_total_spin != first.needs_total_spin ||
      m.spin_is_multiplicity != first.spin_is_multiplicity)
    error->all(FLERR, "The models of a committee must take the same charge and spin: {} differs from {}",
               file, impl->file);
}

/// metadata of the model that drives the run and of the further members
std::vector<const natrolite::Metadata *> PairEquivariant::members() const
{
  std::vector<const natrolite::Metadata *> all{&impl->model->metadata()};
  for (const auto &other : impl->others) all.push_back(&other->metadata());
  return all;
}

/// 1 = no committee
int PairEquivariant::committee_size() const
{
  if (!impl->others.empty()) return 1 + static_cast<int>(impl->others.size());
  return impl->model->metadata().committee_size;
}

void PairEquivariant::init_committee()
{
  Committee &c = impl->committee;
  c.warned = false;
  c.last_step = c.valid_step = -1;
  const CommitteeSettings &s = impl->settings.committee;
  if (s.every == 0) return;
  if (committee_size() < 2)
    error->all(FLERR,
               "pair_style equivariant keyword committee needs several models: give "
               "'pair_coeff * * FILE1,FILE2,...' or a file with committee_energy");
  int reason = 0;
  if (comm->me == 0 && !c.table) {
    c.table.reset(std::fopen(s.table.c_str(), "w"));
    if (!c.table) reason = errno;
    c.header = 0;
  }
  MPI_Bcast(&reason, 1, MPI_INT, 0, world);
  if (reason)
    error->all(FLERR, "Cannot write the committee's table {}: {}", s.table, std::strerror(reason));
  if (!c.table || c.header == committee_size()) return;
  c.header = committee_size();
  std::fprintf(c.table.get(),
               "# committee of %d models; standard deviations over them\n"
               "# 1 step, 2 energy (eV), 3 energy per atom (eV), 4 largest force deviation (eV/A), "
               "5 mean force deviation (eV/A), 6 ID of the atom of 4\n", committee_size());
}

/// a step of the committee's table
bool PairEquivariant::committee_due() const
{
  const CommitteeSettings &s = impl->settings.committee;
  return s.every > 0 && update->ntimestep % s.every == 0 &&
      update->ntimestep != impl->committee.last_step;
}

/// the members' forces are wanted, for the table or by fix pair
bool PairEquivariant::committee_wanted() const
{
  const auto asked = impl->wanted.find("uncertainty_flag");
  return committee_size() > 1 &&
      (committee_due() || (asked != impl->wanted.end() && asked->second));
}

void PairEquivariant::run_committee()
{
  if (!committee_wanted()) return;
  const bool due = committee_due();
  impl->wanted["uncertainty_flag"] = 0;
  evaluate_members();
  deviate();
  if (due) report_committee();
  if (due) impl->committee.last_step = update->ntimestep;
}

/// energy (this rank's part) and forces (complete, on owned atoms) of every member; eV, Angstrom
void PairEquivariant::evaluate_members()
{
  Committee &c = impl->committee;
  const int size = committee_size();
  c.forces.resize(size);
  c.energy.assign(size, 0.0);
  const bool in_one_file = impl->others.empty();
  std::vector<std::int64_t> types;
  for (int k = 0; k < size; ++k) {
    natrolite::Graph graph = graph_of_step();
    natrolite::Model *model = in_one_file || k == 0 ? impl->model.get() : impl->others[k - 1].get();
    natrolite::Evaluation result = impl->result;
    if (in_one_file) graph.member = k;
    if (model != impl->model.get()) {
      types = impl->rows.types;
      for (auto &type : types) type = impl->translation[k - 1][type];
      graph.types = types.data();
    }
    const std::string &file = in_one_file || k == 0 ? impl->file : impl->other_files[k - 1];
    if (in_one_file || k > 0) evaluate(*model, file, graph, *impl->exchange, result);

    auto &forces = c.forces[k];
    forces.assign(3 * static_cast<std::size_t>(std::max(atom->nmax, 1)), 0.0);
    std::vector<double *> rows(std::max(atom->nmax, 1));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = forces.data() + 3 * i;
    natrolite::AtomSums sums;
    sums.force = rows.data();
    scatter_forces(result, 1.0, sums);
    if (impl->mode != EquivariantSettings::Mode::folded) {
      c.summing = forces.data();
      compat::reverse_comm(comm, this, 3);
      c.summing = nullptr;
    }
    // per member where the file has one energy per member, else the model's energy
    sums = {};
    sums.energy = &c.energy[k];
    scatter_energy(impl->rows, result.energy, 1.0, sums);
  }
}

/// field `uncertainty`: force deviation of each atom, in LAMMPS' units
void PairEquivariant::deviate()
{
  std::vector<const double *> members;
  for (const auto &forces : impl->committee.forces) members.push_back(forces.data());
  impl->committee.valid_step = update->ntimestep;
  auto &field = impl->peratom["uncertainty"];
  field.assign(std::max(atom->nmax, 1), 0.0);
  for (int i = 0; i < atom->nlocal; ++i)
    if (impl->rows.row_of_atom[i] >= 0)
      field[i] = impl->energy_scale * natrolite::force_deviation(members, i);
}

void PairEquivariant::report_committee()
{
  Committee &c = impl->committee;
  const auto &field = impl->peratom["uncertainty"];
  std::vector<double> energy(c.energy.size());
  MPI_Allreduce(c.energy.data(), energy.data(), static_cast<int>(energy.size()), MPI_DOUBLE, MPI_SUM,
                world);
  double mine[] = {0.0, 0.0}, sum[2];    // of deviations; number of atoms in the model
  struct {
    double value;
    int rank;
  } largest{-1.0, comm->me}, found;
  tagint tag = 0;
  for (int i = 0; i < atom->nlocal; ++i) {
    if (impl->rows.row_of_atom[i] < 0) continue;
    double value = field[i] / impl->energy_scale;
    if (!std::isfinite(value)) value = HUGE_VAL;    // NaN has no order: ranks would disagree
    mine[0] += value;
    mine[1] += 1.0;
    if (value <= largest.value) continue;
    largest.value = value;
    tag = atom->tag[i];
  }
  MPI_Allreduce(mine, sum, 2, MPI_DOUBLE, MPI_SUM, world);
  MPI_Allreduce(&largest, &found, 1, MPI_DOUBLE_INT, MPI_MAXLOC, world);
  MPI_Bcast(&tag, 1, MPI_LMP_TAGINT, found.rank, world);
  if (sum[1] == 0.0) return;
  const double spread = natrolite::deviation(energy);
  if (c.table) {
    std::fprintf(c.table.get(), BIGINT_FORMAT " %.10g %.10g %.10g %.10g " TAGINT_FORMAT "\n",
                 update->ntimestep, spread, spread / sum[1], found.value, sum[0] / sum[1], tag);
    std::fflush(c.table.get());
  }
  const double threshold = impl->settings.committee.threshold;
  if (c.warned || threshold <= 0.0 || found.value <= threshold) return;
  c.warned = true;
  if (comm->me == 0)
    error->warning(FLERR,
                   "The committee's forces on atom {} deviate by {:.4g} eV/Angstrom, more than {:g}, at "
                   "step {}: the potentials are not reliable there",
                   tag, found.value, threshold, update->ntimestep);
}

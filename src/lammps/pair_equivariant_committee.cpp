// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// PairEquivariant with several models: how far do they disagree?
///
/// The first model drives the run. When fix pair asks for the field uncertainty, and with the forces of a
/// step of keyword committee, every member gives forces on the same graph. The row of a step waits until
/// the step is over: a minimizer tries several points.
#include "comm_compat.h"
#include "equivariant_state.h"

#include "collective.h"
#include "committee_watch.h"
#include "over_ranks.h"
#include "core/deviation.h"
#include "core/edge_scatter.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "modify.h"
#include "update.h"

#include <algorithm>
#include <cmath>
#include <utility>

using namespace LAMMPS_NS;

bool CommitteeRow::is_again(const CommitteeRow &o) const
{
  const auto same = [](double a, double b) { return std::abs(a - b) <= 1e-3 * std::abs(a); };
  return step == o.step && same(energy, o.energy) && same(largest_force, o.largest_force) &&
         same(mean_force, o.mean_force) && place.is_again(o.place);
}

/// members have the same cutoffs; element numbers may differ, and are translated
void PairEquivariant::check_member(const std::string &file, const natrolite::Metadata &m) const
{
  const natrolite::Metadata &first = impl->model->metadata();
  if (!m.pair_cutoffs.empty() && m.type_names != first.type_names)
    error->all(FLERR,
               "The models of a committee with cutoffs by pair must have their elements in the same "
               "order: {} differs from {}",
               file, impl->file);
  if (m.list_cutoff != first.list_cutoff || m.pair_cutoffs != first.pair_cutoffs)
    error->all(FLERR,
               "The models of a committee must have the same cutoffs: {} has {:g} Angstrom, {} has {:g}",
               impl->file, first.list_cutoff, file, m.list_cutoff);
  if (m.needs_total_charge != first.needs_total_charge || m.needs_total_spin != first.needs_total_spin ||
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
  c.row.reset();
  c.warned = false;
  c.valid_step = -1;
  const CommitteeSettings &s = impl->settings.committee;
  watch_steps(s.every > 0);
  if (s.every == 0) return;
  if (committee_size() < 2)
    error->all(FLERR, "pair_style equivariant keyword committee needs several models: give "
                      "'pair_coeff * * FILE1,FILE2,...' or a file with committee_energy");
  const std::string problem = run_and_agree(world, [&] {
    if (comm->me == 0 && !c.table) c.table = std::make_unique<CommitteeTable>(s.table);
  });
  if (!problem.empty()) error->all(FLERR, "Cannot write the committee's table {}: {}", s.table, problem);
}

/// LAMMPS asks for energies of its own within a step (Monte Carlo, numerical derivatives); only a fix
/// learns which evaluation gave the forces, and when the step is over.
void PairEquivariant::watch_steps(bool wanted)
{
  std::string &id = impl->committee.watch;
  const bool watching = !id.empty() && modify && modify->get_fix_by_id(id);
  if (watching && !wanted) modify->delete_fix(id);
  if (watching || !wanted) return;
  id = "equivariant_committee_" + std::to_string(instance_me);
  CommitteeWatch::add(lmp, id, this);
}

/// a step of the committee's table
bool PairEquivariant::committee_due() const
{
  const CommitteeSettings &s = impl->settings.committee;
  return s.every > 0 && update->ntimestep % s.every == 0;
}

/// fix pair asks for the deviations of this evaluation
bool PairEquivariant::uncertainty_wanted() const
{
  const auto asked = impl->wanted.find("uncertainty_flag");
  return committee_size() > 1 && asked != impl->wanted.end() && asked->second;
}

/// the first model has been evaluated, perhaps for a trial move
void PairEquivariant::begin_evaluation()
{
  impl->committee.evaluated = true;
  impl->committee.judged = false;
  if (!uncertainty_wanted()) return;
  impl->wanted["uncertainty_flag"] = 0;
  judge();
}

/// evaluates the members where the first model was evaluated last
void PairEquivariant::judge()
{
  store_fields();    // before members in the same file are evaluated
  evaluate_members();
  deviate();
  impl->committee.judged = true;
}

/// the forces of the last evaluation are those of the step, or of a trial point of a minimizer
void PairEquivariant::end_evaluation()
{
  Committee &c = impl->committee;
  if (c.row && c.row->step != update->ntimestep) end_step();
  if (!std::exchange(c.evaluated, false) || !committee_due()) return;
  if (!c.judged) judge();
  c.row = row_of_step();
}

/// the row is the step's: write it
void PairEquivariant::end_step()
{
  Committee &c = impl->committee;
  if (!c.row) return;
  const CommitteeRow row = *std::exchange(c.row, std::nullopt);
  if (row.atom == 0) return;    // no atom is in the model
  const CommitteeSettings &s = impl->settings.committee;
  const std::string header =
      fmt::format("# committee of {} models; standard deviations over them\n"
                  "# 1 step, 2 energy (eV), 3 energy per atom (eV), 4 largest force deviation (eV/A), "
                  "5 mean force deviation (eV/A), 6 ID of the atom of 4\n",
                  committee_size());
  const bool again = c.written && c.written->is_again(row);
  c.written = row;
  if (c.table && !again &&
      !c.table->write(row.step, header,
                      fmt::format("{} {:.10g} {:.10g} {:.10g} {:.10g} {}\n", row.step, row.energy,
                                  row.energy_per_atom, row.largest_force, row.mean_force, row.atom)))
    error->one(FLERR, "Cannot write the committee's table {}: is the disk full?", s.table);
  if (c.warned || s.threshold <= 0.0 || row.largest_force <= s.threshold) return;
  c.warned = true;
  if (comm->me == 0)
    error->warning(FLERR,
                   "The committee's forces on atom {} deviate by {:.4g} eV/Angstrom, more than {:g}, at "
                   "step {}: the potentials are not reliable there",
                   row.atom, row.largest_force, s.threshold, row.step);
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
  natrolite::CompactEdges forces_only = impl->compact;
  forces_only.virial = forces_only.row_virial = forces_only.row_centroid = false;
  for (int k = 0; k < size; ++k) {
    natrolite::Graph graph = graph_of_step();
    if (graph.compact) graph.compact = &forces_only;
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

/// Collective; atom 0 = no atom is in the model.
CommitteeRow PairEquivariant::row_of_step() const
{
  const Committee &c = impl->committee;
  const auto &field = impl->peratom.at("uncertainty");
  std::vector<double> energy = c.energy;
  sum_over_ranks(energy, world);
  double deviations = 0.0, atoms = 0.0;    // of those in the model
  natrolite::PlaceSums place;
  struct {
    double value;
    int rank;
  } largest{-1.0, comm->me}, found;
  CommitteeRow row;
  for (int i = 0; i < atom->nlocal; ++i) {
    if (impl->rows.row_of_atom[i] < 0) continue;
    double value = field[i] / impl->energy_scale;
    if (!std::isfinite(value)) value = HUGE_VAL;    // NaN has no order: ranks would disagree
    deviations += value;
    atoms += 1.0;
    double x[3];
    domain->unmap(atom->x[i], atom->image[i], x);
    place.add(atom->tag[i], {x[0], x[1], x[2]}, atom->type[i]);
    if (value <= largest.value) continue;
    largest.value = value;
    row.atom = atom->tag[i];
  }
  const auto &p = place.sum;
  std::vector<double> sums{deviations, atoms, p[0], p[1], p[2], p[3], place.size};
  sum_over_ranks(sums, world);
  MPI_Allreduce(&largest, &found, 1, MPI_DOUBLE_INT, MPI_MAXLOC, world);
  MPI_Bcast(&row.atom, 1, MPI_LMP_TAGINT, found.rank, world);
  row.step = update->ntimestep;
  row.energy = natrolite::deviation(energy);
  row.energy_per_atom = row.energy / std::max(sums[1], 1.0);
  row.largest_force = found.value;
  row.mean_force = sums[0] / std::max(sums[1], 1.0);
  row.place = {{sums[2], sums[3], sums[4], sums[5]}, sums[6]};
  return row;
}

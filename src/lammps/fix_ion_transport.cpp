// SPDX-License-Identifier: GPL-2.0-only
#include "ion_transport_state.h"

#include "arguments.h"
#include "energy_unit.h"
#include "over_ranks.h"
#include "text_files.h"
#include "lammps_data.h"
#include "collective.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "group.h"
#include "memory.h"
#include "modify.h"
#include "output.h"
#include "update.h"
#include "utils.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

using namespace LAMMPS_NS;
using namespace FixConst;
using natrolite::IonResult;
using natrolite::Vec3;

static constexpr int ncolumns = 8;    // of the per-atom array

// Refuses what this machine cannot hold, before the run.
void FixIonTransport::Impl::check_memory(double ions)
{
  const double bytes = natrolite::Transport::bytes(std::ceil(ions / comm->nprocs), settings);
  const double here = bytes * ranks_on_node(world);
  const double present =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (any_rank(here > present, world))
    error->all(FLERR,
               "{}: {} ions with maxlag {} take {:.3g} GB on this machine of {:.3g} GB; use a maxlag "
               "of at most {:.0f}",
               title, ions, settings.msd.maxlag, here * 1e-9, present * 1e-9,
               std::floor(settings.msd.maxlag * present / here));
}

void FixIonTransport::Impl::start()
{
  if (!saved) {
    roster.take_group();
    if (!host.empty()) host_atoms = roster.take_host(group_index(lmp, title, host));
  }
  if (saved) check_saved();
  const bigint coming = (saved ? saved->samples : 0) + update->nsteps / nevery + 1;
  const double bytes = natrolite::Transport::bytes(std::ceil(1.0 * roster.count() / comm->nprocs), settings);
  if (comm->me == 0)
    utils::logmesg(lmp,
                   "{}: {} ions, maxlag {}: {:.3g} MB of memory on each of {} ranks, {:.3g} MB in a "
                   "restart file after this run\n",
                   title, roster.count(), settings.msd.maxlag, bytes * 1e-6, comm->nprocs,
                   restart_bytes(coming, roster.count()) * 1e-6);
  const std::string problem = run_and_agree(world, [&] {
    transport = std::make_unique<natrolite::Transport>(roster.share(), settings);
    if (saved) load();
  });
  if (!problem.empty())
    error->all(FLERR, "{}: {} ions with maxlag {}: {}; use a smaller maxlag", title, roster.count(),
               settings.msd.maxlag, problem);
}

// Ions that were moved between two runs would break all displacements.
void FixIonTransport::Impl::check_place(bool strict)
{
  const std::vector<Vec3> x = roster.positions(strict);
  bool moved = false;
  for (std::size_t i = 0; i < x.size(); i++)
    moved |= !(norm(x[i] - place.x[i]) < 1e-6);    // also what is not a number
  if (any_rank(moved, world))
    error->all(FLERR,
               "{}: ions are not where the run before left them (step {}): minimize, displace_atoms, "
               "change_box, reset_atoms or a run without the fix came between; define it again with "
               "another ID",
               title, place.step);
}

// Center of mass of the host, 0 without a host.
Vec3 FixIonTransport::Impl::drift()
{
  if (host.empty()) return {};
  const int ihost = group_index(lmp, title, host);
  if (host_atoms == 0 || !roster.same_host(ihost, host_atoms))
    error->all(FLERR,
               "{}: host group {} has {} atoms, {} at the start; neither its atoms nor their masses "
               "may change; define the fix again",
               title, host, group->count(ihost), host_atoms);
  double center[3];
  group->xcm(ihost, group->mass(ihost), center);
  return {center[0], center[1], center[2]};
}

void FixIonTransport::Impl::sample()
{
  const bigint n = transport->samples();
  if (n == 0) first_step = update->ntimestep;
  const bigint due = first_step + n * nevery;
  if (n > 0) check_clock();
  if (update->ntimestep < due) return;    // this step is in already (a second run, a restart)
  if (update->ntimestep > due)
    error->all(FLERR,
               "{}: no sample at step {}, the next one came at {}; samples must be {} steps "
               "apart (under rerun: one frame every {} steps)",
               title, due, update->ntimestep, nevery, nevery);
  if (std::abs(update->dt * nevery - settings.interval) > 1e-9 * settings.interval)
    error->all(FLERR, "{}: the time step changed from {} to {}; define the fix again after it", title,
               settings.interval / nevery, update->dt);
  std::vector<Vec3> x = roster.positions();
  transport->accumulate(std::move(x), drift());
}

void FixIonTransport::Impl::reduce_curve()
{
  if (table.samples == transport->samples() && !table.lags.empty()) return;
  const int nlags = settings.msd.maxlag + 1, n = roster.count();
  std::vector<double> sums = transport->part_sums();
  sum_over_ranks(sums, world);
  auto &curve = table.curve;
  curve.take_sums(sums, n);
  table.observations.assign(nlags, 0.0);
  for (int lag = 1; lag < nlags; lag++)
    table.observations[lag] = static_cast<double>(transport->msd().observations(lag)) * n;
  std::vector<double> squares = transport->squared_deviations(curve.msd);
  sum_over_ranks(squares, world);
  curve.take_squares(squares, n);
  table.ions = n;
  table.samples = transport->samples();
  table.lags = transport->msd().lags();
  table.group =
      natrolite::diffusion(transport->msd(), [&](int lag) { return curve.msd[lag]; }, settings, settings.fit);
}

void FixIonTransport::Impl::gather_results()
{
  if (results_samples == transport->samples()) return;
  results_samples = transport->samples();
  std::vector<double> mine(static_cast<std::size_t>(IonResult::size) * roster.share());
  for (int i = 0; i < roster.share(); i++) {
    const IonResult r = transport->ion(i);
    std::memcpy(mine.data() + IonResult::size * i, &r, sizeof r);
  }
  const std::vector<double> all = gather_over_ranks(mine, world);
  results.resize(roster.count());
  if (!all.empty()) std::memcpy(static_cast<void *>(results.data()), all.data(), all.size() * sizeof(double));
}

FixIonTransport::FixIonTransport(LAMMPS *lmp, int narg, char **arg) :
    Fix(lmp, narg, arg), impl(std::make_unique<Impl>(lmp, igroup))
{
  Arguments args(lmp, Impl::title, narg, arg, 3);
  impl->nevery = nevery = args.integer("Nevery", 1);
  require_metal_or_real(lmp, Impl::title);
  if (real_units(lmp)) impl->units = {"fs", 1000.0, 0.1};
  impl->read(args);
  if (group->dynamic[igroup])
    args.refuse(fmt::format("group {} is dynamic; ions must stay the same, use a static group",
                            group->names[igroup]));
  if (!impl->host.empty() && group->count(group->find(impl->host)) == 0)
    args.refuse(fmt::format("host group {} has no atoms", impl->host));

  scalar_flag = array_flag = peratom_flag = restart_global = time_depend = 1;
  datamask_modify = 0;    // reads only: with KOKKOS nothing goes back to the device
  extscalar = extarray = 0;
  size_array_rows = impl->settings.msd.maxlag;
  size_array_cols = 7;
  size_peratom_cols = maxexchange = ncolumns;
  create_attribute = 1;    // set_arrays() is called for new atoms
  global_freq = peratom_freq = nevery;
  dynamic_group_allow = 0;
  FixIonTransport::grow_arrays(atom->nmax);
  atom->add_callback(Atom::GROW);
  for (int i = 0; i < atom->nlocal; i++) FixIonTransport::set_arrays(i);
}

FixIonTransport::~FixIonTransport()
{
  if (modify->get_fix_by_id(id)) atom->delete_callback(id, Atom::GROW);
  memory->destroy(array_atom);
}

int FixIonTransport::setmask()
{
  return END_OF_STEP;
}

void FixIonTransport::post_constructor()
{
  impl->roster.attach(id);
}

void FixIonTransport::init()
{
  const double ions = static_cast<double>(group->count(igroup));
  if (!impl->transport) {
    impl->finish_settings(update->dt);
    impl->check_memory(ions);
  }
  impl->check_coming_restarts(ions);
}

void FixIonTransport::setup(int /*vflag*/)
{
  if (update->ntimestep == impl->place.step) impl->check_place(true);
  end_of_step();
}

void FixIonTransport::end_of_step()
{
  if (update->whichflag == 2) return;    // a minimization has no time
  if (!impl->transport) impl->start();
  if (update->ntimestep % nevery == 0) impl->sample();
  // per-ion results: whenever something is output, for other readers each time the run grew by 1 %
  const std::int64_t n = impl->transport->samples();
  const std::int64_t every = std::max<std::int64_t>(1, n / 100);
  const bool shown = update->ntimestep == output->next || update->ntimestep == update->laststep;
  if (impl->results_samples < 0 || n % every == 0 || shown) impl->gather_results();
  for (int i = 0; i < atom->nlocal; i++) {
    set_arrays(i);
    const int ion = atom->mask[i] & groupbit ? impl->roster.index(i) : -1;
    if (ion < 0) continue;
    const IonResult &r = impl->results[ion];
    const double row[ncolumns] = {r.path,           r.net,     r.tortuosity, r.d_fit, r.d_ratio,
                                  r.relative_error, r.largest, r.hops};
    std::copy_n(row, ncolumns, array_atom[i]);
  }
}

void FixIonTransport::post_run()
{
  if (update->whichflag == 2) {
    if (impl->place.step < 0) return;
    impl->minimized += impl->waited();
    impl->first_step += impl->waited();    // the ions were to stay where they were
    impl->place.step = update->ntimestep;
    return;
  }
  if (!impl->transport) return;
  impl->take_place();
  impl->reduce_curve();
  impl->gather_results();
  const auto &d = impl->table.group;
  if (d.fit.points < 3 && comm->me == 0 && impl->table.samples > 3)
    error->warning(FLERR,
                   "{}: only {} lags lie in the fit range of {} samples with maxlag {}: no D; "
                   "use a larger maxlag, a larger Nevery or another fit range",
                   Impl::title, d.fit.points, impl->table.samples, impl->settings.msd.maxlag);
  if (!impl->msd_file.empty())
    write_text(lmp, Impl::title, impl->msd_file, msd_text(impl->table, impl->settings, impl->units));
  if (impl->ions_file.empty()) return;
  std::vector<std::int64_t> tags;
  for (int i = 0; i < impl->roster.count(); i++) tags.push_back(impl->roster.tag(i));
  write_text(lmp, Impl::title, impl->ions_file,
             ions_text(tags, impl->results, impl->results_samples, impl->settings, impl->units));
}

double FixIonTransport::compute_scalar()
{
  if (!impl->transport) return 0.0;
  impl->reduce_curve();
  return impl->table.group.d;
}

double FixIonTransport::compute_array(int row, int column)
{
  const int lag = row + 1;
  if (column == 0) return lag * (impl->transport ? impl->settings.interval : nevery * update->dt);
  if (!impl->transport) return 0.0;
  impl->reduce_curve();
  const auto &curve = impl->table.curve;
  if (column == 1) return curve.msd[lag];
  if (column == 2) return curve.sd[lag];
  if (column == 3) return impl->table.observations[lag];
  return curve.part[column - 4][lag];
}

void FixIonTransport::grow_arrays(int nmax)
{
  memory->grow(array_atom, std::max(1, nmax), ncolumns, "ion/transport:array_atom");
}

void FixIonTransport::copy_arrays(int i, int j, int /*delflag*/)
{
  std::copy_n(array_atom[i], ncolumns, array_atom[j]);
}

void FixIonTransport::set_arrays(int i)
{
  std::fill_n(array_atom[i], ncolumns, 0.0);
}

int FixIonTransport::pack_exchange(int i, double *buf)
{
  std::copy_n(array_atom[i], ncolumns, buf);
  return ncolumns;
}

int FixIonTransport::unpack_exchange(int nlocal, double *buf)
{
  std::copy_n(buf, ncolumns, array_atom[nlocal]);
  return ncolumns;
}

double FixIonTransport::memory_usage()
{
  return static_cast<double>(atom->nmax) * ncolumns * sizeof(double) +
         (impl->transport ? natrolite::Transport::bytes(impl->roster.share(), impl->settings) : 0.0);
}

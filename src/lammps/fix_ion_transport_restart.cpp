// SPDX-License-Identifier: GPL-2.0-only
#include "ion_transport_state.h"

#include "restart_state.h"
#include "lammps_data.h"

#include "comm.h"
#include "error.h"
#include "output.h"

#include <algorithm>
#include <cmath>

using namespace LAMMPS_NS;
using natrolite::Transport;

// The state: layout, the number of all numbers, the settings, then samples, first step, step of
// writing, number of ions and their IDs; then of each ion its position and its history. Layout 1
// had neither layout nor positions.
static constexpr int layout = 2;
static constexpr const char *names[] = {"Nevery",
                                        "sampling interval",
                                        "maxlag",
                                        "origins",
                                        "lags",
                                        "dims",
                                        "stride in samples",
                                        "window in strides",
                                        "samples per mean position",
                                        "hop",
                                        "host atoms"};
static constexpr int nsettings = std::size(names);

// What must be the same after a restart.
std::vector<double> FixIonTransport::Impl::header() const
{
  const auto &m = settings.msd;
  return {static_cast<double>(nevery),
          settings.interval,
          static_cast<double>(m.maxlag),
          static_cast<double>(m.origins),
          m.log_lags ? 1.0 : 0.0,
          4.0 * m.dims[0] + 2.0 * m.dims[1] + m.dims[2],
          static_cast<double>(settings.path.stride),
          static_cast<double>(settings.path.window),
          static_cast<double>(settings.hop_block),
          settings.hop_distance,
          static_cast<double>(host_atoms)};
}

double FixIonTransport::Impl::restart_bytes(std::int64_t samples, double ions) const
{
  const double per_ion = 4.0 + Transport::state_size(samples, settings);
  return sizeof(double) * (6.0 + nsettings + ions * per_ion);
}

void FixIonTransport::Impl::check_restart_size(std::int64_t samples, double ions) const
{
  const double bytes = restart_bytes(samples, ions);
  if (bytes <= MAXSMALLINT) return;
  // of each ion 6 numbers per lag
  const double per_lag = 6.0 * sizeof(double) * ions;
  const double lags = static_cast<double>(std::min<std::int64_t>(settings.msd.maxlag, samples));
  const double most = std::max(1.0, std::floor(lags - (bytes - MAXSMALLINT) / per_lag));
  error->all(FLERR,
             "{}: the state of {} ions takes {:.3g} GB, a restart file holds 2 GB of a fix; use a "
             "maxlag of at most {:.0f} instead of {}, fewer ions, or write no restart files",
             title, ions, bytes * 1e-9, most, settings.msd.maxlag);
}

// Restart files of this run that could not be written are refused at its start.
void FixIonTransport::Impl::check_coming_restarts(double ions) const
{
  if (!output->restart_flag || update->whichflag != 1) return;
  bigint last = 0;
  const auto consider = [&](int used, int every) {
    if (used) last = std::max(last, every > 0 ? update->laststep / every * every : update->laststep);
  };
  consider(output->restart_flag_single, output->restart_every_single);
  consider(output->restart_flag_double, output->restart_every_double);
  const std::int64_t samples = transport ? transport->samples() : saved ? saved->samples : 0;
  if (last > update->ntimestep) check_restart_size(samples + (last - update->ntimestep) / nevery, ions);
}

void FixIonTransport::Impl::write(FILE *fp)
{
  std::vector<double> head{restart_layout(layout), 2.0}, mine;
  if (transport || saved) {
    const std::int64_t samples = transport ? transport->samples() : saved->samples;
    check_restart_size(samples, roster.count());
    std::vector<natrolite::Vec3> x = roster.positions(false);    // the IDs of now
    if (update->whichflag != 1) x = place.x;    // before what may have come since the last run
    const std::vector<double> same = transport ? header() : saved->settings;
    head.insert(head.end(), same.begin(), same.end());
    head.insert(head.end(), {static_cast<double>(samples), static_cast<double>(first_step + waited()),
                             static_cast<double>(update->ntimestep), static_cast<double>(roster.count())});
    for (int i = 0; i < roster.count(); i++) head.push_back(static_cast<double>(roster.tag(i)));
    for (int i = 0; i < roster.share(); i++) {
      mine.insert(mine.end(), {x[i].x, x[i].y, x[i].z});
      if (transport)
        transport->save(i, mine);
      else
        mine.insert(mine.end(), saved->states.begin() + i * saved->length,
                    saved->states.begin() + (i + 1) * saved->length);
    }
    head[1] = restart_bytes(samples, roster.count()) / sizeof(double);
  }
  const int size = static_cast<int>(sizeof(double) * head[1]);
  if (comm->me == 0) {
    fwrite(&size, sizeof size, 1, fp);
    fwrite(head.data(), sizeof(double), head.size(), fp);
  }
  write_in_order(mine, fp, world);
}

void FixIonTransport::Impl::read(const double *in)
{
  check_restart_layout(lmp, title, in[0], layout);
  const double total = in[1];
  if (total == 2.0) return;    // written before the first sample
  in += 2;
  saved.emplace();
  saved->settings.assign(in, in + nsettings);
  in += nsettings;
  saved->samples = static_cast<std::int64_t>(*in++);
  first_step = static_cast<bigint>(*in++);
  first_step += update->ntimestep - static_cast<bigint>(*in++);    // reset_timestep changed the clock
  const auto n = static_cast<std::size_t>(*in++);
  std::vector<tagint> tags;
  for (std::size_t k = 0; k < n; k++) tags.push_back(static_cast<tagint>(*in++));
  roster.take_tags(tags);
  if (!host.empty()) host_atoms = roster.take_host(group_index(lmp, title, host));
  const std::size_t width = n ? (static_cast<std::size_t>(total) - 6 - nsettings - n) / n : 3;
  saved->length = width - 3;
  place = {update->ntimestep, {}};
  for (int ion = roster.first(); ion < roster.last(); ion++) {
    const double *record = in + ion * width;
    place.x.push_back({record[0], record[1], record[2]});
    saved->states.insert(saved->states.end(), record + 3, record + width);
  }
  check_place(false);    // whoever joined or left is seen at the first sample
}

void FixIonTransport::Impl::check_saved()
{
  const std::vector<double> mine = header();
  for (std::size_t k = 0; k < mine.size(); k++)
    if (std::abs(mine[k] - saved->settings[k]) > 1e-9 * std::abs(mine[k]))
      error->all(FLERR,
                 "{}: the restart file has {} {}, the input {}; use the same settings or "
                 "another fix ID",
                 title, names[k], saved->settings[k], mine[k]);
}

// The clock may have been set by reset_timestep before the fix was defined, which LAMMPS refuses while it
// is, or by a minimization.
void FixIonTransport::Impl::check_clock() const
{
  const bigint late = (first_step % nevery + nevery) % nevery;
  if (late == 0) return;
  if (minimized > 0)
    error->all(
        FLERR,
        "{}: after {} steps of minimization, at step {}, the samples so far do not go on at multiples of "
        "{}; use another fix ID, or, before the run, write_restart, clear, read_restart, reset_timestep {} "
        "and then the fix",
        title, minimized, place.step, nevery, place.step + nevery - late);
  error->all(FLERR,
             "{}: at step {} the samples so far do not go on at multiples of {}; use reset_timestep {} "
             "before the fix, or another fix ID",
             title, place.step, nevery, place.step + nevery - late);
}

void FixIonTransport::Impl::load()
{
  transport->begin_load(saved->samples);
  for (int i = 0; i < roster.share(); i++) transport->load(i, saved->states.data() + i * saved->length);
  saved.reset();
}

void FixIonTransport::write_restart(FILE *fp)
{
  impl->write(fp);
}

void FixIonTransport::restart(char *buffer)
{
  impl->read(reinterpret_cast<const double *>(buffer));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "fix_ocv.h"

#include "adapter.h"
#include "energy_unit.h"

#include "core/blocking.h"
#include "core/voltage.h"

#include "comm.h"
#include "compute.h"
#include "error.h"
#include "group.h"
#include "modify.h"
#include "update.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;
using namespace FixConst;

static constexpr char title[] = "fix ocv";

struct FixOCV::Impl {
  bigint every = 1, repeat = 1, freq = 1;
  bool has_reference = false, has_mu = false, append = false;
  natrolite::Content reference; // energies in the run's unit
  natrolite::Value mu;
  double host_mass = -1.0;
  std::string file;
  double unit = 1.0; // energy unit in eV
  double ions = 0.0;
  natrolite::Blocking series;
  bigint last_step = -1;
  double results[6] = {0, 0, 0, 0, 0, 0};

  // sampled are the Nrepeat multiples of Nevery that end on each multiple of Nfreq
  bool samples(bigint step) const
  {
    const bigint before = ((step + freq - 1) / freq) * freq - step;
    return before % every == 0 && before / every < repeat;
  }
  bigint next_sample(bigint step) const
  {
    while (!samples(step)) step++;
    return step;
  }
  void read(Arguments &args);
  void evaluate();
};

void FixOCV::Impl::read(Arguments &args)
{
  while (!args.empty()) {
    const std::string keyword = args.word("keyword");
    if (keyword == "reference") {
      has_reference = true;
      reference.n = args.nonnegative("reference n1");
      reference.energy = args.with_error(keyword, "E1");
    } else if (keyword == "mu") {
      has_mu = true;
      mu = args.with_error(keyword, "E");
    } else if (keyword == "host")
      host_mass = args.positive(keyword);
    else if (keyword == "file")
      file = args.word(keyword);
    else if (keyword == "append")
      append = args.yes(keyword);
    else
      args.unknown(keyword, "reference, mu, host, file, append");
  }
  if (has_reference != has_mu)
    args.refuse(has_mu ? "'mu' needs 'reference n1 E1' to give a voltage"
                       : "'reference' needs 'mu E' to give a voltage");
  if (append && file.empty()) args.refuse("'append yes' needs 'file F'");
}

void FixOCV::Impl::evaluate()
{
  results[0] = ions;
  results[1] = series.mean();
  results[2] = series.error();
  if (has_reference && series.count() > 0) {
    const auto scaled = [&](natrolite::Value v) {
      return natrolite::Value{v.value * unit, v.error * unit};
    };
    const natrolite::Value v =
        natrolite::voltage({reference.n, scaled(reference.energy)},
                           {ions, scaled({series.mean(), series.error()})}, scaled(mu));
    results[3] = v.value;
    results[4] = v.error;
  }
  results[5] = natrolite::capacity(ions, host_mass);
}

FixOCV::FixOCV(LAMMPS *lmp, int narg, char **arg)
    : Fix(lmp, narg, arg), impl(std::make_unique<Impl>())
{
  Arguments args(lmp, title, narg, arg, 3);
  impl->every = args.integer("Nevery", 1);
  impl->repeat = args.integer("Nrepeat", 1);
  impl->freq = args.integer("Nfreq", 1);
  if (impl->freq % impl->every != 0 || impl->every * impl->repeat > impl->freq)
    args.refuse(
        fmt::format("Nfreq {} must be a multiple of Nevery {} and at least Nevery x Nrepeat = "
                    "{}",
                    impl->freq, impl->every, impl->every * impl->repeat));
  impl->unit = energy_unit_in_ev(lmp, title);
  impl->read(args);
  nevery = static_cast<int>(impl->every);
  vector_flag = restart_global = time_depend = 1;
  datamask_modify = 0; // reads only: with KOKKOS nothing goes back to the device
  size_vector = 6;
  extvector = 0;
  global_freq = 1; // the last average, on any step
}

FixOCV::~FixOCV() = default;

int FixOCV::setmask()
{
  return END_OF_STEP;
}

void FixOCV::init()
{
  impl->ions = static_cast<double>(group->count(igroup));
  if (impl->has_reference && impl->ions == impl->reference.n)
    error->all(FLERR,
               "{}: the group has {} ions, as many as the reference; give the energy of "
               "another content",
               title, impl->ions);
  if (impl->host_mass < 0.0) {
    const double mass = group->mass(0) - group->mass(igroup);
    impl->host_mass = mass > 1e-10 * group->mass(0) ? mass : 0.0;
  }
  Compute *pe = modify->get_compute_by_id("thermo_pe");
  if (!pe) error->all(FLERR, "{}: the compute thermo_pe is gone; do not remove it", title);
  pe->addstep(impl->next_sample(std::max(update->ntimestep, impl->last_step + 1)));
}

void FixOCV::setup(int /*vflag*/)
{
  end_of_step();
}

void FixOCV::end_of_step()
{
  const bigint step = update->ntimestep;
  if (update->whichflag == 2 || step <= impl->last_step || !impl->samples(step)) return;
  const auto ions = static_cast<double>(group->count(igroup));
  if (ions != impl->ions)
    error->all(FLERR,
               "{}: the group has {} ions at step {}, {} at the start; one fix measures one "
               "content",
               title, ions, step, impl->ions);
  Compute *pe = modify->get_compute_by_id("thermo_pe");
  impl->series.accumulate(pe->compute_scalar());
  pe->addstep(impl->next_sample(step + 1));
  impl->last_step = step;
  if (step % impl->freq == 0) impl->evaluate();
}

void FixOCV::post_run()
{
  if (update->whichflag == 2 || impl->series.count() == 0) return;
  impl->evaluate();
  if (impl->file.empty()) return;
  const std::string unit = energy_unit_name(lmp);
  const std::string text = fmt::format(
      "# natrolite table: ocv energies\n# host = {:.10g} g/mol\n"
      "# samples = {}, correlation time = {:.6g} samples\n# columns: n | E ({}) | error ({})\n"
      "{:.10g} {:.15g} {:.6g}\n",
      impl->host_mass, impl->series.count(), impl->series.correlation_time(), unit, unit,
      impl->ions, impl->results[1], impl->results[2]);
  write_text(lmp, title, impl->file, text, impl->append);
}

double FixOCV::compute_vector(int i)
{
  return impl->results[i];
}

void FixOCV::write_restart(FILE *fp)
{
  if (comm->me != 0) return;
  std::vector<double> state = impl->series.save();
  state.insert(state.begin(), {static_cast<double>(state.size()), impl->ions,
                               static_cast<double>(impl->last_step)});
  const int size = static_cast<int>(sizeof(double) * state.size());
  fwrite(&size, sizeof size, 1, fp);
  fwrite(state.data(), sizeof(double), state.size(), fp);
}

void FixOCV::restart(char *buffer)
{
  double head[3];
  std::memcpy(head, buffer, sizeof head);
  std::vector<double> state(static_cast<std::size_t>(head[0]));
  std::memcpy(state.data(), buffer + sizeof head, sizeof(double) * state.size());
  const auto ions = static_cast<double>(group->count(igroup));
  if (head[1] != ions && !state.empty())
    error->all(FLERR, "{}: the restart file has {} ions, the group {}; use another fix ID", title,
               head[1], ions);
  impl->series.load(state);
  impl->last_step = static_cast<bigint>(head[2]);
  impl->ions = ions;
}

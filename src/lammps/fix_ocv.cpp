// SPDX-License-Identifier: GPL-2.0-only
#include "fix_ocv.h"

#include "arguments.h"
#include "over_ranks.h"
#include "restart_state.h"
#include "text_files.h"
#include "energy_unit.h"

#include "core/blocking.h"
#include "core/voltage.h"

#include "atom.h"
#include "comm.h"
#include "compute.h"
#include "error.h"
#include "group.h"
#include "modify.h"
#include "update.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace LAMMPS_NS;
using namespace FixConst;

static constexpr char title[] = "fix ocv";
static constexpr int layout = 3;    // of the state in restart files

struct FixOCV::Impl : protected Pointers {
  Impl(LAMMPS *lmp, int group_of_ions) : Pointers(lmp), igroup(group_of_ions) {}

  int igroup;
  bigint every = 1, repeat = 1, freq = 1;
  bool has_reference = false, has_mu = false, append = false;
  natrolite::Content reference;    // energies in the run's unit
  natrolite::Value mu;
  double host_mass = 0.0;
  bool host_given = false;
  std::string file;
  double unit = 1.0;    // energy unit in eV
  double ions = 0.0;
  std::vector<double> atoms;    // of each type: the ions, then the host; as at the first sample
  natrolite::Blocking series;
  bigint last_step = -1;
  natrolite::Value shown;    // the mean and its error as of the last multiple of Nfreq
  double results[6] = {0, 0, 0, 0, 0, 0};
  bool continued =
      false;    // file may hold a row of this fix already, perhaps of a run that was killed later

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
  std::vector<double> count_atoms();
  void check_content();
  void evaluate();
  void show();
  void write_row();
  std::vector<double> save() const;
  void load(const double *in);
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
    } else if (keyword == "host") {
      host_given = true;
      host_mass = args.positive(keyword);
    } else if (keyword == "file")
      check_writable(lmp, title, file = args.word(keyword));
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

std::vector<double> FixOCV::Impl::count_atoms()
{
  const int types = atom->ntypes, bit = group->bitmask[igroup];
  std::vector<double> n(2 * types, 0.0);
  for (int i = 0; i < atom->nlocal; i++) n[atom->type[i] - 1 + (atom->mask[i] & bit ? 0 : types)] += 1.0;
  sum_over_ranks(n, world);
  return n;
}

// Takes the content before the first sample; from then on it must not change.
void FixOCV::Impl::check_content()
{
  const std::vector<double> now = count_atoms();
  const auto types = static_cast<std::size_t>(atom->ntypes);
  const double ions_now = std::accumulate(now.begin(), now.begin() + atom->ntypes, 0.0);
  if (series.count() == 0) {
    atoms = now;
    ions = ions_now;
  }
  if (ions_now != ions)
    error->all(FLERR,
               "{}: the group has {} ions at step {}, {} at the start; one fix measures one "
               "content",
               title, ions_now, update->ntimestep, ions);
  for (std::size_t k = 0; k < now.size(); k++)
    if (now[k] != atoms[k])
      error->all(FLERR,
                 "{}: the {} of {} atoms of type {} at step {}, {} at the start; one fix measures "
                 "one content of one host",
                 title, k < types ? "group consists" : "host consists", now[k], k % types + 1,
                 update->ntimestep, atoms[k]);
}

void FixOCV::Impl::evaluate()
{
  shown = {series.mean(), series.error()};
  show();
}

void FixOCV::Impl::show()
{
  results[0] = ions;
  results[1] = shown.value;
  results[2] = shown.error;
  if (has_reference && series.count() > 0) {
    const auto scaled = [&](natrolite::Value v) { return natrolite::Value{v.value * unit, v.error * unit}; };
    const natrolite::Value v =
        natrolite::voltage({reference.n, scaled(reference.energy)}, {ions, scaled(shown)}, scaled(mu));
    results[3] = v.value;
    results[4] = v.error;
  }
  results[5] = natrolite::capacity(ions, host_mass);
}

// A later run puts its row in the place of the earlier one.
void FixOCV::Impl::write_row()
{
  const natrolite::EnergyRow row{
      host_mass, static_cast<double>(series.count()), series.correlation_time(), {ions, shown}};
  const std::string text = energy_text(row, energy_unit_name(lmp));
  const auto earlier = [&](const std::string &all) {
    return continued ? natrolite::place_of_row(all, row) : std::pair(std::string::npos, std::size_t{0});
  };
  if (append)
    renew_text(lmp, title, file, earlier, text);
  else
    write_text(lmp, title, file, text);
  continued = true;
}

// The state: layout, the number of all numbers, step of writing, last sample's step, what is shown,
// the numbers of atoms, then the series. Layout 1 began with its length, 2 had the row in the file.
std::vector<double> FixOCV::Impl::save() const
{
  std::vector<double> out{restart_layout(layout),         0.0,         static_cast<double>(update->ntimestep),
                          static_cast<double>(last_step), shown.value, shown.error};
  const std::vector<double> levels = series.save();
  // before the first sample the content may still change
  const std::vector<double> content(2 * atom->ntypes, 0.0);
  out.insert(out.end(), series.count() ? atoms.begin() : content.begin(),
             series.count() ? atoms.end() : content.end());
  out.insert(out.end(), levels.begin(), levels.end());
  out[1] = static_cast<double>(out.size());
  return out;
}

void FixOCV::Impl::load(const double *in)
{
  check_restart_layout(lmp, title, in[0], layout);
  const double *end = in + static_cast<std::size_t>(in[1]);
  const bigint shift = update->ntimestep - static_cast<bigint>(in[2]);    // reset_timestep
  last_step = static_cast<bigint>(in[3]) + shift;
  shown = {in[4], in[5]};
  continued = true;
  const double *content = in + 6, *levels = content + 2 * atom->ntypes;
  series.load({levels, end});
  if (series.count() == 0) return;
  atoms.assign(content, levels);
  ions = std::accumulate(content, content + atom->ntypes, 0.0);
  const auto present = static_cast<double>(group->count(igroup));
  if (ions != present)
    error->all(FLERR, "{}: the restart file has {} ions, the group {}; use another fix ID", title, ions,
               present);
}

FixOCV::FixOCV(LAMMPS *lmp, int narg, char **arg) :
    Fix(lmp, narg, arg), impl(std::make_unique<Impl>(lmp, igroup))
{
  Arguments args(lmp, title, narg, arg, 3);
  impl->every = args.integer("Nevery", 1);
  impl->repeat = args.integer("Nrepeat", 1);
  impl->freq = args.integer("Nfreq", 1);
  if (impl->freq % impl->every != 0 || impl->every * impl->repeat > impl->freq)
    args.refuse(fmt::format("Nfreq {} must be a multiple of Nevery {} and at least Nevery x Nrepeat = "
                            "{}",
                            impl->freq, impl->every, impl->every * impl->repeat));
  impl->unit = energy_unit_in_ev(lmp, title);
  impl->read(args);
  nevery = static_cast<int>(impl->every);
  vector_flag = restart_global = time_depend = 1;
  datamask_modify = 0;    // reads only: with KOKKOS nothing goes back to the device
  size_vector = 6;
  extvector = 0;
  global_freq = 1;    // the last average, on any step
}

FixOCV::~FixOCV() = default;

int FixOCV::setmask()
{
  return END_OF_STEP;
}

void FixOCV::init()
{
  if (update->whichflag == 1) impl->check_content();
  if (update->whichflag == 1 && impl->has_reference && impl->ions == impl->reference.n)
    error->all(FLERR,
               "{}: the group has {} ions, as many as the reference; give the energy of "
               "another content",
               title, impl->ions);
  if (!impl->host_given) {
    const double mass = group->mass(0) - group->mass(igroup);
    impl->host_mass = mass > 1e-10 * group->mass(0) ? mass : 0.0;
  }
  if (impl->series.count() > 0) impl->show();    // after a restart
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
  impl->check_content();
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
  if (!impl->file.empty()) impl->write_row();
}

double FixOCV::compute_vector(int i)
{
  return impl->results[i];
}

void FixOCV::write_restart(FILE *fp)
{
  if (comm->me != 0) return;
  const std::vector<double> state = impl->save();
  const int size = static_cast<int>(sizeof(double) * state.size());
  fwrite(&size, sizeof size, 1, fp);
  fwrite(state.data(), sizeof(double), state.size(), fp);
}

void FixOCV::restart(char *buffer)
{
  impl->load(reinterpret_cast<const double *>(buffer));
}

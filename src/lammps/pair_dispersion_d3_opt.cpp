// SPDX-License-Identifier: GPL-2.0-only
#include "pair_dispersion_d3_opt.h"

#include "comm_compat.h"
#include "energy_unit.h"
#include "list_completeness.h"

#include "core/dispersion.h"

#include "atom.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

using namespace LAMMPS_NS;

static constexpr const char *TITLE = "Pair style dispersion/d3/opt";

struct PairDispersionD3Opt::Impl {
  natrolite::DispersionSettings settings;
  std::unique_ptr<natrolite::Dispersion> dispersion;    ///< of this run
  bigint builds_seen = -1;                              ///< neighbor->ncalls of the list that home is of
  std::vector<int> home;                                ///< [atom] see DispersionAtoms
  double *rows = nullptr;                               ///< in communication: [atom][width]
  int width = 1;
};

PairDispersionD3Opt::PairDispersionD3Opt(LAMMPS *lmp) : Pair(lmp), impl(std::make_unique<Impl>())
{
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  no_virial_fdotr_compute = 1;
  centroidstressflag = CENTROID_AVAIL;
  comm_forward = comm_reverse = 4;
}

PairDispersionD3Opt::~PairDispersionD3Opt()
{
  if (copymode || !allocated) return;
  memory->destroy(setflag);
  memory->destroy(cutsq);
}

void PairDispersionD3Opt::allocate()
{
  if (allocated) return;
  allocated = 1;
  const int n = atom->ntypes + 1;
  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  std::fill_n(setflag[0], n * n, 0);
}

/* ---------------------------------------------------------------------- */

void PairDispersionD3Opt::settings(int narg, char **arg)
{
  if (narg != 4)
    error->all(FLERR,
               "{} needs 4 words, not {}: damping functional cutoff cn_cutoff (in a hybrid the damping "
               "zero must be called original, since zero is a pair style)",
               TITLE, narg);
  natrolite::DispersionSettings &s = impl->settings;
  s.energy_unit = energy_units_per_ev(lmp, TITLE);
  s.cutoff = utils::numeric(FLERR, arg[2], false, lmp);
  s.coordination_cutoff = utils::numeric(FLERR, arg[3], false, lmp);
  if (!(s.cutoff > 0.0) || !(s.coordination_cutoff > 0.0))
    error->all(FLERR, "{}: cutoff {} and cn_cutoff {} must be positive", TITLE, arg[2], arg[3]);
  if (!(std::max(s.cutoff, s.coordination_cutoff) <= natrolite::DispersionSettings::LONGEST))
    error->all(FLERR, "{}: cutoff {} or cn_cutoff {} is longer than {} A", TITLE, arg[2], arg[3],
               natrolite::DispersionSettings::LONGEST);
  try {
    s.damping = natrolite::d3::damping(arg[0]);
    s.functional = natrolite::d3::functional(s.damping, arg[1]);
  } catch (const std::invalid_argument &e) {
    error->all(FLERR, "{}: {}", TITLE, e.what());
  }
}

void PairDispersionD3Opt::coeff(int narg, char **arg)
{
  const int n = atom->ntypes;
  if (narg != n + 2)    // that arg begins with * *, LAMMPS has seen to
    error->all(FLERR, "{} needs 'pair_coeff * *' and {} element(s) or NULL, one for each atom type", TITLE,
               n);
  allocate();
  std::vector<int> elements(n + 1, 0);
  try {
    for (int i = 1; i <= n; ++i)
      if (std::strcmp(arg[i + 1], "NULL") != 0) elements[i] = natrolite::dispersion_element(arg[i + 1]);
  } catch (const std::invalid_argument &e) {
    error->all(FLERR, "{}: {}", TITLE, e.what());
  }
  int count = 0;
  for (int i = 1; i <= n; ++i)
    for (int j = i; j <= n; ++j) count += setflag[i][j] = elements[i] > 0 && elements[j] > 0;
  if (count == 0) error->all(FLERR, "{}: pair_coeff names no element, all types are NULL", TITLE);
  impl->settings.elements = std::move(elements);
}

void PairDispersionD3Opt::init_style()
{
  if (impl->settings.elements.empty())
    error->all(FLERR, "{} has no elements: give 'pair_coeff * * El1 El2 ...'", TITLE);
  warn_of_exclusions(lmp, "pair style dispersion/d3/opt");
  impl->settings.threads = comm->nthreads;
  try {
    impl->dispersion = std::make_unique<natrolite::Dispersion>(impl->settings);
  } catch (const std::exception &e) {
    error->all(FLERR, "{}: {}", TITLE, e.what());
  }
  neighbor->add_request(this);
}

double PairDispersionD3Opt::init_one(int, int)
{
  return std::max(impl->settings.cutoff, impl->settings.coordination_cutoff);
}

/* ---------------------------------------------------------------------- */

/// bonded neighbors that special_bonds leaves out of the list would miss in the coordination numbers
void PairDispersionD3Opt::check_bonds() const
{
  const auto &elements = impl->settings.elements;
  if (bonded_left_out(lmp, [&](int i) { return elements[atom->type[i]] > 0; }))
    error->all(FLERR,
               "{} needs all neighbors but special_bonds leaves out bonded atoms of its types: use "
               "'special_bonds lj/coul 1.0 1.0 1.0'",
               TITLE);
}

/// which ghosts are images of own atoms: atoms send their rank and index
void PairDispersionD3Opt::find_homes()
{
  const int nlocal = atom->nlocal, nall = nlocal + atom->nghost;
  std::vector<double> sent(2 * static_cast<std::size_t>(nall), -1.0);
  for (int i = 0; i < nlocal; ++i) {
    sent[2 * i] = comm->me;
    sent[2 * i + 1] = i;
  }
  send_to_ghosts(sent.data(), 2);
  impl->home.resize(nall);
  for (int i = 0; i < nall; ++i)
    impl->home[i] = sent[2 * i] == comm->me ? static_cast<int>(sent[2 * i + 1]) : i;
}

void PairDispersionD3Opt::setup()
{
  impl->builds_seen = -1;
}

/// What is known of ghosts belongs to a list. A hybrid does not ask a style that is switched off, so lists
/// may be new without a step in which they were: LAMMPS counts the builds of a run from its setup on.
void PairDispersionD3Opt::see_new_lists()
{
  if (neighbor->ago == 0 || neighbor->ncalls != impl->builds_seen) {
    check_bonds();
    find_homes();
    impl->builds_seen = neighbor->ncalls;
  } else if (atom->nlocal + atom->nghost != static_cast<int>(impl->home.size()))
    error->one(FLERR, "{} has lost the ghost atoms of its neighbor list: run again without 'pre no'", TITLE);
}

void PairDispersionD3Opt::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag);
  see_new_lists();
  natrolite::DispersionAtoms atoms;
  atoms.list.ncenter = list->inum;
  atoms.list.ilist = list->ilist;
  atoms.list.numneigh = list->numneigh;
  atoms.list.firstneigh = list->firstneigh;
  atoms.list.mask = NEIGHMASK;
  atoms.list.x = atom->x;
  atoms.type = atom->type;
  atoms.nlocal = atom->nlocal;
  atoms.nall = atom->nlocal + atom->nghost;
  atoms.special_shift = SBBITS;
  if (atom->molecular != Atom::ATOMIC) std::copy_n(force->special_lj, 4, atoms.special);
  atoms.newton = force->newton_pair;
  if (atoms.newton) atoms.home = impl->home.data();

  natrolite::Dispersion &d3 = *impl->dispersion;
  exchange(d3.count(atoms, {eflag_atom != 0, vflag_atom != 0, cvflag_atom != 0}), 1);
  exchange(d3.pairs(atoms), d3.gradient_width());
  d3.chain(atoms);
  if (eflag_global) eng_vdwl += d3.energy();
  for (int k = 0; k < 6 && vflag_global; ++k) virial[k] += d3.virial()[k];
  add_forces();
  if (eflag_atom || vflag_atom || cvflag_atom) add_atoms();
}

void PairDispersionD3Opt::add_forces() const
{
  const double *from = impl->dispersion->forces();
  const int n = force->newton_pair ? atom->nlocal + atom->nghost : atom->nlocal;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < 3; ++k) atom->f[i][k] += from[4 * i + k];
}

void PairDispersionD3Opt::add_atoms() const
{
  const natrolite::Dispersion &d3 = *impl->dispersion;
  const int n = force->newton_pair ? atom->nlocal + atom->nghost : atom->nlocal;
  const auto add = [&](double **to, const double *from, int width) {
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < width; ++k) to[i][k] += from[width * i + k];
  };
  for (int i = 0; i < n && eflag_atom; ++i) eatom[i] += d3.energy_atom()[i];
  if (vflag_atom) add(vatom, d3.virial_atom(), 6);
  if (cvflag_atom) add(cvatom, d3.centroid_atom(), 9);
}

double PairDispersionD3Opt::memory_usage()
{
  return Pair::memory_usage() + (impl->dispersion ? impl->dispersion->memory_bytes() : 0.0);
}

/* rows of ghosts to their owners, who add them, and the sums back to the ghosts ---- */

void PairDispersionD3Opt::exchange(double *rows, int width)
{
  impl->rows = rows;
  impl->width = width;
  if (force->newton_pair) compat::reverse_comm(comm, this, width);
  send_to_ghosts(rows, width);
}

void PairDispersionD3Opt::send_to_ghosts(double *rows, int width)
{
  impl->rows = rows;
  impl->width = width;
  compat::forward_comm(comm, this, width);
}

int PairDispersionD3Opt::pack_forward_comm(int n, int *list, double *buf, int, int *)
{
  const int width = impl->width;
  for (int i = 0; i < n; ++i) std::copy_n(impl->rows + width * list[i], width, buf + width * i);
  return width * n;
}

void PairDispersionD3Opt::unpack_forward_comm(int n, int first, double *buf)
{
  std::copy_n(buf, impl->width * n, impl->rows + impl->width * first);
}

int PairDispersionD3Opt::pack_reverse_comm(int n, int first, double *buf)
{
  std::copy_n(impl->rows + impl->width * first, impl->width * n, buf);
  return impl->width * n;
}

void PairDispersionD3Opt::unpack_reverse_comm(int n, int *list, double *buf)
{
  const int width = impl->width;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < width; ++k) impl->rows[width * list[i] + k] += *buf++;
}

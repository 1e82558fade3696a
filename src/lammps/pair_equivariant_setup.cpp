// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// PairEquivariant before the first step: keywords, model file, checks.
#include "pair_equivariant_impl.h"

#include "collective.h"
#include "engine_loader.h"

#include "atom.h"
#include "citeme.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "input.h"
#include "neighbor.h"
#include "update.h"
#include "utils.h"
#include "variable.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

namespace {

  /// Exchange width in doubles declared to Comm before a model is known; wider rows go in chunks.
  constexpr int DECLARED_WORDS = 512;

  const char *name_of(Mode mode)
  {
    switch (mode) {
      case Mode::folded: return "folded";
      case Mode::ghost: return "ghost";
      case Mode::shell: return "shell";
      default: return "auto";
    }
  }

  template <class T>
  T choose(Error *error, const char *keyword, const std::string &value,
           const std::vector<std::pair<const char *, T>> &choices)
  {
    std::string names;
    for (const auto &[name, result] : choices) {
      if (value == name) return result;
      names += std::string(names.empty() ? "" : ", ") + name;
    }
    error->all(FLERR, "Unknown value '{}' of pair_style equivariant keyword {}: use one of {}", value,
               keyword, names);
  }

  NumberOrVariable number_or_variable(LAMMPS *lmp, const char *text)
  {
    NumberOrVariable n;
    n.given = true;
    if (utils::strmatch(text, "^v_"))
      n.variable = text + 2;
    else
      n.value = utils::numeric(FLERR, text, false, lmp);
    return n;
  }

}    // namespace

void PairEquivariant::settings(int narg, char **arg)
{
  EquivariantSettings s;
  for (int iarg = 0; iarg < narg; iarg += 2) {
    const std::string keyword = arg[iarg];
    if (keyword != "exchange" && keyword != "device" && keyword != "charge" && keyword != "spin" &&
        keyword != "check")
      error->all(FLERR,
                 "Unknown pair_style equivariant keyword '{}': known are exchange, device, charge, "
                 "spin, check", keyword);
    if (iarg + 1 >= narg)
      error->all(FLERR, "Missing value for pair_style equivariant keyword {}", keyword);
    const char *value = arg[iarg + 1];
    if (keyword == "exchange")
      s.exchange = choose<Mode>(error, arg[iarg], value,
                                {{"auto", Mode::automatic},
                                 {"folded", Mode::folded},
                                 {"ghost", Mode::ghost},
                                 {"shell", Mode::shell}});
    else if (keyword == "device")
      s.device = choose<natrolite::Device>(error, arg[iarg], value,
                                           {{"auto", natrolite::Device::automatic},
                                            {"cpu", natrolite::Device::cpu},
                                            {"cuda", natrolite::Device::cuda}});
    else if (keyword == "charge")
      s.charge = number_or_variable(lmp, value);
    else if (keyword == "spin")
      s.spin = number_or_variable(lmp, value);
    else
      s.check = utils::logical(FLERR, value, false, lmp);
  }
  if (impl->model && s.device != impl->settings.device) impl->ready = false;
  impl->settings = s;
  // pair_style hybrid reads these before there is a model
  const bool alone = s.exchange == Mode::folded || s.exchange == Mode::shell ||
      (s.exchange == Mode::automatic && comm->nprocs == 1);
  impl->declared_words = alone ? 1 : DECLARED_WORDS;
  comm_forward = comm_reverse = impl->declared_words;
  ghostneigh = s.exchange == Mode::shell;
}

/* ---------------------------------------------------------------------- */

void PairEquivariant::coeff(int narg, char **arg)
{
  allocate();
  impl->ready = false;
  for (int i = 1; i <= atom->ntypes; ++i)
    for (int j = 1; j <= atom->ntypes; ++j) setflag[i][j] = 0;
  if (narg < 3 || strcmp(arg[0], "*") != 0 || strcmp(arg[1], "*") != 0)
    error->all(FLERR, "Use 'pair_coeff * * FILE El1 El2 ...' with pair style equivariant");
  if (narg - 3 != atom->ntypes)
    error->all(FLERR,
               "pair_coeff of pair style equivariant needs one element (or NULL) per atom type: "
               "{} types, {} names", atom->ntypes, narg - 3);
  load(arg[2]);
  map_types(narg - 3, arg + 3);
}

void PairEquivariant::load(const std::string &file)
{
  impl->file = file;
  impl->model.reset();
  impl->tested = false;
  const std::string problem = run_and_agree(world, [&] {
    const std::string bytes = read_file_on_all(world, file);
    natrolite::LoadOptions options;
    options.file = file;
    options.bytes = bytes.data();
    options.nbytes = bytes.size();
    options.device = impl->settings.device;
    options.local_rank = rank_on_node(world);
    options.threads = comm->nthreads;
    impl->model = load_model(options);
  });
  if (!problem.empty()) error->all(FLERR, "Model file {}: {}", file, problem);

  const natrolite::Metadata &m = impl->model->metadata();
  const int ntypes = static_cast<int>(m.type_names.size());
  impl->cutoffs = m.pair_cutoffs.empty() ? natrolite::PairCutoffs(ntypes, m.list_cutoff)
                                         : natrolite::PairCutoffs(ntypes, m.pair_cutoffs);
  impl->peratom.clear();
  impl->peratom["energy"];
  for (const std::string &output : m.outputs)
    if (output != "atomic_energy") impl->peratom[output];
  impl->cutoff = m.list_cutoff;
  impl->num_layers = m.num_layers;
  introduce();
}

void PairEquivariant::introduce() const
{
  const natrolite::Metadata &m = impl->model->metadata();
  if (comm->me == 0)
    utils::logmesg(lmp,
                   "Pair style equivariant: model {} ({}, {}), cutoff {:g} Angstrom, {} layer(s), on "
                   "{}\n  file {}, written by {}, license {}, weights sha256 {:.12}\n",
                   m.name, m.family, m.dtype, m.list_cutoff, m.num_layers, impl->model->device(),
                   impl->file, m.created_by, m.license, m.weights_sha256);
  for (const std::string &entry : m.citation)
    if (lmp->citeme) lmp->citeme->add("Potential " + m.name + " (" + m.family + "):\n\n" + entry + "\n\n");
}

void PairEquivariant::map_types(int n, char **names)
{
  const auto &known = impl->model->metadata().type_names;
  impl->model_type.assign(n + 1, -1);
  for (int i = 1; i <= n; ++i) {
    const std::string name = names[i - 1];
    if (name == "NULL") continue;
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      std::string list;
      for (const auto &k : known) list += " " + k;
      error->all(FLERR, "Element {} (atom type {}) is not in model file {}, which knows:{}", name, i,
                 impl->file, list);
    }
    impl->model_type[i] = static_cast<int>(found - known.begin());
  }
  int count = 0;
  for (int i = 1; i <= n; ++i)
    for (int j = 1; j <= n; ++j) {
      setflag[i][j] = j >= i && impl->model_type[i] >= 0 && impl->model_type[j] >= 0;
      count += setflag[i][j];
    }
  if (count == 0)
    error->all(FLERR, "pair_coeff of pair style equivariant names no element: all types are NULL");
  impl->ready = true;
}

/* ---------------------------------------------------------------------- */

void PairEquivariant::init_style()
{
  if (!impl->ready)
    error->all(FLERR, "Pair style equivariant has no model: give 'pair_coeff * * FILE El1 El2 ...'");
  check_host_settings();
  check_special();
  choose_mode();
  if (impl->mode == Mode::shell) check_shell();
  declare_exchange();
  update_electrons();
  if (impl->settings.check && !impl->tested) self_test();
  neighbor->add_request(this, NeighConst::REQ_FULL | (ghostneigh ? NeighConst::REQ_GHOST : 0));
}

double PairEquivariant::init_one(int i, int j)
{
  cutghost[i][j] = cutghost[j][i] = impl->cutoff;
  return impl->cutoff;
}

void PairEquivariant::check_host_settings() const
{
  const std::string units = update->unit_style;
  if (units != "metal" && units != "real")
    error->all(FLERR, "Pair style equivariant needs units metal or real, not {}", units);
  impl->energy_scale =
      units == "real" ? utils::get_conversion_factor(utils::ENERGY, utils::METAL2REAL) : 1.0;
  if (!force->newton_pair)
    error->all(FLERR, "Pair style equivariant needs newton pair on: remove 'newton off'");
}

/// bonded neighbors that special_bonds leaves out of the list would be missing edges
void PairEquivariant::check_special() const
{
  int mine = 0, any = 0;
  if (atom->nspecial && !force->kspace)
    for (int i = 0; i < atom->nlocal; ++i)
      for (int k = 0; k < 3 && impl->model_type[atom->type[i]] >= 0; ++k)
        if (atom->nspecial[i][k] > (k ? atom->nspecial[i][k - 1] : 0) &&
            force->special_lj[k + 1] == 0.0 && force->special_coul[k + 1] == 0.0)
          mine = 1;
  MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, world);
  if (any)
    error->all(FLERR,
               "Pair style equivariant needs all neighbors but special_bonds leaves out bonded atoms "
               "of its types: use 'special_bonds lj/coul 1.0 1.0 1.0'");
}

void PairEquivariant::choose_mode()
{
  const Mode wanted = impl->settings.exchange;
  impl->mode = wanted;
  if (wanted == Mode::automatic) impl->mode = comm->nprocs == 1 ? Mode::folded : Mode::ghost;
  if (impl->mode == Mode::folded && comm->nprocs > 1)
    error->all(FLERR,
               "pair_style equivariant exchange folded runs on 1 MPI rank, not on {}: use exchange "
               "auto or ghost", comm->nprocs);
}

void PairEquivariant::check_shell() const
{
  const natrolite::Metadata &m = impl->model->metadata();
  if (m.global_sums + m.global_maxima > 0)
    error->all(FLERR,
               "pair_style equivariant exchange shell cannot be used with model {}, which needs sums "
               "over all atoms: use exchange auto or ghost", impl->file);
  if (comm->mode != Comm::SINGLE)
    error->all(FLERR, "pair_style equivariant exchange shell needs comm_modify mode single");
  const double needed = impl->num_layers * impl->cutoff + neighbor->skin;
  const double have = std::max(comm->cutghostuser, impl->cutoff + neighbor->skin);
  if (have < needed)
    error->all(FLERR,
               "pair_style equivariant exchange shell needs ghost atoms to {:g} ({} layers x {:g} + "
               "skin {:g}) but has them to {:g}: use 'comm_modify cutoff {:g}' or exchange ghost",
               needed, impl->num_layers, impl->cutoff, neighbor->skin, have, needed);
}

/// what Comm is told: all there is to send in one go, but no more than was declared to hybrid
void PairEquivariant::declare_exchange()
{
  const natrolite::Metadata &m = impl->model->metadata();
  comm_forward = comm_reverse = impl->declared_words;
  if (force->pair != this) return;
  int words = 1;
  if (impl->mode == Mode::ghost)
    words = std::max(1, CommExchange::words(m.max_exchange_width, m.dtype == "float32" ? 4 : 8));
  comm_forward = comm_reverse = std::min(words, impl->declared_words);
}

double PairEquivariant::value_of(int which) const
{
  const NumberOrVariable &n = which == 0 ? impl->settings.charge : impl->settings.spin;
  if (n.variable.empty()) return n.value;
  const int ivar = input->variable->find(n.variable.c_str());
  if (ivar < 0 || !input->variable->equalstyle(ivar))
    error->all(FLERR, "Variable {} of pair_style equivariant keyword {} is not an equal-style variable",
               n.variable, which == 0 ? "charge" : "spin");
  return input->variable->compute_equal(ivar);
}

/// total charge and unpaired electrons of this step
void PairEquivariant::update_electrons()
{
  const natrolite::Metadata &m = impl->model->metadata();
  const bool no_charge = impl->settings.charge.given && !m.needs_total_charge;
  if (no_charge || (impl->settings.spin.given && !m.needs_total_spin))
    error->all(FLERR, "Model {} does not take the pair_style equivariant keyword {}: remove it",
               impl->file, no_charge ? "charge" : "spin");
  if (m.needs_total_charge) impl->total_charge = value_of(0);
  if (m.needs_total_spin) impl->spin = value_of(1);
  if (impl->spin < 0.0 || impl->spin != std::floor(impl->spin))
    error->all(FLERR,
               "pair_style equivariant keyword spin is {:g}: use a whole number of unpaired electrons",
               impl->spin);
}

void PairEquivariant::self_test()
{
  const std::string problem = run_and_agree(world, [&] { impl->model->self_test(); });
  if (!problem.empty()) error->all(FLERR, "Model file {}: {}", impl->file, problem);
  impl->tested = true;
  if (comm->me == 0)
    utils::logmesg(lmp, "Pair style equivariant: self test passed, exchange {}\n",
                   name_of(impl->mode));
}

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// PairEquivariant before the first step: model files, types, checks.
#include "equivariant_state.h"

#include "collective.h"
#include "energy_unit.h"
#include "list_completeness.h"
#include "model_loader.h"

#include "model/cutoffs.h"

#include "atom.h"
#include "citeme.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "neighbor.h"
#include "universe.h"
#include "update.h"
#include "utils.h"

#include <algorithm>
#include <cstring>
#include <sstream>

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

namespace {

const char *name_of(Mode mode)
{
  switch (mode) {
  case Mode::folded:
    return "folded";
  case Mode::ghost:
    return "ghost";
  case Mode::shell:
    return "shell";
  default:
    return "auto";
  }
}

}    // namespace

void PairEquivariant::coeff(int narg, char **arg)
{
  allocate();
  impl->ready = false;
  impl->to_store = false;    // the results go with the model
  for (int i = 1; i <= atom->ntypes; ++i)
    for (int j = 1; j <= atom->ntypes; ++j) setflag[i][j] = 0;
  if (narg < 3 || strcmp(arg[0], "*") != 0 || strcmp(arg[1], "*") != 0)
    error->all(FLERR, "Use 'pair_coeff * * FILE El1 El2 ...' with pair style equivariant");
  if (narg - 3 != atom->ntypes)
    error->all(FLERR,
               "pair_coeff of pair style equivariant needs one element (or NULL) per atom type: "
               "{} types, {} names",
               atom->ntypes, narg - 3);
  load(arg[2]);
  map_types(narg - 3, arg + 3);
}

std::unique_ptr<natrolite::Model> PairEquivariant::load_file(const std::string &file)
{
  LoadedModel loaded;
  std::string path = file, bytes;
  std::string problem = read_file_on_all(world, path, bytes);
  // partitions load at different times: take the GPUs in the order of all ranks
  const int local_rank = universe->nworlds > 1 ? universe->me : rank_on_node(world);
  if (problem.empty())
    problem = run_and_agree(world, [&] {
      natrolite::LoadOptions options;
      options.file = file;
      options.bytes = bytes.data();
      options.nbytes = bytes.size();
      options.device = impl->settings.device;
      options.local_rank = local_rank;
      options.device_id = gpu();
      options.threads = comm->nthreads;
      loaded = load_model(options, impl->settings.evaluator);
    });
  if (!problem.empty()) error->all(FLERR, "Model file {}: {}", file, problem);
  log_and_cite(path, loaded.model->metadata());
  const std::string how = loaded.by_torch.empty() ? "" : ", LibTorch (" + loaded.by_torch + ")";
  if (comm->me == 0) utils::logmesg(lmp, "  runs on {}{}\n", loaded.model->device(), how);
  return std::move(loaded.model);
}

/// FILE, or FILE1,FILE2,... for a committee
void PairEquivariant::load(const std::string &files)
{
  impl->model.reset();
  impl->others.clear();
  impl->tested = impl->parity_checked = false;
  impl->committee.written.reset();
  std::vector<std::string> names;
  std::istringstream list(files);
  for (std::string name; std::getline(list, name, ',');)
    if (!name.empty()) names.push_back(name);
  if (names.empty()) error->all(FLERR, "pair_coeff of pair style equivariant names no file: '{}'", files);
  impl->file = names.front();
  impl->model = load_file(impl->file);
  const natrolite::Metadata &m = impl->model->metadata();
  impl->cutoffs = natrolite::cutoffs_of(m);
  impl->cutoff = m.list_cutoff;
  impl->num_layers = m.num_layers;
  impl->other_files.assign(names.begin() + 1, names.end());
  for (const std::string &name : impl->other_files) {
    impl->others.push_back(load_file(name));
    const natrolite::Metadata &other = impl->others.back()->metadata();
    check_member(name, other);
    impl->num_layers = std::max(impl->num_layers, static_cast<double>(other.num_layers));
  }
  impl->peratom.clear();
  impl->peratom["energy"];
  if (committee_size() > 1) impl->peratom["uncertainty"];
  for (const std::string &output : m.outputs)
    if (output != "atomic_energy" && output != "committee_energy") impl->peratom[output];
}

void PairEquivariant::log_and_cite(const std::string &file, const natrolite::Metadata &m) const
{
  const std::string layers = m.num_layers ? std::to_string(m.num_layers) : "unknown number of";
  if (comm->me == 0)
    utils::logmesg(lmp,
                   "Pair style equivariant: model {} ({}, {}), cutoff {:g} Angstrom, {} layer(s)\n"
                   "  file {}, written by {}, license {}, weights sha256 {:.12}\n",
                   m.name, m.family, m.dtype, m.list_cutoff, layers, file, m.created_by, m.license,
                   m.weights_sha256);
  for (const std::string &entry : m.citation)
    if (lmp->citeme) lmp->citeme->add("Potential " + m.name + " (" + m.family + "):\n\n" + entry + "\n\n");
}

namespace {

/// the model's type of every LAMMPS type, -1 for NULL
std::vector<int> types_in(Error *error, const std::string &file, const natrolite::Metadata &m, int n,
                          char **names)
{
  std::vector<int> types(n + 1, -1);
  for (int i = 1; i <= n; ++i) {
    const std::string name = names[i - 1];
    if (name == "NULL") continue;
    const auto found = std::find(m.type_names.begin(), m.type_names.end(), name);
    if (found == m.type_names.end()) {
      std::string list;
      for (const auto &known : m.type_names) list += " " + known;
      error->all(FLERR, "Element {} (atom type {}) is not in model file {}, which knows:{}", name, i, file,
                 list);
    }
    types[i] = static_cast<int>(found - m.type_names.begin());
  }
  return types;
}

}    // namespace

void PairEquivariant::map_types(int n, char **names)
{
  impl->model_type = types_in(error, impl->file, impl->model->metadata(), n, names);
  impl->translation.clear();
  for (std::size_t k = 0; k < impl->others.size(); ++k) {
    const auto other = types_in(error, impl->other_files[k], impl->others[k]->metadata(), n, names);
    auto &to = impl->translation.emplace_back(impl->model->metadata().type_names.size(), 0);
    for (int i = 1; i <= n; ++i)
      if (other[i] >= 0) to[impl->model_type[i]] = other[i];
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
  choose_mode();
  if (impl->mode == Mode::shell) check_shell();
  declare_exchange();
  check_electrons();
  init_committee();
  impl->listed[0] = impl->listed[1] = -1;
  if (impl->settings.check && !impl->tested) {
    self_test(impl->file, *impl->model);
    for (std::size_t k = 0; k < impl->others.size(); ++k) self_test(impl->other_files[k], *impl->others[k]);
    impl->tested = true;
    impl->to_store = false;    // the results were those of the test
  }
  neighbor->add_request(this, NeighConst::REQ_FULL | (ghostneigh ? NeighConst::REQ_GHOST : 0));
}

double PairEquivariant::init_one(int i, int j)
{
  cutghost[i][j] = cutghost[j][i] = impl->cutoff;
  return impl->cutoff;
}

void PairEquivariant::check_host_settings() const
{
  impl->energy_scale = energy_units_per_ev(lmp, "Pair style equivariant");
  if (!force->newton_pair)
    error->all(FLERR, "Pair style equivariant needs newton pair on: remove 'newton off'");
  warn_of_exclusions(lmp, "pair style equivariant");
}

void PairEquivariant::choose_mode()
{
  const Mode wanted = impl->settings.exchange;
  impl->mode = wanted;
  bool ghosts = true, one_rank = false;
  for (const natrolite::Metadata *m : members()) {
    ghosts = ghosts && m->runs_on_ghosts();
    one_rank = one_rank || m->one_rank;
  }
  if (one_rank && comm->nprocs > 1)
    error->all(FLERR,
               "Model file {} (or another of its committee) runs on 1 MPI rank, not on {}: export the "
               "original model with 'natrolite export'",
               impl->file, comm->nprocs);
  if (wanted == Mode::automatic)
    impl->mode = comm->nprocs == 1 ? Mode::folded : ghosts ? Mode::ghost : Mode::shell;
  if (impl->mode == Mode::ghost && !ghosts)
    error->all(FLERR,
               "pair_style equivariant exchange ghost needs a model that exchanges, and {} (or another "
               "of its committee) passes messages without: use exchange shell, or export the "
               "original model with 'natrolite export'",
               impl->file);
  if (one_rank && impl->mode != Mode::folded)
    error->all(FLERR, "Model file {} runs with exchange folded only", impl->file);
  ghostneigh = impl->mode == Mode::shell;
  if (impl->mode == Mode::folded && comm->nprocs > 1)
    error->all(FLERR,
               "pair_style equivariant exchange folded runs on 1 MPI rank, not on {}: use exchange "
               "auto or ghost",
               comm->nprocs);
}

void PairEquivariant::check_shell() const
{
  for (const natrolite::Metadata *m : members())
    if (m->global_sums + m->global_maxima > 0)
      error->all(FLERR,
                 "pair_style equivariant exchange shell cannot be used with model {}, which needs sums "
                 "over all atoms: use exchange ghost, or one rank",
                 m->name);
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
  comm_forward = comm_reverse = impl->declared_words;
  if (force->pair != this) return;
  int words = 1;
  const auto words_of = [](const natrolite::Metadata &m) {
    return CommExchange::words(m.max_exchange_width, m.dtype == "float32" ? 4 : 8);
  };
  if (impl->mode == Mode::ghost) {
    for (const natrolite::Metadata *m : members()) words = std::max(words, words_of(*m));
  }
  if (committee_size() > 1) words = std::max(words, 3);
  comm_forward = comm_reverse = std::min(words, impl->declared_words);
}

void PairEquivariant::self_test(const std::string &file, natrolite::Model &model)
{
  bool tested = false;
  const std::string problem = run_and_agree(world, [&] { tested = model.self_test(); });
  if (!problem.empty()) error->all(FLERR, "Model file {}: {}", file, problem);
  if (comm->me == 0)
    utils::logmesg(lmp, "Pair style equivariant: {}, exchange {}\n",
                   tested ? "self test passed" : "no self test (the file has no reference)",
                   name_of(impl->mode));
}

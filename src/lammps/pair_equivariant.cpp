// SPDX-License-Identifier: GPL-2.0-only
#include "pair_equivariant_impl.h"

#include "core/edge_scatter.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "neighbor.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

using namespace LAMMPS_NS;
using Mode = EquivariantSettings::Mode;

PairEquivariant::PairEquivariant(LAMMPS *lmp) : Pair(lmp), impl(std::make_unique<Impl>())
{
  single_enable = 0;
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 1;
  no_virial_fdotr_compute = 1;
  centroidstressflag = CENTROID_AVAIL;
  impl->exchange = std::make_unique<CommExchange>(comm, this, world, impl->rows);
}

PairEquivariant::~PairEquivariant()
{
  if (copymode) return;
  if (allocated) {
    memory->destroy(setflag);
    memory->destroy(cutsq);
    memory->destroy(cutghost);
  }
}

void PairEquivariant::allocate()
{
  if (allocated) return;
  allocated = 1;
  const int n = atom->ntypes + 1;
  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  memory->create(cutghost, n, n, "pair:cutghost");
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) setflag[i][j] = 0;
}

/* ---------------------------------------------------------------------- */

void PairEquivariant::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag);
  if (neighbor->ago == 0 || static_cast<int>(impl->rows.row_of_atom.size()) !=
          atom->nlocal + atom->nghost || impl->mode == Mode::shell)
    refresh_rows();
  build_graph();
  evaluate();

  natrolite::AtomSums sums;
  sums.force = atom->f;
  if (eflag_global) sums.energy = &eng_vdwl;
  if (eflag_atom) sums.energy_atom = eatom;
  if (vflag_global) sums.virial = virial;
  if (vflag_atom) sums.virial_atom = vatom;
  if (cvflag_atom) sums.centroid_atom = cvatom;
  scatter_energy(impl->rows, impl->result.energy, impl->energy_scale, sums);
  scatter_edges(impl->rows, impl->edges, impl->result.edge_gradient, impl->energy_scale, sums);
  store_peratom();
}

namespace {

  natrolite::NeighborView view_of(const NeighList *list, double *const *x, bool ghost_centres)
  {
    natrolite::NeighborView view;
    view.ncentre = list->inum + (ghost_centres ? list->gnum : 0);
    view.ilist = list->ilist;
    view.numneigh = list->numneigh;
    view.firstneigh = list->firstneigh;
    view.mask = NEIGHMASK;
    view.x = x;
    return view;
  }

}    // namespace

void PairEquivariant::refresh_owners()
{
  impl->owner.resize(atom->nlocal + atom->nghost);
  for (int i = 0; i < atom->nlocal; ++i) impl->owner[i] = i;
  impl->sending_owners = true;
  comm->forward_comm(this, 1);
  impl->sending_owners = false;
}

void PairEquivariant::refresh_rows()
{
  if (impl->mode == Mode::folded) refresh_owners();
  const auto neighbors = view_of(list, atom->x, impl->mode == Mode::shell);
  natrolite::AtomView atoms;
  atoms.nlocal = atom->nlocal;
  atoms.nall = atom->nlocal + atom->nghost;
  atoms.type = atom->type;
  atoms.model_type = impl->model_type.data();
  atoms.owner = impl->owner.data();
  try {
    if (impl->mode == Mode::shell) {
      impl->ncentres =
          build_shell_rows(neighbors, atoms, impl->cutoffs,
                           impl->model->metadata().num_layers, impl->rows);
    } else {
      const bool folded = impl->mode == Mode::folded;
      build_rows(neighbors, atoms,
                 folded ? natrolite::GhostRows::folded : natrolite::GhostRows::ghost, impl->rows);
      impl->ncentres = impl->rows.nlocal;
    }
  } catch (const std::runtime_error &e) {
    error->one(FLERR, "Pair style equivariant with exchange shell: {}: raise comm_modify cutoff",
               e.what());
  }
}

void PairEquivariant::build_graph()
{
  impl->edges.build(view_of(list, atom->x, impl->mode == Mode::shell), impl->rows, impl->cutoffs,
                    impl->ncentres);
}

void PairEquivariant::evaluate()
{
  natrolite::Graph graph;
  graph.nowned = impl->rows.nowned;
  graph.nlocal = impl->rows.nlocal;
  graph.nall = impl->rows.nall();
  graph.nedges = impl->edges.size();
  graph.edge_vec = impl->edges.vectors();
  graph.edge_index = impl->edges.index();
  graph.types = impl->rows.types.data();
  update_electrons();
  graph.total_charge = impl->total_charge;
  graph.total_spin = impl->model->metadata().spin_is_multiplicity ? impl->spin + 1.0 : impl->spin;

  natrolite::NoExchange alone;
  natrolite::Exchange *exchange = impl->exchange.get();
  if (impl->mode != Mode::ghost) exchange = &alone;
  try {
    impl->model->evaluate(graph, *exchange, impl->result);
  } catch (const std::exception &e) {
    error->one(FLERR, "Model file {} failed on rank {}: {}", impl->file, comm->me, e.what());
  }
}

/* fields for fix pair: one value per atom, atoms of other sub-styles 0 ------- */

void PairEquivariant::store_peratom()
{
  for (auto &[name, values] : impl->peratom) {
    values.assign(std::max(atom->nmax, 1), 0.0);
    const double *from = nullptr;
    for (const auto &output : impl->result.peratom)
      if (output.width == 1 && output.name == name) from = output.data;
    double scale = 1.0;
    if (name == "energy") {
      from = impl->result.energy;
      scale = impl->energy_scale;
    }
    if (!from) continue;
    for (std::int64_t row = 0; row < impl->rows.nowned; ++row)
      values[impl->rows.atom_of_row[row]] = scale * from[row];
  }
}

/// "energy" or an output of the model by its name, also in the singular ("charge" for "charges")
void *PairEquivariant::extract_peratom(const char *name, int &ncol)
{
  ncol = 0;
  auto field = impl->peratom.find(name);
  if (field == impl->peratom.end()) field = impl->peratom.find(std::string(name) + "s");
  if (field == impl->peratom.end()) return nullptr;
  if (static_cast<int>(field->second.size()) < std::max(atom->nmax, 1))
    field->second.resize(std::max(atom->nmax, 1), 0.0);
  return field->second.data();
}

void *PairEquivariant::extract(const char *name, int &dim)
{
  dim = 0;
  if (!strcmp(name, "total_charge")) return &impl->total_charge;
  if (!strcmp(name, "cutoff")) return &impl->cutoff;
  if (!strcmp(name, "num_layers")) return &impl->num_layers;
  const std::string flag = name;
  if (flag.size() > 5 && flag.substr(flag.size() - 5) == "_flag") return &impl->wanted[flag];
  return nullptr;
}

/* ---------------------------------------------------------------------- */

int PairEquivariant::pack_forward_comm(int n, int *atoms, double *buf, int, int *)
{
  if (!impl->sending_owners) return impl->exchange->pack_forward(n, atoms, buf);
  for (int k = 0; k < n; ++k) buf[k] = impl->owner[atoms[k]];
  return n;
}

void PairEquivariant::unpack_forward_comm(int n, int first, double *buf)
{
  if (!impl->sending_owners) return impl->exchange->unpack_forward(n, first, buf);
  for (int k = 0; k < n; ++k) impl->owner[first + k] = static_cast<int>(buf[k]);
}

int PairEquivariant::pack_reverse_comm(int n, int first, double *buf)
{
  return impl->exchange->pack_reverse(n, first, buf);
}

void PairEquivariant::unpack_reverse_comm(int n, int *atoms, double *buf)
{
  impl->exchange->unpack_reverse(n, atoms, buf);
}

double PairEquivariant::memory_usage()
{
  const auto rows = static_cast<double>(impl->rows.nall());
  return Pair::memory_usage() + impl->edges.memory_bytes() + rows * (sizeof(std::int64_t) + 8);
}

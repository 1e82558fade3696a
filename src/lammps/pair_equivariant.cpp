// SPDX-License-Identifier: GPL-2.0-only
#include "comm_compat.h"
#include "equivariant_state.h"

#include "core/edge_scatter.h"

#include "atom.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "neigh_list.h"
#include "update.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

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
  watch_steps(false);
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
  const bool changed = atoms_changed();
  if (changed) read_atoms();
  if (changed || impl->mode == Mode::shell) refresh_rows();
  build_graph();
  update_electrons();
  evaluate(*impl->model, impl->file, graph_of_step(), *impl->exchange, impl->result);
  impl->to_store = true;

  natrolite::AtomSums sums;
  sums.force = atom->f;
  if (eflag_global) sums.energy = &eng_vdwl;
  if (eflag_atom) sums.energy_atom = eatom;
  if (vflag_global) sums.virial = virial;
  if (vflag_atom) sums.virial_atom = vatom;
  if (cvflag_atom) sums.centroid_atom = cvatom;
  double all = scatter_energy(impl->rows, impl->result.energy, impl->energy_scale, sums);
  all += scatter_forces(impl->result, impl->energy_scale, sums);
  check_finite(all + sum_positions(impl->rows, atom->x));
  begin_evaluation();
}

namespace {

natrolite::NeighborView view_of(const NeighList *list, double *const *x, bool ghost_centers)
{
  natrolite::NeighborView view;
  view.ncenter = list->inum + (ghost_centers ? list->gnum : 0);
  view.ilist = list->ilist;
  view.numneigh = list->numneigh;
  view.firstneigh = list->firstneigh;
  view.mask = NEIGHMASK;
  view.x = x;
  return view;
}

}    // namespace

void PairEquivariant::refresh_rows()
{
  const auto neighbors = view_of(list, atom->x, impl->mode == Mode::shell);
  natrolite::AtomView atoms;
  atoms.nlocal = atom->nlocal;
  atoms.nall = atom->nlocal + atom->nghost;
  atoms.type = impl->types.data();
  atoms.groups = atom->mask;
  atoms.model_type = impl->model_type.data();
  atoms.owner = impl->owner.data();
  try {
    if (impl->mode == Mode::shell) {
      impl->ncenters =
          build_shell_rows(neighbors, atoms, impl->cutoffs, static_cast<int>(impl->num_layers), impl->rows);
    } else {
      const bool folded = impl->mode == Mode::folded;
      build_rows(neighbors, atoms, folded ? natrolite::GhostRows::folded : natrolite::GhostRows::ghost,
                 impl->rows);
      impl->ncenters = impl->rows.nlocal;
    }
  } catch (const std::runtime_error &e) {
    error->one(FLERR, "Pair style equivariant with exchange shell: {}: raise comm_modify cutoff", e.what());
  }
}

void PairEquivariant::build_graph()
{
  const auto neighbors = view_of(list, atom->x, impl->mode == Mode::shell);
  bool compact = impl->model->takes_compact_edges();
  for (const auto &other : impl->others) compact = compact && other->takes_compact_edges();
  if (!compact) return impl->edges.build(neighbors, impl->rows, impl->cutoffs, impl->ncenters);
  impl->edges.build_compact(neighbors, impl->rows, impl->cutoffs, impl->ncenters);
  impl->compact.first = impl->edges.first();
  impl->compact.atom = impl->edges.atoms();
  impl->compact.atom_of_row = impl->rows.atom_of_row.data();
  impl->compact.row_of_atom = impl->rows.row_of_atom.data();
  impl->compact.x = atom->x;
  impl->compact.virial = vflag_global || vflag_atom || cvflag_atom;
  impl->compact.row_virial = vflag_atom;
  impl->compact.row_centroid = cvflag_atom;
}

double PairEquivariant::scatter_forces(const natrolite::Evaluation &result, double scale,
                                       natrolite::AtomSums &sums)
{
  if (!result.row_forces) return scatter_edges(impl->rows, impl->edges, result.edge_gradient, scale, sums);
  const bool empty = impl->rows.nall() == 0;    // a rank without atoms has no rows, whatever is wanted
  if (!empty && ((sums.virial_atom && !result.row_virial) || (sums.centroid_atom && !result.row_centroid)))
    error->all(FLERR,
               "Model file {} has no per-atom virial: leave stress/atom out, or export the "
               "original model with 'natrolite export'",
               impl->file);
  return scatter_rows(impl->rows, {result.row_forces, result.virial, result.row_virial, result.row_centroid},
                      scale, sums);
}

natrolite::Graph PairEquivariant::graph_of_step() const
{
  natrolite::Graph graph;
  graph.nowned = impl->rows.nowned;
  graph.nlocal = impl->rows.nlocal;
  graph.nall = impl->rows.nall();
  graph.nedges = impl->edges.size();
  if (impl->edges.compact()) {
    graph.compact = &impl->compact;
  } else {
    graph.edge_vec = impl->edges.vectors();
    graph.edge_index = impl->edges.index();
  }
  graph.types = impl->rows.types.data();
  graph.total_charge = impl->total_charge;
  graph.total_spin = impl->model->metadata().spin_is_multiplicity ? impl->spin + 1.0 : impl->spin;
  return graph;
}

void PairEquivariant::evaluate(natrolite::Model &model, const std::string &file,
                               const natrolite::Graph &graph, natrolite::Exchange &exchange,
                               natrolite::Evaluation &result)
{
  natrolite::NoExchange alone;
  result = {};    // of another model perhaps
  try {
    model.evaluate(graph, impl->mode == Mode::ghost ? exchange : alone, result);
  } catch (const std::exception &e) {
    error->one(FLERR, "Model file {} failed on rank {}: {}", file, comm->me, e.what());
  }
}

/* fields for fix pair: one value per atom, atoms of other sub-styles 0;
   an output of another shape is no field ------------------------------------ */

/// when they are asked for, once in a step
void PairEquivariant::store_fields()
{
  if (!std::exchange(impl->to_store, false)) return;
  bring_fields();
  store_peratom(impl->result);
}

void PairEquivariant::store_peratom(const natrolite::Evaluation &result)
{
  for (const auto &output : result.peratom)
    if (output.width != 1) impl->peratom.erase(output.name);
  for (auto &[name, values] : impl->peratom) {
    if (name == "uncertainty") continue;
    values.assign(std::max(atom->nmax, 1), 0.0);
    const double *from = nullptr;
    for (const auto &output : result.peratom)
      if (output.name == name) from = output.data;
    double scale = 1.0;
    if (name == "energy") {
      from = result.energy;
      scale = impl->energy_scale;
    }
    if (!from) continue;
    for (std::int64_t row = 0; row < impl->rows.nowned; ++row)
      values[impl->rows.atom_of_row[row]] = scale * from[row];
  }
}

namespace {

/// a field by its name, also in the singular ("charge" for "charges")
std::vector<double> *find_field(std::map<std::string, std::vector<double>> &fields, const std::string &name)
{
  auto field = fields.find(name);
  if (field == fields.end()) field = fields.find(name + "s");
  return field == fields.end() ? nullptr : &field->second;
}

}    // namespace

/// "energy", "uncertainty" on the steps of the committee, or an output of the model
void *PairEquivariant::extract_peratom(const char *name, int &ncol)
{
  ncol = 0;
  store_fields();
  if (!strcmp(name, "uncertainty") && impl->committee.valid_step != update->ntimestep) return nullptr;
  auto *field = find_field(impl->peratom, name);
  if (!field) return nullptr;
  field->resize(std::max<std::size_t>(field->size(), std::max(atom->nmax, 1)), 0.0);
  return field->data();
}

void *PairEquivariant::extract(const char *name, int &dim)
{
  dim = 0;
  if (!strcmp(name, "total_charge")) return &impl->total_charge;
  if (!strcmp(name, "cutoff")) return &impl->cutoff;
  if (!strcmp(name, "num_layers")) return &impl->num_layers;
  const std::string flag = name;    // fix pair asks for <field>_flag
  const auto end = flag.size() > 5 ? flag.size() - 5 : 0;
  if (end == 0 || flag.substr(end) != "_flag") return nullptr;
  return find_field(impl->peratom, flag.substr(0, end)) ? &impl->wanted[flag] : nullptr;
}

/* ---------------------------------------------------------------------- */

int PairEquivariant::pack_forward_comm(int n, int *atoms, double *buf, int, int *)
{
  if (!impl->sending) return impl->exchange->pack_forward(n, atoms, buf);
  for (int k = 0; k < n; ++k) buf[k] = (*impl->sending)[atoms[k]];
  return n;
}

void PairEquivariant::unpack_forward_comm(int n, int first, double *buf)
{
  if (!impl->sending) return impl->exchange->unpack_forward(n, first, buf);
  for (int k = 0; k < n; ++k) (*impl->sending)[first + k] = static_cast<int>(buf[k]);
}

int PairEquivariant::pack_reverse_comm(int n, int first, double *buf)
{
  const double *forces = impl->committee.summing;
  if (!forces) return impl->exchange->pack_reverse(n, first, buf);
  std::copy_n(forces + 3 * static_cast<std::size_t>(first), 3 * n, buf);
  return 3 * n;
}

void PairEquivariant::unpack_reverse_comm(int n, int *atoms, double *buf)
{
  double *forces = impl->committee.summing;
  if (!forces) return impl->exchange->unpack_reverse(n, atoms, buf);
  for (int k = 0; k < n; ++k)
    for (int d = 0; d < 3; ++d) forces[3 * static_cast<std::size_t>(atoms[k]) + d] += *buf++;
}

double PairEquivariant::memory_usage()
{
  const auto rows = static_cast<double>(impl->rows.nall());
  double bytes = Pair::memory_usage() + impl->edges.memory_bytes() + rows * (sizeof(std::int64_t) + 8);
  if (impl->model) bytes += impl->model->memory_bytes();
  for (const auto &other : impl->others) bytes += other->memory_bytes();
  return bytes;
}

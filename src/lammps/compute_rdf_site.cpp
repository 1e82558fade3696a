// SPDX-License-Identifier: GPL-2.0-only
#include "compute_rdf_site.h"

#include "adapter.h"

#include "core/site_rdf.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "memory.h"
#include "modify.h"
#include "update.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;
using natrolite::Vec3;

static constexpr char title[] = "compute rdf/site";

struct ComputeRDFSite::Impl : protected Pointers {
  explicit Impl(LAMMPS *lmp) : Pointers(lmp) {}

  std::string ion_group;
  double rcut = 0.0;
  std::string chunk_id;
  int groupbit = 0;

  Compute *chunks() const;
  std::vector<Vec3> centroids();
};

Compute *ComputeRDFSite::Impl::chunks() const
{
  Compute *compute = modify->get_compute_by_id(chunk_id);
  if (!compute)
    error->all(FLERR, "{}: unknown compute '{}'; define it with compute chunk/atom", title,
               chunk_id);
  if (strncmp(compute->style, "chunk/atom", 10) != 0)
    error->all(FLERR, "{}: compute '{}' is of style {}, chunk/atom is needed", title, chunk_id,
               compute->style);
  return compute;
}

// Centroids of all chunks with atoms in the group: the mean over a chunk's atoms, each next to the
// chunk's atom with the lowest ID.
std::vector<Vec3> ComputeRDFSite::Impl::centroids()
{
  Compute *compute = chunks();
  const int n = static_cast<int>(compute->compute_scalar());
  compute->compute_peratom();
  const double none = static_cast<double>(MAXTAGINT);
  std::vector<int> chunk(atom->nlocal, -1), owner(n, -1);
  std::vector<double> lowest(n, none), x(3 * n, 0.0), sums(4 * n, 0.0);
  for (int i = 0; i < atom->nlocal; i++) {
    if (!(atom->mask[i] & groupbit)) continue;
    const int c = chunk[i] = static_cast<int>(compute->vector_atom[i]) - 1;
    if (c < 0 || atom->tag[i] >= lowest[c]) continue;
    lowest[c] = static_cast<double>(atom->tag[i]);
    owner[c] = i;
  }
  MPI_Allreduce(MPI_IN_PLACE, lowest.data(), n, MPI_DOUBLE, MPI_MIN, world);
  for (int c = 0; c < n; c++)
    if (owner[c] >= 0 && atom->tag[owner[c]] == lowest[c])
      std::copy_n(atom->x[owner[c]], 3, x.data() + 3 * c);
  sum_over_ranks(x, world);
  const natrolite::Cell cell = cell_of(domain);
  for (int i = 0; i < atom->nlocal; i++) {
    const int c = chunk[i];
    if (c < 0) continue;
    const Vec3 first{x[3 * c], x[3 * c + 1], x[3 * c + 2]};
    const Vec3 d = minimum_image(cell, Vec3{atom->x[i][0], atom->x[i][1], atom->x[i][2]} - first);
    const double add[4] = {1.0, d.x, d.y, d.z};
    for (int k = 0; k < 4; k++) sums[4 * c + k] += add[k];
  }
  sum_over_ranks(sums, world);
  std::vector<Vec3> out;
  for (int c = 0; c < n; c++) {
    const double *s = sums.data() + 4 * c;
    if (s[0] == 0.0) continue;
    out.push_back(Vec3{x[3 * c], x[3 * c + 1], x[3 * c + 2]} +
                  (1.0 / s[0]) * Vec3{s[1], s[2], s[3]});
  }
  return out;
}

ComputeRDFSite::ComputeRDFSite(LAMMPS *lmp, int narg, char **arg)
    : Compute(lmp, narg, arg), impl(std::make_unique<Impl>(lmp))
{
  Arguments args(lmp, title, narg, arg, 3);
  size_array_rows = args.integer("Nbin", 1);
  impl->rcut = args.positive("rcut");
  impl->ion_group = args.group("ions");
  impl->chunk_id = args.word("chunkID");
  impl->groupbit = groupbit;
  if (!args.empty()) args.unknown(args.word("keyword"), "none");
  impl->chunks();
  const natrolite::Cell cell = cell_of(domain);
  double images = 1.0;
  for (int k = 0; k < 3; k++) images *= 1.0 + 2.0 * impl->rcut / face_distance(cell, k);
  if (images > 1.0e4)
    args.refuse(fmt::format("'rcut {}' reaches over {:.0f} images of the box; use a smaller one",
                            impl->rcut, images));
  if (!atom->tag_enable) args.refuse("atoms need IDs; use atom_modify id yes");
  array_flag = 1;
  extarray = 0;
  size_array_cols = 3;
  dynamic_group_allow = 1;
  memory->create(array, size_array_rows, size_array_cols, "rdf/site:array");
}

ComputeRDFSite::~ComputeRDFSite()
{
  memory->destroy(array);
}

void ComputeRDFSite::init()
{
  impl->chunks();
}

void ComputeRDFSite::compute_array()
{
  if (invoked_array == update->ntimestep) return;
  invoked_array = update->ntimestep;
  const natrolite::Cell cell = cell_of(domain);
  const std::vector<Vec3> sites = impl->centroids();
  natrolite::SiteRdf rdf(size_array_rows, impl->rcut);
  const int ions = group_index(lmp, title, impl->ion_group);
  const int ion_bit = group->bitmask[ions];
  for (int i = 0; i < atom->nlocal; i++)
    if (atom->mask[i] & ion_bit)
      rdf.accumulate(cell, {atom->x[i][0], atom->x[i][1], atom->x[i][2]}, sites);
  sum_over_ranks(rdf.counts(), world);
  const auto rows = rdf.result(static_cast<double>(group->count(ions)),
                               static_cast<double>(sites.size()), cell.volume());
  for (int k = 0; k < size_array_rows; k++) {
    array[k][0] = rows[k].r;
    array[k][1] = rows[k].g;
    array[k][2] = rows[k].coordination;
  }
}

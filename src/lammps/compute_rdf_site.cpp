// SPDX-License-Identifier: GPL-2.0-only
#include "compute_rdf_site.h"

#include "arguments.h"
#include "over_ranks.h"
#include "lammps_data.h"
#include "first_atoms.h"

#include "core/site_rdf.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "group.h"
#include "memory.h"
#include "modify.h"
#include "update.h"

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
    error->all(FLERR, "{}: unknown compute '{}'; define it with compute chunk/atom", title, chunk_id);
  if (strncmp(compute->style, "chunk/atom", 10) != 0)
    error->all(FLERR, "{}: compute '{}' is of style {}, chunk/atom is needed", title, chunk_id,
               compute->style);
  return compute;
}

// Centroids of all chunks with atoms in the group.
std::vector<Vec3> ComputeRDFSite::Impl::centroids()
{
  Compute *compute = chunks();
  const int n = static_cast<int>(compute->compute_scalar());
  compute->compute_peratom();
  const auto chunk_of = [&](int i) {
    return atom->mask[i] & groupbit ? static_cast<int>(compute->vector_atom[i]) - 1 : -1;
  };
  std::vector<FirstAtom> first(n);
  for (int i = 0; i < atom->nlocal; i++)
    if (const int c = chunk_of(i); c >= 0) first[c].offer(atom->tag[i], atom->x[i]);
  std::vector<Vec3> references;
  for (const FirstAtom &f : first_over_ranks(first, world)) references.push_back(f.x);
  const natrolite::Cell cell = cell_of(domain);
  natrolite::Centroids centroids(references);
  for (int i = 0; i < atom->nlocal; i++)
    if (const int c = chunk_of(i); c >= 0)
      centroids.accumulate(cell, c, {atom->x[i][0], atom->x[i][1], atom->x[i][2]});
  sum_over_ranks(centroids.sums(), world);
  return centroids.result();
}

ComputeRDFSite::ComputeRDFSite(LAMMPS *lmp, int narg, char **arg) :
    Compute(lmp, narg, arg), impl(std::make_unique<Impl>(lmp))
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
    args.refuse(fmt::format("'rcut {}' reaches over {:.0f} images of the box; use a smaller one", impl->rcut,
                            images));
  require_ids(lmp, title);
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
    if (atom->mask[i] & ion_bit) rdf.accumulate(cell, {atom->x[i][0], atom->x[i][1], atom->x[i][2]}, sites);
  sum_over_ranks(rdf.counts(), world);
  const auto rows =
      rdf.result(static_cast<double>(group->count(ions)), static_cast<double>(sites.size()), cell.volume());
  for (int k = 0; k < size_array_rows; k++) {
    array[k][0] = rows[k].r;
    array[k][1] = rows[k].g;
    array[k][2] = rows[k].coordination;
  }
}

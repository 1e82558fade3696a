// SPDX-License-Identifier: GPL-2.0-only
#include "edge_scatter.h"

#include "edge_functions.h"

namespace natrolite {

double scatter_energy(const RowMap &rows, const double *energy, double scale, AtomSums &sums)
{
  double total = 0.0;
  for (std::int64_t row = 0; row < rows.nowned; ++row) {
    total += energy[row];
    if (sums.energy_atom) sums.energy_atom[rows.atom_of_row[row]] += scale * energy[row];
  }
  if (sums.energy) *sums.energy += scale * total;
  return total;
}

double scatter_edges(const RowMap &rows, const EdgeList &edges, const double *gradient, double scale,
                     AtomSums &sums)
{
  const bool virials = sums.virial || sums.virial_atom || sums.centroid_atom;
  double total[9] = {}, all[3] = {};
  for (std::int64_t e = 0; e < edges.size(); ++e) {
    const int i = rows.atom_of_row[edges.centers()[e]];
    const int j = rows.atom_of_row[edges.neighbors()[e]];
    double g[3], w[9];
    for (int d = 0; d < 3; ++d) {
      g[d] = scale * gradient[3 * e + d];
      sums.force[i][d] += g[d];
      sums.force[j][d] -= g[d];
      all[d] += g[d];
    }
    if (!virials) continue;
    edge_virial(edges.vectors() + 3 * e, g, w);
    for (int k = 0; k < 6; ++k) total[k] += w[k];
    add_edge_virial(w, sums.virial_atom ? sums.virial_atom[i] : nullptr,
                    sums.virial_atom ? sums.virial_atom[j] : nullptr,
                    sums.centroid_atom ? sums.centroid_atom[j] : nullptr);
  }
  if (sums.virial)
    for (int k = 0; k < 6; ++k) sums.virial[k] += total[k];
  return all[0] + all[1] + all[2];
}

double scatter_rows(const RowMap &rows, const RowResults &results, double scale, AtomSums &sums)
{
  double all = 0.0;
  const auto add = [&](const double *from, double **to, int width) {
    for (std::int64_t row = 0; from && to && row < rows.nall(); ++row)
      for (int k = 0; k < width; ++k) {
        const double value = scale * from[width * row + k];
        to[rows.atom_of_row[row]][k] += value;
        all += value;
      }
  };
  add(results.forces, sums.force, 3);
  add(results.virials, sums.virial_atom, 6);
  add(results.centroids, sums.centroid_atom, 9);
  if (!sums.virial) return all;
  constexpr int component[6] = {0, 4, 8, 1, 2, 5};    // xx yy zz xy xz yz of a 3 x 3 matrix
  for (int k = 0; k < 6; ++k) sums.virial[k] += scale * results.virial[component[k]];
  return all;
}

}    // namespace natrolite

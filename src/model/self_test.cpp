// SPDX-License-Identifier: GPL-2.0-only
#include "self_test.h"

#include "core/edge_scatter.h"
#include "core/periodic_edges.h"
#include "cutoffs.h"
#include "owned_graph.h"

#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace natrolite {
namespace {

  Structure structure_of(const Reference &r)
  {
    const auto vector = [](const std::array<double, 3> &p) { return Vec3{p[0], p[1], p[2]}; };
    Structure s;
    for (const auto &p : r.positions) s.positions.push_back(vector(p));
    for (int k = 0; k < 3; ++k) s.cell[k] = vector(r.cell[k]);
    s.periodic = r.periodic;
    return s;
  }

  PlainEdges edges_of(const Reference &r, double cutoff)
  {
    try {
      return periodic_edges(structure_of(r), cutoff);
    } catch (const std::runtime_error &e) {
      throw std::runtime_error(std::string("the self test cannot be made with its reference: ") + e.what() +
                               ": export it again, or 'check no' to run all the same");
    }
  }

  /// the reference's graph, periodic images folded onto their atoms, in the form that the run has
  struct ReferenceGraph : OwnedGraph {
    // the compact form: the atoms, then an atom at the end of every edge
    std::vector<Vec3> at;
    std::vector<const double *> x;
    std::vector<std::int64_t> first;
    std::vector<std::int32_t> ends;
    std::vector<int> row_of_atom;
    CompactEdges compact;

    ReferenceGraph(const Metadata &m, bool without_vectors)
    {
      const Reference &r = m.reference;
      const PairCutoffs cutoffs = cutoffs_of(m);
      const PlainEdges all = edges_of(r, m.list_cutoff);
      for (std::size_t e = 0; e < all.vec.size(); ++e) {
        const std::int64_t center = all.center[e], neighbor = all.neighbor[e];
        if (dot(all.vec[e], all.vec[e]) < cutoffs.squared(r.types[center], r.types[neighbor]))
          add_edge(center, neighbor, all.vec[e]);
      }
      types.assign(r.types.begin(), r.types.end());
      finish();
      graph.total_charge = r.total_charge;
      graph.total_spin = r.total_spin;
      if (without_vectors) make_compact(structure_of(r).positions);
    }

    void make_compact(const std::vector<Vec3> &positions)
    {
      const auto n = static_cast<int>(positions.size());
      at = positions;
      first.assign(n + 1, 0);
      for (int i = 0; i < n; ++i) row_of_atom.push_back(i);
      for (std::int64_t e = 0; e < graph.nedges; ++e) {
        const std::int64_t center = index[e];
        ++first[center + 1];
        ends.push_back(static_cast<std::int32_t>(at.size()));
        at.push_back(positions[center] + Vec3{vec[3 * e], vec[3 * e + 1], vec[3 * e + 2]});
        row_of_atom.push_back(static_cast<int>(index[graph.nedges + e]));
      }
      for (int i = 0; i < n; ++i) first[i + 1] += first[i];
      for (const Vec3 &p : at) x.push_back(&p.x);
      compact = {first.data(), ends.data(), row_of_atom.data(), row_of_atom.data(), x.data()};
      graph.compact = &compact;
    }
  };

  std::vector<Vec3> forces_of(const Graph &g, const Evaluation &result)
  {
    std::vector<Vec3> forces(g.nall, Vec3{});
    RowMap rows;    // of the atoms themselves
    std::vector<double *> force;
    for (std::int64_t i = 0; i < g.nall; ++i) {
      rows.atom_of_row.push_back(static_cast<int>(i));
      force.push_back(&forces[i].x);
    }
    AtomSums sums;
    sums.force = force.data();
    if (result.row_forces) {
      RowResults of_rows;
      of_rows.forces = result.row_forces;
      scatter_rows(rows, of_rows, 1.0, sums);
    } else {
      EdgeList edges;
      edges.assign(g.nedges, g.edge_vec, g.edge_index);
      scatter_edges(rows, edges, result.edge_gradient, 1.0, sums);
    }
    return forces;
  }

  [[noreturn]] void mismatch(const char *what, double here, double there, double tolerance)
  {
    char text[256];
    std::snprintf(text, sizeof text,
                  "the self test failed: %s %.10g here, %.10g where the file was written (allowed "
                  "difference %.2g): export it again, or 'check no' to run all the same",
                  what, here, there, tolerance);
    throw std::runtime_error(text);
  }

}    // namespace

void run_self_test(Model &model)
{
  const Reference &r = model.metadata().reference;
  const ReferenceGraph reference(model.metadata(), model.takes_compact_edges());
  NoExchange alone;
  Evaluation result;
  model.evaluate(reference.graph, alone, result);

  double energy = 0.0;
  for (std::int64_t i = 0; i < reference.graph.nlocal; ++i) energy += result.energy[i];
  const double allowed = r.energy_tolerance * static_cast<double>(r.types.size());
  if (!(std::fabs(energy - r.energy) <= allowed)) mismatch("energy (eV)", energy, r.energy, allowed);

  const auto forces = forces_of(reference.graph, result);
  for (std::size_t i = 0; i < forces.size(); ++i)
    for (int d = 0; d < 3; ++d)
      if (!(std::fabs(forces[i][d] - r.forces[i][d]) <= r.force_tolerance))
        mismatch("force (eV/A)", forces[i][d], r.forces[i][d], r.force_tolerance);
}

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// All that an adapter sees of a model, whatever evaluates it. No Torch, LAMMPS or MPI types.
#pragma once

#include "metadata.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace natrolite {

/// Feature rows of all atoms during one exchange: row-major [nall, width], in host memory or, if
/// the Exchange is on_device(), in the model's device's.
/// Rows [0, nlocal) are this rank's own, the rest are ghosts.
struct FeatureRows {
  void *data = nullptr;
  std::int64_t width = 0;    ///< elements per row
  int element_bytes = 8;     ///< 4 = float32, 8 = float64
};

/// What the host code does for the exchange operators. All calls are collective.
class Exchange {
public:
  virtual ~Exchange() = default;
  /// where forward() and reverse() take their rows: false = in host memory
  virtual bool on_device() const { return false; }
  /// fill the ghost rows with the rows of their owners
  virtual void forward(const FeatureRows &rows) = 0;
  /// add the ghost rows to the rows of their owners; the ghost rows are undefined afterwards
  virtual void reverse(const FeatureRows &rows) = 0;
  /// values[n] becomes the sum over all ranks
  virtual void sum(double *values, std::int64_t n) = 0;
  /// values[n] becomes the maximum over all ranks; mine[n] = 1 on exactly one rank that has it
  virtual void max(double *values, unsigned char *mine, std::int64_t n) = 0;
};

/// The exchange of a periodic graph or shell on one rank: there is nobody to talk to.
class NoExchange : public Exchange {
public:
  void forward(const FeatureRows &) override {}
  void reverse(const FeatureRows &) override {}
  void sum(double *, std::int64_t) override {}
  void max(double *, unsigned char *mine, std::int64_t n) override
  {
    for (std::int64_t k = 0; k < n; ++k) mine[k] = 1;
  }
};

/// Edges without vectors, for models that find these (Model::takes_compact_edges): a tenth of the memory.
/// Results are forces and virials of rows then.
struct CompactEdges {
  const std::int64_t *first = nullptr;    ///< [nlocal + 1] edges of a center, one after the other
  const std::int32_t *atom = nullptr;     ///< [nedges] atom of the neighbor
  const int *atom_of_row = nullptr;       ///< [nlocal]
  const int *row_of_atom = nullptr;       ///< of the atoms above
  const double *const *x = nullptr;       ///< [atom][3]
  bool virial = false, row_virial = false, row_centroid = false;    ///< are these wanted?
};

/// One evaluation's input (views; Angstrom, e). See doc/model_file.rst.
struct Graph {
  std::int64_t nowned = 0;    ///< rows whose energy enters the gradient (<= nlocal)
  std::int64_t nlocal = 0;    ///< rows whose energy the model returns
  std::int64_t nall = 0;      ///< all rows
  std::int64_t nedges = 0;
  const double *edge_vec = nullptr;            ///< [nedges, 3]
  const std::int64_t *edge_index = nullptr;    ///< [2, nedges] center < nlocal, neighbor < nall
  const CompactEdges *compact = nullptr;       ///< instead of the two
  const std::int64_t *types = nullptr;         ///< [nall]
  double total_charge = 0.0;                   ///< e
  double total_spin = 0.0;                     ///< in the model's own convention
  int member = -1;    ///< of the committee in the file; -1 = the energy that drives the run
  /// All arrays above, and those of the Evaluation, are in the model's device's memory and valid
  /// in the order of `stream` (cudaStream_t; what is computed on it later sees the results).
  bool on_device = false;
  void *stream = nullptr;
};

/// A further per-atom output of the model.
struct PerAtomOutput {
  std::string name;
  std::int64_t width = 1;
  const double *data = nullptr;    ///< [nlocal, width]
};

/// One evaluation's output; the pointers live until the next evaluation.
struct Evaluation {
  const double *energy = nullptr;           ///< [nlocal], model's energy unit
  const double *edge_gradient = nullptr;    ///< [nedges, 3], d(sum of owned energies)/d(edge_vec)
  /// Instead of edge_gradient (then null), for compact edges, and from files that give forces (one rank,
  /// folded, no virials of rows)
  const double *row_forces = nullptr;    ///< [nall, 3]
  const double *virial = nullptr;        ///< [3, 3] -sum v (x) g, null where not wanted
  /// as in AtomSums (core/edge_scatter.h), null where not wanted
  const double *row_virial = nullptr;      ///< [nall, 6]
  const double *row_centroid = nullptr;    ///< [nall, 9]
  std::vector<PerAtomOutput> peratom;
};

/// A loaded potential.
class Model {
public:
  virtual ~Model() = default;
  virtual const Metadata &metadata() const = 0;
  /// Energies and their gradient. Collective: makes the same exchanges on every rank. result comes empty.
  virtual void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result) = 0;
  /// does evaluate() take compact edges too?
  virtual bool takes_compact_edges() const { return false; }
  /// Evaluate the embedded reference (not collective); false if the file has none.
  /// Throws if energy or forces differ by more than the file allows.
  virtual bool self_test() = 0;
  /// memory that grows with atoms and edges, as of the last evaluation; LibTorch does not tell
  virtual double memory_bytes() const { return 0.0; }
  /// where the model computes, for example "cpu, 2 threads"
  virtual std::string device() const = 0;
};

}    // namespace natrolite

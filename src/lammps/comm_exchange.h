// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The exchange operators through LAMMPS' communication of a pair style.
#pragma once

#include "core/edges.h"
#include "model/model.h"

#include <mpi.h>

namespace LAMMPS_NS {
class Comm;
class Pair;

/// Feature rows travel in chunks of columns no wider than the pair style declared to Comm.
/// The pair style forwards LAMMPS' pack and unpack calls to this object.
class CommExchange : public natrolite::Exchange {
public:
  CommExchange(Comm *&comm, Pair *pair, MPI_Comm world, const natrolite::RowMap &rows);

  void forward(const natrolite::FeatureRows &rows) override;
  void reverse(const natrolite::FeatureRows &rows) override;
  void sum(double *values, std::int64_t n) override;
  void max(double *values, unsigned char *mine, std::int64_t n) override;

  int pack_forward(int n, const int *atoms, double *buf) const;
  void unpack_forward(int n, int first, const double *buf);
  int pack_reverse(int n, int first, double *buf) const;
  void unpack_reverse(int n, const int *atoms, const double *buf);

  /// buffer words (doubles) that a row of `width` elements fills
  static int words(std::int64_t width, int element_bytes);

protected:
  natrolite::FeatureRows rows_;           ///< what is being exchanged
  std::int64_t begin_ = 0, count_ = 0;    ///< its columns of this chunk
  int words_ = 0;

private:
  template <class F>
  void for_each_chunk(const natrolite::FeatureRows &rows, int most_words, F &&f);
  char *chunk_of(int atom) const;    ///< null if the atom is not in the model
  void pack(int atom, double *buf) const;

  Comm *&comm_;    ///< LAMMPS' own pointer: comm_style replaces the object
  Pair *pair_;
  MPI_Comm world_;
  const natrolite::RowMap &map_;
};

}    // namespace LAMMPS_NS

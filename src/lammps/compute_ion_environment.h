// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

class ComputeIonEnvironment : public Compute {
public:
  ComputeIonEnvironment(class LAMMPS *, int, char **);
  ~ComputeIonEnvironment() override;
  void init() override;
  void init_list(int, class NeighList *) override;
  void compute_peratom() override;
  void compute_vector() override;
  int pack_forward_comm(int, int *, double *, int, int *) override;
  void unpack_forward_comm(int, int, double *) override;
  double memory_usage() override;

protected:
  struct Impl;
  std::unique_ptr<Impl> impl;

  virtual void fill_rows();    ///< of this rank's ions in array_atom; the others' are zeros
};

}    // namespace LAMMPS_NS

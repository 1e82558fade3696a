// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

class ComputeLayerMap : public Compute {
public:
  ComputeLayerMap(class LAMMPS *, int, char **);
  ~ComputeLayerMap() override;
  void init() override;
  double compute_scalar() override;
  void compute_array() override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_COMPUTE_LAYER_MAP_H
#define LMP_COMPUTE_LAYER_MAP_H

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

#endif

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

class ComputeLayerSpacing : public Compute {
public:
  ComputeLayerSpacing(class LAMMPS *, int, char **);
  ~ComputeLayerSpacing() override;
  void init() override {}
  double compute_scalar() override;
  void compute_vector() override;
  void compute_array() override;

protected:
  std::unique_ptr<class LayerGather> layers;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

class ComputeMeanHeight : public Compute {
public:
  ComputeMeanHeight(class LAMMPS *, int, char **);
  ~ComputeMeanHeight() override;
  void init() override {}
  double compute_scalar() override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

class ComputeRDFSite : public Compute {
public:
  ComputeRDFSite(class LAMMPS *, int, char **);
  ~ComputeRDFSite() override;
  void init() override;
  void compute_array() override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "fix.h"

#include <memory>

namespace LAMMPS_NS {

class FixIonTransport : public Fix {
public:
  FixIonTransport(class LAMMPS *, int, char **);
  ~FixIonTransport() override;
  void post_constructor() override;
  int setmask() override;
  void init() override;
  void setup(int) override;
  void end_of_step() override;
  void post_run() override;
  double compute_scalar() override;
  double compute_array(int, int) override;
  void write_restart(FILE *) override;
  void restart(char *) override;
  void grow_arrays(int) override;
  void copy_arrays(int, int, int) override;
  void set_arrays(int) override;
  int pack_exchange(int, double *) override;
  int unpack_exchange(int, double *) override;
  double memory_usage() override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "fix.h"

#include <memory>

namespace LAMMPS_NS {

class FixOCV : public Fix {
public:
  FixOCV(class LAMMPS *, int, char **);
  ~FixOCV() override;
  int setmask() override;
  void init() override;
  void setup(int) override;
  void end_of_step() override;
  void post_run() override;
  double compute_vector(int) override;
  void write_restart(FILE *) override;
  void restart(char *) override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

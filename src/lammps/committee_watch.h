// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Tells PairEquivariant which of its evaluations gave the forces of a step, and when a step is over.
/// The pair style makes it; it is no style for input scripts.
#pragma once

#include "fix.h"

#include <string>

namespace LAMMPS_NS {

class PairEquivariant;

class CommitteeWatch : public Fix {
public:
  static void add(LAMMPS *, const std::string &id, PairEquivariant *);

  int setmask() override;
  void setup_pre_reverse(int, int) override;
  void pre_reverse(int, int) override;
  void min_pre_reverse(int, int) override;
  void end_of_step() override;
  void post_run() override;

private:
  CommitteeWatch(LAMMPS *, int, char **);
  PairEquivariant *pair = nullptr;
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "pair.h"

#include <memory>

namespace LAMMPS_NS {

class PairDispersionD3Opt : public Pair {
public:
  PairDispersionD3Opt(class LAMMPS *);
  ~PairDispersionD3Opt() override;

  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;
  void setup() override;
  double memory_usage() override;

  int pack_forward_comm(int, int *, double *, int, int *) override;
  void unpack_forward_comm(int, int, double *) override;
  int pack_reverse_comm(int, int, double *) override;
  void unpack_reverse_comm(int, int *, double *) override;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;

  void allocate();
  void check_bonds() const;
  void find_homes();
  void see_new_lists();
  void exchange(double *rows, int width);
  void send_to_ghosts(double *rows, int width);
  void add_forces() const;
  void add_atoms() const;
};

}    // namespace LAMMPS_NS

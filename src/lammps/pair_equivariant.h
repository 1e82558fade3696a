// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "pair.h"

#include <memory>

namespace LAMMPS_NS {

class PairEquivariant : public Pair {
 public:
  PairEquivariant(class LAMMPS *);
  ~PairEquivariant() override;

  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double init_one(int, int) override;
  double memory_usage() override;
  void *extract(const char *, int &) override;
  void *extract_peratom(const char *, int &) override;

  int pack_forward_comm(int, int *, double *, int, int *) override;
  void unpack_forward_comm(int, int, double *) override;
  int pack_reverse_comm(int, int, double *) override;
  void unpack_reverse_comm(int, int *, double *) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;

  void allocate();
  void load(const std::string &file);
  void introduce() const;
  void map_types(int, char **);
  void check_host_settings() const;
  void check_special() const;
  void choose_mode();
  void check_shell() const;
  void update_electrons();
  void declare_exchange();
  void self_test();
  void refresh_rows();
  void refresh_owners();
  void build_graph();
  double value_of(int) const;
  void evaluate();
  void store_peratom();
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "kokkos_compat.h"
#include "lammps/pair_equivariant.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace LAMMPS_NS {

/// equivariant/kk: the same model on a graph that is built where LAMMPS' Kokkos data are. What runs
/// on the host only (exchange shell, files that give forces instead of edge gradients) takes the
/// way of the plain style.
template <class DeviceType>
class PairEquivariantKokkos : public PairEquivariant, public KokkosBase {
public:
  using device_type = DeviceType;

  explicit PairEquivariantKokkos(class LAMMPS *);
  ~PairEquivariantKokkos() override;

  void compute(int, int) override;
  void init_style() override;
  double memory_usage() override;

  int pack_forward_comm_kokkos(int, compat::SendList, compat::CommBuffer &, int, int *) override;
  void unpack_forward_comm_kokkos(int, int, compat::CommBuffer &) override;
  int pack_reverse_comm_kokkos(int, int, compat::CommBuffer &) override;
  void unpack_reverse_comm_kokkos(int, compat::SendList, compat::CommBuffer &) override;
  int pack_forward_comm(int, int *, double *, int, int *) override;
  void unpack_forward_comm(int, int, double *) override;
  int pack_reverse_comm(int, int, double *) override;
  void unpack_reverse_comm(int, int *, double *) override;

protected:
  int gpu() const override;
  bool own_types_changed() const override;
  void bring_fields() override;
  void bring_edges() override;
  void bring_what_variables_read() override;
  void judge() override;

private:
  struct DeviceImpl;
  std::unique_ptr<DeviceImpl> device;

  bool host_only() const;
  void refresh_device_rows();
  natrolite::Graph device_graph() const;
  void evaluate_on_device();
  double scatter();
  void bring_rows();
  static void bring(const double *&from, std::int64_t n, std::vector<double> &to);
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "pair.h"

#include <memory>
#include <string>
#include <vector>

namespace natrolite {
class Exchange;
class Model;
struct Metadata;
struct Graph;
struct Evaluation;
struct AtomSums;
}    // namespace natrolite

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

  /// called by the fix that watches the steps of a committee; collective
  void end_evaluation();
  void end_step();

  int pack_forward_comm(int, int *, double *, int, int *) override;
  void unpack_forward_comm(int, int, double *) override;
  int pack_reverse_comm(int, int, double *) override;
  void unpack_reverse_comm(int, int *, double *) override;

protected:    // the /kk style takes other ways through one step
  struct Impl;
  std::unique_ptr<Impl> impl;

  /// the GPU that the host code computes on, -1 = none or any
  virtual int gpu() const { return -1; }

  /// before a run: model files, types, checks
  void allocate();
  void load(const std::string &files);
  std::unique_ptr<natrolite::Model> load_file(const std::string &file);
  void log_and_cite(const std::string &file, const natrolite::Metadata &) const;
  void map_types(int, char **);
  void check_host_settings() const;
  void choose_mode();
  void check_shell() const;
  void declare_exchange();
  void self_test(const std::string &file, natrolite::Model &);
  /// charge and spin
  void check_electrons() const;
  double value_of(const struct NumberOrVariable &) const;
  void update_electrons();
  void check_parity() const;
  /// one step
  bool atoms_changed() const;
  virtual bool own_types_changed() const;
  void read_atoms();
  void send_to_ghosts(std::vector<int> &values);
  void check_special() const;
  void check_list();
  void refresh_rows();
  void build_graph();
  natrolite::Graph graph_of_step() const;
  void evaluate(natrolite::Model &, const std::string &file, const natrolite::Graph &, natrolite::Exchange &,
                natrolite::Evaluation &);
  double scatter_forces(const natrolite::Evaluation &, double scale, natrolite::AtomSums &);
  void store_fields();
  void store_peratom(const natrolite::Evaluation &);
  void check_finite(double sum);
  /// what the /kk style has elsewhere, brought to where the host reads it
  virtual void bring_fields() {}
  virtual void bring_edges() {}
  virtual void bring_what_variables_read() {}
  /// committee
  void check_member(const std::string &file, const natrolite::Metadata &) const;
  int committee_size() const;
  bool committee_due() const;
  bool uncertainty_wanted() const;
  std::vector<const natrolite::Metadata *> members() const;
  void init_committee();
  void watch_steps(bool);
  void begin_evaluation();
  virtual void judge();
  void evaluate_members();
  void deviate();
  struct CommitteeRow row_of_step() const;
};

}    // namespace LAMMPS_NS

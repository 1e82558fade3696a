// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_FIX_ION_TRANSPORT_IMPL_H
#define NATROLITE_FIX_ION_TRANSPORT_IMPL_H

// The inside of fix ion/transport, shared by its two source files.

#include "fix_ion_transport.h"

#include "ion_roster.h"

#include "core/transport.h"
#include "core/transport_tables.h"

#include <memory>
#include <string>
#include <vector>

namespace LAMMPS_NS
{

class Arguments;

struct FixIonTransport::Impl : protected Pointers {
  static constexpr char title[] = "fix ion/transport";

  Impl(LAMMPS *lmp, int igroup) : Pointers(lmp), roster(lmp, title, igroup) {}

  IonRoster roster;
  natrolite::TransportSettings settings;
  natrolite::TransportUnits units;
  double stride_ps = 0.5, window_ps = 50.0;
  int host = -1;
  bigint host_atoms = 0;
  std::string msd_file, ions_file;
  std::unique_ptr<natrolite::Transport> transport;
  bigint first_step = 0, nevery = 1;
  std::vector<double> saved;                 // state of a restart file until the run starts
  natrolite::MsdTable table;                 // as of table.samples
  std::vector<natrolite::IonResult> results; // of all ions, as of results_samples
  std::int64_t results_samples = -1;

  void read(Arguments &args);
  void read_fit(Arguments &args);
  void read_dims(Arguments &args);
  void finish_settings(double dt);
  void start();
  natrolite::Vec3 drift();
  void sample();
  void reduce_curve();
  void gather_results();
  std::vector<double> header();
  void load();
};

} // namespace LAMMPS_NS

#endif

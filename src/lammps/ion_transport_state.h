// SPDX-License-Identifier: GPL-2.0-only
#pragma once

// The inside of fix ion/transport, shared by its source files.

#include "fix_ion_transport.h"

#include "ion_roster.h"

#include "update.h"

#include "core/transport.h"
#include "core/transport_tables.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace LAMMPS_NS {

class Arguments;

struct FixIonTransport::Impl : protected Pointers {
  static constexpr char title[] = "fix ion/transport";

  Impl(LAMMPS *lmp, int igroup) : Pointers(lmp), roster(lmp, title, igroup) {}

  /// This rank's share of the state in a restart file, until the run starts.
  struct Saved {
    std::vector<double> settings;
    std::int64_t samples = 0;
    std::size_t length = 0;        ///< numbers per ion
    std::vector<double> states;    ///< of this rank's ions
  };
  /// Where this rank's ions were at the end of a run: there they must be when the next one starts.
  struct Place {
    bigint step = -1;
    std::vector<natrolite::Vec3> x;
  };

  IonRoster roster;
  natrolite::TransportSettings settings;
  natrolite::TransportUnits units;
  double stride_ps = 0.5, window_ps = 50.0;
  std::string host;    ///< group, empty: none
  bigint host_atoms = 0;
  std::string msd_file, ions_file;
  std::unique_ptr<natrolite::Transport> transport;
  bigint first_step = 0, nevery = 1;
  bigint minimized = 0;    ///< steps of minimizations since the fix was defined
  std::optional<Saved> saved;
  Place place;
  natrolite::MsdTable table;                    ///< as of table.samples
  std::vector<natrolite::IonResult> results;    ///< of all ions, as of results_samples
  std::int64_t results_samples = -1;

  void read(Arguments &args);
  void read_fit(Arguments &args);
  void read_maxlag(Arguments &args);
  void read_dims(Arguments &args);
  void finish_settings(double dt);
  void check_memory(double ions);
  void start();
  /// steps of a minimization since the last run, in which no time passes
  bigint waited() const { return update->whichflag == 1 ? 0 : update->ntimestep - place.step; }
  void take_place() { place = {update->ntimestep, roster.positions()}; }
  void check_place(bool strict);
  natrolite::Vec3 drift();
  void sample();
  void reduce_curve();
  void gather_results();
  std::vector<double> header() const;
  double restart_bytes(std::int64_t samples, double ions) const;
  void check_restart_size(std::int64_t samples, double ions) const;
  void check_coming_restarts(double ions) const;
  void write(FILE *fp);
  void read(const double *in);
  void check_saved();
  void check_clock() const;
  void load();
};

}    // namespace LAMMPS_NS

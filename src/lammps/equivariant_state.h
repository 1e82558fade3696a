// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// State of PairEquivariant.
#pragma once

#include "arguments.h"
#include "comm_exchange.h"
#include "committee_table.h"
#include "core/edges.h"
#include "core/place_sums.h"
#include "model_loader.h"
#include "pair_equivariant.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Keyword committee.
struct CommitteeSettings {
  int every = 0;             ///< steps; 0 = not given
  std::string table;         ///< file to write
  double threshold = 0.0;    ///< eV/Angstrom; 0 = none
};

struct EquivariantSettings {
  enum class Mode { automatic, folded, ghost, shell };
  Mode exchange = Mode::automatic;
  natrolite::Device device = natrolite::Device::automatic;
  Evaluator evaluator = Evaluator::automatic;
  NumberOrVariable charge, spin;
  CommitteeSettings committee;
  bool check = true;
};

/// One row of a committee's table (eV, Angstrom), see the page.
struct CommitteeRow {
  bigint step = 0;
  double energy = 0.0, energy_per_atom = 0.0, largest_force = 0.0, mean_force = 0.0;
  tagint atom = 0;
  natrolite::PlaceSums place;    ///< of the atoms in the model

  /// The same configuration and results but for rounding: the end of a run and the start of the next.
  bool is_again(const CommitteeRow &) const;
};

/// What a committee's members said last.
struct Committee {
  std::unique_ptr<CommitteeTable> table;      ///< rank 0
  std::vector<std::vector<double>> forces;    ///< [member][atoms, 3] eV/Angstrom
  std::vector<double> energy;                 ///< [member] this rank's part, eV
  double *summing = nullptr;                  ///< forces in reverse communication
  bool evaluated = false;                     ///< there is an evaluation that end_evaluation() has not seen
  bool judged = false;                        ///< its members were evaluated
  std::optional<CommitteeRow> row;            ///< of a step that is not over
  std::optional<CommitteeRow> written;        ///< the latest in the table, of these models and settings
  bigint valid_step = -1;                     ///< of the field uncertainty
  std::string watch;                          ///< ID of the fix that tells when a step ends
  bool warned = false;
};

struct PairEquivariant::Impl {
  EquivariantSettings settings;
  std::string file;    ///< of the model that drives the run
  std::unique_ptr<natrolite::Model> model;
  std::vector<std::unique_ptr<natrolite::Model>> others;    ///< further members of a committee
  std::vector<std::string> other_files;
  std::vector<std::vector<std::int64_t>> translation;    ///< [other][type of model] type of other
  Committee committee;
  natrolite::PairCutoffs cutoffs;
  std::vector<int> model_type;    ///< [LAMMPS type] -1 = NULL

  EquivariantSettings::Mode mode = EquivariantSettings::Mode::folded;
  bool ready = false;    ///< model and types fit one another
  bool tested = false;
  bool parity_checked = false;    ///< for the atoms and types of this step
  int declared_words = 1;         ///< exchange width told to Comm before the model was known
  double energy_scale = 1.0;      ///< model's eV -> LAMMPS' energy unit
  double total_charge = 0.0, spin = 0.0;

  natrolite::RowMap rows;
  std::int64_t ncenters = 0;    ///< rows that have edges
  natrolite::EdgeList edges;
  natrolite::CompactEdges compact;    ///< of edges.compact()
  natrolite::Evaluation result;
  std::unique_ptr<CommExchange> exchange;
  std::vector<int> owner;                 ///< [nall] local index of the owner (folded)
  std::vector<int> types;                 ///< [nall] LAMMPS types of this step; of ghosts by their owners
  std::vector<int> listed_types;          ///< [nlocal] when the list was built, where it skips types
  bigint listed[2] = {-1, -1};            ///< which build of the list that was
  std::vector<int> *sending = nullptr;    ///< values in forward communication

  bool to_store = false;                                 ///< peratom is of an earlier evaluation than result
  std::map<std::string, std::vector<double>> peratom;    ///< named fields of fix pair
  std::map<std::string, int> wanted;                     ///< <field>_flag of fix pair
  double cutoff = 0.0, num_layers = 0.0;    ///< doubles: what LAMMPS' extract interfaces hand out
};

}    // namespace LAMMPS_NS

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// State of PairEquivariant, and the parsing of its keywords.
#pragma once

#include "comm_exchange.h"
#include "core/edges.h"
#include "model/engine.h"
#include "pair_equivariant.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// A number or an equal-style variable.
struct NumberOrVariable {
  double value = 0.0;
  std::string variable;    ///< empty = the number
  bool given = false;
};

struct EquivariantSettings {
  enum class Mode { automatic, folded, ghost, shell };
  Mode exchange = Mode::automatic;
  natrolite::Device device = natrolite::Device::automatic;
  NumberOrVariable charge, spin;
  bool check = true;
};

struct PairEquivariant::Impl {
  EquivariantSettings settings;
  std::string file;
  std::unique_ptr<natrolite::Model> model;
  natrolite::PairCutoffs cutoffs;
  std::vector<int> model_type;    ///< [LAMMPS type] -1 = NULL

  EquivariantSettings::Mode mode = EquivariantSettings::Mode::folded;
  bool ready = false;              ///< model and types fit one another
  bool tested = false;
  int declared_words = 1;          ///< exchange width told to Comm before the model was known
  double energy_scale = 1.0;       ///< model's eV -> LAMMPS' energy unit
  double total_charge = 0.0, spin = 0.0;

  natrolite::RowMap rows;
  std::int64_t ncentres = 0;       ///< rows that have edges
  natrolite::EdgeList edges;
  natrolite::Evaluation result;
  std::unique_ptr<CommExchange> exchange;
  std::vector<int> owner;          ///< [nall] local index of the owner (folded)
  bool sending_owners = false;

  std::map<std::string, std::vector<double>> peratom;    ///< named fields of fix pair
  std::map<std::string, int> wanted;                     ///< <field>_flag of fix pair
  double cutoff = 0.0, num_layers = 0.0;    // doubles: what LAMMPS' extract interfaces hand out
};

}    // namespace LAMMPS_NS

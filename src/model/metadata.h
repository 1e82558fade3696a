// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The metadata of a model file (extra file `natrolite.json`); see doc/model_file.rst.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace natrolite {

/// The tiny case embedded in every file, computed by the original program.
struct Reference {
  std::vector<int> types;
  std::vector<std::array<double, 3>> positions;    ///< Angstrom
  std::array<std::array<double, 3>, 3> cell{};     ///< rows, Angstrom
  std::array<bool, 3> periodic{};
  double total_charge = 0.0;
  double total_spin = 0.0;
  double energy = 0.0;                          ///< energy unit of the model
  std::vector<std::array<double, 3>> forces;    ///< energy / Angstrom
  double energy_tolerance = 0.0;                ///< per atom
  double force_tolerance = 0.0;
};

/// Longer cutoffs are no potential but a damaged file, and would fill the memory with ghosts.
inline constexpr double LONGEST_CUTOFF = 100.0;    ///< Angstrom

struct Metadata {
  std::string family, name, created_by, license, weights_sha256, dtype;
  std::vector<std::string> citation;    ///< BibTeX entries
  std::vector<std::string> type_names;
  std::vector<int> atomic_numbers;     ///< of type_names
  double r_max = 0.0;                  ///< Angstrom
  std::vector<double> pair_cutoffs;    ///< row-major [ntypes, ntypes] or empty
  double lr_cutoff = 0.0;              ///< 0 = none
  double list_cutoff = 0.0;            ///< the largest of all cutoffs
  int num_layers = 1;                  ///< 0 = unknown, of a file for one rank
  bool strictly_local = false;
  int ghost_exchanges = 0, global_sums = 0, global_maxima = 0;    ///< per forward pass
  int max_exchange_width = 0;                                     ///< elements
  bool one_rank = false;    ///< the file gives forces, not edge gradients
  /// Can several ranks run it on one cutoff of ghosts? Else only with a shell of all layers.
  bool runs_on_ghosts() const { return strictly_local || num_layers == 1 || ghost_exchanges > 0; }
  bool allow_tf32 = false;
  bool needs_total_charge = false, needs_total_spin = false;
  bool spin_is_multiplicity = false;
  std::vector<std::string> outputs;
  int committee_size = 1;
  Reference reference;
};

/// Parse and check. Throws std::runtime_error naming the key: missing, of a wrong type, newer
/// format_version, unknown dtype or unit, sizes that do not fit one another.
Metadata parse_metadata(std::string_view json);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// In which order a network's steps run, and which values are kept for all atoms.
#pragma once

#include "description.h"

#include <vector>

namespace natrolite::native {

/// What a step's implementation needs of its input.
struct Traits {
  bool keeps_input = false, in_place = false;
};

struct PlannedStep {
  int in = -1, by = -1, out = -1;
  bool gathers = false;         ///< reads rows of neighbors
  /// another reader of `in` (of `by`) writes its gradient first
  bool add_gradient = false, add_gradient_by = false;
};

/// Steps [begin, end) of one block after the other, or one exchange.
struct Stage {
  int begin = 0, end = 0;
  bool convolves = false;
  bool edgewise = false;        ///< gives gradients of edges when it gives their energies
  int gathers = -1;             ///< value whose rows of neighbors are read
  int exchanges = -1;           ///< value whose ghost rows are filled
};

struct ValueUse {
  enum class Gradient { scratch, in_place, kept, gathered };
  bool gathered = false;        ///< neighbors read its rows
  bool kept = false;            ///< for all atoms; else for the atoms of a block
  Gradient gradient = Gradient::scratch;
  int turn = 0;                 ///< which of two memories holds a gathered gradient
};

struct Plan {
  std::vector<PlannedStep> steps;
  std::vector<Stage> stages;
  std::vector<ValueUse> uses;
};

/// Throws std::runtime_error, naming the value, if the steps are in no order that can run.
Plan make_plan(const Description &description, const std::vector<Traits> &traits);

}    // namespace natrolite::native

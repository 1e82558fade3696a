// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// In which order a network's steps run, forward and backward, and where values are meanwhile.
///
/// The steps are cut into stages before each convolution that reads rows of neighbors. A pass goes over
/// blocks of atoms and runs actions on each: the stages forward, the last one forward and backward, the
/// others backward. Of a stage only the values are kept that a convolution is needed to compute; what
/// follows from them is computed again where the gradient needs it. The first stage reads no neighbors'
/// rows and is cheap: only what later stages read of it is kept.
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
  bool keeps_input = false;     ///< its gradient looks at `in` and `by`
  bool in_place = false;        ///< the gradient of `in` overwrites it
  bool first_writer = false;    ///< of `out`; others add to it
  bool of_edges = false,
       gives_forces = false;    ///< reads edges; gives their gradient when it gives energies
  /// another reader of `in` (of `by`) writes its gradient first
  bool add_gradient = false, add_gradient_by = false;
};

/// A step in one direction.
struct Action {
  int step = 0;
  bool forward = true;
};

/// Where rows are during a pass.
struct Place {
  int memory = -1;              ///< rows of all atoms
  std::int64_t scratch = -1;    ///< or of a block, at this many elements per row
};

/// Actions on one block of atoms after the other.
struct Pass {
  std::vector<Action> actions;
  bool of_edges = false;                   ///< harmonics and tables are needed
  bool gives_forces = false;               ///< gradients of edges come out
  int gathers = -1;                        ///< value whose gradient comes from neighbors
  int sends = -1;                          ///< value whose ghost rows are filled afterwards
  int restores = -1;                       ///< value whose ghost rows are those that were sent before
  std::vector<Place> values, gradients;    ///< [value]
};

/// Memory of all atoms: elements per row, for values of own rows, of all rows, and for sums from threads.
struct PlannedMemory {
  int own = 0, all = 0, summed = 0;
};

struct Plan {
  std::vector<PlannedStep> steps;
  std::vector<Pass> passes;
  std::vector<PlannedMemory> memories;
  std::int64_t scratch = 0;    ///< elements per row of a block
};

/// Throws std::runtime_error, naming the value, if the steps are in no order that can run.
/// \param widths [value] elements of a row
Plan make_plan(const Description &description, const std::vector<Traits> &traits,
               const std::vector<int> &widths);

/// Finds where values are in each pass.
void place_values(Plan &plan, const std::vector<int> &widths);

}    // namespace natrolite::native

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The loops of dispersion_kernels.h; included by one source file per instruction set.
#pragma once

#include "dispersion_coordination.h"
#include "dispersion_pairs.h"

namespace natrolite::NATROLITE_ISA {

inline void fill(Kernels &table)
{
  table.count = count;
  table.reference_weights = reference_weights;
  table.pairs[0] = pairs<false>;
  table.pairs[1] = pairs<true>;
  table.chain = chain;
}

}    // namespace natrolite::NATROLITE_ISA

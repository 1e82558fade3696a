// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "core/edges.h"
#include "metadata.h"

namespace natrolite {

/// The cutoffs of a model's edges: its matrix, or the cutoff of its list for all pairs of types.
inline PairCutoffs cutoffs_of(const Metadata &m)
{
  const auto ntypes = static_cast<int>(m.type_names.size());
  return m.pair_cutoffs.empty() ? PairCutoffs(ntypes, m.list_cutoff) : PairCutoffs(ntypes, m.pair_cutoffs);
}

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Tables of the types and pairs of types of DFT-D3, from element data and settings.
#pragma once

#include "dispersion.h"
#include "dispersion_kernels.h"

#include <vector>

namespace natrolite::d3 {

struct TypeTables {
  std::vector<Type> types;        ///< [type]
  std::vector<TypePair> pairs;    ///< [type][type]
};

TypeTables type_tables(const DispersionSettings &);

}    // namespace natrolite::d3

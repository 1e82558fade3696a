// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Metadata of a file that has no natrolite.json: what its own format says, and no reference.
#pragma once

#include "engine.h"

namespace natrolite {

/// Elements by symbol, one cutoff (Angstrom), dtype "float32" or "float64"; name = the file's.
/// Throws std::runtime_error for an unknown element, no element, or a cutoff that is not positive.
Metadata foreign_metadata(const LoadOptions &options, const std::string &family,
                          const std::string &created_by,
                          const std::vector<std::string> &type_names, double r_max, int num_layers,
                          const std::string &dtype);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Metadata of a file that has no natrolite.json: what its own format says, and no reference.
#pragma once

#include "engine.h"

namespace natrolite {

/// The words of a text, as foreign formats write their lists.
std::vector<std::string> words(const std::string &text);

/// Types by name (atomic number 0 if it is no element), one cutoff (Angstrom), dtype "float32" or
/// "float64"; name = the file's. Throws std::runtime_error for no type, or a cutoff that is not
/// positive.
Metadata foreign_metadata(const LoadOptions &options, const std::string &family,
                          const std::string &created_by, const std::vector<std::string> &type_names,
                          double r_max, int num_layers, const std::string &dtype);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// MACE files made for its own pair style (`mace_create_lammps_model`, `*-lammps.pt`), used as
/// they are: the inner model is run from edge vectors.
#pragma once

#include "engine.h"

#include <memory>

namespace natrolite {

/// Throws std::runtime_error (without the file's name).
std::unique_ptr<Model> load_mace(const LoadOptions &options);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// NequIP and Allegro files compiled by AOTInductor (`nequip-compile`, `.nequip.pt2`), used as
/// they are: machine code that takes positions and gives forces.
#pragma once

#include "engine.h"

#include <memory>

namespace natrolite {

/// Throws std::runtime_error (without the file's name).
std::unique_ptr<Model> load_nequip_aoti(const LoadOptions &options);

}    // namespace natrolite

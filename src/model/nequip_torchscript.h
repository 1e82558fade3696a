// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// NequIP and Allegro files compiled to TorchScript (`nequip-compile`, `.nequip.pth`), used as
/// they are: the inner energy model is run from edge vectors.
#pragma once

#include "engine.h"

#include <memory>

namespace natrolite {

/// Throws std::runtime_error (without the file's name).
std::unique_ptr<Model> load_nequip_torchscript(const LoadOptions &options);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// NequIP and Allegro files in TorchScript, of `nequip-compile` (`.nequip.pth`) and of the older
/// `nequip-deploy`, used as they are: the inner energy model is run from edge vectors.
#pragma once

#include "engine.h"
#include "file_kind.h"

#include <memory>

namespace natrolite {

/// `kind` is one of the two. Throws std::runtime_error (without the file's name).
std::unique_ptr<Model> load_nequip_torchscript(const LoadOptions &options, FileKind kind);

}    // namespace natrolite

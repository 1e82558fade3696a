// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The evaluator of natrolite's own model files: TorchScript with the edge-vector contract.
#pragma once

#include "engine.h"

#include <memory>

namespace natrolite {

/// Throws std::runtime_error (one line, without the file's name).
std::unique_ptr<Model> load_torchscript(const LoadOptions &options);

}    // namespace natrolite

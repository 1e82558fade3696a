// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// SevenNet files deployed for its own serial pair style (`sevenn get_model`), used as they are.
#pragma once

#include "engine.h"

#include <memory>

namespace natrolite {

/// Throws std::runtime_error (without the file's name).
std::unique_ptr<Model> load_sevennet(const LoadOptions &options);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The self test: the case embedded in a model file, evaluated here.
#pragma once

#include "model.h"

namespace natrolite {

/// Throws std::runtime_error with both numbers if energy or forces differ by more than the file's
/// tolerances. Not collective. The file must have a reference.
void run_self_test(Model &model);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// How far does an atom's energy see? Asked of the model itself, for files that do not say.
#pragma once

#include "engine.h"

namespace natrolite {

/// The number of edges in a row that an atom's energy depends on: the message-passing layers.
/// Throws std::runtime_error if it is more than 20 or nothing.
int count_layers(Model &model);

}    // namespace natrolite

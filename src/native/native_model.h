// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A described network as a Model.
#pragma once

#include "model/model.h"

#include <memory>
#include <string_view>

namespace natrolite::native {

/// description, arrays: the records native.json and native.bin of a model file with this metadata.
/// Throws std::runtime_error: what parse_description says, or a network that cannot be run.
std::unique_ptr<Model> load_native(const Metadata &metadata, std::string_view description,
                                   std::string_view arrays, int threads);

}    // namespace natrolite::native

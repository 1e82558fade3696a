// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// What nequip writes into its compiled files beside the model, of either kind.
#pragma once

#include "engine.h"

#include <functional>

namespace natrolite {

/// Text of a key, or "" if the file has none.
using NequipText = std::function<std::string(const std::string &key)>;

/// What the extra files of a TorchScript archive say. Keeps a reference to the options.
NequipText extra_texts(const LoadOptions &options);

/// Metadata from `type_names`, `r_max`, `model_dtype`, `per_edge_type_cutoff` and `allow_tf32`.
/// Throws std::runtime_error naming the key that is missing or makes no sense.
Metadata nequip_metadata(const LoadOptions &options, const std::string &family, int num_layers,
                         const NequipText &text);

}    // namespace natrolite

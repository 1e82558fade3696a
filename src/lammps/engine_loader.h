// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Opens the engine (libnatrolite_engine.so) beside the plugin.
#pragma once

#include "model/engine.h"

#include <memory>

namespace LAMMPS_NS {

/// A model from the engine. Not collective. Throws std::runtime_error: engine or its LibTorch not
/// found, and whatever the engine says of the file.
std::unique_ptr<natrolite::Model> load_model(const natrolite::LoadOptions &options);

}    // namespace LAMMPS_NS

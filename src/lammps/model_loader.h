// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A model from the bytes of its file: by the native evaluator, or by the engine
/// (libnatrolite_engine.so), which is opened beside the plugin when it is needed.
#pragma once

#include "torch/engine.h"

#include <memory>
#include <string>

namespace LAMMPS_NS {

enum class Evaluator { automatic, native, torch };

struct LoadedModel {
  std::unique_ptr<natrolite::Model> model;
  std::string by_torch;    ///< why LibTorch evaluates it; empty = the native evaluator does
};

/// Not collective. Throws std::runtime_error: what is wrong with the file, engine or its LibTorch not
/// found, or a file that the evaluator asked for cannot run.
LoadedModel load_model(const natrolite::LoadOptions &options, Evaluator evaluator);

}    // namespace LAMMPS_NS

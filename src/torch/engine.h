// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The border of the engine, which is a shared library opened with RTLD_LOCAL | RTLD_DEEPBIND; its one
/// exported symbol is natrolite_load_model(). Every error leaves it as std::runtime_error with one
/// line of text.
#pragma once

#include "model/model.h"

#include <cstddef>
#include <string>

namespace natrolite {

/// Raised by one with every change of this header, of model/model.h or model/metadata.h.
inline constexpr int ENGINE_ABI = 5;

enum class Device { automatic, cpu, cuda };

struct LoadOptions {
  std::string file;    ///< name for messages
  const char *bytes = nullptr;
  std::size_t nbytes = 0;
  Device device = Device::automatic;
  int local_rank = 0;    ///< rank within the node: takes its GPUs in turn
  int device_id = -1;    ///< the GPU to take; -1 = by local_rank
  int threads = 1;       ///< CPU threads of this rank
};

extern "C" {
/// Throws std::runtime_error: wrong ABI, not a model file (says what it is), bad metadata,
/// unknown operator, no such device.
using LoadModelFunction = Model *(int abi, const LoadOptions &options);
}

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// LibTorch's process-wide settings, chosen once for molecular dynamics.
#pragma once

#include "engine.h"

#include <c10/core/Device.h>

#include <string>

namespace natrolite {

/// Choose the device, set threads, allocator and fuser. Throws if CUDA is asked for and absent.
c10::Device prepare_runtime(const LoadOptions &options);

/// The device for a log line, for example "cpu, 2 thread(s)".
std::string describe(const c10::Device &device);

}    // namespace natrolite

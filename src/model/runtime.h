// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// LibTorch's process-wide settings, chosen once for molecular dynamics.
#pragma once

#include "engine.h"

#include <c10/core/Device.h>

#include <exception>
#include <string>

namespace natrolite {

/// Choose the device, set threads, allocator and fuser. Throws if CUDA is asked for and absent.
c10::Device prepare_runtime(const LoadOptions &options);

/// An exception's text in one line: its first one without LibTorch's stack trace, or what a model
/// itself raised.
std::string first_line(const std::exception &e);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The guard at the engine's border: every error leaves it as std::runtime_error of one line.
#pragma once

#include "engine.h"

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

namespace natrolite {

/// An exception's text in one line: its first one without LibTorch's stack trace, or what a model
/// itself raised.
std::string first_line(const std::exception &e);

/// What f returns, or std::runtime_error of one line for whatever it throws.
template <class F>
auto in_one_line(const F &f)
{
  try {
    return f();
  } catch (const std::exception &e) {
    throw std::runtime_error(first_line(e));
  } catch (...) {
    throw std::runtime_error("unknown error");
  }
}

/// The same model, whose errors are of one line.
std::unique_ptr<Model> guarded(std::unique_ptr<Model> model);

}    // namespace natrolite

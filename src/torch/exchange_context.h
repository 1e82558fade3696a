// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The context of the exchange operators during one evaluation.
#pragma once

#include "engine.h"

#include <condition_variable>
#include <functional>
#include <mutex>

namespace natrolite {

/// Runs functions on the thread that called serve(): LibTorch's autograd runs CUDA backward
/// passes on threads of its own, but MPI must be called from the host code's thread.
class HomeThread {
public:
  /// Runs `work` on another thread, and on this one what that work passes to run(),
  /// until `work` has returned. Rethrows what `work` threw.
  void serve(const std::function<void()> &work);
  /// Called on any thread: runs f at home and returns when it is done; rethrows what f threw.
  void run(const std::function<void()> &f);

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()> *task_ = nullptr;
  std::exception_ptr failure_;
  bool serving_ = false, done_ = false;
};

/// What the operators need: set for the duration of one evaluation.
struct ExchangeContext {
  Exchange *exchange = nullptr;
  std::int64_t nlocal = 0;
  std::int64_t nall = 0;
  HomeThread home;
};

/// Makes a context current on this thread; the operators find it in their forward pass and keep
/// it for their backward pass, whichever thread that runs on.
class ExchangeScope {
public:
  explicit ExchangeScope(ExchangeContext &context);
  ~ExchangeScope();
  ExchangeScope(const ExchangeScope &) = delete;
  ExchangeScope &operator=(const ExchangeScope &) = delete;

private:
  ExchangeContext *previous_;
};

/// Is there a context on this thread, that is, does the engine evaluate a model here?
bool in_evaluation();

/// The context of this thread. Throws std::runtime_error if there is none.
ExchangeContext &current_exchange(const char *op);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
#include "exchange_context.h"

#include <stdexcept>
#include <thread>
#include <utility>

namespace natrolite {

namespace {
  thread_local ExchangeContext *current = nullptr;
}

ExchangeScope::ExchangeScope(ExchangeContext &context) : previous_(current)
{
  current = &context;
}

ExchangeScope::~ExchangeScope()
{
  current = previous_;
}

bool in_evaluation()
{
  return current != nullptr;
}

ExchangeContext &current_exchange(const char *op)
{
  if (!current)
    throw std::runtime_error(std::string("natrolite::") + op +
                             " was called outside an evaluation: no exchange context is set");
  return *current;
}

void HomeThread::serve(const std::function<void()> &work)
{
  std::unique_lock lock(mutex_);
  serving_ = true;
  done_ = false;
  std::exception_ptr outcome;
  std::thread worker([&] {
    try {
      work();
    } catch (...) {
      outcome = std::current_exception();
    }
    const std::lock_guard guard(mutex_);
    done_ = true;
    changed_.notify_all();
  });
  while (true) {
    changed_.wait(lock, [&] { return task_ || done_; });
    if (!task_) break;
    try {
      (*task_)();
    } catch (...) {
      failure_ = std::current_exception();
    }
    task_ = nullptr;
    changed_.notify_all();
  }
  serving_ = false;
  lock.unlock();
  worker.join();
  if (outcome) std::rethrow_exception(outcome);
}

void HomeThread::run(const std::function<void()> &f)
{
  std::unique_lock lock(mutex_, std::defer_lock);
  if (!serving_) return f();    // this is the home thread
  lock.lock();
  task_ = &f;
  changed_.notify_all();
  changed_.wait(lock, [&] { return task_ == nullptr; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}    // namespace natrolite

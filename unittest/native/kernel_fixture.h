// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Tests of loops for each instruction set that this processor has, in float and double.
#pragma once

#include "native/buffer.h"
#include "native/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace natrolite::native {

/// Aligned numbers, of which the first n count; those after them are NaN, so that whoever reads them is seen.
template <class T>
struct Numbers : Buffer<T> {
  explicit Numbers(std::size_t n)
  {
    this->reserve(n + 64);
    for (std::size_t k = 0; k < this->size(); ++k) this->data()[k] = k < n ? T(0) : T(NAN);
  }
  Numbers(std::size_t n, std::mt19937 &random, double from = -1.0, double to = 1.0) : Numbers(n)
  {
    std::uniform_real_distribution<double> draw(from, to);
    for (std::size_t k = 0; k < n; ++k) this->data()[k] = static_cast<T>(draw(random));
  }
  T &operator[](std::size_t k) const { return this->data()[k]; }
};

/// Runs a test body `f(kernels)` for all tables of functions of T.
template <class T, class F>
void for_each_set(F &&f)
{
  for (const auto set : INSTRUCTION_SETS) {
    if (!is_here(set)) continue;
    const auto table = kernels_of<T>(set);
    SCOPED_TRACE(std::string(table.name) + (sizeof(T) == 4 ? " float" : " double"));
    f(table);
  }
}

template <class T>
class KernelTest : public ::testing::Test {
public:
  /// rounding of a sum of some numbers of size 1
  static constexpr double ROUNDING = sizeof(T) == 4 ? 2e-5 : 1e-13;
  std::mt19937 random{20261126};
};
using Types = ::testing::Types<float, double>;

}    // namespace natrolite::native

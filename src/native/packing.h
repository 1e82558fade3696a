// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <cstdint>

namespace natrolite::native {

/// elements of n channels in whole vectors
constexpr int whole_vectors(int n, int width)
{
  return (n + width - 1) / width * width;
}

/// Weights [in, out], or transposed, as Kernels::multiply reads them: in groups of 4, 2 and 1 vectors of
/// `width` columns, `padded` columns in all. Returns the number of elements written.
template <class T>
std::size_t pack_weights(const double *w, std::int64_t in, std::int64_t out, bool transposed, int width,
                         int padded, T *to)
{
  const auto depth = transposed ? out : in, columns = transposed ? in : out;
  std::size_t at = 0;
  for (int c = 0; c < padded;) {
    const int left = (padded - c) / width, group = (left >= 4 ? 4 : left >= 2 ? 2 : 1) * width;
    for (std::int64_t k = 0; k < depth; ++k)
      for (int j = c; j < c + group; ++j) {
        const double value = j >= columns ? 0.0 : transposed ? w[j * out + k] : w[k * out + j];
        to[at++] = static_cast<T>(value);
      }
    c += group;
  }
  return at;
}

}    // namespace natrolite::native

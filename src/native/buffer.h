// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Memory aligned to a cache line, which grows and is reused; and how rows lie in it.
#pragma once

#include "description.h"
#include "packing.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace natrolite::native {

inline constexpr std::size_t ALIGNMENT = 64;

template <class T>
class Buffer {
public:
  /// room for n elements; what was in it is lost when it grows
  void reserve(std::size_t n)
  {
    if (n <= size_) return;
    if (size_ > 0) n += n / 8;    // it grows, and will again
    data_.reset();
    size_ = 0;
    const std::size_t bytes = (n * sizeof(T) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    data_.reset(static_cast<T *>(std::aligned_alloc(ALIGNMENT, bytes)));
    if (!data_) throw std::bad_alloc();
    size_ = n;
  }
  T *data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  double bytes() const { return static_cast<double>(size_) * sizeof(T); }

private:
  struct Free {
    void operator()(T *p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

/// Blocks of a row, channels padded to whole vectors.
struct Layout {
  struct Block {
    int channels = 0, l = 0;
    int padded = 0;    ///< elements between two components
    int offset = 0;    ///< of the block in a row
    int components() const { return 2 * l + 1; }
  };
  std::vector<Block> blocks;
  int width = 0;    ///< elements of a row

  Layout() = default;
  Layout(const std::vector<BlockShape> &shapes, int vector)
  {
    for (const auto &s : shapes) {
      const int padded = whole_vectors(s.channels, vector);
      blocks.push_back({s.channels, s.l, padded, width});
      width += padded * (2 * s.l + 1);
    }
  }
};

/// Rows from `first` on; row r at base + (r - first) * stride.
template <class T>
struct Rows {
  T *base = nullptr;
  std::int64_t stride = 0, first = 0;
  T *operator[](std::int64_t row) const { return base + (row - first) * stride; }
};

}    // namespace natrolite::native

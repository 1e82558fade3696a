// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// How threads share blocks of centers, and add to rows of neighbors without waiting for each other.
///
/// A thread adds to the rows themselves, unless a thread before it adds to them too: then to an extra row of
/// its own, and the extra rows are added in the order of the threads. The threads' blocks are worked on in
/// two phases: where atoms lie in the order of their places, as LAMMPS sorts them, the rows of the first
/// halves hardly overlap, nor do those of the second ones.
#pragma once

#include "model/model.h"

#include <cstdint>
#include <vector>

namespace natrolite::native {

class SharedRows {
public:
  static constexpr int PHASES = 2;

  /// \param first [nlocal + 1] edges of a center; block: centers of a block
  void find(const Graph &graph, const std::vector<std::int64_t> &first, int threads, std::int64_t block);

  /// blocks of a thread in a phase
  std::int64_t begin(int thread, int phase) const { return starts_[thread * PHASES + phase]; }
  std::int64_t end(int thread, int phase) const { return starts_[thread * PHASES + phase + 1]; }
  /// [nall] where a thread adds what a row gets; null = to the row
  const std::int32_t *rows(int thread, int phase) const;
  /// most rows that a phase needs behind all others
  std::int64_t extra() const { return extra_; }
  /// Adds the extra rows of a phase to their rows, and clears them.
  /// \param data [nall + extra][width]
  template <class S>
  void sum(int phase, S *data, std::int64_t width) const;
  double memory_bytes() const;

private:
  void mark(const Graph &graph, const std::vector<std::int64_t> &first, int thread, int phase,
            std::int64_t block);
  std::int64_t number(int phase);

  int threads_ = 1;
  std::int64_t nall_ = 0, extra_ = 0;
  std::vector<std::int64_t> starts_;                 ///< [threads * PHASES + 1] blocks
  std::vector<std::int32_t> rows_;                   ///< [phase][thread][nall]
  std::vector<char> taken_[PHASES];                  ///< [nall] while they are numbered
  std::vector<std::vector<std::int32_t>> copied_;    ///< [phase * threads + thread] rows with an extra row
};

}    // namespace natrolite::native

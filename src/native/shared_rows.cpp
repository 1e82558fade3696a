// SPDX-License-Identifier: GPL-2.0-only
#include "shared_rows.h"

#include "core/threads.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace natrolite::native {

void SharedRows::find(const Graph &graph, const std::vector<std::int64_t> &first, int threads,
                      std::int64_t block)
{
  threads_ = threads;
  nall_ = graph.nall;
  extra_ = 0;
  const std::int64_t blocks = (graph.nlocal + block - 1) / block;
  starts_.clear();
  for (int t = 0; t < threads; ++t) {
    const auto [begin, end] = share_of(blocks, t, threads);
    starts_.push_back(begin);
    starts_.push_back(begin + (end - begin) / 2);
  }
  starts_.push_back(blocks);
  copied_.resize(static_cast<std::size_t>(PHASES * threads));
  if (threads == 1) return;
  rows_.resize(PHASES * threads * nall_);
  on_threads(threads, [&](int thread, int count) {
    for (int t = thread; t < threads; t += count)
      for (int phase = 0; phase < PHASES; ++phase) mark(graph, first, t, phase, block);
  });
  std::int64_t rows[PHASES];
  on_threads(std::min(threads, PHASES), [&](int thread, int count) {
    for (int phase = thread; phase < PHASES; phase += count) rows[phase] = number(phase);
  });
  const std::int64_t most = *std::max_element(rows, rows + PHASES);
  if (most > std::numeric_limits<std::int32_t>::max())
    throw std::runtime_error(std::to_string(most) +
                             " rows with those of threads are too many for a rank: take "
                             "more ranks, or fewer threads");
  extra_ = most - nall_;
}

/// 1 for the rows to which a thread adds, else -1
void SharedRows::mark(const Graph &graph, const std::vector<std::int64_t> &first, int thread, int phase,
                      std::int64_t block)
{
  std::int32_t *rows = rows_.data() + (phase * threads_ + thread) * nall_;
  std::fill_n(rows, nall_, -1);
  const std::int64_t from = std::min(graph.nlocal, begin(thread, phase) * block);
  const std::int64_t to = std::min(graph.nlocal, end(thread, phase) * block);
  std::fill(rows + from, rows + to, 1);
  const CompactEdges *compact = graph.compact;
  for (std::int64_t e = first[from]; e < first[to]; ++e)
    rows[compact ? compact->row_of_atom[compact->atom[e]] : graph.edge_index[graph.nedges + e]] = 1;
}

/// returns how many rows there are with the extra ones
std::int64_t SharedRows::number(int phase)
{
  std::int64_t next = nall_;
  auto &taken = taken_[phase];
  taken.assign(nall_, 0);
  const auto rows_of = [&](int thread) { return rows_.data() + (phase * threads_ + thread) * nall_; };
  for (int t = 0; t < threads_; ++t) {
    auto &copied = copied_[phase * threads_ + t];
    copied.clear();
    std::int32_t *mine = rows_of(t);
    for (std::int64_t row = 0; row < nall_; ++row) {
      if (mine[row] < 0) continue;
      const bool before = std::exchange(taken[row], 1) != 0;
      mine[row] = static_cast<std::int32_t>(before ? next++ : row);
      if (before) copied.push_back(static_cast<std::int32_t>(row));
    }
  }
  return next;
}

const std::int32_t *SharedRows::rows(int thread, int phase) const
{
  return threads_ == 1 ? nullptr : rows_.data() + (phase * threads_ + thread) * nall_;
}

template <class S>
void SharedRows::sum(int phase, S *data, std::int64_t width) const
{
  if (threads_ == 1) return;
  on_threads(threads_, [&](int thread, int count) {
    const auto [begin, end] = share_of(nall_, thread, count);
    S *extra = data + nall_ * width;
    for (int t = 0; t < threads_; ++t) {
      const auto &copied = copied_[phase * threads_ + t];
      const auto from = std::lower_bound(copied.begin(), copied.end(), begin);
      const auto to = std::lower_bound(from, copied.end(), end);
      S *row = extra + (from - copied.begin()) * width;
      for (auto k = from; k != to; ++k, row += width)
        for (std::int64_t c = 0; c < width; ++c) {
          data[*k * width + c] += row[c];
          row[c] = S(0);
        }
      extra += static_cast<std::int64_t>(copied.size()) * width;
    }
  });
}

template void SharedRows::sum<float>(int, float *, std::int64_t) const;
template void SharedRows::sum<double>(int, double *, std::int64_t) const;

double SharedRows::memory_bytes() const
{
  double bytes = static_cast<double>(rows_.capacity()) * sizeof(std::int32_t);
  for (const auto &taken : taken_) bytes += static_cast<double>(taken.capacity());
  for (const auto &copied : copied_) bytes += static_cast<double>(copied.capacity()) * sizeof(std::int32_t);
  return bytes;
}

}    // namespace natrolite::native

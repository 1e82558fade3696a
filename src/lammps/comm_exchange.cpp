// SPDX-License-Identifier: GPL-2.0-only
#include "comm_exchange.h"

#include "comm_compat.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace LAMMPS_NS {

using natrolite::FeatureRows;

CommExchange::CommExchange(Comm *&comm, Pair *pair, MPI_Comm world, const natrolite::RowMap &rows) :
    comm_(comm), pair_(pair), world_(world), map_(rows)
{
}

int CommExchange::words(std::int64_t width, int element_bytes)
{
  return static_cast<int>((width * element_bytes + sizeof(double) - 1) / sizeof(double));
}

template <class F>
void CommExchange::for_each_chunk(const FeatureRows &rows, int most_words, F &&f)
{
  rows_ = rows;
  const std::int64_t most = most_words * static_cast<std::int64_t>(sizeof(double)) / rows.element_bytes;
  for (begin_ = 0; begin_ < rows.width; begin_ += most) {
    count_ = std::min(most, rows.width - begin_);
    words_ = words(count_, rows.element_bytes);
    f();
  }
}

void CommExchange::forward(const FeatureRows &rows)
{
  for_each_chunk(rows, pair_->comm_forward, [&] { compat::forward_comm(comm_, pair_, words_); });
}

void CommExchange::reverse(const FeatureRows &rows)
{
  for_each_chunk(rows, pair_->comm_reverse, [&] { compat::reverse_comm(comm_, pair_, words_); });
}

void CommExchange::sum(double *values, std::int64_t n)
{
  MPI_Allreduce(MPI_IN_PLACE, values, static_cast<int>(n), MPI_DOUBLE, MPI_SUM, world_);
}

void CommExchange::max(double *values, unsigned char *mine, std::int64_t n)
{
  struct ValueRank {
    double value;
    int rank;
  };
  int me;
  MPI_Comm_rank(world_, &me);
  std::vector<ValueRank> local(n), global(n);
  for (std::int64_t k = 0; k < n; ++k) local[k] = {values[k], me};
  MPI_Allreduce(local.data(), global.data(), static_cast<int>(n), MPI_DOUBLE_INT, MPI_MAXLOC, world_);
  for (std::int64_t k = 0; k < n; ++k) {
    values[k] = global[k].value;
    mine[k] = global[k].rank == me;
  }
}

char *CommExchange::chunk_of(int atom) const
{
  const std::int64_t row = map_.row_of_atom[atom];
  if (row < 0) return nullptr;
  return static_cast<char *>(rows_.data) + (row * rows_.width + begin_) * rows_.element_bytes;
}

void CommExchange::pack(int atom, double *buf) const
{
  const char *from = chunk_of(atom);
  buf[words_ - 1] = 0.0;
  if (from)
    std::memcpy(buf, from, count_ * rows_.element_bytes);
  else
    std::fill_n(buf, words_, 0.0);
}

int CommExchange::pack_forward(int n, const int *atoms, double *buf) const
{
  for (int k = 0; k < n; ++k) pack(atoms[k], buf + static_cast<std::size_t>(k) * words_);
  return n * words_;
}

void CommExchange::unpack_forward(int n, int first, const double *buf)
{
  for (int k = 0; k < n; ++k)
    if (char *to = chunk_of(first + k))
      std::memcpy(to, buf + static_cast<std::size_t>(k) * words_, count_ * rows_.element_bytes);
}

int CommExchange::pack_reverse(int n, int first, double *buf) const
{
  for (int k = 0; k < n; ++k) pack(first + k, buf + static_cast<std::size_t>(k) * words_);
  return n * words_;
}

namespace {
  template <class T>
  void add(char *to, const double *buf, std::int64_t count)
  {
    auto *sum = reinterpret_cast<T *>(to);
    const auto *bytes = reinterpret_cast<const char *>(buf);
    for (std::int64_t c = 0; c < count; ++c) {
      T part;
      std::memcpy(&part, bytes + c * sizeof(T), sizeof(T));
      sum[c] += part;
    }
  }
}    // namespace

void CommExchange::unpack_reverse(int n, const int *atoms, const double *buf)
{
  for (int k = 0; k < n; ++k) {
    char *to = chunk_of(atoms[k]);
    if (!to) continue;
    const double *from = buf + static_cast<std::size_t>(k) * words_;
    if (rows_.element_bytes == 4)
      add<float>(to, from, count_);
    else
      add<double>(to, from, count_);
  }
}

}    // namespace LAMMPS_NS

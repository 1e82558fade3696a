// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_map.h"

#include "macros.h"

#include <algorithm>
#include <cmath>

namespace natrolite
{

static int wrapped(int i, int n)
{
  if (i >= 0 && i < n) return i;
  const int r = i % n;
  return r < 0 ? r + n : r;
}

static int floor_of(double x)
{
  const int i = static_cast<int>(x);
  return i - (x < i);
}

KernelMap::KernelMap(const Cell &cell, int nx, int ny, double s)
    : nx_(nx), ny_(ny), periodic_{cell.periodic[0], cell.periodic[1]}, s_(s), hx_(cell.lx / nx),
      hy_(cell.ly / ny), tilt_(cell.xy / ny), per_hx_(1.0 / hx_), per_hy_(1.0 / hy_),
      per_s2_(1.0 / (s * s)), half_(static_cast<int>(std::ceil(reach * s / hx_))),
      high_(static_cast<int>(std::ceil(reach * s / hy_))), columns_((2 * half_ + 3) / 4 * 4),
      before_(cell.periodic[0] ? 0 : columns_), width_(before_ + nx + columns_),
      least_(std::exp(-0.5 * reach * reach) * (1.0 + 1e-10))
{
  const double whole = std::round(tilt_ / hx_);
  lean_ = tilt_ - whole * hx_;
  prepare_rows(static_cast<int>(whole));
  const double farthest = hx_ * (columns_ + most_ + 1);
  direct_ = farthest * hx_ + (hy_ * hy_ + std::abs(lean_) * hx_) * 2 * high_ > 300.0 * s * s;
  padded_.assign(4 * static_cast<std::size_t>(ny_) * width_, 0.0);
  powers_.assign((std::max(columns_, most_) + 4) / 4 * 4, 1.0); // stay 1 if direct
  weights_.resize(columns_);
  atoms_.reserve(batch);
  places_.reserve(batch);
}

void KernelMap::prepare_rows(int whole)
{
  for (int j = 1 - high_; j <= high_; j++) {
    const int back = static_cast<int>(std::ceil(j * lean_ * per_hx_));
    const int shift = 1 - half_ - back - whole * j;
    rows_.push_back({periodic_[0] ? wrapped(shift, nx_) : shift, -back, j * lean_ - back * hx_});
    most_ = std::max(most_, back);
  }
  for (Row &row : rows_) row.raise += most_;
  table_.resize(rows_.size() * (columns_ + 1)); // one more, as a row starts at either of two nodes
  for (std::size_t r = 0, at = 0; r < rows_.size(); r++)
    for (int k = 0; k <= columns_; k++) {
      const double x = (k + 1 - half_) * hx_ + rows_[r].offset;
      const double y = (static_cast<int>(r) + 1 - high_) * hy_;
      table_[at++] = std::exp(-0.5 * (x * x + y * y) * per_s2_);
    }
}

KernelMap::Place KernelMap::place(const Atom &a) const
{
  Place p;
  p.j = floor_of(a.y * per_hy_ - 0.5);
  p.gy = a.y - (p.j + 0.5) * hy_;
  const double left = a.x - (p.j + 0.5) * tilt_;
  p.i = floor_of(left * per_hx_ - 0.5);
  p.gx = left - (p.i + 0.5) * hx_;
  const double x = p.gx * per_s2_, y = p.gy * per_s2_, up = x * lean_ + y * hy_;
  p.across = std::exp(x * hx_);
  p.along = std::exp(up);
  p.corner =
      std::exp(x * hx_ * (1 - half_ - most_) + up * (1 - high_) - 0.5 * (x * p.gx + y * p.gy));
  return p;
}

// p[i] = q^i for i < count, a multiple of 4; four chains, since a product waits for its factors
static inline void fill_powers(double *p, int count, double q)
{
  const double q2 = q * q, q4 = q2 * q2;
  double chain[4] = {1.0, q, q2, q * q2};
  for (int i = 0; i < count; i += 4)
    for (int k = 0; k < 4; k++) {
      p[i + k] = chain[k];
      chain[k] *= q4;
    }
}

typedef double Four __attribute__((vector_size(32), aligned(8), may_alias));
typedef long long Flags __attribute__((vector_size(32)));

// w = scale t[k] p[k]; a w below `least` is out of reach
static inline void add_row(double *w, double *wz, const double *t, const double *p, int count,
                           double scale, double z, double least)
{
  for (int k = 0; k < count; k += 4) {
    const Four any = scale * (*(const Four *) (t + k) * *(const Four *) (p + k));
    const Four v = (Four) ((Flags) any & (any >= least));
    *(Four *) (w + k) += v;
    *(Four *) (wz + k) += v * z;
  }
}

// The weights of row r, without powers.
void KernelMap::weigh(const Place &p, int r, int next)
{
  const double y = (r + 1 - high_) * hy_ - p.gy;
  for (int k = 0; k < columns_; k++) {
    const double x = (k + next + 1 - half_) * hx_ + rows_[r].offset - p.gx;
    weights_[k] = std::exp(-0.5 * (x * x + y * y) * per_s2_);
  }
}

inline void KernelMap::add(const Atom &atom, const Place &p)
{
  const int nx = nx_, columns = columns_, width = width_, stride = 2 * width_;
  const bool periodic = periodic_[0], direct = direct_;
  const int start = periodic ? wrapped(p.i, nx) : p.i;
  const int low = p.j + 1 - high_; // the rows low + first .. low + last - 1
  const int first = periodic_[1] ? 0 : std::max(0, -low);
  const int last = periodic_[1] ? 2 * high_ : std::min(2 * high_, ny_ - low);
  double *const begin = padded(atom.upper, 0), *const end = begin + ny_ * stride;
  double *sums = begin + wrapped(low + first, ny_) * stride;
  const double *table = table_.data() + first * (columns + 1), *powers = powers_.data();
  const double z = atom.z, least = least_, hx = hx_, gx = p.gx, along = p.along;
  double scale = first > 0 ? p.corner * std::pow(along, first) : p.corner;
  if (!direct) fill_powers(powers_.data(), static_cast<int>(powers_.size()), p.across);
  for (int r = first; r < last; r++) {
    const Row &row = rows_[r];
    const int next = gx - row.offset >= hx; // the first node is one further right
    int at = start + next + row.shift;
    if (periodic) at -= at >= nx ? nx : 0;
    const double *factor = table + next;
    if (direct) {
      weigh(p, r, next);
      factor = weights_.data();
    }
    if (periodic || (at >= -columns && at <= nx))
      add_row(sums + at, sums + at + width, factor, powers + next, columns,
              direct ? 1.0 : scale * powers[row.raise], z, least);
    scale *= along;
    table += columns + 1;
    sums += stride;
    if (sums == end) sums = begin;
  }
}

NATROLITE_WIDE void KernelMap::flush()
{
  places_.clear();
  for (const Atom &a : atoms_) places_.push_back(place(a));
  for (std::size_t k = 0; k < atoms_.size(); k++) add(atoms_[k], places_[k]);
  atoms_.clear();
}

void KernelMap::move_to(bool upper, double *w, double *wz)
{
  flush();
  const int end = periodic_[0] ? width_ : nx_;
  for (int j = 0; j < ny_; j++) {
    double *sums = padded(upper, j);
    for (int i = 0, node = j * nx_; i < end; i++) {
      w[node] += sums[i];
      wz[node] += sums[width_ + i];
      if (++node == (j + 1) * nx_) node = j * nx_;
    }
    std::fill_n(sums - before_, 2 * width_, 0.0);
  }
}

} // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_map.h"

#include "double4.h"
#include "macros.h"

#include <algorithm>
#include <cmath>

namespace natrolite {

static int wrapped(int i, int n)
{
  const int r = i % n;
  return r < 0 ? r + n : r;
}

KernelMap::KernelMap(const Cell &cell, int nx, int ny, double s) :
    nx_(nx), ny_(ny), periodic_{cell.periodic[0], cell.periodic[1]}, hx_(cell.lx / nx), hy_(cell.ly / ny),
    tilt_(cell.xy / ny), inv_hx_(1.0 / hx_), inv_hy_(1.0 / hy_), inv_s2_(1.0 / (s * s)),
    half_(static_cast<int>(std::ceil(reach * s / hx_))), high_(static_cast<int>(std::ceil(reach * s / hy_))),
    columns_((2 * half_ + 3) / 4 * 4), before_(cell.periodic[0] ? 0 : columns_),
    width_(before_ + nx + columns_), least_(std::exp(-0.5 * reach * reach) * (1.0 + 1e-10))
{
  const double steps = std::round(tilt_ / hx_);
  skew_ = tilt_ - steps * hx_;
  prepare_rows(static_cast<int>(steps));
  prepare_sums();
  const double farthest = hx_ * (columns_ + highest_ + 1);
  direct_ = farthest * hx_ + (hy_ * hy_ + std::abs(skew_) * hx_) * 2 * high_ > 300.0 * s * s;
  powers_.assign((std::max(columns_, highest_) + 4) / 4 * 4, 1.0);    // stay 1 if direct
  scales_.assign((2 * high_ + 3) / 4 * 4, 1.0);
  weights_.resize(columns_);
}

void KernelMap::prepare_rows(int steps)
{
  for (int j = 1 - high_; j <= high_; j++) {
    const int back = static_cast<int>(std::ceil(j * skew_ * inv_hx_));
    const int shift = 1 - half_ - back - steps * j;
    rows_.push_back({periodic_[0] ? wrapped(shift, nx_) : shift, -back, j * skew_ - back * hx_});
    most_ = std::max(most_, back);
  }
  for (Row &row : rows_) {
    row.raise += most_;
    highest_ = std::max(highest_, row.raise);
  }
  const auto weight = [this](double x, double y) { return std::exp(-0.5 * (x * x + y * y) * inv_s2_); };
  if (skew_ == 0.0) {    // T_ij is a product
    for (int k = 0; k < columns_; k++) table_.push_back(weight((k + 1 - half_) * hx_, 0.0));
    for (int j = 1 - high_; j <= high_; j++) table_.push_back(weight(0.0, j * hy_));
    return;
  }
  for (std::size_t r = 0; r < rows_.size(); r++)
    for (int k = 0; k <= columns_; k++) {    // one more, as a row starts at either of two nodes
      const double x = (k + 1 - half_) * hx_ + rows_[r].offset;
      const double y = (static_cast<int>(r) + 1 - high_) * hy_;
      table_.push_back(weight(x, y));
    }
}

void KernelMap::prepare_sums()
{
  sums_.assign(4 * static_cast<std::size_t>(ny_ + 1) * width_, 0.0);
  for (int j = -2 * high_; j < ny_ + 2 * high_; j++) {
    const bool inside = periodic_[1] || (j >= 0 && j < ny_);
    starts_.push_back((inside ? wrapped(j, ny_) : ny_) * 2 * width_ + before_);
  }
}

NATROLITE_ALWAYS_INLINE void KernelMap::place(const AtomBatch &atoms, Places &p) const
{
  const double hx = hx_, hy = hy_, tilt = tilt_, skew = skew_, inv_s2 = inv_s2_;
  const double inv_hx = inv_hx_, inv_hy = inv_hy_, inv_nx = 1.0 / nx_;
  const double period = periodic_[0] ? nx_ : 0.0;
  const double leftmost = periodic_[0] ? 0.0 : -1e9, rightmost = 1e9;
  const double lowest = -high_ - 1, highest = ny_ + high_ - 1;    // their rows are all outside
  const double first = 1 - half_ - most_, below = 1 - high_;
  for (int k = 0; k < atoms.count; k += 4) {
    Double4 j = as_double4(atoms.y + k).v * inv_hy - 0.5;
    floor_in_place(j);
    const Double4 gy = as_double4(atoms.y + k).v - (j + 0.5) * hy;
    const Double4 left = as_double4(atoms.x + k).v - (j + 0.5) * tilt;
    Double4 i = left * inv_hx - 0.5;
    floor_in_place(i);
    const Double4 gx = left - (i + 0.5) * hx;
    Double4 around = (i + 0.5) * inv_nx;
    floor_in_place(around);
    i -= period * around;
    clamp_in_place(i, leftmost, rightmost);
    clamp_in_place(j, lowest, highest);
    for (int m = 0; m < 4; m++) {
      p.column[k + m] = static_cast<int>(i[m]);
      p.row[k + m] = static_cast<int>(j[m] - lowest);
    }
    const Double4 x = gx * inv_s2, y = gy * inv_s2, up = x * skew + y * hy;
    Double4 across = x * hx, along = up;
    Double4 corner = across * first + up * below - 0.5 * (x * gx + y * gy);
    exp_in_place(across);
    exp_in_place(along);
    exp_in_place(corner);
    as_double4(p.gx + k).v = gx;
    as_double4(p.gy + k).v = gy;
    as_double4(p.across + k).v = across;
    as_double4(p.along + k).v = along;
    as_double4(p.corner + k).v = corner;
  }
}

// p[i] = a q^i for i < count, a multiple of 4; in fours, as they are read
static NATROLITE_ALWAYS_INLINE void fill_powers(double *p, int count, double a, double q)
{
  const double q2 = q * q;
  Double4 chain = Double4{1.0, q, q2, q * q2} * a;
  for (int i = 0; i < count; i += 4) {
    as_double4(p + i).v = chain;
    chain *= q2 * q2;
  }
}

// w = scale t[k] p[k], or scale t[k] if p is null; a w below `least` is out of reach
static NATROLITE_ALWAYS_INLINE void add_row(double *w, double *wz, const double *t, const double *p,
                                            int count, double scale, double z, double least)
{
  for (int k = 0; k < count; k += 4) {
    Double4 v = as_double4(t + k).v;
    if (p) v *= as_double4(p + k).v;
    v *= scale;
    apply_mask(v, v >= least);
    as_double4(w + k).v += v;
    as_double4(wz + k).v += v * z;
  }
}

// The weights of row r, without powers.
void KernelMap::direct_weights(const Places &p, int k, int r, int next)
{
  const double y = (r + 1 - high_) * hy_ - p.gy[k];
  for (int c = 0; c < columns_; c++) {
    const double x = (c + next + 1 - half_) * hx_ + rows_[r].offset - p.gx[k];
    weights_[c] = std::exp(-0.5 * (x * x + y * y) * inv_s2_);
  }
}

// All rows have the same weights but for a factor.
NATROLITE_ALWAYS_INLINE void KernelMap::add_separable(const Places &p, int k, double *sums, double z)
{
  const int columns = columns_, width = width_, count = 2 * high_, last = nx_;
  const int *start = starts_.data() + p.row[k];
  double *const x = powers_.data(), *const y = scales_.data();
  const double *const along_x = table_.data(), *const along_y = table_.data() + columns;
  const double least = least_;
  fill_powers(x, columns, 1.0, p.across[k]);
  fill_powers(y, static_cast<int>(scales_.size()), p.corner[k], p.along[k]);
  for (int c = 0; c < columns; c += 4) as_double4(x + c).v *= as_double4(along_x + c).v;
  int at = p.column[k] + rows_[0].shift;
  if (periodic_[0])
    at -= at >= last ? last : 0;
  else
    at = std::clamp(at, -columns, last);
  sums += at;
  for (int r = 0; r < count; r++) {
    double *w = sums + start[r];
    add_row(w, w + width, x, nullptr, columns, y[r] * along_y[r], z, least);
  }
}

template <bool direct>
NATROLITE_ALWAYS_INLINE void KernelMap::add(const Places &p, int k, double *sums, double z)
{
  const int nx = nx_, columns = columns_, width = width_, count = 2 * high_;
  const int column = p.column[k];
  const int low = periodic_[0] ? 0 : -columns, period = periodic_[0] ? nx : 0;
  const int *start = starts_.data() + p.row[k];
  const Row *row = rows_.data();
  double *const powers = powers_.data(), *const scales = scales_.data();
  const double *table = table_.data();
  const double least = least_, hx = hx_, gx = p.gx[k];
  if (!direct) {
    fill_powers(powers, static_cast<int>(powers_.size()), 1.0, p.across[k]);
    fill_powers(scales, static_cast<int>(scales_.size()), p.corner[k], p.along[k]);
  }
  for (int r = 0; r < count; r++, table += columns + 1) {
    const int next = gx - row[r].offset >= hx;    // the first node is one further right
    int at = column + next + row[r].shift;
    at -= at >= nx ? period : 0;
    at = std::clamp(at, low, nx);
    double *w = sums + start[r] + at;
    if (direct) {
      direct_weights(p, k, r, next);
      add_row(w, w + width, weights_.data(), nullptr, columns, 1.0, z, least);
    } else
      add_row(w, w + width, table + next, powers + next, columns, scales[r] * powers[row[r].raise], z, least);
  }
}

NATROLITE_TARGET_CLONES void KernelMap::accumulate(const AtomBatch &atoms)
{
  Places p;
  place(atoms, p);
  double *sums = sums_.data() + atoms.upper * (sums_.size() / 2);
  if (direct_)
    for (int k = 0; k < atoms.count; k++) add<true>(p, k, sums, atoms.z[k]);
  else if (skew_ == 0.0)
    for (int k = 0; k < atoms.count; k++) add_separable(p, k, sums, atoms.z[k]);
  else
    for (int k = 0; k < atoms.count; k++) add<false>(p, k, sums, atoms.z[k]);
}

NATROLITE_TARGET_CLONES void KernelMap::move_to(bool upper, double *w, double *wz)
{
  double *layer = sums_.data() + upper * (sums_.size() / 2);
  const int end = periodic_[0] ? width_ : nx_;
  for (int j = 0; j < ny_; j++, w += nx_, wz += nx_) {
    const double *row = layer + 2 * width_ * j + before_;
    for (int from = 0; from < end; from += nx_, row += nx_) {
      const int n = std::min(nx_, end - from);
      for (int i = 0; i < n; i++) w[i] += row[i];
      for (int i = 0; i < n; i++) wz[i] += row[width_ + i];
    }
  }
  std::fill_n(layer, sums_.size() / 2, 0.0);
}

}    // namespace natrolite

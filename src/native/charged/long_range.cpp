// SPDX-License-Identifier: GPL-2.0-only
#include "long_range.h"

#include <algorithm>
#include <cmath>

namespace natrolite::native::charged {

LongRange::LongRange(const ChargedDescription &d) :
    kernels_(kernels<double>()), r_max_(d.r_max), lr_cutoff_(d.lr_cutoff), repulsion_(d.repulsion),
    coulomb_(d.coulomb), kind_(d.types, 0)
{
  if (d.dispersion) dispersion_.emplace(*d.dispersion, d.types, d.lr_cutoff);
}

void LongRange::see_types(const std::vector<std::int64_t> &present)
{
  if (present == present_) return;
  present_ = present;
  constants_.clear();
  for (std::size_t k = 0; k < present.size(); ++k) kind_[present[k]] = static_cast<std::int64_t>(k);
  for (auto a : present)
    for (auto b : present) constants_.push_back(constants(a, b));
}

PairConstants<double> LongRange::constants(std::int64_t center, std::int64_t neighbor) const
{
  PairConstants<double> c;
  c.r_max = r_max_;
  if (repulsion_) {
    c.terms = static_cast<int>(repulsion_->height.size());
    c.strength = 0.5 * repulsion_->coulomb * repulsion_->charge[center] * repulsion_->charge[neighbor];
    for (int k = 0; k < c.terms; ++k) {
      c.height[k] = repulsion_->height[k];
      c.decay[k] = repulsion_->slope[k] * (repulsion_->size[center] + repulsion_->size[neighbor]);
    }
  }
  if (coulomb_) {
    c.coulomb = 0.5 * coulomb_->coulomb;
    c.start = coulomb_->start;
    c.stop = coulomb_->stop;
    if (lr_cutoff_ > 0.0) {
      const double end = lr_cutoff_, root = std::sqrt(end * end + 1.0), slope = end / (root * root * root);
      c.bare = {-2.0 / end, 1.0 / (end * end)};
      c.soft = {-1.0 / root - slope * end, slope};
    }
  }
  if (dispersion_) dispersion_->constants(center, neighbor, c);
  return c;
}

double LongRange::coordination(const PairList &list, std::int64_t row) const
{
  return dispersion_ ? dispersion_->coordination(list, row) : 0.0;
}

void LongRange::know(std::int64_t type, double coordination, double charge, double *known) const
{
  std::fill_n(known, KNOWN, 0.0);
  if (dispersion_) std::copy_n(dispersion_->weights(type, coordination, charge).value, SYSTEMS, known);
  known[CHARGE_AT] = charge;
}

/// By kind of the neighbor, those within r_max first; each kind begins a vector.
void LongRange::sort_edges(const PairList &list, std::int64_t row, Work &work) const
{
  const std::size_t kinds = present_.size();
  const auto begin = list.first[row], end = list.first[row + 1];
  const double *r = list.r.data();
  const double reach = lr_cutoff_ > 0.0 ? lr_cutoff_ : 1e300;
  // start[2 k]: of the near ones, start[2 k + 1]: of the far ones, start[2 kinds + k]: the end
  auto &start = work.start;
  start.assign(3 * kinds + 1, 0);
  const auto place = [&](std::int64_t e) {
    return 2 * kind_[list.types[list.neighbor[e]]] + (r[e] >= r_max_);
  };
  for (std::int64_t e = begin; e < end; ++e)
    if (r[e] < reach) ++start[place(e)];
  std::int64_t at = 0;
  for (std::size_t k = 0; k < kinds; ++k) {
    const std::int64_t near = start[2 * k], far = start[2 * k + 1];
    start[2 * k] = at;
    start[2 * k + 1] = at + near;
    at += near + far + kernels_.width;
    at -= at % kernels_.width;
  }
  work.r.reserve(at + 1);
  work.slope.reserve(at + 1);
  work.edge.resize(at);
  work.neighbor.resize(at);
  std::fill_n(work.r.data(), at, 2.0 * r_max_);
  for (std::int64_t e = begin; e < end; ++e) {
    if (!(r[e] < reach)) continue;
    const auto to = start[place(e)]++;
    work.r.data()[to] = r[e];
    work.edge[to] = e;
    work.neighbor[to] = list.neighbor[e];
  }
}

AtomTerms LongRange::evaluate(const PairList &list, std::int64_t row, const double *known,
                              double coordination, double *edge_gradient, Work &work) const
{
  AtomTerms result;
  sort_edges(list, row, work);
  const std::int64_t type = list.types[row];
  const double *own = known + row * KNOWN;
  alignas(ALIGNMENT) double toward[KNOWN], damped[KNOWN];
  double by_weight[SYSTEMS] = {};
  std::int64_t begin = 0;
  for (std::size_t k = 0; k < present_.size(); ++k) {    // start[] has become the ends
    const std::int64_t near = work.start[2 * k] - begin, all = work.start[2 * k + 1] - begin;
    std::fill_n(toward, KNOWN, 0.0);
    std::fill_n(damped, KNOWN, 0.0);
    if (dispersion_) dispersion_->spread(type, present_[k], own, toward);
    PairArguments<double> a;
    a.edges = static_cast<int>(all);
    a.near = static_cast<int>(near);
    a.r = work.r.data() + begin;
    a.neighbor = work.neighbor.data() + begin;
    a.known = known;
    a.toward = toward;
    a.charge = own[CHARGE_AT];
    a.constants = &constants_[kind_[type] * present_.size() + k];
    a.slope = work.slope.data() + begin;
    a.damped = damped;
    kernels_.charged.pairs(a);
    result.repulsion += a.repulsion;
    result.electrostatics += own[CHARGE_AT] * a.potential;
    result.by_charge += 2.0 * a.potential;
    for (int b = 0; b < SYSTEMS; ++b) result.dispersion += toward[b] * damped[b];
    if (dispersion_) dispersion_->gather(type, present_[k], 2.0, damped, by_weight);
    for (std::int64_t n = begin; n < begin + all; ++n) {
      const std::int64_t e = work.edge[n];
      const double s = work.slope.data()[n] / work.r.data()[n];
      for (int d = 0; d < 3; ++d) edge_gradient[3 * e + d] += s * list.vec[3 * e + d];
    }
    begin += all + kernels_.width;
    begin -= begin % kernels_.width;
  }
  if (!dispersion_) return result;
  const Weights w = dispersion_->weights(type, coordination, own[CHARGE_AT]);
  double by_coordination = 0.0;
  for (int b = 0; b < SYSTEMS; ++b) {
    result.by_charge += by_weight[b] * w.by_charge[b];
    by_coordination += by_weight[b] * w.by_coordination[b];
  }
  dispersion_->coordination_backward(list, row, by_coordination, edge_gradient);
  return result;
}

}    // namespace natrolite::native::charged

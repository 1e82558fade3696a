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

void LongRange::prepare_types(const std::vector<std::int64_t> &present)
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

void LongRange::atom_data_of(std::int64_t type, double coordination, double charge, double *atom_data) const
{
  std::fill_n(atom_data, ATOM_DATA, 0.0);
  if (dispersion_) std::copy_n(dispersion_->weights(type, coordination, charge).value, SYSTEMS, atom_data);
  atom_data[CHARGE_COLUMN] = charge;
}

/// By kind of the neighbor, those within r_max first; each kind begins a vector.
void LongRange::sort_edges(const PairList &list, std::int64_t row, Workspace &work) const
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

/// sorted edges of one kind, the first `near` of them within r_max
static PairArguments<double> edges_from(const LongRange::Workspace &work, std::int64_t begin,
                                        std::int64_t near, std::int64_t all)
{
  PairArguments<double> a;
  a.edges = static_cast<int>(all);
  a.near = static_cast<int>(near);
  a.r = work.r.data() + begin;
  a.neighbor = work.neighbor.data() + begin;
  a.slope = work.slope.data() + begin;
  return a;
}

/// gradient of sorted edges += slope r/|r|
static void add_radial_gradient(const PairList &list, const LongRange::Workspace &work, std::int64_t begin,
                                std::int64_t end, double *edge_gradient)
{
  for (std::int64_t n = begin; n < end; ++n) {
    const std::int64_t e = work.edge[n];
    const double s = work.slope.data()[n] / work.r.data()[n];
    for (int d = 0; d < 3; ++d) edge_gradient[3 * e + d] += s * list.vec[3 * e + d];
  }
}

AtomTerms LongRange::evaluate(const PairList &list, std::int64_t row, const double *atom_data,
                              double coordination, double *edge_gradient, Workspace &work) const
{
  AtomTerms result;
  sort_edges(list, row, work);
  const std::int64_t type = list.types[row];
  const double *own = atom_data + row * ATOM_DATA;
  alignas(ALIGNMENT) double c6_row[ATOM_DATA], damped_sum[ATOM_DATA];
  double by_weight[SYSTEMS] = {};
  std::int64_t begin = 0;
  for (std::size_t k = 0; k < present_.size(); ++k) {    // start[] has become the ends
    const std::int64_t near = work.start[2 * k] - begin, all = work.start[2 * k + 1] - begin;
    std::fill_n(c6_row, ATOM_DATA, 0.0);
    std::fill_n(damped_sum, ATOM_DATA, 0.0);
    if (dispersion_) dispersion_->apply_c6(type, present_[k], own, c6_row);
    PairArguments<double> a = edges_from(work, begin, near, all);
    a.atom_data = atom_data;
    a.c6_row = c6_row;
    a.charge = own[CHARGE_COLUMN];
    a.constants = &constants_[kind_[type] * present_.size() + k];
    a.damped_sum = damped_sum;
    kernels_.charged.pairs(a);
    result.repulsion += a.repulsion;
    result.electrostatics += own[CHARGE_COLUMN] * a.potential;
    result.by_charge += 2.0 * a.potential;
    for (int b = 0; b < SYSTEMS; ++b) result.dispersion += c6_row[b] * damped_sum[b];
    if (dispersion_) dispersion_->add_c6_transposed(type, present_[k], 2.0, damped_sum, by_weight);
    add_radial_gradient(list, work, begin, begin + all, edge_gradient);
    begin += all + kernels_.width;
    begin -= begin % kernels_.width;
  }
  if (!dispersion_) return result;
  const Weights w = dispersion_->weights(type, coordination, own[CHARGE_COLUMN]);
  double by_coordination = 0.0;
  for (int b = 0; b < SYSTEMS; ++b) {
    result.by_charge += by_weight[b] * w.by_charge[b];
    by_coordination += by_weight[b] * w.by_coordination[b];
  }
  dispersion_->coordination_backward(list, row, by_coordination, edge_gradient);
  return result;
}

}    // namespace natrolite::native::charged

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Energies and forces of pairs at constant coordination numbers.
#pragma once

#include "dispersion_coordination.h"
#include "dispersion_sums.h"

namespace natrolite::NATROLITE_ISA {

/// What the center brings to C6 and its derivatives with neighbors of one type.
struct CenterForm {
  double c6[MAX_REFERENCES];             ///< sum_a w_a C6_ab
  double by_neighbor[MAX_REFERENCES];    ///< the same times 8 CN_b
  double by_center[MAX_REFERENCES];      ///< sum_a dw_a/dCN_i C6_ab
  double factor;                         ///< 8 = 2 k3
};

inline CenterForm center_form(const TypePair &pair, const Type &neighbor, const Type &center,
                              const double *weight)
{
  CenterForm form{};
  const double mean = weight[MAX_REFERENCES];
  for (int a = 0; a < center.references; ++a) {
    const double slope = 2.0 * NARROWNESS * weight[a] * (center.coordination[a] - mean);
    for (int b = 0; b < MAX_REFERENCES; ++b) {
      form.c6[b] += weight[a] * pair.c6[a][b];
      form.by_center[b] += slope * pair.c6[a][b];
    }
  }
  for (int b = 0; b < neighbor.references; ++b)
    form.by_neighbor[b] = 2.0 * NARROWNESS * neighbor.coordination[b] * form.c6[b];
  return form;
}

/// F and F'(r)/r of the pair energy -C6 F(r)
struct Damped {
  Reals f, slope;
};

NATROLITE_ALWAYS_INLINE Damped damped_bj(const Tables &tables, const TypePair &pair, Reals r2)
{
  const double s6 = tables.s6, s8 = tables.s8 * pair.c8_per_c6;
  const Reals r4 = r2 * r2, r6 = r4 * r2, r8 = r4 * r4;
  const Reals t6 = r6 + pair.power6, t8 = r8 + pair.power8, inv = 1.0 / (t6 * t8);
  const Reals i6 = t8 * inv, i8 = t6 * inv;
  return {s6 * i6 + s8 * i8, -(6.0 * s6 * r4 * i6 * i6 + 8.0 * s8 * r6 * i8 * i8)};
}

NATROLITE_ALWAYS_INLINE Damped damped_zero(const Tables &tables, const TypePair &pair, Reals r2)
{
  const double s6 = tables.s6, s8 = tables.s8 * pair.c8_per_c6;
  const Reals r = sqrt(r2), b = pair.slope6 * r + pair.shift6, c = pair.slope8 * r + pair.shift8;
  const Reals b2 = b * b, b4 = b2 * b2, b12 = b4 * b4 * b4, c2 = c * c, c4 = c2 * c2, c8 = c4 * c4;
  const Reals b14 = b12 * b2, c16 = c8 * c8, at6 = b14 + 6.0, at8 = c16 + 6.0;
  const Reals inv = 1.0 / (at6 * at8 * r2), inv6 = at8 * r2 * inv, inv8 = at6 * r2 * inv;
  const Reals u = at6 * at8 * inv, u3 = u * u * u, u4 = u3 * u;    // u = 1 / r2
  const Reals d6 = b14 * inv6, d8 = c16 * inv8;
  const Reals slope6 = 84.0 * pair.slope6 * b12 * b * inv6 * inv6;
  const Reals slope8 = 96.0 * pair.slope8 * c8 * c4 * c2 * c * inv8 * inv8;
  return {s6 * d6 * u3 + s8 * d8 * u4,
          s6 * u4 * (slope6 * r - 6.0 * d6) + s8 * u4 * u * (slope8 * r - 8.0 * d8)};
}

/// What pairs() sums for its center.
struct PairSums {
  CenterSums center;
  Reals energy{}, slope{};
};

/// The neighbors of a batch, of one type with so many references.
template <bool BJ, int REFERENCES>
void pairs_of(const Tables &tables, const TypePair &pair, const CenterForm &form, const Step &step, int i,
              const Batch &batch, Sums &sums, PairSums &total)
{
  PairSums mine = total;
  const bool of_atoms = sums.energy_atom || sums.virial_atom || sums.centroid_atom;
  for (int k = 0; k < batch.n; k += W) {
    const int *j = batch.home + k;
    const Reals r2 = load(batch.r2 + k);
    Reals c6{}, by_neighbor{}, by_center{};
    for (int b = 0; b < REFERENCES; ++b) {
      const Reals w = gather(step.weight + b, WEIGHT_ROW, j);
      c6 += form.c6[b] * w;
      by_neighbor += form.by_neighbor[b] * w;
      by_center += form.by_center[b] * w;
    }
    const Reals mean = gather(step.weight + MAX_REFERENCES, WEIGHT_ROW, j);
    const Reals factor = select<double>(r2 <= tables.cutoff_squared, load(batch.factor + k), Reals{});
    Damped d = BJ ? damped_bj(tables, pair, r2) : damped_zero(tables, pair, r2);
    d.f *= factor;
    const Reals share = load(batch.share + k), e = -c6 * d.f, fp = c6 * d.slope * factor;
    const Reals at_neighbor = (by_neighbor - 2.0 * NARROWNESS * mean * c6) * d.f, at_center = by_center * d.f;
    mine.energy += share * e;
    mine.slope += at_center;
    const Reals dx = load(batch.dx + k), dy = load(batch.dy + k), dz = load(batch.dz + k);
    const Reals fx = fp * dx, fy = fp * dy, fz = fp * dz;
    mine.center.add(dx, dy, dz, fx, fy, fz, share);
    add_to_rows(sums.force, j, -fx, -fy, -fz, at_neighbor);
    if (of_atoms) tally_atoms(i, j, {dx, dy, dz, e, fp, at_center, at_neighbor}, sums);
  }
  total = mine;
}

template <bool BJ>
void pairs(const Tables &tables, const Step &step, int i, const int *list, int n, Sums &sums)
{
  constexpr decltype(&pairs_of<BJ, 1>) BY_REFERENCES[] = {pairs_of<BJ, 1>, pairs_of<BJ, 1>, pairs_of<BJ, 2>,
                                                          pairs_of<BJ, 3>, pairs_of<BJ, 4>, pairs_of<BJ, 5>};
  static_assert(MAX_REFERENCES == 5);
  const Type &center = tables.type[step.type[i]];
  PairSums total;
  const auto add = [&](int t, const Batch &batch) {
    const Type &neighbor = tables.type[t];
    const TypePair &pair = tables.pair[step.type[i] * tables.types + t];
    const CenterForm form =
        center_form(pair, neighbor, center, step.weight + static_cast<std::int64_t>(i) * WEIGHT_ROW);
    BY_REFERENCES[neighbor.references](tables, pair, form, step, i, batch, sums, total);
  };
  if (tables.only_type >= 0)
    for_batches(step, i, list, n, 0.0, false, *sums.batch,
                [&](const Batch &batch) { add(tables.only_type, batch); });
  else
    for_types(tables, step, i, list, n, sums, add);
  total.center.finish(i, sums);
  sums.energy += reduce_add<double>(total.energy);
  sums.force[FORCE_ROW * i + 3] += reduce_add<double>(total.slope);
}

}    // namespace natrolite::NATROLITE_ISA

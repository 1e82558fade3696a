// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Coordination numbers, the weights that follow from them, and the forces by their change.
#pragma once

#include "dispersion_sums.h"

namespace natrolite::NATROLITE_ISA {

inline constexpr double STEEPNESS = 16.0;    ///< k1 of the coordination number
inline constexpr double NARROWNESS = 4.0;    ///< k3 of the weights

/// Fills inv_r and e. The coordination that a pair gives either atom is 1 / (1 + e).
inline void coordination_terms(const Tables &tables, const Step &step, int of_center, Batch &batch)
{
  const TypePair *pair = tables.pair + of_center * tables.types;
  const auto each = [&](const auto &covalent) {    // short loops: what one lane waits for, another has
    for (int k = 0; k < batch.n; k += W) store(batch.inv_r + k, rsqrt(load(batch.r2 + k)));
    for (int k = 0; k < batch.n; k += W)
      store(batch.e + k, exp(STEEPNESS - STEEPNESS * covalent(k) * load(batch.inv_r + k)));
  };
  if (tables.only_type >= 0) {
    const Reals same = broadcast(pair[tables.only_type].covalent);
    return each([&](int) { return same; });
  }
  for (int k = 0; k < batch.n; ++k) batch.type[k] = step.type[batch.home[k]];
  each([&](int k) { return gather(&pair->covalent, sizeof(TypePair) / sizeof(double), batch.type + k); });
}

inline void count(const Tables &tables, const Step &step, int i, const int *list, int n, Sums &sums)
{
  Reals total{};
  const double limit = tables.coordination_cutoff_squared;
  const auto add = [&](Batch &batch) {
    coordination_terms(tables, step, step.type[i], batch);
    for (int k = 0; k < batch.n; k += W) {
      const Reals c = 1.0 / (1.0 + load(batch.e + k));
      const Reals inside = select<double>(load(batch.r2 + k) <= limit, c, Reals{});
      total += inside;
      store(batch.e + k, inside);
    }
    for (int k = 0; k < batch.n; ++k) sums.coordination[batch.home[k]] += batch.e[k];
  };
  for_batches(step, i, list, n, limit, tables.prefilter_coordination, *sums.batch, add);
  sums.coordination[i] += reduce_add<double>(total);
}

/// Weights of W atoms, one lane each, and their mean CN_a.
/// \param at [reference][lane] CN_a
NATROLITE_ALWAYS_INLINE void reference_weights_of_lanes(const double (*at)[W], Reals coordination,
                                                        Reals (&weight)[MAX_REFERENCES + 1])
{
  Reals away[MAX_REFERENCES], nearest = broadcast(1e300), sum{}, mean{};
  for (int a = 0; a < MAX_REFERENCES; ++a) {
    const Reals d = coordination - load(at[a]);
    away[a] = d * d;
    nearest = min<double>(nearest, away[a]);
  }
  for (int a = 0; a < MAX_REFERENCES; ++a) {
    const Reals further = nearest - away[a];    // no more than 0: the nearest reference has a weight
    weight[a] = select<double>(further < -170.0, Reals{}, exp(NARROWNESS * further));
    sum += weight[a];
  }
  for (int a = 0; a < MAX_REFERENCES; ++a) {
    weight[a] /= sum;
    mean += weight[a] * load(at[a]);
  }
  weight[MAX_REFERENCES] = mean;
}

inline void reference_weights(const Tables &tables, const int *types, const double *coordination, int begin,
                              int end, double *out)
{
  constexpr double NO_REFERENCE = 1e9;    // so far away that it weighs nothing
  alignas(64) double at[MAX_REFERENCES][W], cn[W];
  Reals weight[MAX_REFERENCES + 1];
  for (int i = begin; i < end; i += W) {
    for (int k = 0; k < W; ++k) {
      const int atom = i + k < end ? i + k : i;
      const Type &type = tables.type[types[atom]];
      for (int a = 0; a < MAX_REFERENCES; ++a)
        at[a][k] = a < type.references ? type.coordination[a] : NO_REFERENCE;
      cn[k] = coordination[atom];
    }
    reference_weights_of_lanes(at, load(cn), weight);
    for (int k = 0; k < W && i + k < end; ++k)
      for (int a = 0; a <= MAX_REFERENCES; ++a)
        out[static_cast<std::int64_t>(i + k) * WEIGHT_ROW + a] = weight[a][k];
  }
}

/// The centroid virial of a pair (i, j) by CN: what an atom's energy feels of another's position through
/// the coordination of a third. With d = r_i - r_j, g the pair's dCN/dr / r, s = -dE/dCN and the moments m:
/// W_i += g (d s_j - m_i - m_j) (x) d, W_j += g (d s_i + m_i + m_j) (x) d. This is
/// W_j = -sum_k (r_j - r_k) (x) dE_k/dr_j of Fan et al., Phys. Rev. B 92, 094301 (2015).
inline void tally_centroid(const Step &step, int i, const int *neighbors, Reals dx, Reals dy, Reals dz,
                           Reals g, Sums &sums)
{
  constexpr int A[] = {0, 1, 2, 0, 0, 1, 1, 2, 2}, B[] = {0, 1, 2, 1, 2, 2, 0, 0, 1};
  for (int m = 0; m < W; ++m) {
    const std::int64_t a = i, j = neighbors[m];
    const double d[] = {dx[m], dy[m], dz[m]};
    for (int c = 0; c < 9; ++c) {
      const double moment = step.moment[3 * a + A[c]] + step.moment[3 * j + A[c]], by = g[m] * d[B[c]];
      sums.centroid_atom[9 * a + c] += by * (d[A[c]] * step.slope[j] - moment);
      sums.centroid_atom[9 * j + c] += by * (d[A[c]] * step.slope[a] + moment);
    }
  }
}

inline void chain(const Tables &tables, const Step &step, int i, const int *list, int n, Sums &sums)
{
  CenterSums center;
  const double slope = step.slope[i], limit = tables.coordination_cutoff_squared;
  const TypePair *pair = tables.pair + step.type[i] * tables.types;
  const auto add = [&](Batch &batch) {
    coordination_terms(tables, step, step.type[i], batch);
    CenterSums mine = center;
    for (int k = 0; k < batch.n; k += W) {
      const int *j = batch.home + k;
      const Reals covalent = tables.only_type >= 0
                                 ? broadcast(pair[tables.only_type].covalent)
                                 : gather(&pair->covalent, sizeof(TypePair) / sizeof(double), batch.type + k);
      const Reals inv_r = load(batch.inv_r + k), e = load(batch.e + k), c = 1.0 / (1.0 + e);
      const Reals dcn = -STEEPNESS * covalent * e * c * c * inv_r * inv_r * inv_r;
      const Reals g = select<double>(load(batch.r2 + k) <= limit, dcn, Reals{});
      const Reals fp = g * (slope + gather(step.slope, 1, j));
      const Reals dx = load(batch.dx + k), dy = load(batch.dy + k), dz = load(batch.dz + k);
      const Reals fx = fp * dx, fy = fp * dy, fz = fp * dz;
      mine.add(dx, dy, dz, fx, fy, fz, load(batch.share + k));
      add_to_rows(sums.force, j, -fx, -fy, -fz, Reals{});
      if (sums.virial_atom) {
        Sums of_atoms;
        of_atoms.virial_atom = sums.virial_atom;
        tally_atoms(i, j, {dx, dy, dz, Reals{}, fp, Reals{}, Reals{}}, of_atoms);
      }
      if (sums.centroid_atom) tally_centroid(step, i, j, dx, dy, dz, g, sums);
    }
    center = mine;
  };
  for_batches(step, i, list, n, limit, tables.prefilter_coordination, *sums.batch, add);
  center.finish(i, sums);
}

}    // namespace natrolite::NATROLITE_ISA

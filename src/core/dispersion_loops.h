// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The loops of dispersion_kernels.h; included by one source file per instruction set.
#pragma once

#include "dispersion_kernels.h"
#include "simd.h"

namespace natrolite::NATROLITE_ISA {

using namespace d3;
using Reals = Vector<double>;
inline constexpr int W = WIDTH<double>;
inline constexpr double STEEPNESS = 16.0;    ///< k1 of the coordination number
inline constexpr double NARROWNESS = 4.0;    ///< k3 of the weights

/// Atoms, distances and factors of batch.n entries, padded.
inline void look_up(const Step &step, int i, Batch &batch)
{
  const int n = batch.n;
  for (int k = 0; k < n; ++k) batch.j[k] = batch.entry[k] & step.mask;
  for (int k = n; k % W != 0; ++k) batch.j[k] = i;
  for (int k = 0; k < n; ++k) batch.home[k] = step.home ? step.home[batch.j[k]] : batch.j[k];
  for (int k = n; k % W != 0; ++k) batch.home[k] = i;
  if (step.scaled || batch.scaled)    // once more after it was: all are 1 again
    for (int k = 0; k < d3::Batch::SIZE; ++k) {
      batch.factor[k] = step.scaled && k < n ? step.special[batch.entry[k] >> step.special_shift & 3] : 1.0;
      batch.share[k] = !step.scaled || k >= n || batch.j[k] < step.half_from ? 1.0 : 0.5;
    }
  batch.scaled = step.scaled;
  const double *x = step.x;
  for (int k = 0; k < n; k += W) {
    const Reals dx = x[3 * i] - gather(x, 3, batch.j + k), dy = x[3 * i + 1] - gather(x + 1, 3, batch.j + k),
                dz = x[3 * i + 2] - gather(x + 2, 3, batch.j + k);
    store(batch.dx + k, dx);
    store(batch.dy + k, dy);
    store(batch.dz + k, dz);
    store(batch.r2 + k, dx * dx + dy * dy + dz * dz);
  }
  for (; batch.n % W != 0; ++batch.n) batch.r2[batch.n] = 1e8;    // and far, but b^16 of it is finite
}

/// Leaves the entries within a squared distance.
inline void narrow(int n, double limit, Batch &batch)
{
  int at = 0;
  for (int k = 0; k < n; ++k) {
    batch.entry[at] = batch.entry[k];
    at += batch.r2[k] <= limit;
  }
  batch.n = at;
}

/// Calls f(batch) for the neighbors of atom i, `few` = narrowed to those within a squared distance.
template <class F>
NATROLITE_VECTOR_INLINE void for_batches(const Step &step, int i, const int *list, int n, double limit,
                                         bool few, Batch &batch, const F &f)
{
  for (int begin = 0; begin < n; begin += Batch::SIZE) {
    const int here = n - begin < Batch::SIZE ? n - begin : Batch::SIZE;
    __builtin_memcpy(batch.entry, list + begin, here * sizeof(int));
    batch.n = here;
    look_up(step, i, batch);
    if (few) {
      narrow(here, limit, batch);
      look_up(step, i, batch);
    }
    f(batch);
  }
}

/// Calls f(type, batch) for the neighbors of atom i of one type after the other.
template <class F>
NATROLITE_VECTOR_INLINE void for_types(const Tables &tables, const Step &step, int i, const int *list, int n,
                                       Sums &sums, const F &f)
{
  Batch &batch = *sums.batch;
  const auto hand_over = [&](int type) {
    batch.n = sums.number[type];
    __builtin_memcpy(batch.entry, sums.entries + type * Batch::SIZE, batch.n * sizeof(int));
    look_up(step, i, batch);
    f(type, batch);
    sums.number[type] = 0;
  };
  for (int t = 0; t < tables.types; ++t) sums.number[t] = 0;
  for (int k = 0; k < n; ++k) {
    const int type = step.type[list[k] & step.mask], at = sums.number[type]++;
    sums.entries[type * Batch::SIZE + at] = list[k];
    if (at + 1 == Batch::SIZE) hand_over(type);
  }
  for (int t = 0; t < tables.types; ++t)
    if (sums.number[t] > 0) hand_over(t);
}

typedef double Row __attribute__((vector_size(32), aligned(8), may_alias));

/// The rows (x, y, z, w) of lanes FIRST .. FIRST + 3.
template <int FIRST, class V> NATROLITE_VECTOR_INLINE void four_rows(V x, V y, V z, V w, Row *row)
{
  constexpr int A = FIRST, B = sizeof(V) / sizeof(double) + FIRST;
  const Row even_xy = __builtin_shufflevector(x, y, A, B, A + 2, B + 2);
  const Row odd_xy = __builtin_shufflevector(x, y, A + 1, B + 1, A + 3, B + 3);
  const Row even_zw = __builtin_shufflevector(z, w, A, B, A + 2, B + 2);
  const Row odd_zw = __builtin_shufflevector(z, w, A + 1, B + 1, A + 3, B + 3);
  row[A] = __builtin_shufflevector(even_xy, even_zw, 0, 1, 4, 5);
  row[A + 1] = __builtin_shufflevector(odd_xy, odd_zw, 0, 1, 4, 5);
  row[A + 2] = __builtin_shufflevector(even_xy, even_zw, 2, 3, 6, 7);
  row[A + 3] = __builtin_shufflevector(odd_xy, odd_zw, 2, 3, 6, 7);
}

template <class V> NATROLITE_VECTOR_INLINE void all_rows(V x, V y, V z, V w, Row *row)
{
  if constexpr (sizeof(V) == 2 * sizeof(double)) {
    for (int k = 0; k < 2; ++k) row[k] = Row{x[k], y[k], z[k], w[k]};
  } else {
    four_rows<0>(x, y, z, w, row);
    if constexpr (sizeof(V) == 8 * sizeof(double)) four_rows<4>(x, y, z, w, row);
  }
}

/// row j of `rows` += (x, y, z, w) of each lane
NATROLITE_VECTOR_INLINE void add_to_rows(double *rows, const int *j, Reals x, Reals y, Reals z, Reals w)
{
  static_assert(FORCE_ROW == 4);
  Row row[W];
  all_rows(x, y, z, w, row);
  for (int k = 0; k < W; ++k)
    *reinterpret_cast<Row *>(rows + FORCE_ROW * static_cast<std::int64_t>(j[k])) += row[k];
}

/// Fills per_r and e. The coordination that a pair gives either atom is 1 / (1 + e).
inline void bonds(const Tables &tables, const Step &step, int of_center, Batch &batch)
{
  const TypePair *pair = tables.pair + of_center * tables.types;
  const auto each = [&](const auto &covalent) {    // short loops: what one lane waits for, another has
    for (int k = 0; k < batch.n; k += W) store(batch.per_r + k, one_by_root(load(batch.r2 + k)));
    for (int k = 0; k < batch.n; k += W)
      store(batch.e + k, exponential(STEEPNESS - STEEPNESS * covalent(k) * load(batch.per_r + k)));
  };
  if (tables.only_type >= 0) {
    const Reals same = all(pair[tables.only_type].covalent);
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
    bonds(tables, step, step.type[i], batch);
    for (int k = 0; k < batch.n; k += W) {
      const Reals c = 1.0 / (1.0 + load(batch.e + k));
      const Reals inside = select<double>(load(batch.r2 + k) <= limit, c, Reals{});
      total += inside;
      store(batch.e + k, inside);
    }
    for (int k = 0; k < batch.n; ++k) sums.coordination[batch.home[k]] += batch.e[k];
  };
  for_batches(step, i, list, n, limit, tables.few_coordinate, *sums.batch, add);
  sums.coordination[i] += sum_of_lanes<double>(total);
}

/// Weights of W atoms, one lane each, and their mean CN_a.
/// \param at [reference][lane] CN_a
NATROLITE_VECTOR_INLINE void weigh_lanes(const double (*at)[W], Reals coordination,
                                         Reals (&weight)[MOST_REFERENCES + 1])
{
  Reals away[MOST_REFERENCES], nearest = all(1e300), sum{}, mean{};
  for (int a = 0; a < MOST_REFERENCES; ++a) {
    const Reals d = coordination - load(at[a]);
    away[a] = d * d;
    nearest = smaller<double>(nearest, away[a]);
  }
  for (int a = 0; a < MOST_REFERENCES; ++a) {
    const Reals further = nearest - away[a];    // no more than 0: the nearest reference has a weight
    weight[a] = select<double>(further < -170.0, Reals{}, exponential(NARROWNESS * further));
    sum += weight[a];
  }
  for (int a = 0; a < MOST_REFERENCES; ++a) {
    weight[a] /= sum;
    mean += weight[a] * load(at[a]);
  }
  weight[MOST_REFERENCES] = mean;
}

inline void weigh(const Tables &tables, const int *types, const double *coordination, int begin, int end,
                  double *out)
{
  constexpr double NO_REFERENCE = 1e9;    // so far away that it weighs nothing
  alignas(64) double at[MOST_REFERENCES][W], cn[W];
  Reals weight[MOST_REFERENCES + 1];
  for (int i = begin; i < end; i += W) {
    for (int k = 0; k < W; ++k) {
      const int atom = i + k < end ? i + k : i;
      const Type &type = tables.type[types[atom]];
      for (int a = 0; a < MOST_REFERENCES; ++a)
        at[a][k] = a < type.references ? type.coordination[a] : NO_REFERENCE;
      cn[k] = coordination[atom];
    }
    weigh_lanes(at, load(cn), weight);
    for (int k = 0; k < W && i + k < end; ++k)
      for (int a = 0; a <= MOST_REFERENCES; ++a)
        out[static_cast<std::int64_t>(i + k) * WEIGHT_ROW + a] = weight[a][k];
  }
}

/// What the center brings to C6 and its derivatives with neighbors of one type.
struct CenterForm {
  double c6[MOST_REFERENCES];                ///< sum_a w_a C6_ab
  double by_neighbor[MOST_REFERENCES];       ///< the same times 8 CN_b
  double by_center[MOST_REFERENCES];         ///< sum_a dw_a/dCN_i C6_ab
  double factor;                             ///< 8 = 2 k3
};

inline CenterForm center_form(const TypePair &pair, const Type &neighbor, const Type &center,
                              const double *weight)
{
  CenterForm form{};
  const double mean = weight[MOST_REFERENCES];
  for (int a = 0; a < center.references; ++a) {
    const double slope = 2.0 * NARROWNESS * weight[a] * (center.coordination[a] - mean);
    for (int b = 0; b < MOST_REFERENCES; ++b) {
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

NATROLITE_VECTOR_INLINE Damped damped_bj(const Tables &tables, const TypePair &pair, Reals r2)
{
  const double s6 = tables.s6, s8 = tables.s8 * pair.c8_per_c6;
  const Reals r4 = r2 * r2, r6 = r4 * r2, r8 = r4 * r4;
  const Reals t6 = r6 + pair.power6, t8 = r8 + pair.power8, per = 1.0 / (t6 * t8);
  const Reals i6 = t8 * per, i8 = t6 * per;
  return {s6 * i6 + s8 * i8, -(6.0 * s6 * r4 * i6 * i6 + 8.0 * s8 * r6 * i8 * i8)};
}

NATROLITE_VECTOR_INLINE Damped damped_zero(const Tables &tables, const TypePair &pair, Reals r2)
{
  const double s6 = tables.s6, s8 = tables.s8 * pair.c8_per_c6;
  const Reals r = square_root(r2), b = pair.slope6 * r + pair.shift6, c = pair.slope8 * r + pair.shift8;
  const Reals b2 = b * b, b4 = b2 * b2, b12 = b4 * b4 * b4, c2 = c * c, c4 = c2 * c2, c8 = c4 * c4;
  const Reals b14 = b12 * b2, c16 = c8 * c8, at6 = b14 + 6.0, at8 = c16 + 6.0;
  const Reals per = 1.0 / (at6 * at8 * r2), per6 = at8 * r2 * per, per8 = at6 * r2 * per;
  const Reals u = at6 * at8 * per, u3 = u * u * u, u4 = u3 * u;    // u = 1 / r2
  const Reals d6 = b14 * per6, d8 = c16 * per8;
  const Reals slope6 = 84.0 * pair.slope6 * b12 * b * per6 * per6;
  const Reals slope8 = 96.0 * pair.slope8 * c8 * c4 * c2 * c * per8 * per8;
  return {s6 * d6 * u3 + s8 * d8 * u4,
          s6 * u4 * (slope6 * r - 6.0 * d6) + s8 * u4 * u * (slope8 * r - 8.0 * d8)};
}

/// Pair by pair, for runs that ask for values of atoms.
struct OneVector {
  Reals dx, dy, dz, energy, force;           ///< force: times dx ... is the force on the center
  Reals at_center, at_neighbor;              ///< -dE/dCN of the pair
};
inline void tally_atoms(int i, const int *neighbors, const OneVector &v, Sums &sums)
{
  constexpr int A[] = {0, 1, 2, 0, 0, 1, 1, 2, 2}, B[] = {0, 1, 2, 1, 2, 2, 0, 0, 1};
  for (int m = 0; m < W; ++m) {
    const int ends[] = {i, neighbors[m]};
    const double d[] = {v.dx[m], v.dy[m], v.dz[m]};
    const double by_atom[] = {-0.5 * v.at_center[m], 0.5 * v.at_neighbor[m]};
    for (int e = 0; e < 2; ++e) {
      const std::int64_t a = ends[e];
      if (sums.energy_atom) sums.energy_atom[a] += 0.5 * v.energy[m];
      for (int c = 0; c < 3 && sums.moment; ++c) sums.moment[3 * a + c] += by_atom[e] * d[c];
      for (int c = 0; c < 6 && sums.virial_atom; ++c)
        sums.virial_atom[6 * a + c] += 0.5 * v.force[m] * d[A[c]] * d[B[c]];
      for (int c = 0; c < 9 && sums.centroid_atom; ++c)
        sums.centroid_atom[9 * a + c] += 0.5 * v.force[m] * d[A[c]] * d[B[c]];
    }
  }
}

/// force on the center and virial of its pairs
struct CenterSums {
  Reals f[3] = {}, virial[6] = {};
  NATROLITE_VECTOR_INLINE void add(Reals dx, Reals dy, Reals dz, Reals fx, Reals fy, Reals fz, Reals share)
  {
    f[0] += fx;
    f[1] += fy;
    f[2] += fz;
    const Reals sx = share * dx, sy = share * dy, sz = share * dz;
    virial[0] += sx * fx;
    virial[1] += sy * fy;
    virial[2] += sz * fz;
    virial[3] += sx * fy;
    virial[4] += sx * fz;
    virial[5] += sy * fz;
  }
  NATROLITE_VECTOR_INLINE void finish(int i, Sums &sums) const
  {
    for (int k = 0; k < 3; ++k) sums.force[FORCE_ROW * i + k] += sum_of_lanes<double>(f[k]);
    for (int k = 0; k < 6; ++k) sums.virial[k] += sum_of_lanes<double>(virial[k]);
  }
};

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
    const Reals mean = gather(step.weight + MOST_REFERENCES, WEIGHT_ROW, j);
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
  static_assert(MOST_REFERENCES == 5);
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
  sums.energy += sum_of_lanes<double>(total.energy);
  sums.force[FORCE_ROW * i + 3] += sum_of_lanes<double>(total.slope);
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
    bonds(tables, step, step.type[i], batch);
    CenterSums mine = center;
    for (int k = 0; k < batch.n; k += W) {
      const int *j = batch.home + k;
      const Reals covalent = tables.only_type >= 0
          ? all(pair[tables.only_type].covalent)
          : gather(&pair->covalent, sizeof(TypePair) / sizeof(double), batch.type + k);
      const Reals per_r = load(batch.per_r + k), e = load(batch.e + k), c = 1.0 / (1.0 + e);
      const Reals dcn = -STEEPNESS * covalent * e * c * c * per_r * per_r * per_r;
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
  for_batches(step, i, list, n, limit, tables.few_coordinate, *sums.batch, add);
  center.finish(i, sums);
}

inline void fill(Kernels &table)
{
  table.count = count;
  table.weigh = weigh;
  table.pairs[0] = pairs<false>;
  table.pairs[1] = pairs<true>;
  table.chain = chain;
}

}    // namespace natrolite::NATROLITE_ISA

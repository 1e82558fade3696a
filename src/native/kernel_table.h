// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Fills the tables of functions; included by one source file per instruction set.
#pragma once

#include "charged/pair_kernels.h"
#include "charged/row_kernels.h"
#include "edge_kernels.h"
#include "edgewise_kernels.h"
#include "matrix_kernels.h"
#include "path_kernels.h"
#include "product_kernels.h"

namespace natrolite::NATROLITE_ISA {

using native::Kernels;
using native::MAX_L;

template <class T>
inline constexpr int SPLINE_ORDER = sizeof(T) == 4 ? 4 : 6;

template <class T, int L1, int L2, int L3>
void fill_path(Kernels<T> &table)
{
  if constexpr (L3 <= L1 + L2 && L1 <= L2 + L3 && L2 <= L1 + L3) {
    constexpr int group = group_of<L1, L2, L3>(), order = SPLINE_ORDER<T>;
    table.path_group[L1][L2][L3] = group;
    table.backward_groups[0][L1][L2][L3] = backward_groups<L1, L2, L3, group>();
    table.backward_groups[1][L1][L2][L3] = backward_groups<L1, L2, L3, 1>();
    table.forward[0][L1][L2][L3] = path_forward<T, order, L1, L2, L3, group>;
    table.forward[1][L1][L2][L3] = path_forward<T, order, L1, L2, L3, 1>;
    table.backward[0][L1][L2][L3] = path_backward<T, order, L1, L2, L3, group>;
    table.backward[1][L1][L2][L3] = path_backward<T, order, L1, L2, L3, 1>;
  }
  if constexpr (L3 < MAX_L)
    fill_path<T, L1, L2, L3 + 1>(table);
  else if constexpr (L2 < MAX_L)
    fill_path<T, L1, L2 + 1, 0>(table);
  else if constexpr (L1 < MAX_L)
    fill_path<T, L1 + 1, 0, 0>(table);
}

template <class T>
void fill_charged(native::ChargedKernels<T> &table)
{
  table.swish = swish<T>;
  table.swish_backward = swish_backward<T>;
  table.add_bias = add_bias<T>;
  table.add = add<T>;
  table.contract = contract<T>;
  table.contract_backward = contract_backward<T>;
  table.features = features<T>;
  table.features_backward = features_backward<T>;
  table.row_max = row_max<T>;
  table.half_square = half_square<T>;
  table.add_scaled = add_scaled<T>;
  table.divide = divide<T>;
  table.divide_backward = divide_backward<T>;
  table.outer = outer<T>;
  if constexpr (sizeof(T) == 8) table.pairs = pairs<T>;    // analytic terms are always float64
}

template <class T>
void fill(Kernels<T> &table)
{
  table.width = WIDTH<T>;
  table.spline_order = SPLINE_ORDER<T>;
  fill_path<T, 0, 0, 0>(table);
  table.prepare = prepare_edges<T, SPLINE_ORDER<T>>;
  table.finish = finish_edges<T>;
  table.multiply = multiply<T>;
  table.activate = activate<T>;
  table.activate_backward = activate_backward<T>;
  table.product_forward = product_forward<T>;
  table.product_backward = product_backward<T>;
  table.table_rows = table_rows<T, SPLINE_ORDER<T>>;
  table.table_rows_backward = table_rows_backward<T, SPLINE_ORDER<T>>;
  table.sum_harmonics = sum_harmonics<T>;
  table.sum_harmonics_backward = sum_harmonics_backward<T>;
  table.invariants = invariants<T>;
  table.invariants_backward = invariants_backward<T>;
  table.activate_rows = activate_rows<T>;
  table.activate_rows_backward = activate_rows_backward<T>;
  table.gate = gate<T>;
  table.gate_backward = gate_backward<T>;
  fill_charged(table.charged);
}

}    // namespace natrolite::NATROLITE_ISA

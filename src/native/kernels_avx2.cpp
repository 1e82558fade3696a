// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_table.h"

namespace natrolite::native {

void fill_avx2(Kernels<float> &table)
{
  NATROLITE_ISA::fill(table);
}

void fill_avx2(Kernels<double> &table)
{
  NATROLITE_ISA::fill(table);
}

}    // namespace natrolite::native

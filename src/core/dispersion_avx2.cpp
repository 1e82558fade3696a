// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion_loops.h"

namespace natrolite::d3 {

void fill_avx2(Kernels &table)
{
  NATROLITE_ISA::fill(table);
}

}    // namespace natrolite::d3

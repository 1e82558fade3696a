// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_table.h"

namespace natrolite::native {

void fill_plain(Kernels<float> &table)
{
  NATROLITE_ISA::fill(table);
}

void fill_plain(Kernels<double> &table)
{
  NATROLITE_ISA::fill(table);
}

}    // namespace natrolite::native

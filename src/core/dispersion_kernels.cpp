// SPDX-License-Identifier: GPL-2.0-only
#include "dispersion_kernels.h"

#include "function_table.h"

namespace natrolite::d3 {

void fill_plain(Kernels &);
#ifdef __x86_64__
void fill_avx2(Kernels &);
void fill_avx512(Kernels &);
#endif

const Kernels &kernels()
{
  static const auto table = function_table<Kernels>(instruction_set());
  return table;
}

}    // namespace natrolite::d3

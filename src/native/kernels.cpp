// SPDX-License-Identifier: GPL-2.0-only
#include "kernels.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace natrolite::native {

#define NATROLITE_FILL(isa)                                                                        \
  void fill_##isa(Kernels<float> &);                                                               \
  void fill_##isa(Kernels<double> &);
NATROLITE_FILL(plain)
#ifdef NATROLITE_X86
NATROLITE_FILL(avx2)
NATROLITE_FILL(avx512)
#endif

namespace {

  template <class T> struct Choice {
    const char *name;
    bool here;
    void (*fill)(Kernels<T> &);
  };

  template <class T> KernelSets<T> available()
  {
    const Choice<T> choices[] = {
#ifdef NATROLITE_X86
        {"avx512",
         __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"),
         fill_avx512},
        {"avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), fill_avx2},
#endif
        {"plain", true, fill_plain}};
    KernelSets<T> all;
    for (const auto &choice : choices) {
      if (!choice.here) continue;
      Kernels<T> &table = all.set[all.count++];
      table.name = choice.name;
      choice.fill(table);
    }
    return all;
  }

  template <class T> Kernels<T> choose()
  {
    const char *asked = std::getenv("NATROLITE_SIMD");
    for (const auto &table : all_kernels<T>())
      if (!asked || std::string(asked) == table.name) return table;
    throw std::runtime_error(std::string("NATROLITE_SIMD=") + asked +
                             " is not to be had on this processor: use avx512, avx2 or plain, or unset it");
  }

}    // namespace

template <class T> const KernelSets<T> &all_kernels()
{
  static const KernelSets<T> all = available<T>();
  return all;
}

template <class T> const Kernels<T> &kernels()
{
  static const Kernels<T> table = choose<T>();
  return table;
}

template const KernelSets<float> &all_kernels();
template const KernelSets<double> &all_kernels();
template const Kernels<float> &kernels();
template const Kernels<double> &kernels();

}    // namespace natrolite::native

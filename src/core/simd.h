// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Vectors of numbers, as wide as the registers of the instruction set that a file is compiled for.
///
/// Files that include this are compiled once per instruction set, each into a namespace of its own
/// (NATROLITE_ISA), so that the linker never takes the code of one for another. For the same reason
/// nothing of the standard library's templates may be used in them.
#pragma once

#include "exponential.h"

#include <cstdint>

// CMake defines NATROLITE_ISA, the namespace, and NATROLITE_VECTOR_BYTES for each of these files.

namespace natrolite::NATROLITE_ISA {

template <class T>
struct IntegerOf;
template <>
struct IntegerOf<float> {
  using type = std::int32_t;
};
template <>
struct IntegerOf<double> {
  using type = std::int64_t;
};

/// Lanes of a vector of T.
template <class T>
inline constexpr int WIDTH = NATROLITE_VECTOR_BYTES / static_cast<int>(sizeof(T));

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
  typedef float type __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
  typedef std::int32_t integers __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
};
template <>
struct VectorOf<double> {
  typedef double type __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
  typedef std::int64_t integers __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
};
template <class T>
using Vector = typename VectorOf<T>::type;
template <class T>
using Integers = typename VectorOf<T>::integers;

/// All lanes = s. (x - 0 is x also for -0: no instruction is left of it.)
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> broadcast(T s)
{
  return s - Vector<T>{};
}

/// p must be aligned to the vector.
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> load(const T *p)
{
  return *reinterpret_cast<const Vector<T> *>(p);
}
template <class T>
NATROLITE_ALWAYS_INLINE void store(T *p, Vector<T> v)
{
  *reinterpret_cast<Vector<T> *>(p) = v;
}

template <class T>
NATROLITE_ALWAYS_INLINE T reduce_add(Vector<T> v)
{
  alignas(NATROLITE_VECTOR_BYTES) T part[WIDTH<T>];
  store(part, v);
  T sum = part[0];
  for (int k = 1; k < WIDTH<T>; ++k) sum += part[k];
  return sum;
}

/// p[stride index[k]] in lane k
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> gather(const T *p, int stride, const int *index)
{
  const auto at = [&](int k) { return p[static_cast<std::int64_t>(stride) * index[k]]; };
  if constexpr (WIDTH<T> == 2)
    return Vector<T>{at(0), at(1)};
  else if constexpr (WIDTH<T> == 4)
    return Vector<T>{at(0), at(1), at(2), at(3)};
  else
    return Vector<T>{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
}

NATROLITE_ALWAYS_INLINE Vector<double> sqrt(Vector<double> v)
{
  for (int k = 0; k < WIDTH<double>; ++k) v[k] = __builtin_sqrt(v[k]);
  return v;
}

/// 1 / sqrt(v) within 3e-16 of it, for v whose square is a normal number
NATROLITE_ALWAYS_INLINE Vector<double> rsqrt(Vector<double> v)
{
#ifdef __AVX512F__
  // to 14 bits, and two steps of Newton's method
  Vector<double> y = __builtin_ia32_rsqrt14pd512_mask(v, Vector<double>{}, 0xff);
  const Vector<double> half = 0.5 * v;
  y += y * (0.5 - half * y * y);
  return y + y * (0.5 - half * y * y);
#else
  return 1.0 / sqrt(v);
#endif
}

template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> select(Integers<T> mask, Vector<T> a, Vector<T> b)
{
  return mask ? a : b;
}
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> min(Vector<T> a, Vector<T> b)
{
  return a < b ? a : b;
}
template <class T>
NATROLITE_ALWAYS_INLINE Vector<T> max(Vector<T> a, Vector<T> b)
{
  return a > b ? a : b;
}

/// exp(x), see exponential.h
NATROLITE_ALWAYS_INLINE Vector<float> exp(Vector<float> x)
{
  exp_in_place<float, Vector<float>, Integers<float>>(x);
  return x;
}
NATROLITE_ALWAYS_INLINE Vector<double> exp(Vector<double> x)
{
  exp_in_place<double, Vector<double>, Integers<double>>(x);
  return x;
}

}    // namespace natrolite::NATROLITE_ISA

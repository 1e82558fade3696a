// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Vectors of numbers, as wide as the registers of the instruction set that a file is compiled for.
///
/// Files that include this are compiled once per instruction set, each into a namespace of its own
/// (NATROLITE_ISA), so that the linker never takes the code of one for another. For the same reason
/// nothing of the standard library's templates may be used in them.
#pragma once

#include <cstdint>

// CMake defines NATROLITE_ISA, the namespace, and NATROLITE_VECTOR_BYTES for each of these files.

#define NATROLITE_VECTOR_INLINE inline __attribute__((always_inline))

namespace natrolite::NATROLITE_ISA {

template <class T> struct IntegerOf;
template <> struct IntegerOf<float> {
  using type = std::int32_t;
};
template <> struct IntegerOf<double> {
  using type = std::int64_t;
};

/// Lanes of a vector of T.
template <class T> inline constexpr int WIDTH = NATROLITE_VECTOR_BYTES / static_cast<int>(sizeof(T));

template <class T> struct VectorOf;
template <> struct VectorOf<float> {
  typedef float type __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
  typedef std::int32_t integers __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
};
template <> struct VectorOf<double> {
  typedef double type __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
  typedef std::int64_t integers __attribute__((vector_size(NATROLITE_VECTOR_BYTES), may_alias));
};
template <class T> using Vector = typename VectorOf<T>::type;
template <class T> using Integers = typename VectorOf<T>::integers;

/// All lanes = s. (x - 0 is x also for -0: no instruction is left of it.)
template <class T> NATROLITE_VECTOR_INLINE Vector<T> all(T s)
{
  return s - Vector<T>{};
}

/// p must be aligned to the vector.
template <class T> NATROLITE_VECTOR_INLINE Vector<T> load(const T *p)
{
  return *reinterpret_cast<const Vector<T> *>(p);
}
template <class T> NATROLITE_VECTOR_INLINE void store(T *p, Vector<T> v)
{
  *reinterpret_cast<Vector<T> *>(p) = v;
}

template <class T> NATROLITE_VECTOR_INLINE T sum_of_lanes(Vector<T> v)
{
  alignas(NATROLITE_VECTOR_BYTES) T part[WIDTH<T>];
  store(part, v);
  T sum = part[0];
  for (int k = 1; k < WIDTH<T>; ++k) sum += part[k];
  return sum;
}

/// p[stride index[k]] in lane k
template <class T> NATROLITE_VECTOR_INLINE Vector<T> gather(const T *p, int stride, const int *index)
{
  const auto at = [&](int k) { return p[static_cast<std::int64_t>(stride) * index[k]]; };
  if constexpr (WIDTH<T> == 2)
    return Vector<T>{at(0), at(1)};
  else if constexpr (WIDTH<T> == 4)
    return Vector<T>{at(0), at(1), at(2), at(3)};
  else
    return Vector<T>{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)};
}

NATROLITE_VECTOR_INLINE Vector<double> square_root(Vector<double> v)
{
  for (int k = 0; k < WIDTH<double>; ++k) v[k] = __builtin_sqrt(v[k]);
  return v;
}

/// 1 / sqrt(v) within 3e-16 of it, for v whose square is a normal number
NATROLITE_VECTOR_INLINE Vector<double> one_by_root(Vector<double> v)
{
#ifdef __AVX512F__
  // to 14 bits, and two steps of Newton's method
  Vector<double> y = __builtin_ia32_rsqrt14pd512_mask(v, Vector<double>{}, 0xff);
  const Vector<double> half = 0.5 * v;
  y += y * (0.5 - half * y * y);
  return y + y * (0.5 - half * y * y);
#else
  return 1.0 / square_root(v);
#endif
}

template <class T> NATROLITE_VECTOR_INLINE Vector<T> select(Integers<T> mask, Vector<T> a, Vector<T> b)
{
  return mask ? a : b;
}
template <class T> NATROLITE_VECTOR_INLINE Vector<T> smaller(Vector<T> a, Vector<T> b)
{
  return a < b ? a : b;
}
template <class T> NATROLITE_VECTOR_INLINE Vector<T> larger(Vector<T> a, Vector<T> b)
{
  return a > b ? a : b;
}

/// exp(x), with x kept where the result is a normal number; relative error 1e-7 or 2e-16
NATROLITE_VECTOR_INLINE Vector<float> exponential(Vector<float> x)
{
  constexpr float shift = 0x1.8p23f;    // leaves no bits for fractions
  x = smaller<float>(all(88.0f), larger<float>(all(-87.0f), x));    // NaN stays
  const Vector<float> t = x * 0x1.715476p0f + shift, n = t - shift;    // n ln 2 + r
  const Vector<float> r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
  Vector<float> p = all(1.0f / 5040.0f);
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return (Vector<float>) ((Integers<float>) p + ((Integers<float>) t << 23));
}

NATROLITE_VECTOR_INLINE Vector<double> exponential(Vector<double> x)
{
  constexpr double shift = 0x1.8p52;
  x = smaller<double>(all(709.0), larger<double>(all(-708.0), x));
  const Vector<double> t = x * 0x1.71547652b82fep0 + shift, n = t - shift;
  const Vector<double> r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  Vector<double> p = all(1.0 / 6227020800.0);
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return (Vector<double>) ((Integers<double>) p + ((Integers<double>) t << 52));
}

}    // namespace natrolite::NATROLITE_ISA

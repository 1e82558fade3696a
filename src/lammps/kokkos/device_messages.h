// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Columns of feature rows to and from LAMMPS' message buffers, by Kokkos loops. The plain twin is
/// CommExchange's pack and unpack.
#pragma once

#include "device_edges.h"

#include <cstdint>

namespace natrolite {

/// Columns [begin, begin + count) of feature rows; a message has `words` doubles per atom.
struct Columns {
  void *data = nullptr;
  std::int64_t width = 0, begin = 0, count = 0;    ///< elements
  int element_bytes = 8;
  int words = 0;
};

namespace messages {

  /// calls f(k, column, element of the row or null, element of the message) for every atom k of a
  /// message and every element of T that its words have room for
  template <class T, class Device, class Atom, class F>
  void for_each_element(const char *label, int n, const Columns &c, const Array<int, Device> &row_of_atom,
                        const Atom &atom, double *message, const F &f)
  {
    const std::int64_t room = c.words * static_cast<std::int64_t>(sizeof(double) / sizeof(T));
    auto *const elements = reinterpret_cast<T *>(message);
    auto *const features = static_cast<T *>(c.data);
    const auto width = c.width, begin = c.begin, count = c.count;
    Kokkos::parallel_for(
        label, Kokkos::RangePolicy<Device>(0, n * room), KOKKOS_LAMBDA(const std::int64_t m) {
          const std::int64_t k = m / room, column = m % room;
          const int row = row_of_atom(atom(static_cast<int>(k)));
          T *element = row < 0 || column >= count ? nullptr : features + row * width + begin + column;
          f(element, elements + m);
        });
  }

  template <class T>
  struct Pack {
    KOKKOS_INLINE_FUNCTION void operator()(const T *element, T *message) const
    {
      *message = element ? *element : T(0);
    }
  };
  template <class T>
  struct Replace {
    KOKKOS_INLINE_FUNCTION void operator()(T *element, const T *message) const
    {
      if (element) *element = *message;
    }
  };
  template <class T>
  struct Add {    ///< an atom stands in a message once
    KOKKOS_INLINE_FUNCTION void operator()(T *element, const T *message) const
    {
      if (element) *element += *message;
    }
  };

  /// Operation<float or double> on each element
  template <template <class> class Operation, class Device, class Atom>
  void run(const char *label, int n, const Columns &c, const Array<int, Device> &row_of_atom,
           const Atom &atom, double *message)
  {
    if (c.element_bytes == 4)
      for_each_element<float>(label, n, c, row_of_atom, atom, message, Operation<float>{});
    else
      for_each_element<double>(label, n, c, row_of_atom, atom, message, Operation<double>{});
  }

}    // namespace messages

/// `atom(k)` is the index of the k-th atom of the message.
template <class Device, class Atom>
void pack_rows(int n, const Columns &c, const Array<int, Device> &row_of_atom, const Atom &atom,
               double *message)
{
  messages::run<messages::Pack>("natrolite: pack", n, c, row_of_atom, atom, message);
}

template <class Device, class Atom>
void replace_rows(int n, const Columns &c, const Array<int, Device> &row_of_atom, const Atom &atom,
                  double *message)
{
  messages::run<messages::Replace>("natrolite: unpack", n, c, row_of_atom, atom, message);
}

template <class Device, class Atom>
void add_to_rows(int n, const Columns &c, const Array<int, Device> &row_of_atom, const Atom &atom,
                 double *message)
{
  messages::run<messages::Add>("natrolite: unpack sums", n, c, row_of_atom, atom, message);
}

/// the k-th atom of a list
template <class View>
struct FromList {
  View list;
  KOKKOS_INLINE_FUNCTION int operator()(int k) const { return list(k); }
};

}    // namespace natrolite

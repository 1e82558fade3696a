// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Communication of a pair style with a width of its own for each call: an argument of Comm in LAMMPS
/// releases from 2025 on, in older ones always what the pair style declares.
#pragma once

#include "comm.h"
#include "pair.h"

#include <utility>

namespace LAMMPS_NS::compat {

/// `width` doubles for each ghost atom, at most pair->comm_forward
template <class AnyComm>
void forward_comm(AnyComm *comm, Pair *pair, int width)
{
  if constexpr (requires { comm->forward_comm(pair, width); }) {
    comm->forward_comm(pair, width);
  } else {
    const int declared = std::exchange(pair->comm_forward, width);
    comm->forward_comm(pair);
    pair->comm_forward = declared;
  }
}

/// `width` doubles for each ghost atom, at most pair->comm_reverse
template <class AnyComm>
void reverse_comm(AnyComm *comm, Pair *pair, int width)
{
  if constexpr (requires { comm->reverse_comm(pair, width); }) {
    comm->reverse_comm(pair, width);
  } else {
    const int declared = std::exchange(pair->comm_reverse, width);
    comm->reverse_comm(pair);
    pair->comm_reverse = declared;
  }
}

}    // namespace LAMMPS_NS::compat

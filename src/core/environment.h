// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_ENVIRONMENT_H
#define NATROLITE_ENVIRONMENT_H

#include "switching.h"

#include <cmath>

namespace natrolite
{

// Coordination numbers and nearest distances of one ion, neighbor by neighbor.
struct Surroundings {
  double ion_coordination = 0.0, host_coordination = 0.0;
  double ion_nearest2 = -1.0, host_nearest2 = -1.0;

  double ion_nearest() const { return ion_nearest2 < 0.0 ? -1.0 : std::sqrt(ion_nearest2); }
  double host_nearest() const { return host_nearest2 < 0.0 ? -1.0 : std::sqrt(host_nearest2); }
};

NATROLITE_FUNCTION void keep_nearest(double &nearest2, double r2)
{
  if (nearest2 < 0.0 || r2 < nearest2) nearest2 = r2;
}

// One neighbor at squared distance r2 of an ion; an atom may count as both.
NATROLITE_FUNCTION void add_neighbor(Surroundings &s, const Switch &to_ion, const Switch &to_host,
                                     bool is_ion, bool is_host, double r2)
{
  if (is_ion) {
    s.ion_coordination += switch_value(to_ion, r2);
    keep_nearest(s.ion_nearest2, r2);
  }
  if (is_host) {
    s.host_coordination += switch_value(to_host, r2);
    keep_nearest(s.host_nearest2, r2);
  }
}

} // namespace natrolite

#endif

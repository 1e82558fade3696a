// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "command.h"

namespace LAMMPS_NS {

class CommandOCV : public Command {
public:
  explicit CommandOCV(class LAMMPS *lmp) : Command(lmp) {}
  void command(int, char **) override;
};

}    // namespace LAMMPS_NS

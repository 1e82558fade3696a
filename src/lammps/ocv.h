// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_COMMAND_OCV_H
#define LMP_COMMAND_OCV_H

#include "command.h"

namespace LAMMPS_NS {

class CommandOCV : public Command {
public:
  explicit CommandOCV(class LAMMPS *lmp) : Command(lmp) {}
  void command(int, char **) override;
};

}    // namespace LAMMPS_NS

#endif

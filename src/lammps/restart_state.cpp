// SPDX-License-Identifier: GPL-2.0-only
#include "restart_state.h"

#include "error.h"
#include "lammps.h"

using namespace LAMMPS_NS;

void LAMMPS_NS::write_in_order(const std::vector<double> &mine, FILE *fp, MPI_Comm world)
{
  int nprocs = 1, me = 0;
  MPI_Comm_size(world, &nprocs);
  MPI_Comm_rank(world, &me);
  std::vector<double> part = mine;
  int count = static_cast<int>(mine.size());
  if (me != 0) {
    MPI_Send(&count, 1, MPI_INT, 0, 0, world);
    MPI_Send(part.data(), count, MPI_DOUBLE, 0, 0, world);
    return;
  }
  for (int r = 0; r < nprocs; r++) {
    MPI_Status status;
    if (r > 0) {
      MPI_Recv(&count, 1, MPI_INT, r, 0, world, &status);
      part.resize(count);
      MPI_Recv(part.data(), count, MPI_DOUBLE, r, 0, world, &status);
    }
    fwrite(part.data(), sizeof(double), part.size(), fp);
  }
}

void LAMMPS_NS::check_restart_layout(LAMMPS *lmp, const std::string &title, double found, int known)
{
  if (found == restart_layout(known)) return;
  lmp->error->all(FLERR,
                  "{}: the restart file has a state of layout {:.0f}, this version reads layout {}; "
                  "continue with the version that wrote it or use another fix ID",
                  title, found < 0.0 ? -found : 1.0, known);
}

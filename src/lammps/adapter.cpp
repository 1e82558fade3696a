// SPDX-License-Identifier: GPL-2.0-only
#include "adapter.h"

#include "domain.h"
#include "error.h"
#include "group.h"
#include "lammps.h"
#include "utils.h"

#include <cmath>
#include <cstdlib>

using namespace LAMMPS_NS;

Arguments::Arguments(LAMMPS *lmp, const std::string &title, int narg, char **arg, int first)
    : Pointers(lmp), title_(title), narg_(narg), arg_(arg), next_(first)
{
}

std::string Arguments::word(const std::string &what)
{
  if (empty()) error->all(FLERR, "{}: '{}' lacks a value", title_, what);
  return arg_[next_++];
}

double Arguments::number(const std::string &what)
{
  const std::string text = word(what);
  char *end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value))
    error->all(FLERR, "{}: '{}' needs a number, not '{}'", title_, what, text);
  return value;
}

double Arguments::positive(const std::string &what)
{
  const double value = number(what);
  if (value <= 0.0)
    error->all(FLERR, "{}: '{}' needs a number above 0, not {}", title_, what, value);
  return value;
}

double Arguments::nonnegative(const std::string &what)
{
  const double value = number(what);
  if (value < 0.0)
    error->all(FLERR, "{}: '{}' needs a number of at least 0, not {}", title_, what, value);
  return value;
}

int Arguments::integer(const std::string &what, int minimum)
{
  const std::string text = word(what);
  char *end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value > MAXSMALLINT)
    error->all(FLERR, "{}: '{}' needs a whole number, not '{}'", title_, what, text);
  if (value < minimum)
    error->all(FLERR, "{}: '{}' needs a whole number of at least {}, not {}", title_, what, minimum,
               value);
  return static_cast<int>(value);
}

bool Arguments::yes(const std::string &what)
{
  return choice(what, {"no", "yes"}) == 1;
}

int Arguments::group(const std::string &what)
{
  const std::string name = word(what);
  const int index = Pointers::group->find(name);
  if (index < 0)
    error->all(FLERR, "{}: '{}' names the unknown group '{}'; define it with the group command",
               title_, what, name);
  return index;
}

int Arguments::choice(const std::string &what, const std::vector<std::string> &choices)
{
  const std::string value = word(what);
  std::string known;
  for (std::size_t k = 0; k < choices.size(); k++) {
    if (choices[k] == value) return static_cast<int>(k);
    known += (k ? ", " : "") + choices[k];
  }
  error->all(FLERR, "{}: '{}' must be one of {}, not '{}'", title_, what, known, value);
}

natrolite::Value Arguments::with_error(const std::string &keyword, const std::string &name)
{
  natrolite::Value v;
  v.value = number(keyword + " " + name);
  if (next_is_number()) v.error = nonnegative(keyword + " err");
  return v;
}

bool Arguments::next_is_number() const
{
  if (empty()) return false;
  char *end = nullptr;
  std::strtod(arg_[next_], &end);
  return end != arg_[next_] && *end == '\0';
}

void Arguments::unknown(const std::string &keyword, const std::string &known)
{
  error->all(FLERR, "{}: unknown keyword '{}'; known are {}", title_, keyword, known);
}

void Arguments::refuse(const std::string &message)
{
  error->all(FLERR, "{}: {}", title_, message);
}

natrolite::Cell LAMMPS_NS::cell_of(const Domain *domain)
{
  natrolite::Cell cell;
  cell.origin = {domain->boxlo[0], domain->boxlo[1], domain->boxlo[2]};
  cell.lx = domain->xprd;
  cell.ly = domain->yprd;
  cell.lz = domain->zprd;
  if (domain->triclinic) {
    cell.xy = domain->xy;
    cell.xz = domain->xz;
    cell.yz = domain->yz;
  }
  for (int k = 0; k < 3; k++) cell.periodic[k] = domain->periodicity[k] != 0;
  return cell;
}

void LAMMPS_NS::sum_over_ranks(std::vector<double> &values, MPI_Comm world)
{
  MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_DOUBLE, MPI_SUM,
                world);
}

static std::vector<double> gather(std::vector<double> mine, MPI_Comm world, bool everywhere)
{
  int nprocs = 1, me = 0;
  MPI_Comm_size(world, &nprocs);
  MPI_Comm_rank(world, &me);
  int count = static_cast<int>(mine.size()); // not const: LAMMPS' stub MPI takes no such
  std::vector<int> counts(nprocs), starts(nprocs, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, world);
  for (int r = 1; r < nprocs; r++) starts[r] = starts[r - 1] + counts[r - 1];
  std::vector<double> all;
  if (everywhere || me == 0) all.resize(starts[nprocs - 1] + counts[nprocs - 1]);
  if (everywhere)
    MPI_Allgatherv(mine.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(),
                   MPI_DOUBLE, world);
  else
    MPI_Gatherv(mine.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(),
                MPI_DOUBLE, 0, world);
  return all;
}

std::vector<double> LAMMPS_NS::gather_over_ranks(const std::vector<double> &mine, MPI_Comm world)
{
  return gather(mine, world, true);
}

std::vector<double> LAMMPS_NS::gather_on_first(const std::vector<double> &mine, MPI_Comm world)
{
  return gather(mine, world, false);
}

bool LAMMPS_NS::any_rank(bool mine, MPI_Comm world)
{
  int flag = mine ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &flag, 1, MPI_INT, MPI_MAX, world);
  return flag != 0;
}

void LAMMPS_NS::write_text(LAMMPS *lmp, const std::string &title, const std::string &file,
                           const std::string &text, bool append)
{
  bool failed = false;
  int me = 0;
  MPI_Comm_rank(lmp->world, &me);
  if (me == 0) {
    FILE *fp = fopen(file.c_str(), append ? "a" : "w");
    failed = !fp || fwrite(text.data(), 1, text.size(), fp) != text.size();
    if (fp) failed = fclose(fp) != 0 || failed;
  }
  if (any_rank(failed, lmp->world))
    lmp->error->all(FLERR, "{}: cannot write file '{}'; check the folder and its permissions",
                    title, file);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "adapter.h"

#include "domain.h"
#include "error.h"
#include "group.h"
#include "lammps.h"
#include "utils.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

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

std::string Arguments::group(const std::string &what)
{
  std::string name = word(what);
  if (Pointers::group->find(name) < 0)
    error->all(FLERR, "{}: '{}' names the unknown group '{}'; define it with the group command",
               title_, what, name);
  return name;
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
  constexpr std::size_t piece = 1 << 28; // MPI counts are int
  for (std::size_t done = 0; done < values.size(); done += piece)
    MPI_Allreduce(MPI_IN_PLACE, values.data() + done,
                  static_cast<int>(std::min(piece, values.size() - done)), MPI_DOUBLE, MPI_SUM,
                  world);
}

std::vector<double> LAMMPS_NS::gather_over_ranks(const std::vector<double> &mine, MPI_Comm world)
{
  int nprocs = 1;
  MPI_Comm_size(world, &nprocs);
  int count = static_cast<int>(mine.size()); // not const: LAMMPS' stub MPI takes no such
  std::vector<int> counts(nprocs), starts(nprocs, 0);
  MPI_Allgather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, world);
  for (int r = 1; r < nprocs; r++) starts[r] = starts[r - 1] + counts[r - 1];
  std::vector<double> all(starts[nprocs - 1] + counts[nprocs - 1]), part = mine;
  MPI_Allgatherv(part.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(),
                 MPI_DOUBLE, world);
  return all;
}

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
  lmp->error->all(
      FLERR,
      "{}: the restart file has a state of layout {:.0f}, this version reads layout {}; "
      "continue with the version that wrote it or use another fix ID",
      title, found < 0.0 ? -found : 1.0, known);
}

bool LAMMPS_NS::any_rank(bool mine, MPI_Comm world)
{
  int flag = mine ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &flag, 1, MPI_INT, MPI_MAX, world);
  return flag != 0;
}

// false if the text could not be written
static bool put_text(const std::string &file, const std::string &text, const char *mode)
{
  FILE *fp = fopen(file.c_str(), mode);
  if (!fp) return false;
  const bool whole = fwrite(text.data(), 1, text.size(), fp) == text.size();
  return fclose(fp) == 0 && whole;
}

// Runs a job with a file on the first rank; false is an error on all.
template <class Job>
static void on_first_rank(LAMMPS *lmp, const std::string &title, const std::string &file, Job job)
{
  int me = 0;
  MPI_Comm_rank(lmp->world, &me);
  bool failed = false;
  try {
    failed = me == 0 && !job();
  } catch (const std::exception &) {    // of one rank only
    failed = true;
  }
  if (any_rank(failed, lmp->world))
    lmp->error->all(FLERR, "{}: cannot write file '{}'; check the folder and its permissions",
                    title, file);
}

void LAMMPS_NS::check_writable(LAMMPS *lmp, const std::string &title, const std::string &file)
{
  on_first_rank(lmp, title, file, [&] {
    std::error_code none;
    const bool there = std::filesystem::exists(file, none);
    const bool opened = put_text(file, "", "a");
    if (opened && !there) std::filesystem::remove(file, none);
    return opened;
  });
}

void LAMMPS_NS::write_text(LAMMPS *lmp, const std::string &title, const std::string &file,
                           const std::string &text)
{
  on_first_rank(lmp, title, file, [&] { return put_text(file, text, "w"); });
}

void LAMMPS_NS::renew_text(
    LAMMPS *lmp, const std::string &title, const std::string &file,
    const std::function<std::pair<std::size_t, std::size_t>(const std::string &)> &find,
    const std::string &text)
{
  on_first_rank(lmp, title, file, [&] {
    std::error_code none;
    std::string all;
    if (std::filesystem::is_regular_file(file, none)) {
      std::ifstream in(file, std::ios::binary);
      all.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto [at, length] = find(all);
    if (at == std::string::npos) return put_text(file, text, "a");
    all.replace(at, length, text);
    // the other rows are never lost: the new file takes the place of the old one
    const std::string fresh = file + ".new";
    if (!put_text(fresh, all, "w")) return false;
    std::filesystem::rename(fresh, file, none);
    return !none;
  });
}

int LAMMPS_NS::group_index(LAMMPS *lmp, const std::string &title, const std::string &name)
{
  const int index = lmp->group->find(name);
  if (index < 0)
    lmp->error->all(FLERR, "{}: group '{}' is gone; define it again with the group command", title,
                    name);
  return index;
}

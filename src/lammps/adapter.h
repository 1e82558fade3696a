// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_ADAPTER_H
#define NATROLITE_ADAPTER_H

// What all adapters share: reading keywords, the cell, sums over ranks.

#include "pointers.h"

#include "core/cell.h"
#include "core/voltage.h"

#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace LAMMPS_NS
{

// Walks over the arguments of a style and refuses, with the value, what it cannot use.
class Arguments : protected Pointers
{
public:
  // title: "compute layer/spacing"; the words start at arg[first]
  Arguments(LAMMPS *lmp, const std::string &title, int narg, char **arg, int first);

  bool empty() const { return next_ >= narg_; }
  const char *peek() const { return arg_[next_]; }
  std::string word(const std::string &what);
  double number(const std::string &what);
  double positive(const std::string &what);
  double nonnegative(const std::string &what);
  // E [err]: an energy and, if a number follows, its error; name: what E is called in messages
  natrolite::Value with_error(const std::string &keyword, const std::string &name);
  int integer(const std::string &what, int minimum);
  bool yes(const std::string &what);
  std::string group(const std::string &what); // the name of a group that exists
  // index of the word in choices
  int choice(const std::string &what, const std::vector<std::string> &choices);
  bool next_is_number() const;
  [[noreturn]] void unknown(const std::string &keyword, const std::string &known);
  [[noreturn]] void refuse(const std::string &message);

private:
  std::string title_;
  int narg_;
  char **arg_;
  int next_;
};

class Domain;
natrolite::Cell cell_of(const Domain *domain);

// The index of a group that a style names: looked up whenever it is used, since a group may be
// deleted and made anew between runs. A group that is gone is an error.
int group_index(LAMMPS *lmp, const std::string &title, const std::string &name);

// Sums over all ranks, in place.
void sum_over_ranks(std::vector<double> &values, MPI_Comm world);

// Concatenates the parts of all ranks, in rank order, on every rank.
std::vector<double> gather_over_ranks(const std::vector<double> &mine, MPI_Comm world);

// Writes the parts of all ranks, in rank order, into a file that the first rank has open; it holds
// one part at a time.
void write_in_order(const std::vector<double> &mine, FILE *fp, MPI_Comm world);

// The number that a fix's state in a restart file begins with: no earlier state began like that.
constexpr double restart_layout(int layout)
{
  return -layout;
}
// Refuses a state of another layout than the one that is known.
void check_restart_layout(LAMMPS *lmp, const std::string &title, double found, int known);

// Refuses, when a style is defined, a file that cannot be written when the run is over. Creates no
// file and changes none.
void check_writable(LAMMPS *lmp, const std::string &title, const std::string &file);

// Writes a text file from the first rank; a file that cannot be written is an error on all.
void write_text(LAMMPS *lmp, const std::string &title, const std::string &file,
                const std::string &text);

// Puts text in the place and length that `find` gives of what a file holds, or at its end if there is none
// (npos).
void renew_text(LAMMPS *lmp, const std::string &title, const std::string &file,
                const std::function<std::pair<std::size_t, std::size_t>(const std::string &)> &find,
                const std::string &text);

// Rows, structs of five doubles, into an array of five columns.
template <class Row> void copy_rows(const std::vector<Row> &rows, double **array)
{
  static_assert(std::is_trivially_copyable_v<Row> && sizeof(Row) == 5 * sizeof(double));
  std::memcpy(array[0], rows.data(), rows.size() * sizeof(Row));
}

// true on every rank if it is true on any
bool any_rank(bool mine, MPI_Comm world);

} // namespace LAMMPS_NS

#endif

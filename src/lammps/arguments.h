// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The words of a style in an input script.
#pragma once

#include "core/voltage.h"

#include "pointers.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// A number or an equal-style variable.
struct NumberOrVariable {
  double value = 0.0;
  std::string variable;    ///< empty = the number
  bool given = false;
};

/// Walks over the arguments of a style and refuses, with the value, what it cannot use.
class Arguments : protected Pointers {
public:
  /// title: "compute layer/spacing"; the words start at arg[first]
  Arguments(LAMMPS *lmp, const std::string &title, int narg, char **arg, int first);

  bool empty() const { return next_ >= narg_; }
  const char *peek() const { return arg_[next_]; }
  std::string word(const std::string &what);
  double number(const std::string &what);
  double positive(const std::string &what);
  double nonnegative(const std::string &what);
  /// E [err]: an energy and, if a number follows, its error; name: what E is called in messages
  natrolite::Value with_error(const std::string &keyword, const std::string &name);
  /// a number or v_name, whose variable is not looked at
  NumberOrVariable number_or_variable(const std::string &what);
  int integer(const std::string &what, int minimum);
  bool yes(const std::string &what);
  std::string group(const std::string &what);    ///< the name of a group that exists
  /// index of the word in choices
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

}    // namespace LAMMPS_NS

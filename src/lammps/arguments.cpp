// SPDX-License-Identifier: GPL-2.0-only
#include "arguments.h"

#include "error.h"
#include "group.h"
#include "utils.h"

#include <cmath>
#include <cstdlib>

using namespace LAMMPS_NS;

Arguments::Arguments(LAMMPS *lmp, const std::string &title, int narg, char **arg, int first) :
    Pointers(lmp), title_(title), narg_(narg), arg_(arg), next_(first)
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
  if (value <= 0.0) error->all(FLERR, "{}: '{}' needs a number above 0, not {}", title_, what, value);
  return value;
}

double Arguments::nonnegative(const std::string &what)
{
  const double value = number(what);
  if (value < 0.0) error->all(FLERR, "{}: '{}' needs a number of at least 0, not {}", title_, what, value);
  return value;
}

NumberOrVariable Arguments::number_or_variable(const std::string &what)
{
  NumberOrVariable n;
  n.given = true;
  if (!empty() && utils::strmatch(peek(), "^v_"))
    n.variable = word(what).substr(2);
  else
    n.value = number(what);
  return n;
}

int Arguments::integer(const std::string &what, int minimum)
{
  const std::string text = word(what);
  char *end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value > MAXSMALLINT)
    error->all(FLERR, "{}: '{}' needs a whole number, not '{}'", title_, what, text);
  if (value < minimum)
    error->all(FLERR, "{}: '{}' needs a whole number of at least {}, not {}", title_, what, minimum, value);
  return static_cast<int>(value);
}

// also in LAMMPS' other words for it
bool Arguments::yes(const std::string &what)
{
  const std::string value = empty() ? "" : peek();
  const bool on = value == "on" || value == "true";
  if (!on && value != "off" && value != "false") return choice(what, {"no", "yes"}) == 1;
  word(what);
  return on;
}

std::string Arguments::group(const std::string &what)
{
  std::string name = word(what);
  if (Pointers::group->find(name) < 0)
    error->all(FLERR, "{}: '{}' names the unknown group '{}'; define it with the group command", title_, what,
               name);
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

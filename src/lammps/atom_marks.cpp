// SPDX-License-Identifier: GPL-2.0-only
#include "atom_marks.h"

#include "atom.h"
#include "fix.h"
#include "memory.h"
#include "modify.h"
#include "utils.h"

#include <algorithm>

using namespace LAMMPS_NS;

namespace LAMMPS_NS {

class FixAtomMarks : public Fix {
public:
  FixAtomMarks(LAMMPS *lmp, int narg, char **arg) :
      Fix(lmp, narg, arg), width_(utils::inumeric(FLERR, arg[3], false, lmp))
  {
    create_attribute = 1;    // set_arrays() is called for new atoms
    maxexchange = width_;
    FixAtomMarks::grow_arrays(atom->nmax);
    atom->add_callback(Atom::GROW);
    for (int i = 0; i < atom->nlocal; i++) FixAtomMarks::set_arrays(i);
  }
  ~FixAtomMarks() override
  {
    atom->delete_callback(id, Atom::GROW);
    memory->destroy(marks_);
  }

  int setmask() override { return 0; }
  void grow_arrays(int nmax) override { memory->grow(marks_, std::max(1, nmax), width_, "natrolite:marks"); }
  void copy_arrays(int i, int j, int /*delflag*/) override { std::copy_n(marks_[i], width_, marks_[j]); }
  void set_arrays(int i) override { std::fill_n(marks_[i], width_, 0.0); }
  int pack_exchange(int i, double *buf) override
  {
    std::copy_n(marks_[i], width_, buf);
    return width_;
  }
  int unpack_exchange(int i, double *buf) override
  {
    std::copy_n(buf, width_, marks_[i]);
    return width_;
  }
  double memory_usage() override { return static_cast<double>(atom->nmax) * width_ * sizeof(double); }
  double *row(int i) const { return marks_[i]; }

private:
  int width_;
  double **marks_ = nullptr;
};

}    // namespace LAMMPS_NS

static Fix *make_marks(LAMMPS *lmp, int narg, char **arg)
{
  return new FixAtomMarks(lmp, narg, arg);
}

AtomMarks::AtomMarks(LAMMPS *lmp, const std::string &owner, int width) :
    Pointers(lmp), fix_id_("NATROLITE_" + owner)
{
  static constexpr char style[] = "NATROLITE/MARKS";    // known to nobody else
  (*modify->fix_map)[style] = &make_marks;
  fix_ = static_cast<FixAtomMarks *>(modify->add_fix(fmt::format("{} all {} {}", fix_id_, style, width), 0));
  modify->fix_map->erase(style);
}

AtomMarks::~AtomMarks()
{
  if (modify->get_fix_by_id(fix_id_)) modify->delete_fix(fix_id_);    // LAMMPS deletes fixes first
}

double *AtomMarks::operator[](int i) const
{
  return fix_->row(i);
}

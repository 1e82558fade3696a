// SPDX-License-Identifier: GPL-2.0-only
#pragma once

// Layers of a LAMMPS system: which atoms belong to which, and each layer's reference atom, the one
// with the lowest ID (so that nothing depends on the number of ranks).

#include "pointers.h"

#include "atom_marks.h"
#include "first_atoms.h"

#include "core/layers.h"

#include <memory>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Is an atom in one layer?
struct LayerTest {
  int groupbit = 0;    ///< of the atoms that count
  int bit = 0;         ///< of the layer's group; 0: by the atoms' own layers
  int layer = 0;

  NATROLITE_INLINE_FUNCTION bool in_group(int mask) const    // no branch: types may alternate at random
  {
    return ((mask & groupbit) != 0) & ((mask & bit) != 0);
  }
  /// layer_of_atom: as LayerGather found it
  NATROLITE_INLINE_FUNCTION bool by_atom(int mask, int layer_of_atom) const
  {
    return (mask & groupbit) && layer_of_atom == layer;
  }
};

class LayerGather : protected Pointers {
public:
  /// title: for messages; igroup: only atoms of this group count
  LayerGather(LAMMPS *lmp, const std::string &title, int igroup);

  void add_group(const std::string &name);
  /// finds the layers once, by clustering of heights, for the compute with this ID; its atoms keep
  /// their layers. Fewer than two layers are an error.
  void find_layers(double gap, const std::string &compute_id);

  int count() const { return nlayers_; }
  std::string name(int layer) const;

  /// Collective. The wrapped position of every layer's atom with the lowest ID.
  std::vector<natrolite::Vec3> references();
  /// This rank's atoms of every layer, as references() found them on the host.
  const std::vector<std::vector<int>> &members() const { return members_; }
  /// Collective. All layers, weighted by mass or by number.
  std::vector<natrolite::Layer> layers(bool by_mass);

protected:
  /// This rank's atom with the lowest ID of every layer.
  virtual std::vector<FirstAtom> first_atoms();
  /// This rank's sums of every layer, relative to references() of the same step.
  virtual std::vector<natrolite::LayerSums> add_up(const std::vector<natrolite::Vec3> &reference,
                                                   bool by_mass);
  LayerTest test(int layer) const;
  /// The layer of every own atom, -1: none; empty where groups are the layers.
  std::vector<int> layer_of_atom() const;

private:
  std::string title_;
  int groupbit_;
  int nlayers_ = 0;
  std::vector<std::string> groups_;
  std::shared_ptr<AtomMarks> marks_;    ///< layer + 1; the /kk style's copy shares them
  std::vector<std::vector<int>> members_;

  void find_members();
};

}    // namespace LAMMPS_NS

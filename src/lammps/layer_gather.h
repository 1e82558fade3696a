// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_LAYER_GATHER_H
#define NATROLITE_LAYER_GATHER_H

// Layers of a LAMMPS system: which atoms belong to which, and each layer's reference atom, the one
// with the lowest ID (so that nothing depends on the number of ranks).

#include "pointers.h"

#include "core/layers.h"

#include <string>
#include <vector>

namespace LAMMPS_NS
{

class LayerGather : protected Pointers
{
public:
  // title: for messages; igroup: only atoms of this group count
  LayerGather(LAMMPS *lmp, const std::string &title, int igroup);

  void add_group(int igroup);
  // finds the layers once, by clustering of heights; throws if there are fewer than two
  void find_layers(double gap);

  int count() const { return nlayers_; }
  std::string name(int layer) const;

  // Collective. The wrapped position of every layer's atom with the lowest ID.
  std::vector<natrolite::Vec3> references();
  // This rank's atoms of every layer, as references() found them.
  const std::vector<std::vector<int>> &members() const { return members_; }
  // Collective. All layers, weighted by mass or by number.
  std::vector<natrolite::Layer> layers(bool by_mass);

private:
  std::string title_;
  int groupbit_;
  int nlayers_ = 0;
  std::vector<int> groups_;
  std::vector<int> layer_of_tag_;
  std::vector<std::vector<int>> members_;

  bool member(int layer, int atom) const;
  void find_members();
};

} // namespace LAMMPS_NS

#endif

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The skeleton's style in a plugin of its own, for its test. A style of Natrolite is a row in
/// src/plugin.cpp.
#include "compute_mean_height.h"

#include "lammps/plugin_table.h"

using namespace LAMMPS_NS;

namespace {

constexpr PluginRow STYLES[] = {
    {"compute", "mean/height", "mean height of atoms", nullptr, create_with_arguments<ComputeMeanHeight>},
};

}    // namespace

extern "C" __attribute__((visibility("default"))) void lammpsplugin_init(void *lmp, void *handle,
                                                                         void *regfunc)
{
  register_styles(STYLES, lmp, handle, regfunc);
}

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// A plugin's table of styles, and its registration with LAMMPS.
#pragma once

#include "host_check.h"
#include "plugin_abi.h"

#include "lammps.h"

namespace LAMMPS_NS {

template <class Style>
void *create(void *lmp)
{
  return new Style(static_cast<LAMMPS *>(lmp));
}

template <class Style>
void *create_with_arguments(void *lmp, int narg, char **arg)
{
  return new Style(static_cast<LAMMPS *>(lmp), narg, arg);
}

struct PluginRow {
  const char *style, *name, *info;
  lammpsplugin_factory1 *v1;    ///< pair, command
  lammpsplugin_factory2 *v2;    ///< fix, compute
};

/// Stops with one line if the host is not the one that the plugin was built for.
template <int n>
void register_styles(const PluginRow (&rows)[n], void *lmp, void *handle, void *regfunc)
{
  auto *host = static_cast<LAMMPS *>(lmp);
  check_host(host);
  for (const PluginRow &row : rows) {
    lammpsplugin_t plugin{};
    plugin.version = host->version;    // check_host() has compared it
    plugin.style = row.style;
    plugin.name = row.name;
    plugin.info = row.info;
    plugin.author = "Natrolite developers";
    if (row.v1)
      plugin.creator.v1 = row.v1;
    else
      plugin.creator.v2 = row.v2;
    plugin.handle = handle;
    reinterpret_cast<lammpsplugin_regfunc>(regfunc)(&plugin, lmp);
  }
}

}    // namespace LAMMPS_NS

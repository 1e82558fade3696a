// SPDX-License-Identifier: GPL-2.0-only
#ifndef NATROLITE_PLUGIN_ABI_H
#define NATROLITE_PLUGIN_ABI_H

// The C interface of LAMMPS' PLUGIN package, restated because its header is not installed.
// v1 creates pair and command styles from (LAMMPS *); v2 creates fix and compute styles from
// (LAMMPS *, narg, arg).

extern "C" {

typedef void *(lammpsplugin_factory1)(void *);
typedef void *(lammpsplugin_factory2)(void *, int, char **);

typedef struct {
  const char *version;
  const char *style;
  const char *name;
  const char *info;
  const char *author;
  union {
    lammpsplugin_factory1 *v1;
    lammpsplugin_factory2 *v2;
  } creator;
  void *handle;
} lammpsplugin_t;

typedef void (*lammpsplugin_regfunc)(lammpsplugin_t *, void *);
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The C interface of LAMMPS' plugin loader, whose header LAMMPS does not install.
#pragma once

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
    lammpsplugin_factory1 *v1;    ///< pair, command, ...
    lammpsplugin_factory2 *v2;    ///< fix, compute, ...
  } creator;
  void *handle;
} lammpsplugin_t;

typedef void (*lammpsplugin_regfunc)(lammpsplugin_t *, void *);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "engine_loader.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace LAMMPS_NS {
namespace {

  /// with its slash; found when the plugin is loaded, before an input script changes the folder
  const std::string PLUGIN_FOLDER = [] {
    Dl_info self{};
    dladdr(reinterpret_cast<const void *>(&load_model), &self);
    char *full = self.dli_fname ? realpath(self.dli_fname, nullptr) : nullptr;
    const std::string plugin = full ? full : "";
    std::free(full);
    return plugin.substr(0, plugin.rfind('/') + 1);
  }();

  /// beside the plugin, or one folder up, where it is for the plugin of the /kk styles
  std::string engine_path()
  {
    if (const char *given = std::getenv("NATROLITE_ENGINE")) return given;
    const std::string name = "libnatrolite_engine.so", above = PLUGIN_FOLDER + "../" + name;
    return access((PLUGIN_FOLDER + name).c_str(), F_OK) != 0 && access(above.c_str(), F_OK) == 0
        ? above
        : PLUGIN_FOLDER + name;
  }

  /// LibTorch must find its own BLAS before the reference BLAS that LAMMPS exports. AddressSanitizer
  /// wants the opposite: that all find its malloc.
#ifdef __SANITIZE_ADDRESS__
  constexpr int OWN_SYMBOLS_FIRST = 0;
#else
  constexpr int OWN_SYMBOLS_FIRST = RTLD_DEEPBIND;
#endif

  /// The engine stays open for good, because LibTorch cannot be closed.
  natrolite::LoadModelFunction *open_engine()
  {
#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
    throw std::runtime_error("this LAMMPS was built with GCC's old C++ ABI, which LibTorch lacks: use a "
                             "LAMMPS built from its sources");
#endif
    const std::string path = engine_path();
    void *engine = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | OWN_SYMBOLS_FIRST);
    if (!engine)
      throw std::runtime_error("the engine cannot be opened (" + std::string(dlerror()) +
                               "): put libnatrolite_engine.so beside the plugin or name it in "
                               "NATROLITE_ENGINE, with LibTorch where it was built");
    auto *load = reinterpret_cast<natrolite::LoadModelFunction *>(
        dlsym(engine, "natrolite_load_model"));
    if (!load) throw std::runtime_error(path + " is not an engine of Natrolite");
    return load;
  }

}    // namespace

std::unique_ptr<natrolite::Model> load_model(const natrolite::LoadOptions &options)
{
  static natrolite::LoadModelFunction *load = open_engine();
  return std::unique_ptr<natrolite::Model>(load(natrolite::ENGINE_ABI, options));
}

}    // namespace LAMMPS_NS

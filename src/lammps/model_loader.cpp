// SPDX-License-Identifier: GPL-2.0-only
#include "model_loader.h"

#include "model/archive.h"
#include "native/native_model.h"

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
    if (path.find('/') != std::string::npos && access(path.c_str(), F_OK) != 0)
      throw std::runtime_error("it needs LibTorch, and there is no engine " + path +
                               ": write the file by "
                               "'natrolite export', so that it needs none, install Natrolite with torch, or "
                               "name an engine in NATROLITE_ENGINE");
    void *engine = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | OWN_SYMBOLS_FIRST);
    if (!engine)
      throw std::runtime_error("it needs LibTorch, and the engine cannot be opened (" +
                               std::string(dlerror()) +
                               "): put libnatrolite_engine.so beside the plugin or name it in "
                               "NATROLITE_ENGINE, with LibTorch where it was built");
    auto *load = reinterpret_cast<natrolite::LoadModelFunction *>(dlsym(engine, "natrolite_load_model"));
    if (!load) throw std::runtime_error(path + " is not an engine of Natrolite");
    return load;
  }

  std::unique_ptr<natrolite::Model> load_torch(const natrolite::LoadOptions &options)
  {
    static natrolite::LoadModelFunction *load = open_engine();
    return std::unique_ptr<natrolite::Model>(load(natrolite::ENGINE_ABI, options));
  }

  constexpr auto METADATA = "extra/natrolite.json", DESCRIPTION = "extra/native.json",
                 ARRAYS = "extra/native.bin";

  /// why the native evaluator cannot run a file; empty if it can
  std::string against_native(const natrolite::LoadOptions &options)
  {
    const bool on_gpu = options.device_id >= 0 && options.device != natrolite::Device::cpu;
    if (options.device == natrolite::Device::cuda || on_gpu) return "on a GPU";
    const std::string_view file(options.bytes, options.nbytes);
    if (file.substr(0, 2) != "PK") return "the file has no network description";
    const natrolite::ZipArchive archive(options.bytes, options.nbytes);
    return archive.has(METADATA) && archive.has(DESCRIPTION) && archive.has(ARRAYS)
               ? ""
               : "the file has no network description";
  }

  std::unique_ptr<natrolite::Model> load_described(const natrolite::LoadOptions &options)
  {
    const natrolite::ZipArchive archive(options.bytes, options.nbytes);
    archive.check();
    return natrolite::native::load_native(natrolite::parse_metadata(archive.read(METADATA)),
                                          archive.read(DESCRIPTION), archive.read(ARRAYS), options.threads);
  }

}    // namespace

LoadedModel load_model(const natrolite::LoadOptions &options, Evaluator evaluator)
{
  std::string reason = evaluator == Evaluator::torch ? "evaluator torch" : against_native(options);
  if (reason.empty()) try {
      return {load_described(options), ""};
    } catch (const std::exception &e) {
      if (evaluator == Evaluator::native) throw;
      reason = e.what();
    }
  if (evaluator == Evaluator::native)
    throw std::runtime_error("evaluator native cannot be used (" + reason +
                             "): export the model again, or use evaluator auto");
  return {load_torch(options), reason};
}

}    // namespace LAMMPS_NS

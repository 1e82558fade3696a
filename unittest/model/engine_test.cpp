// SPDX-License-Identifier: GPL-2.0-only
#include "core/periodic_edges.h"
#include "model/owned_graph.h"
#include "torch/engine.h"

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace natrolite;

extern "C" Model *natrolite_load_model(int abi, const LoadOptions &options);

namespace {

std::string read(const std::string &name)
{
  std::ifstream in(std::string(std::getenv("NATROLITE_TOYS")) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::unique_ptr<Model> load_bytes(const std::string &bytes, int abi = ENGINE_ABI, Device device = Device::cpu)
{
  LoadOptions options;
  options.bytes = bytes.data();
  options.nbytes = bytes.size();
  options.device = device;
  return std::unique_ptr<Model>(natrolite_load_model(abi, options));
}

std::unique_ptr<Model> load(const std::string &name)
{
  return load_bytes(read(name));
}

std::string complaint(const std::string &bytes)
{
  try {
    load_bytes(bytes);
  } catch (const std::runtime_error &e) {
    return e.what();
  }
  return "";
}

/// a periodic structure whose images are ghost rows behind the own rows
struct GhostedGraph : OwnedGraph {
  std::vector<std::int64_t> owner;

  GhostedGraph(const Structure &s, const std::vector<std::int64_t> &t, double cutoff, bool ghosts)
  {
    const auto n = static_cast<std::int64_t>(t.size());
    types = t;
    const PlainEdges all = periodic_edges(s, cutoff);
    for (std::size_t e = 0; e < all.vec.size(); ++e) {
      std::int64_t row = all.neighbor[e];
      if (ghosts) {    // every edge has a ghost of its own
        owner.push_back(row);
        types.push_back(t[row]);
        row = n + static_cast<std::int64_t>(e);
      }
      add_edge(all.center[e], row, all.vec[e]);
    }
    finish();
    graph.nowned = graph.nlocal = n;
  }
};

/// ghosts are copies of this process' own rows
class OwnGhosts : public NoExchange {
public:
  OwnGhosts(const GhostedGraph &g) : owner_(g.owner), nlocal_(g.graph.nlocal) {}
  void forward(const FeatureRows &rows) override
  {
    ++forwards;
    const auto bytes = rows.width * rows.element_bytes;
    for (std::size_t k = 0; k < owner_.size(); ++k)
      std::memcpy(at(rows, nlocal_ + k), at(rows, owner_[k]), bytes);
  }
  void reverse(const FeatureRows &rows) override
  {
    ++reverses;
    for (std::size_t k = 0; k < owner_.size(); ++k)
      for (std::int64_t c = 0; c < rows.width; ++c)
        if (rows.element_bytes == 8)
          reinterpret_cast<double *>(at(rows, owner_[k]))[c] +=
              reinterpret_cast<double *>(at(rows, nlocal_ + k))[c];
        else
          reinterpret_cast<float *>(at(rows, owner_[k]))[c] +=
              reinterpret_cast<float *>(at(rows, nlocal_ + k))[c];
  }
  int forwards = 0, reverses = 0;

private:
  static char *at(const FeatureRows &r, std::int64_t row)
  {
    return static_cast<char *>(r.data) + row * r.width * r.element_bytes;
  }
  std::vector<std::int64_t> owner_;
  std::int64_t nlocal_;
};

Structure cell()
{
  Structure s;
  s.cell = {{{6.0, 0.0, 0.0}, {1.0, 5.5, 0.0}, {0.5, -0.4, 6.2}}};
  s.periodic = {true, true, true};
  s.positions = {{0.1, 0.2, 0.3}, {2.9, 0.4, 3.1}, {0.7, 2.8, 3.3}, {3.4, 3.1, 0.2}};
  return s;
}

const std::vector<std::int64_t> TYPES{0, 1, 0, 1};

}    // namespace

TEST(Engine, LennardJonesDimerIsTheFormula)
{
  const auto model = load("lj.pt");
  OwnedGraph g;
  g.types = {0, 0};
  g.add_edge(0, 1, {3.7, 0.0, 0.0});
  g.add_edge(1, 0, {-3.7, 0.0, 0.0});
  g.finish();
  NoExchange alone;
  Evaluation r;
  model->evaluate(g.graph, alone, r);
  const double s6 = std::pow(3.4 / 3.7, 6), e = 4 * 0.0104 * (s6 * s6 - s6);
  const double slope = 4 * 0.0104 * (-12 * s6 * s6 + 6 * s6) / 3.7;
  EXPECT_NEAR(r.energy[0] + r.energy[1], e, 1e-15);
  EXPECT_NEAR(r.edge_gradient[0] - r.edge_gradient[3], slope, 1e-14);
  EXPECT_DOUBLE_EQ(r.edge_gradient[1], 0.0);
}

class EngineFamilies : public testing::TestWithParam<const char *> {};

class EngineInDouble : public testing::TestWithParam<const char *> {};

TEST_P(EngineFamilies, GhostRowsEqualTheFoldedGraph)
{
  const auto model = load(GetParam());
  const double tolerance = model->metadata().dtype == "float64" ? 1e-13 : 1e-5;
  const GhostedGraph folded(cell(), TYPES, model->metadata().r_max, false);
  const GhostedGraph ghosted(cell(), TYPES, model->metadata().r_max, true);
  NoExchange alone;
  OwnGhosts ghosts(ghosted);
  Evaluation r;
  model->evaluate(folded.graph, alone, r);
  const std::vector<double> energy(r.energy, r.energy + 4),
      gradient(r.edge_gradient, r.edge_gradient + 3 * folded.graph.nedges);
  model->evaluate(ghosted.graph, ghosts, r);
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(r.energy[i], energy[i], tolerance);
  for (std::size_t k = 0; k < gradient.size(); ++k) EXPECT_NEAR(r.edge_gradient[k], gradient[k], tolerance);
  EXPECT_EQ(ghosts.forwards, model->metadata().ghost_exchanges);
  EXPECT_EQ(ghosts.reverses, model->metadata().ghost_exchanges);
}

TEST_P(EngineInDouble, TheGradientIsTheSlopeOfTheEnergy)
{
  const auto model = load(GetParam());
  GhostedGraph g(cell(), TYPES, model->metadata().r_max, false);
  NoExchange alone;
  Evaluation r;
  const auto energy = [&] {
    model->evaluate(g.graph, alone, r);
    return r.energy[0] + r.energy[1] + r.energy[2] + r.energy[3];
  };
  energy();
  const std::vector<double> gradient(r.edge_gradient, r.edge_gradient + 3 * g.graph.nedges);
  for (std::size_t k = 0; k < gradient.size(); k += 17) {
    const double x = g.vec[k], h = 1e-5;
    g.vec[k] = x + h;
    const double up = energy();
    g.vec[k] = x - h;
    const double down = energy();
    g.vec[k] = x;
    EXPECT_NEAR((up - down) / (2 * h), gradient[k], 1e-8) << k;
  }
}

TEST_P(EngineFamilies, NoAtomsGiveNothingAndStillExchange)
{
  const auto model = load(GetParam());
  GhostedGraph empty(Structure{}, {}, 5.0, true);
  OwnGhosts ghosts(empty);
  Evaluation r;
  model->evaluate(empty.graph, ghosts, r);
  EXPECT_EQ(ghosts.forwards, model->metadata().ghost_exchanges);
  EXPECT_EQ(ghosts.reverses, model->metadata().ghost_exchanges);
}

TEST_P(EngineFamilies, TheSelfTestPasses)
{
  EXPECT_TRUE(load(GetParam())->self_test());
}

INSTANTIATE_TEST_SUITE_P(Toys, EngineFamilies,
                         testing::Values("lj.pt", "mp.pt", "mp32.pt", "mp3.pt", "mp3_32.pt", "gsum.pt",
                                         "gmax.pt", "charged.pt", "peratom.pt"));

INSTANTIATE_TEST_SUITE_P(Toys, EngineInDouble,
                         testing::Values("mp.pt", "mp3.pt", "gsum.pt", "gmax.pt", "charged.pt",
                                         "peratom.pt"));

TEST(Engine, OnlyOwnedRowsEnterTheGradient)
{
  const auto model = load("lj.pt");
  GhostedGraph g(cell(), TYPES, 5.0, false);
  g.graph.nowned = 1;
  NoExchange alone;
  Evaluation r;
  model->evaluate(g.graph, alone, r);
  for (std::int64_t e = 0; e < g.graph.nedges; ++e)
    EXPECT_EQ(r.edge_gradient[3 * e] != 0.0, g.index[e] == 0) << e;
}

TEST(Engine, FurtherPerAtomOutputsComeByName)
{
  const auto model = load("peratom.pt");
  const GhostedGraph g(cell(), TYPES, 5.0, false);
  NoExchange alone;
  Evaluation r;
  model->evaluate(g.graph, alone, r);
  ASSERT_EQ(r.peratom.size(), 1u);
  EXPECT_EQ(r.peratom[0].name, "coordination");
  EXPECT_GT(r.peratom[0].data[0], 0.0);
}

TEST(Engine, EveryBadFileIsRefusedWithItsName)
{
  const std::pair<const char *, const char *> cases[] = {{"empty.pt", "empty"},
                                                         {"notzip.pt", "not a zip"},
                                                         {"truncated.pt", "truncated"},
                                                         {"state_dict.pt", "state dict"},
                                                         {"checkpoint.pt", "Python"},
                                                         {"metatomic_like.pt", "metatomic"},
                                                         {"newer.pt", "format_version"},
                                                         {"missing_key.pt", "r_max"},
                                                         {"unknown_op.pt", "natrolite_unregistered"},
                                                         {"plain_script.pt", "natrolite.json"}};
  for (const auto &[file, word] : cases) {
    const std::string text = complaint(read(file));
    EXPECT_NE(text.find(word), std::string::npos) << file << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << file << ": " << text;
  }
}

TEST(Engine, AFileCutAnywhereIsRefusedWithoutACrash)
{
  const std::string bytes = read("mp.pt");
  ASSERT_GT(bytes.size(), 1000u);
  for (int k = 1; k < 40; ++k) {
    std::string part = bytes.substr(0, bytes.size() * k / 40);
    EXPECT_FALSE(complaint(part).empty()) << k;
  }
}

TEST(Engine, ASelfTestMismatchGivesBothNumbers)
{
  const auto model = load("mismatch.pt");
  try {
    model->self_test();
    FAIL() << "no error";
  } catch (const std::runtime_error &e) {
    EXPECT_NE(std::string(e.what()).find("energy (eV)"), std::string::npos) << e.what();
  }
}

TEST(Engine, AReferenceOfTooManyImagesIsRefusedAtOnce)
{
  for (const char *file : {"far.pt", "flat.pt"}) {
    const auto model = load(file);
    try {
      model->self_test();
      FAIL() << "no error of " << file;
    } catch (const std::runtime_error &e) {
      EXPECT_NE(std::string(e.what()).find("too flat"), std::string::npos) << e.what();
    }
  }
}

TEST(Engine, ASecondCopyInOneProcessIsRefused)
{
  load("lj.pt");
  const std::string path = testing::TempDir() + "second_engine.so";
  Dl_info self{};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "natrolite_load_model"), &self), 0);
  std::filesystem::copy_file(self.dli_fname, path, std::filesystem::copy_options::overwrite_existing);
  void *second = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  std::filesystem::remove(path);
  ASSERT_NE(second, nullptr) << dlerror();
  auto *load_there = reinterpret_cast<LoadModelFunction *>(dlsym(second, "natrolite_load_model"));
  const std::string bytes = read("lj.pt");
  LoadOptions options;
  options.bytes = bytes.data();
  options.nbytes = bytes.size();
  try {
    load_there(ENGINE_ABI, options);
    FAIL() << "no error";
  } catch (const std::runtime_error &e) {
    EXPECT_NE(std::string(e.what()).find("another copy"), std::string::npos) << e.what();
  }
}

TEST(Engine, AnotherInterfaceNumberIsRefused)
{
  EXPECT_THROW(load_bytes(read("lj.pt"), ENGINE_ABI + 1), std::runtime_error);
}

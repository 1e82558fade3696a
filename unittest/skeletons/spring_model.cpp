// SPDX-License-Identifier: GPL-2.0-only
#include "spring_model.h"

#include "model/self_test.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace natrolite::springs {
namespace {

  class SpringModel : public Model {
  public:
    SpringModel(Metadata metadata, double k) : metadata_(std::move(metadata)), k_(k) {}

    const Metadata &metadata() const override { return metadata_; }

    void evaluate(const Graph &graph, Exchange &, Evaluation &result) override
    {
      if (graph.on_device) throw std::runtime_error("springs are computed on the host");
      energy_.assign(graph.nlocal, 0.0);
      gradient_.resize(3 * graph.nedges);    // with one layer all rows with energies are owned ones
      for (std::int64_t e = 0; e < graph.nedges; ++e) {
        const double *v = graph.edge_vec + 3 * e;
        const double r = std::hypot(v[0], v[1], v[2]), stretch = r - metadata_.r_max;
        energy_[graph.edge_index[e]] += 0.25 * k_ * stretch * stretch;
        for (int d = 0; d < 3; ++d) gradient_[3 * e + d] = 0.5 * k_ * stretch * v[d] / r;
      }
      result.energy = energy_.data();
      result.edge_gradient = gradient_.data();
    }

    bool self_test() override
    {
      run_self_test(*this);
      return true;
    }
    double memory_bytes() const override { return 8.0 * (energy_.capacity() + gradient_.capacity()); }
    std::string device() const override { return "cpu, springs"; }

  private:
    Metadata metadata_;
    double k_;
    std::vector<double> energy_, gradient_;    ///< what the last Evaluation points to
  };

}    // namespace

std::unique_ptr<Model> load_springs(const Metadata &metadata, double k)
{
  if (metadata.num_layers != 1 || metadata.committee_size != 1)
    throw std::runtime_error("springs have one layer and no committee");
  return std::make_unique<SpringModel>(metadata, k);
}

}    // namespace natrolite::springs

// SPDX-License-Identifier: GPL-2.0-only
#include "native_model.h"

#include "charged/description.h"
#include "charged/network.h"
#include "description.h"
#include "network.h"

#include "model/self_test.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace natrolite::native {
namespace {

  /// N: Network<T> or ChargedNetwork<T>
  template <class T, class N>
  class NativeModel : public Model {
  public:
    template <class D>
    NativeModel(const Metadata &metadata, D description, int threads) :
        metadata_(metadata), network_(std::move(description), threads), threads_(threads)
    {
      metadata_.max_exchange_width = std::max(metadata_.max_exchange_width, network_.exchange_width());
    }

    const Metadata &metadata() const override { return metadata_; }

    void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result) override
    {
      if (graph.on_device) throw std::runtime_error("the native evaluator computes on the host");
      if (graph.member >= 0) throw std::runtime_error("the native evaluator knows no committees in one file");
      network_.evaluate(graph, exchange, result);
    }

    bool takes_compact_edges() const override { return N::TAKES_COMPACT_EDGES; }
    double memory_bytes() const override { return network_.memory_bytes(); }

    bool self_test() override
    {
      run_self_test(*this);
      return true;
    }

    std::string device() const override
    {
      return std::string("cpu, native evaluator (") + kernels<T>().name + "), " + std::to_string(threads_) +
             " thread(s)";
    }

  private:
    Metadata metadata_;
    N network_;
    int threads_;
  };

  template <template <class> class N, class D>
  std::unique_ptr<Model> make_model(const Metadata &metadata, D description, int threads)
  {
    if (metadata.dtype == "float32")
      return std::make_unique<NativeModel<float, N<float>>>(metadata, std::move(description), threads);
    return std::make_unique<NativeModel<double, N<double>>>(metadata, std::move(description), threads);
  }

  /// d: of either kind
  template <class D>
  void check_frame(const Metadata &metadata, const D &d)
  {
    if (d.types != static_cast<int>(metadata.type_names.size()))
      throw std::runtime_error("the network description has " + std::to_string(d.types) +
                               " types, the model file " + std::to_string(metadata.type_names.size()));
    if (!(d.cutoff >= metadata.list_cutoff) || d.cutoff > metadata.list_cutoff * (1.0 + 1e-6))
      throw std::runtime_error("the network description has another cutoff than the model file");
    if (metadata.committee_size != 1)
      throw std::runtime_error("the native evaluator knows no committees in one file");
  }

  const std::vector<std::string> CHARGED_OUTPUTS = {"atomic_energy", "charges", "repulsion", "electrostatics",
                                                    "dispersion"};

  void check_pair_cutoffs(const Metadata &metadata, const Description &d)
  {
    bool same = metadata.pair_cutoffs.size() == d.pair_cutoffs.size();
    for (std::size_t k = 0; same && k < d.pair_cutoffs.size(); ++k)
      same = std::fabs(metadata.pair_cutoffs[k] - d.pair_cutoffs[k]) <= 1e-6 * d.pair_cutoffs[k];
    if (!same)
      throw std::runtime_error("the network description has other cutoffs of pairs than the model file");
  }

}    // namespace

std::unique_ptr<Model> load_native(const Metadata &metadata, std::string_view description,
                                   std::string_view arrays, int threads)
{
  if (charged::is_charged(description)) {
    auto d = charged::parse(description, arrays);
    check_frame(metadata, d);
    if (metadata.outputs != CHARGED_OUTPUTS || !metadata.needs_total_charge || !metadata.needs_total_spin ||
        metadata.spin_is_multiplicity || !metadata.pair_cutoffs.empty())
      throw std::runtime_error("the network description gives other outputs than the model file");
    return make_model<charged::ChargedNetwork>(metadata, std::move(d), threads);
  }
  Description d = parse_description(description, arrays);
  check_frame(metadata, d);
  check_pair_cutoffs(metadata, d);
  int gathers = 0, exchanges = 0;
  for (const auto &step : d.steps) {
    gathers += step.kind == Step::Kind::convolve && step.in >= 0;
    exchanges += step.kind == Step::Kind::exchange;
  }
  if (gathers + 1 > std::max(metadata.num_layers, 1) || exchanges != metadata.ghost_exchanges)
    throw std::runtime_error("the network description has other layers than the model file");
  if (metadata.outputs != std::vector<std::string>{"atomic_energy"} || metadata.needs_total_charge ||
      metadata.needs_total_spin)
    throw std::runtime_error("the native evaluator gives energies only");
  return make_model<Network>(metadata, std::move(d), threads);
}

}    // namespace natrolite::native

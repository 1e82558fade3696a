// SPDX-License-Identifier: GPL-2.0-only
#include "border.h"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace natrolite {
namespace {

  class GuardedModel : public Model {
  public:
    explicit GuardedModel(std::unique_ptr<Model> model) : model_(std::move(model)) {}
    const Metadata &metadata() const override { return model_->metadata(); }
    void evaluate(const Graph &graph, Exchange &exchange, Evaluation &result) override
    {
      in_one_line([&] { model_->evaluate(graph, exchange, result); });
    }
    bool self_test() override
    {
      return in_one_line([&] { return model_->self_test(); });
    }
    std::string device() const override
    {
      return in_one_line([&] { return model_->device(); });
    }

  private:
    std::unique_ptr<Model> model_;
  };

}    // namespace

std::string first_line(const std::exception &e)
{
  std::istringstream text(e.what());
  std::string first, last;
  for (std::string line; std::getline(text, line);) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (first.empty()) first = line;
    last = line;
  }
  if (first.empty()) return "unknown error";
  // what a model itself raises stands behind a traceback of TorchScript, after the error's class
  if (first.find("TorchScript interpreter") == std::string::npos) return first;
  const auto kind = last.find("Error: ");
  return kind == std::string::npos ? last : last.substr(kind + 7);
}

std::unique_ptr<Model> guarded(std::unique_ptr<Model> model)
{
  return std::make_unique<GuardedModel>(std::move(model));
}

}    // namespace natrolite

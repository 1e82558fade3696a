// SPDX-License-Identifier: GPL-2.0-only
#include "exchange_operators.h"

#include "exchange_context.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace natrolite {
namespace {

  using torch::autograd::AutogradContext;
  using torch::autograd::variable_list;

  /// where the exchange takes rows that are now on `device`
  c10::Device memory_of(const ExchangeContext &c, c10::Device device)
  {
    return c.exchange->on_device() ? device : c10::Device(c10::kCPU);
  }

  FeatureRows rows_of(const at::Tensor &x)
  {
    TORCH_CHECK(x.dim() >= 1 && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble),
                "ghost_exchange takes float32 or float64 rows, got ", x.sizes());
    std::int64_t width = 1;
    for (std::int64_t d = 1; d < x.dim(); ++d) width *= x.size(d);
    return {x.data_ptr(), width, static_cast<int>(x.element_size())};
  }

  at::Tensor exchange_forward(ExchangeContext &c, const at::Tensor &x)
  {
    TORCH_CHECK(x.dim() >= 1 && x.size(0) == c.nlocal, "ghost_exchange got ", x.sizes(), " for ", c.nlocal,
                " local rows");
    auto shape = x.sizes().vec();
    shape[0] = c.nall;
    at::Tensor all = at::empty(shape, x.options().device(memory_of(c, x.device())));
    all.narrow(0, 0, c.nlocal).copy_(x);
    c.home.run([&] { c.exchange->forward(rows_of(all)); });
    return all.to(x.device());
  }

  at::Tensor exchange_reverse(ExchangeContext &c, const at::Tensor &gradient)
  {
    at::Tensor all = gradient.to(memory_of(c, gradient.device())).contiguous();
    if (all.is_same(gradient) || all.is_alias_of(gradient)) all = all.clone();
    c.home.run([&] { c.exchange->reverse(rows_of(all)); });
    return all.narrow(0, 0, c.nlocal).to(gradient.device());
  }

  at::Tensor all_sum(ExchangeContext &c, const at::Tensor &x)
  {
    at::Tensor total = x.to(at::kCPU, at::kDouble, false, true).contiguous();
    c.home.run([&] { c.exchange->sum(total.data_ptr<double>(), total.numel()); });
    return total.to(x.options());
  }

  struct GhostExchange : torch::autograd::Function<GhostExchange> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x)
    {
      ExchangeContext &c = current_exchange("ghost_exchange");
      ctx->saved_data["context"] = reinterpret_cast<std::int64_t>(&c);
      return exchange_forward(c, x);
    }
    static variable_list backward(AutogradContext *ctx, variable_list gradients);
  };

  struct GlobalSum : torch::autograd::Function<GlobalSum> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x)
    {
      ExchangeContext &c = current_exchange("global_sum");
      ctx->saved_data["context"] = reinterpret_cast<std::int64_t>(&c);
      return all_sum(c, x);
    }
    static variable_list backward(AutogradContext *ctx, variable_list gradients);
  };

  struct GlobalMax : torch::autograd::Function<GlobalMax> {
    static at::Tensor forward(AutogradContext *ctx, const at::Tensor &x);
    static variable_list backward(AutogradContext *ctx, variable_list gradients);
  };

  ExchangeContext &saved_context(AutogradContext *ctx)
  {
    return *reinterpret_cast<ExchangeContext *>(ctx->saved_data["context"].toInt());
  }

  variable_list GhostExchange::backward(AutogradContext *ctx, variable_list gradients)
  {
    return {exchange_reverse(saved_context(ctx), gradients[0])};
  }

  variable_list GlobalSum::backward(AutogradContext *ctx, variable_list gradients)
  {
    return {all_sum(saved_context(ctx), gradients[0])};
  }

  at::Tensor GlobalMax::forward(AutogradContext *ctx, const at::Tensor &x)
  {
    ExchangeContext &c = current_exchange("global_max");
    at::Tensor values = x.to(at::kCPU, at::kDouble, false, true).contiguous();
    at::Tensor mine = at::zeros(values.sizes(), at::kByte);
    c.home.run(
        [&] { c.exchange->max(values.data_ptr<double>(), mine.data_ptr<unsigned char>(), values.numel()); });
    ctx->saved_data["context"] = reinterpret_cast<std::int64_t>(&c);
    ctx->saved_data["mine"] = mine.to(x.device());
    return values.to(x.options());
  }

  variable_list GlobalMax::backward(AutogradContext *ctx, variable_list gradients)
  {
    const at::Tensor total = all_sum(saved_context(ctx), gradients[0]);
    return {total * ctx->saved_data["mine"].toTensor().to(total.dtype())};
  }

  using Operator = std::optional<c10::OperatorHandle>;

  Operator find_operator(const std::string &name)
  {
    return c10::Dispatcher::singleton().findSchema({name, ""});
  }

  /// Outside of an evaluation: Python's operator, where its package is in this process too.
  template <class... Tensors>
  at::Tensor of_python(const std::string &name, const Tensors &...x)
  {
    const Operator op = find_operator("natrolite_python::" + name);
    if (!op) current_exchange(name.c_str());    // says that there is none
    return op->typed<at::Tensor(const Tensors &...)>().call(x...);
  }

  at::Tensor ghost_exchange(const at::Tensor &x, const at::Tensor &types)
  {
    return in_evaluation() ? GhostExchange::apply(x) : of_python("ghost_exchange", x, types);
  }

  at::Tensor global_sum(const at::Tensor &x)
  {
    return in_evaluation() ? GlobalSum::apply(x) : of_python("global_sum", x);
  }

  at::Tensor global_max(const at::Tensor &x)
  {
    return in_evaluation() ? GlobalMax::apply(x) : of_python("global_max", x);
  }

  /// The registration holds as long as the library, which is for good: LibTorch cannot be closed.
  torch::Library *register_all()
  {
    const Operator op = find_operator("natrolite::ghost_exchange");
    if (op && op->hasKernelForDispatchKey(c10::DispatchKey::CPU))
      throw std::runtime_error("another copy of the engine is open in this process: load one "
                               "plugin of Natrolite only, and let NATROLITE_ENGINE name one file");
    auto *library = new torch::Library(torch::Library::FRAGMENT, "natrolite", {}, __FILE__, __LINE__);
    if (!op) {
      library->def("ghost_exchange(Tensor x, Tensor types) -> Tensor");
      library->def("global_sum(Tensor x) -> Tensor");
      library->def("global_max(Tensor x) -> Tensor");
    }
    // Rows go to the memory that the Exchange takes: one kernel for all keys.
    using c10::DispatchKey;
    for (const auto key :
         {DispatchKey::CPU, DispatchKey::CUDA, DispatchKey::AutogradCPU, DispatchKey::AutogradCUDA}) {
      library->impl("ghost_exchange", torch::dispatch(key, TORCH_FN(ghost_exchange)));
      library->impl("global_sum", torch::dispatch(key, TORCH_FN(global_sum)));
      library->impl("global_max", torch::dispatch(key, TORCH_FN(global_max)));
    }
    return library;
  }

}    // namespace

void register_operators()
{
  [[maybe_unused]] static const torch::Library *once = register_all();
}

}    // namespace natrolite

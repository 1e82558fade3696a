// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The exchange operators natrolite::ghost_exchange, global_sum and global_max.
/// Their schemas and gradients are those of python/natrolite/operators.py.

#include "exchange_context.h"

#include <torch/library.h>
#include <torch/torch.h>

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
    TORCH_CHECK(x.dim() >= 1 && x.size(0) == c.nlocal, "ghost_exchange got ", x.sizes(), " for ",
                c.nlocal, " local rows");
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
    c.home.run([&] {
      c.exchange->max(values.data_ptr<double>(), mine.data_ptr<unsigned char>(), values.numel());
    });
    ctx->saved_data["context"] = reinterpret_cast<std::int64_t>(&c);
    ctx->saved_data["mine"] = mine.to(x.device());
    return values.to(x.options());
  }

  variable_list GlobalMax::backward(AutogradContext *ctx, variable_list gradients)
  {
    const at::Tensor total = all_sum(saved_context(ctx), gradients[0]);
    return {total * ctx->saved_data["mine"].toTensor().to(total.dtype())};
  }

  at::Tensor ghost_exchange(const at::Tensor &x, const at::Tensor & /*types*/)
  {
    return GhostExchange::apply(x);
  }

  at::Tensor global_sum(const at::Tensor &x)
  {
    return GlobalSum::apply(x);
  }

  at::Tensor global_max(const at::Tensor &x)
  {
    return GlobalMax::apply(x);
  }

}    // namespace
}    // namespace natrolite

TORCH_LIBRARY(natrolite, m)
{
  m.def("ghost_exchange(Tensor x, Tensor types) -> Tensor");
  m.def("global_sum(Tensor x) -> Tensor");
  m.def("global_max(Tensor x) -> Tensor");
}

// Rows go to the memory that the Exchange takes: one kernel for the CPU and CUDA keys.
#define NATROLITE_KERNELS(key)                                                                     \
  TORCH_LIBRARY_IMPL(natrolite, key, m)                                                            \
  {                                                                                                \
    m.impl("ghost_exchange", natrolite::ghost_exchange);                                           \
    m.impl("global_sum", natrolite::global_sum);                                                   \
    m.impl("global_max", natrolite::global_max);                                                   \
  }

NATROLITE_KERNELS(CPU)
NATROLITE_KERNELS(CUDA)
NATROLITE_KERNELS(AutogradCPU)
NATROLITE_KERNELS(AutogradCUDA)

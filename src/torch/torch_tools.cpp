// SPDX-License-Identifier: GPL-2.0-only
#include "torch_tools.h"

#include "border.h"

#include <caffe2/serialize/in_memory_adapter.h>
#include <torch/version.h>

#include <stdexcept>

namespace natrolite {

at::Tensor view(const void *data, at::IntArrayRef shape, at::ScalarType type, c10::Device device,
                c10::Device from)
{
  const auto options = at::TensorOptions().dtype(type);
  if (c10::multiply_integers(shape) == 0) return at::empty(shape, options.device(device));
  return torch::from_blob(const_cast<void *>(data), shape, options.device(from)).to(device);
}

c10::Device memory_of(const Graph &graph, c10::Device device)
{
  if (!graph.on_device) return c10::kCPU;
  if (device.is_cpu())
    throw std::runtime_error("the /kk styles on a GPU need the model there too: use device cuda");
  return device;
}

at::Tensor as_doubles(const at::Tensor &t, c10::Device memory)
{
  return t.detach().to(memory, at::kDouble).contiguous();
}

torch::jit::Module load_module(const LoadOptions &options, c10::Device device)
{
  try {
    return torch::jit::load(std::make_shared<caffe2::serialize::MemoryReadAdapter>(
                                options.bytes, static_cast<off_t>(options.nbytes)),
                            device);
  } catch (const std::exception &e) {    // torch::jit::ErrorReport is no c10::Error
    throw std::runtime_error("LibTorch " TORCH_VERSION " cannot load it (" + first_line(e) +
                             "): export it again with this version of torch");
  }
}

void freeze_weights(torch::jit::Module &module)
{
  module.eval();
  for (const at::Tensor &p : module.parameters()) p.requires_grad_(false);
}

namespace {

  void remove_gradients(torch::jit::Block *block)
  {
    using namespace torch::jit;
    for (Node *node : block->nodes()) {
      for (Block *inner : node->blocks()) remove_gradients(inner);
      if (node->kind() != c10::Symbol::fromQualString("aten::grad")) continue;
      torch::jit::Graph &graph = *block->owningGraph();
      const WithInsertPoint here(node);
      const auto element = c10::OptionalType::ofTensor();
      Value *none = graph.insertNode(graph.createNone())->output();
      none->setType(element);
      const std::vector<Value *> nothing(node->inputs().at(1)->node()->inputs().size(), none);
      Value *list = graph.insertNode(graph.createList(element, nothing))->output();
      node->output()->replaceAllUsesWith(list);
    }
  }

}    // namespace

void remove_inner_gradients(torch::jit::Module &module)
{
  remove_gradients(module.get_method("forward").graph()->block());
}

int count_modules(const torch::jit::Module &module, const std::string &class_name)
{
  int n = 0;
  for (const torch::jit::Module &part : module.modules())
    n += part.type()->name()->qualifiedName().find("." + class_name) != std::string::npos;
  return n;
}

at::ScalarType weight_type(const torch::jit::Module &module)
{
  for (const at::Tensor &p : module.parameters())
    if (p.is_floating_point()) return p.scalar_type();
  for (const at::Tensor &b : module.buffers())
    if (b.is_floating_point()) return b.scalar_type();
  throw std::runtime_error("the model has no weights: export the original model again");
}

}    // namespace natrolite

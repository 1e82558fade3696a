// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Small tools over LibTorch that the evaluators share.
#pragma once

#include "engine.h"

#include <torch/script.h>

#include <string>

namespace natrolite {

/// A tensor on `device` over memory of the caller on device `from`: without a copy if they are the
/// same; fresh and empty for no elements.
at::Tensor view(const void *data, at::IntArrayRef shape, at::ScalarType type, c10::Device device,
                c10::Device from = c10::kCPU);

/// Where a graph's arrays are. Throws std::runtime_error if the model is not on that device.
c10::Device memory_of(const Graph &graph, c10::Device device);

/// Contiguous float64 in that memory: what an Evaluation points to.
at::Tensor as_doubles(const at::Tensor &t, c10::Device memory);

/// The TorchScript module of a file. Throws std::runtime_error with one line.
torch::jit::Module load_module(const LoadOptions &options, c10::Device device);

/// Evaluation mode, no gradients of weights.
void freeze_weights(torch::jit::Module &module);

/// Makes torch.autograd.grad inside a forward pass return nothing: models that compute forces
/// themselves then leave their graph to our own backward pass.
void remove_inner_gradients(torch::jit::Module &module);

/// How many modules are of a class, which a package renames in front and TorchScript at the end.
int count_modules(const torch::jit::Module &module, const std::string &class_name);

/// float32 or float64 of the weights. Throws std::runtime_error for a model of another type.
at::ScalarType weight_type(const torch::jit::Module &module);

}    // namespace natrolite

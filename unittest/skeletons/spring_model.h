// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Skeleton of an evaluator: a Model that needs no LibTorch. Its potential: E_i = k/4 sum_j (r_ij - r_max)^2.
#pragma once

#include "model/model.h"

#include <memory>

namespace natrolite::springs {

/// \param metadata of the file; \param k eV/A^2, from a record of the file
/// Throws std::runtime_error, in one line, if this evaluator cannot run the file.
std::unique_ptr<Model> load_springs(const Metadata &metadata, double k);

}    // namespace natrolite::springs

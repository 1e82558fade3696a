// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The exchange operators natrolite::ghost_exchange, global_sum and global_max.
/// Their schemas and gradients are those of python/natrolite/operators.py.
#pragma once

namespace natrolite {

/// Makes the operators known to LibTorch, once per process. Where Python's package natrolite has
/// defined them, or does later, they serve both: in an evaluation of the engine they exchange
/// through its context, outside of one they are Python's. Throws std::runtime_error if another
/// engine has registered them.
void register_operators();

}    // namespace natrolite

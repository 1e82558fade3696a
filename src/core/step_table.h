// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Tables with a row per time step, which a later run goes on with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace natrolite {

/// How many bytes at the beginning of a table stay when a run writes its row of `step` next: whole
/// lines up to the first row (a line that begins with a number) of that step or a later one. 0 if no row
/// stays.
std::size_t bytes_before_step(std::string_view table, std::int64_t step);

}    // namespace natrolite

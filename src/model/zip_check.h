// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// Are all bytes of a zip archive what was written? LibTorch's own reader does not look.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace natrolite {

/// Throws std::runtime_error naming the first record whose CRC-32 does not match, or saying that
/// the archive's directory is damaged. `unpack` returns a compressed record by its name, without
/// the archive's top folder. Archives over 4 GiB (zip64) are not checked.
void check_zip(const char *bytes, std::size_t nbytes,
               const std::function<std::string(const std::string &)> &unpack);

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The records of a zip archive, as model files are. LibTorch's own reader compares no checksums; it is
/// asked for compressed records only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace natrolite {

/// Names are without the archive's top folder. Records over 4 GiB (zip64) are not seen.
class ZipArchive {
public:
  /// bytes must live as long. Throws std::runtime_error: the directory or a record is damaged or cut off.
  ZipArchive(const char *bytes, std::size_t nbytes);
  bool has(const std::string &name) const;
  /// is there a record whose name has this part?
  bool any(std::string_view part) const;
  /// a view of a stored record; throws if there is none, or it is compressed
  std::string_view read(const std::string &name) const;
  using Unpack = std::function<std::string(const std::string &)>;
  /// Throws naming the first record whose CRC-32 does not match. `unpack` returns a compressed
  /// record by its name; without it those are not checked.
  void check(const Unpack &unpack = {}) const;

private:
  struct Record {
    std::size_t offset = 0, size = 0;
    std::uint32_t crc = 0;
    bool compressed = false;
  };
  const char *data_;
  std::size_t size_;
  std::map<std::string, Record> records_;
};

}    // namespace natrolite

// SPDX-License-Identifier: GPL-2.0-only
/// \file
/// The table of keyword committee, on the rank that writes it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

namespace LAMMPS_NS {

/// A table left by an earlier process is continued: with the first row, rows of its step and later
/// ones are cut off. One that this process has begun is appended to. Nobody else may write it.
class CommitteeTable {
public:
  /// Throws std::runtime_error with the reason if the file cannot be written.
  explicit CommitteeTable(const std::string &name);
  ~CommitteeTable();
  CommitteeTable(const CommitteeTable &) = delete;
  CommitteeTable &operator=(const CommitteeTable &) = delete;

  /// One row, which begins with its step; `header` goes before it if it is another than the last.
  /// Returns false if the file could not be written.
  bool write(std::int64_t step, const std::string &header, const std::string &row);

private:
  struct Close {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };
  bool continue_from(std::int64_t step) const;

  std::string name_, header_;
  std::unique_ptr<std::FILE, Close> file_;
};

}    // namespace LAMMPS_NS

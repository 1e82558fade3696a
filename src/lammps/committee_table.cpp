// SPDX-License-Identifier: GPL-2.0-only
#include "committee_table.h"

#include "core/step_table.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

namespace LAMMPS_NS {
namespace {

  std::set<std::string> begun, open;    // of this process

  constexpr char BEGIN[] = "# committee of";

  /// or may it become one: not there, no regular file (a pipe), or empty
  bool is_table(const std::string &name)
  {
    std::error_code error;
    if (!std::filesystem::is_regular_file(name, error)) return true;
    std::ifstream file(name, std::ios::binary);
    std::string begin(sizeof BEGIN - 1, '\0');
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    return file.gcount() == 0 || begin == BEGIN;
  }

}    // namespace

CommitteeTable::CommitteeTable(const std::string &name) : name_(name)
{
  if (open.count(name)) throw std::runtime_error("another pair style writes it: give each a name of its own");
  if (!is_table(name))
    throw std::runtime_error("the file is there and no committee's table: give another name, or remove it");
  file_.reset(std::fopen(name.c_str(), "a"));
  if (!file_) throw std::runtime_error(std::strerror(errno));
  open.insert(name);
}

CommitteeTable::~CommitteeTable()
{
  open.erase(name_);
}

bool CommitteeTable::continue_from(std::int64_t step) const
{
  if (!begun.insert(name_).second) return true;
  std::error_code error;
  if (!std::filesystem::is_regular_file(name_, error)) return true;
  std::ifstream file(name_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::resize_file(name_, natrolite::bytes_before_step(text, step), error);
  return !error;
}

bool CommitteeTable::write(std::int64_t step, const std::string &header, const std::string &row)
try {
  if (header_.empty() && !continue_from(step)) return false;
  if (header != header_) std::fputs(header.c_str(), file_.get());
  header_ = header;
  std::fputs(row.c_str(), file_.get());
  return std::fflush(file_.get()) == 0;
} catch (const std::exception &) {    // of one rank only
  return false;
}

}    // namespace LAMMPS_NS

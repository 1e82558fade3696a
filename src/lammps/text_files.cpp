// SPDX-License-Identifier: GPL-2.0-only
#include "text_files.h"

#include "over_ranks.h"

#include "error.h"
#include "lammps.h"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace LAMMPS_NS;

// false if the text could not be written
static bool put_text(const std::string &file, const std::string &text, const char *mode)
{
  FILE *fp = fopen(file.c_str(), mode);
  if (!fp) return false;
  const bool complete = fwrite(text.data(), 1, text.size(), fp) == text.size();
  return fclose(fp) == 0 && complete;
}

// Runs a job with a file on the first rank; false is an error on all.
template <class Job>
static void on_first_rank(LAMMPS *lmp, const std::string &title, const std::string &file, Job job)
{
  int me = 0;
  MPI_Comm_rank(lmp->world, &me);
  bool failed = false;
  try {
    failed = me == 0 && !job();
  } catch (const std::exception &) {    // of one rank only
    failed = true;
  }
  if (any_rank(failed, lmp->world))
    lmp->error->all(FLERR, "{}: cannot write file '{}'; check the folder and its permissions", title, file);
}

void LAMMPS_NS::check_writable(LAMMPS *lmp, const std::string &title, const std::string &file)
{
  on_first_rank(lmp, title, file, [&] {
    std::error_code none;
    const bool there = std::filesystem::exists(file, none);
    const bool opened = put_text(file, "", "a");
    if (opened && !there) std::filesystem::remove(file, none);
    return opened;
  });
}

void LAMMPS_NS::write_text(LAMMPS *lmp, const std::string &title, const std::string &file,
                           const std::string &text)
{
  on_first_rank(lmp, title, file, [&] { return put_text(file, text, "w"); });
}

void LAMMPS_NS::renew_text(
    LAMMPS *lmp, const std::string &title, const std::string &file,
    const std::function<std::pair<std::size_t, std::size_t>(const std::string &)> &find,
    const std::string &text)
{
  on_first_rank(lmp, title, file, [&] {
    std::error_code none;
    std::string all;
    if (std::filesystem::is_regular_file(file, none)) {
      std::ifstream in(file, std::ios::binary);
      all.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto [at, length] = find(all);
    if (at == std::string::npos) return put_text(file, text, "a");
    all.replace(at, length, text);
    // the other rows are never lost: the new file takes the place of the old one
    const std::string fresh = file + ".new";
    if (!put_text(fresh, all, "w")) return false;
    std::filesystem::rename(fresh, file, none);
    return !none;
  });
}

// SPDX-License-Identifier: GPL-2.0-only
#include "collective.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <vector>

namespace LAMMPS_NS {
namespace {

  int rank_of(MPI_Comm world)
  {
    int me;
    MPI_Comm_rank(world, &me);
    return me;
  }

  int size_of(MPI_Comm world)
  {
    int n;
    MPI_Comm_size(world, &n);
    return n;
  }

  void broadcast(MPI_Comm world, std::string &text, int root)
  {
    auto n = static_cast<std::int64_t>(text.size());
    MPI_Bcast(&n, 1, MPI_LONG_LONG, root, world);
    text.resize(n);
    constexpr std::int64_t piece = 1 << 30;    // MPI counts are int
    for (std::int64_t done = 0; done < n; done += piece)
      MPI_Bcast(text.data() + done, static_cast<int>(std::min(piece, n - done)), MPI_CHAR, root,
                world);
  }

  /// empty = read; otherwise the reason
  std::string read_file(const std::string &path, std::string &bytes)
  {
    std::FILE *fp = std::fopen(path.c_str(), "rb");
    if (!fp) return std::strerror(errno);
    std::vector<char> block(1 << 20);
    std::size_t n;
    while ((n = std::fread(block.data(), 1, block.size(), fp)) > 0) bytes.append(block.data(), n);
    const bool bad = std::ferror(fp) != 0;
    const std::string reason = bad ? std::strerror(errno) : "";
    std::fclose(fp);
    return reason;
  }

  /// how many of the ranks below `end` run on this rank's node
  int lower_ranks_on_node(MPI_Comm world, int end)
  {
    using Name = std::array<char, MPI_MAX_PROCESSOR_NAME>;
    Name name{};
    int length;
    MPI_Get_processor_name(name.data(), &length);
    std::vector<Name> names(size_of(world));
    MPI_Allgather(name.data(), static_cast<int>(name.size()), MPI_CHAR, names.data(),
                  static_cast<int>(name.size()), MPI_CHAR, world);
    return static_cast<int>(std::count(names.begin(), names.begin() + end, name));
  }

}    // namespace

std::string run_and_agree(MPI_Comm world, const std::function<void()> &f)
{
  std::string text;
  try {
    f();
  } catch (const std::exception &e) {
    text = *e.what() ? e.what() : "unknown error";
  } catch (...) {
    text = "unknown error";
  }
  const int none = size_of(world);
  int mine = text.empty() ? none : rank_of(world), first = none;
  MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, world);
  if (first == none) return {};
  broadcast(world, text, first);
  return text;
}

std::string read_file_on_all(MPI_Comm world, const std::string &path)
{
  std::string bytes, reason;
  if (rank_of(world) == 0) reason = read_file(path, bytes);
  broadcast(world, reason, 0);
  if (!reason.empty())
    throw std::runtime_error("cannot read the file: " + reason +
                             ": give its path from the folder LAMMPS runs in");
  broadcast(world, bytes, 0);
  return bytes;
}

int rank_on_node(MPI_Comm world)
{
  return lower_ranks_on_node(world, rank_of(world));
}

int ranks_on_node(MPI_Comm world)
{
  return lower_ranks_on_node(world, size_of(world));
}

}    // namespace LAMMPS_NS

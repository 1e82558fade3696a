// SPDX-License-Identifier: GPL-2.0-only
#include "collective.h"

#include "utils.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

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

  void read_file(const std::string &path, std::string &bytes)
  {
    struct Close {
      void operator()(std::FILE *file) const { std::fclose(file); }
    };
    const auto fail = [] {
      throw std::runtime_error("cannot read the file: " + std::string(std::strerror(errno)) +
                               ": give its path from the folder LAMMPS runs in, or put it into a "
                               "folder of LAMMPS_POTENTIALS");
    };
    const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
    if (!file) fail();
    const auto block = std::make_unique<char[]>(1 << 20);
    std::size_t n;
    while ((n = std::fread(block.get(), 1, 1 << 20, file.get())) > 0) bytes.append(block.get(), n);
    if (std::ferror(file.get())) fail();
  }

  /// where LAMMPS would find a potential file of this name; the name itself if nowhere
  std::string found_at(const std::string &path)
  {
    const std::string found = utils::get_potential_file_path(path);
    return found.empty() ? path : found;
  }

  struct Node {
    int rank, size;
  };

  /// this rank among those of its node
  Node node_of(MPI_Comm world)
  {
    char name[MPI_MAX_PROCESSOR_NAME];
    int length;
    MPI_Get_processor_name(name, &length);
    std::uint32_t color = 2166136261U;    // a number for the name (FNV-1a)
    for (int k = 0; k < length; ++k) color = (color ^ static_cast<unsigned char>(name[k])) * 16777619U;
    MPI_Comm shared;
    MPI_Comm_split(world, static_cast<int>(color >> 1), rank_of(world), &shared);
    const Node node{rank_of(shared), size_of(shared)};
    MPI_Comm_free(&shared);
    return node;
  }

}    // namespace

void Complaint::set(const char *what) noexcept
{
  std::snprintf(text_, sizeof text_, "%s", *what ? what : "unknown error");
}

void Complaint::set(const std::exception &e) noexcept
{
  const bool memory = dynamic_cast<const std::bad_alloc *>(&e) || dynamic_cast<const std::length_error *>(&e);
  set(memory ? "out of memory: take fewer ranks on a node" : e.what());
}

void Complaint::set_unknown() noexcept
{
  set("");
}

std::string Complaint::agree(MPI_Comm world)
{
  const int none = size_of(world);
  int mine = *text_ ? rank_of(world) : none, first = none;
  MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, world);
  if (first == none) return {};
  MPI_Bcast(text_, sizeof text_, MPI_CHAR, first, world);
  return text_;
}

std::string read_file_on_all(MPI_Comm world, std::string &path, std::string &bytes)
{
  std::string problem = run_and_agree(world, [&] {
    if (rank_of(world) != 0) return;
    path = found_at(path);
    read_file(path, bytes);
  });
  if (!problem.empty()) return problem;
  auto n = static_cast<std::int64_t>(bytes.size());
  MPI_Bcast(&n, 1, MPI_LONG_LONG, 0, world);
  problem = run_and_agree(world, [&] { bytes.resize(n); });
  if (!problem.empty()) return problem;
  constexpr std::int64_t piece = 1 << 30;    // MPI counts are int
  for (std::int64_t done = 0; done < n; done += piece)
    MPI_Bcast(bytes.data() + done, static_cast<int>(std::min(piece, n - done)), MPI_CHAR, 0, world);
  return {};
}

int rank_on_node(MPI_Comm world)
{
  return node_of(world).rank;
}

int ranks_on_node(MPI_Comm world)
{
  return node_of(world).size;
}

}    // namespace LAMMPS_NS

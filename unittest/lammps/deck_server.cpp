// SPDX-License-Identifier: GPL-2.0-only
// Runs many decks in one lmp process group, each in a LAMMPS of its own: `plugin load` of this library
// does not return until NATROLITE_DECKS, a folder made by lammps_server.py, says that there are no more.
// There each rank reads jobs, one a line, from the pipe job.RANK: a folder with in.deck and LAMMPS'
// switches, separated by tabs. What LAMMPS prints goes to the folder's file `output`; then each rank
// writes the exit code that lmp would have to the pipe `done`, and `ready` when the LAMMPS is closed; a
// rank that fails alone writes `alone`, where lmp calls MPI_Abort.

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

extern "C" {
// LAMMPS' C interface, whose symbols are those of the process
void *lammps_open_no_mpi(int, char **, void **);
void lammps_close(void *);
void lammps_file(void *, const char *);
int lammps_has_error(void *);
int lammps_get_last_error_message(void *, char *, int);
int lammps_extract_setting(void *, const char *);
void lammpsplugin_init(void *lmp, void *, void *);
}

namespace {

constexpr int ERROR_OF_ONE_RANK = 2;

std::vector<std::string> words_of(const std::string &line)
{
  std::vector<std::string> words;
  std::istringstream text(line);
  for (std::string word; std::getline(text, word, '\t');) words.push_back(word);
  return words;
}

void *open_lammps(std::vector<std::string> words)
{
  words[0] = "lmp";
  std::vector<char *> arguments;
  for (auto &word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return lammps_open_no_mpi(static_cast<int>(words.size()), arguments.data(), nullptr);
}

void say(int done, const std::string &word)
{
  std::fflush(nullptr);
  if (write(done, (word + "\n").data(), word.size() + 1) < 0) std::_Exit(1);
}

/// After an error of all ranks LAMMPS is closed when the result is known, since lmp would not close it.
/// An error of one rank is the end of all: mpiexec does not always notice that a rank has gone.
void run(const std::vector<std::string> &job, int done)
{
  const int out = open("output", O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  close(out);
  void *lmp = open_lammps(job);
  if (lmp) lammps_file(lmp, "in.deck");
  const bool wrong = !lmp || lammps_has_error(lmp);
  char text[2048];
  if (wrong && lammps_get_last_error_message(lmp, text, sizeof(text)) == ERROR_OF_ONE_RANK) {
    say(done, "alone");
    std::_Exit(1);
  }
  if (wrong) say(done, "1");
  if (lmp) lammps_close(lmp);
  if (!wrong) say(done, "0");
}

}    // namespace

void lammpsplugin_init(void *lmp, void *, void *)
{
  const char *folder = std::getenv("NATROLITE_DECKS");
  if (!folder) return;
  if (const char *plugins = std::getenv("NATROLITE_DECKS_PLUGINS")) setenv("LAMMPS_PLUGIN_PATH", plugins, 1);
  const int rank = lammps_extract_setting(lmp, "world_rank");
  const std::string home = folder;
  std::ifstream jobs(home + "/job." + std::to_string(rank));
  const int done = open((home + "/done").c_str(), O_WRONLY | O_CLOEXEC);
  for (std::string line; std::getline(jobs, line);) {
    const auto job = words_of(line);
    if (chdir(job[0].c_str()) != 0) std::_Exit(1);
    run(job, done);
    if (chdir(home.c_str()) != 0) std::_Exit(1);
    say(done, "ready");
  }
}

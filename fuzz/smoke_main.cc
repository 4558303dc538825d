// Smoke main: a fuzz target as a plain program, for compilers without libFuzzer: every seed, then changed seeds.
//
// The changes come from a fixed number, so a run repeats exactly. An input that stops the program is left in the
// current folder as crash-TARGET; give it as the only argument to run it alone.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kInputBytesMax = 64 * 1024;

std::string crash_path;
const Input* running = nullptr;

void keep_crash() {
  if (running == nullptr) return;
  const int file = ::open(crash_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0) {
    [[maybe_unused]] const auto written = ::write(file, running->data(), running->size());
    ::close(file);
  }
  std::fprintf(stderr, "the input is in %s\n", crash_path.c_str());
  running = nullptr;
}

void on_abort(int) {
  keep_crash();
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

void run(const Input& input) {
  // A copy of exactly the right size, so that reading one byte too many is seen.
  const Input exact(input.begin(), input.end());
  running = &exact;
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  running = nullptr;
}

Input read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::vector<Input> read_seeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<Input> seeds;
  for (const auto& path : paths) seeds.push_back(read_file(path));
  if (seeds.empty()) seeds.push_back({});
  return seeds;
}

class Mutator {
 public:
  explicit Mutator(const std::vector<Input>& seeds) : seeds_(seeds) {}

  Input next() {
    Input input = seeds_[below(seeds_.size())];
    const std::size_t changes = 1 + below(4);
    for (std::size_t i = 0; i < changes; ++i) change(input);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void change(Input& input) {
    static constexpr std::array<std::uint8_t, 12> kTelling = {0,   1,    0x7f, 0x80, 0xff, '"',
                                                              '{', '\n', '\r', '0',  '9',  '-'};
    const std::size_t at = below(input.size());
    switch (below(7)) {
      case 0:
        if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        if (!input.empty()) input[at] = kTelling[below(kTelling.size())];
        break;
      case 2:
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::uint8_t>(random_()));
        break;
      case 3:
        remove_run(input, at);
        break;
      case 4:
        repeat_run(input, at);
        break;
      case 5:
        input.resize(at);
        break;
      default:
        splice(input, at);
        break;
    }
  }

  void remove_run(Input& input, std::size_t at) {
    const auto from = input.begin() + static_cast<std::ptrdiff_t>(at);
    input.erase(from, from + static_cast<std::ptrdiff_t>(std::min(input.size() - at, 1 + below(16))));
  }

  void repeat_run(Input& input, std::size_t at) {
    const std::size_t length = std::min(input.size() - at, 1 + below(64));
    const Input run(input.begin() + static_cast<std::ptrdiff_t>(at),
                    input.begin() + static_cast<std::ptrdiff_t>(at + length));
    input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), run.begin(), run.end());
  }

  // Goes on with the end of another seed.
  void splice(Input& input, std::size_t at) {
    const Input& other = seeds_[below(seeds_.size())];
    const std::size_t from = below(other.size());
    input.resize(at);
    input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
  }

  const std::vector<Input>& seeds_;
  std::mt19937_64 random_{20250101};
};

}  // namespace

// Arguments: the folder of the seeds and how many changed seeds to run, or one file.
int main(int count, char** arguments) {
  if (count < 2) return std::fprintf(stderr, "usage: %s FOLDER COUNT | FILE\n", arguments[0]), 2;
  crash_path = "crash-" + std::filesystem::path(arguments[0]).filename().string();
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_crash);
  std::signal(SIGABRT, on_abort);
  if (std::filesystem::is_regular_file(arguments[1])) return run(read_file(arguments[1])), 0;

  const std::vector<Input> seeds = read_seeds(arguments[1]);
  for (const Input& seed : seeds) run(seed);
  Mutator mutator(seeds);
  const long mutations = count > 2 ? std::strtol(arguments[2], nullptr, 10) : 2000;
  for (long i = 0; i < mutations; ++i) run(mutator.next());
  std::printf("%zu seeds, %ld changed seeds\n", seeds.size(), mutations);
  return 0;
}

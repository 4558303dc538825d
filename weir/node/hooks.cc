// SPDX-License-Identifier: Apache-2.0
#include "weir/node/hooks.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "weir/base/log.h"
#include "weir/policy/vocabulary.h"
#include "weir/wire/json.h"

extern char** environ;

namespace weir::node {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kProofBytesMax = 4000;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  int get() const { return value_; }
  void close() {
    if (value_ >= 0) ::close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

Error failed(const std::string& why) { return Error(Errc::kUnavailable, why).because("hook.failed"); }

// The obligation in memory that looks like a file: the program may read it, or not, without ever holding up this
// process.
Result<Descriptor> input_of(const std::string& text) {
  Descriptor file(::memfd_create("obligation", MFD_CLOEXEC));
  const auto size = static_cast<ssize_t>(text.size());
  if (file.get() < 0 || ::write(file.get(), text.data(), text.size()) != size ||
      ::lseek(file.get(), 0, SEEK_SET) != 0) {
    return failed("the input of a hook cannot be written");
  }
  return file;
}

struct Child {
  pid_t pid = -1;
  Descriptor output;
};

Result<Child> start(const std::string& program, const Descriptor& input) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return failed("no pipe for a hook");
  Descriptor out(ends[0]);
  const Descriptor in(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  std::string name = program;
  char* arguments[] = {name.data(), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failed("cannot run " + program + ": " + std::generic_category().message(error));
  return Child{pid, std::move(out)};
}

// What it writes until it closes its output; false if that takes too long.
bool read_until(int descriptor, Steady::time_point deadline, std::string& out) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    pollfd ready{.fd = descriptor, .events = POLLIN, .revents = 0};
    const int polled = left > 0 ? ::poll(&ready, 1, static_cast<int>(left)) : 0;
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return false;
    char piece[1024];
    const ssize_t got = ::read(descriptor, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    out.append(piece, std::min(static_cast<std::size_t>(got), kProofBytesMax - std::min(kProofBytesMax, out.size())));
  }
}

}  // namespace

// The name of the program for an action: of one that the vocabulary knows under several names, the last part of its own
// ("idsc:REPLACE" is hooks/replace); of any other, the name itself if it is plain. Empty if it can have none.
std::string Hooks::program_of(std::string_view action) {
  const policy::ActionId known = policy::find_action(action);
  if (known != policy::kUnknownAction) action = policy::action_term(known).name;
  if (known != policy::kUnknownAction) action = action.substr(action.rfind(':') + 1);
  const bool plain = !action.empty() && action.size() <= 64 && std::all_of(action.begin(), action.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return plain ? std::string(action) : std::string();
}

bool Hooks::handles(std::string_view action) const {
  const std::string name = program_of(action);
  return !name.empty() && ::access((folder_ + "/" + name).c_str(), X_OK) == 0;
}

Result<std::string> Hooks::perform(const flow::usage::OwedObligation& obligation) {
  const std::string program = folder_ + "/" + program_of(obligation.action);
  const auto duty = wire::parse_json(obligation.parameters);
  const wire::Json said = wire::Json::object({{"obligation", obligation.id},
                                              {"agreement", obligation.agreement},
                                              {"product", obligation.product},
                                              {"use", obligation.use},
                                              {"action", obligation.action},
                                              {"due", format_iso8601(obligation.due)},
                                              {"duty", duty ? *duty : wire::Json::object()}});
  WEIR_TRY_LET(const Descriptor input, input_of(said.dump() + "\n"));
  WEIR_TRY_LET(Child child, start(program, input));
  std::string proof;
  const bool in_time = read_until(child.output.get(), Steady::now() + longest_, proof);
  if (!in_time) ::kill(-child.pid, SIGKILL);
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    while (!proof.empty() && (proof.back() == '\n' || proof.back() == '\r')) proof.pop_back();
    return is_utf8(proof) ? proof : std::string("not text");
  }
  const std::string how = in_time
                              ? "it ended with status " + std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -1)
                              : "it took too long";
  log::warning("hook.failed", {{"hook", program}, {"obligation", obligation.id}, {"error", how}});
  return failed("the hook " + program + " did not do it: " + how);
}

}  // namespace weir::node

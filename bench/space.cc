// SPDX-License-Identifier: Apache-2.0
#include "bench/space.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "weir/node/data_folder.h"

namespace weir::bench {
namespace {

using adapters::http::Client;
using adapters::http::ClientRequest;
using adapters::http::Method;

constexpr Milliseconds kStartMax{60'000};

std::string program() { return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "weir"; }

// With its output in files.
Result<pid_t> spawn(std::vector<std::string> words, const std::string& out, const std::string& err) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return Error(Errc::kUnavailable, "cannot start " + words[0]).advise("build the target weir too");
  return process;
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A number of /proc/PID/status, in MiB.
double status_mib(pid_t process, std::string_view key) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(key)) return std::strtod(line.c_str() + key.size(), nullptr) / 1024;
  }
  return 0;
}

}  // namespace

Result<std::string> run_weir(std::vector<std::string> words) {
  const testing::TemporaryFolder folder;
  words.insert(words.begin(), program());
  WEIR_TRY_LET(const pid_t process, spawn(words, folder.path() + "/out", folder.path() + "/err"));
  int status = 0;
  ::waitpid(process, &status, 0);
  if (status == 0) return contents(folder.path() + "/out");
  return Error(Errc::kUnavailable, "weir " + words[1] + ": " + contents(folder.path() + "/err"));
}

Result<> NodeProcess::start() {
  const auto until = std::chrono::steady_clock::now() + kStartMax;
  WEIR_TRY_LET(process_, spawn({program(), "serve", "--data", folder_}, "/dev/null", folder_ + "/serve.log"));
  for (url_.clear(); url_.empty(); url_ = contents(folder_ + "/running.url")) {
    int status = 0;
    if (::waitpid(process_, &status, WNOHANG) == process_ || std::chrono::steady_clock::now() > until) {
      process_ = 0;
      return Error(Errc::kUnavailable, "a node did not start: " + contents(folder_ + "/serve.log"));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  WEIR_TRY_LET(const auto folder, node::DataFolder::open(store::real_files(), folder_));
  WEIR_TRY_LET(token_, folder.operator_token());
  WEIR_TRY_LET(const std::string authority, folder.certificate_pem(node::DataFolder::CertificateName::kAuthority));
  WEIR_TRY_LET(client_, Client::open({.tls = {.identity = {}, .authorities_pem = {authority}}}));
  WEIR_TRY(call(Method::kGet, "/ready"));
  return {};
}

void NodeProcess::stop() {
  if (process_ == 0) return;
  client_.reset();
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

double NodeProcess::resident_mib() const { return status_mib(process_, "VmRSS:"); }

double NodeProcess::peak_mib() const { return status_mib(process_, "VmHWM:"); }

double NodeProcess::cpu_seconds() const {
  std::ifstream in("/proc/" + std::to_string(process_) + "/stat");
  std::string word;
  std::getline(in, word, ')');  // the name may hold anything
  double ticks = 0;
  for (int field = 3; field <= 15 && in >> word; ++field) {
    if (field >= 14) ticks += std::strtod(word.c_str(), nullptr);
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Result<wire::Json> NodeProcess::call(Method method, const std::string& path, const wire::Json& body) {
  ClientRequest request{.method = method, .url = url_ + path};
  request.headers.set("Authorization", "Bearer " + token_);
  if (!body.is_null()) {
    request.headers.set("Content-Type", "application/json");
    request.body = body.dump();
  }
  WEIR_TRY_LET(const auto response, client_->request(request));
  return response.json();
}

Result<std::unique_ptr<Space>> Space::make() {
  auto space = std::make_unique<Space>();
  const auto init = [](const NodeProcess& node, const char* role, const char* name, const char* uscc) -> Result<> {
    WEIR_TRY(run_weir({"init", "--data", node.folder(), "--role", role, "--name", name, "--uscc", uscc, "--region",
                       "1100"}));
    return {};
  };
  WEIR_TRY(init(space->regional, "regional", "regional", "11110000MB0000035E"));
  WEIR_TRY(init(space->provider, "connector", "provider", "12110000MB0000019M"));
  WEIR_TRY(init(space->consumer, "connector", "consumer", "12110000MB0000027G"));
  WEIR_TRY(space->regional.start());
  for (const NodeProcess* node : {&space->provider, &space->consumer}) {
    const std::string authority = space->regional.folder() + "/certificates/authority.pem";
    const std::vector<std::string> join{"join",        space->regional.url(), "--data", node->folder(),
                                        "--authority", authority,             "--representative", "Li Hua"};
    WEIR_TRY(run_weir(join));
    WEIR_TRY_LET(const auto folder, node::DataFolder::open(store::real_files(), node->folder()));
    WEIR_TRY(run_weir({"participant", "approve", folder.node().application, "--data", space->regional.folder()}));
    WEIR_TRY(run_weir(join));
  }
  return space;
}

}  // namespace weir::bench

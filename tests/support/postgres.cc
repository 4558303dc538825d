// SPDX-License-Identifier: Apache-2.0
#include "tests/support/postgres.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "weir/store/sql.h"

namespace weir::testing {

namespace {

namespace fs = std::filesystem;

// The newest of the distribution's, or whatever lies on the path.
std::string program(const std::string& name) {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string candidate = (entry.path() / "bin" / name).string();
    if (fs::exists(candidate) && (newest.size() < candidate.size() || newest < candidate)) newest = candidate;
  }
  return newest.empty() ? name : newest;
}

// Whom the server runs as; null: as we are.
const passwd* server_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  return user ? user : ::getpwnam("nobody");
}

// Starts a program as the server's user; it gets `death_signal` if this program dies first.
pid_t spawn(const std::vector<std::string>& words, const std::string& log, int death_signal) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = server_user();
  const pid_t child = ::fork();
  if (child != 0) return child;
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
    ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir("/tmp") != 0) ::_exit(126);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

Error failed(const std::string& what) {
  return Error(Errc::kUnavailable, what).advise("Install PostgreSQL: tools/setup.sh, or apt-get install postgresql.");
}

}  // namespace

Result<std::unique_ptr<ThrowAwayPostgres>> ThrowAwayPostgres::start() {
  std::unique_ptr<ThrowAwayPostgres> postgres(new ThrowAwayPostgres());
  std::string folder = "/tmp/weir-postgres-XXXXXX";
  if (!::mkdtemp(folder.data())) return failed("no temporary folder");
  postgres->folder_ = folder;
  if (const passwd* user = server_user()) {
    if (::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) return failed("cannot give the folder away");
  }
  const std::string log = folder + "/log";
  const pid_t initdb = spawn({program("initdb"), "-D", folder + "/data", "-U", "weir", "-A", "trust", "-E", "UTF8",
                              "--locale=C", "--no-sync"}, log, SIGKILL);
  int status = 0;
  if (initdb < 0 || ::waitpid(initdb, &status, 0) != initdb || status != 0) return failed("initdb failed, see " + log);
  postgres->server_ = spawn({program("postgres"), "-D", folder + "/data", "-k", folder, "-c", "listen_addresses=", "-F",
                             "-c", "shared_buffers=16MB", "-c", "max_connections=40"}, log, SIGQUIT);
  for (int i = 0; i < 1000; ++i) {
    if (store::open_postgres(postgres->url())) return postgres;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return failed("the server did not start, see " + log);
}

Result<ThrowAwayPostgres*> ThrowAwayPostgres::shared() {
  static Result<std::unique_ptr<ThrowAwayPostgres>> one = start();
  if (!one) return Error(one.error());
  return one->get();
}

ThrowAwayPostgres::~ThrowAwayPostgres() {
  stop_hard();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

void ThrowAwayPostgres::stop_hard() {
  if (server_ <= 0) return;
  ::kill(server_, SIGQUIT);
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

std::string ThrowAwayPostgres::url(const std::string& schema) const {
  const std::string base = "postgresql:///postgres?user=weir&host=" + folder_;
  return schema.empty() ? base : base + "&options=-csearch_path%3D" + schema;
}

Result<std::string> ThrowAwayPostgres::fresh_schema() {
  const std::string schema = "test" + std::to_string(++schemas_);
  WEIR_TRY_LET(const auto database, store::open_postgres(url()));
  WEIR_TRY(database->write([&](store::Tx& tx) { return tx.script("CREATE SCHEMA " + schema); }));
  return url(schema);
}

}  // namespace weir::testing

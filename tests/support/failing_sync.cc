// FailingSync: loaded before a program's libraries (LD_PRELOAD), it lets every sync fail while a file exists.
//
// The file is named by WEIR_TEST_FAIL_SYNC. What was written stays in the kernel's memory, as after a real failure.
// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

namespace {

using Sync = int (*)(int);

int sync_or_fail(const char* name, int descriptor) {
  const char* const trigger = ::getenv("WEIR_TEST_FAIL_SYNC");
  if (trigger != nullptr && ::access(trigger, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  return reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name))(descriptor);
}

}  // namespace

extern "C" int fsync(int descriptor) { return sync_or_fail("fsync", descriptor); }
extern "C" int fdatasync(int descriptor) { return sync_or_fail("fdatasync", descriptor); }

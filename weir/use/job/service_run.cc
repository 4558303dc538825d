// SPDX-License-Identifier: Apache-2.0
// What a run writes down while it lasts.
#include <algorithm>

#include "weir/use/job/service.h"

namespace weir::use::job {

Result<> Service::note(const std::string& id, const Progress& progress) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (job.state != State::kRunning) {
      return Error(Errc::kConflict, "the job is " + std::string(name_of(job.state)) + ": it does not run any more")
          .because("job.wrong_state");
    }
    job.progress = progress;
    return update(tx, job);
  });
}

Result<> Service::broke(const std::string& id, const Moved& line, const Checkpoint& before) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (is_final(job.state)) return {};
    const Checkpoint& now = job.progress.now;
    job.broken.sent += std::max<std::int64_t>(0, line.sent - (now.sent - before.sent));
    job.broken.received += std::max<std::int64_t>(0, line.received - (now.received - before.received));
    return update(tx, job);
  });
}

Result<> Service::ran(const std::string& id, const Outcome& outcome) {
  return deps_.sql.write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(Job job, load(tx, id));
    if (job.state != State::kRunning) return {};
    job.outcome = outcome;
    wake_after(tx, id);
    return update(tx, job);
  });
}

}  // namespace weir::use::job

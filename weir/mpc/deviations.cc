// SPDX-License-Identifier: Apache-2.0
#include "weir/mpc/deviations.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "weir/base/check.h"
#include "weir/wire/reader.h"

namespace weir::mpc {
namespace {

constexpr std::size_t kHead = 10;
constexpr unsigned kPatienceSeconds = 100;  // with a child, which takes milliseconds

Tag tag_of(const Bytes& message) { return static_cast<Tag>(message[0] << 8 | message[1]); }

void claim(Bytes& message, std::uint64_t length) {
  for (std::size_t i = 0; i < 8; ++i) message[2 + i] = static_cast<std::uint8_t>(length >> (56 - 8 * i));
}

std::string text_of(const Deviated& what) {
  return std::string(name_of(what.kind)) + " at message " + std::to_string(what.message) + ", " +
         std::string(name_of(what.tag));
}

std::string read_all(int pipe) {
  std::string out;
  char some[512];
  for (ssize_t got = 0; (got = ::read(pipe, some, sizeof some)) > 0;) out.append(some, static_cast<std::size_t>(got));
  ::close(pipe);
  return out;
}

}  // namespace
}  // namespace weir::mpc

// A fork costs what memory costs that is mapped: what was freed is not to be kept.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0:malloc_context_size=4";
}

namespace weir::mpc {

std::string_view name_of(Deviation kind) {
  switch (kind) {
    case Deviation::kShorter: return "shorter";
    case Deviation::kLonger: return "longer";
    case Deviation::kFlip: return "flip";
    case Deviation::kReplay: return "replay";
    case Deviation::kSwap: return "swap";
    case Deviation::kStall: return "stall";
    case Deviation::kHangUp: return "hang_up";
  }
  return "unknown";
}

long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

std::string complaint_about(const Deviated& what, const Error& error) {
  const std::string_view reason = error.reason();
  const bool values = reason == "mpc.check" || reason == "mpc.images";
  bool right = reason == "mpc.message" || values || reason == "mpc.deadline";
  if (what.kind == Deviation::kStall) right = reason == "mpc.deadline";
  if (what.kind == Deviation::kHangUp) right = reason == "mpc.line";
  return right ? "" : "ends with " + std::string(reason) + ": " + std::string(error.message());
}

DeviatingChannel::DeviatingChannel(Script script, Selection selected)
    : script_(std::move(script)), selected_(std::move(selected)) {}

bool DeviatingChannel::applies(const Deviated& what) const {
  const Bytes& now = script_[what.message];
  switch (what.kind) {
    case Deviation::kShorter:
    case Deviation::kFlip: return now.size() > kHead;
    case Deviation::kReplay: return what.message > 0;
    case Deviation::kSwap: return what.message + 1 < script_.size() && script_[what.message + 1] != now;
    default: return true;
  }
}

bool DeviatingChannel::alike(std::size_t n) const {
  const auto same = [&](std::size_t m) { return std::equal(&script_[n][0], &script_[n][kHead], &script_[m][0]); };
  return n > 0 && n + 1 < script_.size() && same(n - 1) && same(n + 1);
}

bool DeviatingChannel::fork_for(const Deviated& what) {
  int ends[2];
  WEIR_CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  WEIR_CHECK(child >= 0);
  if (child == 0) {
    ::alarm(kPatienceSeconds);
    ::close(ends[0]);
    pipe_ = ends[1];
    deviated_ = what;
    return true;
  }
  ::close(ends[1]);
  std::string complaint = read_all(ends[0]);
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  if (complaint.empty() && status != 0) complaint = "crashes or hangs, with status " + std::to_string(status);
  if (!complaint.empty()) complaints_.push_back(text_of(what) + ": " + complaint);
  peak_ = std::max(peak_, usage.ru_maxrss / 1024);
  ++tried_;
  return false;
}

void DeviatingChannel::end(const std::string& complaint) const {
  const bool written = ::write(pipe_, complaint.data(), complaint.size()) == static_cast<ssize_t>(complaint.size());
  ::_exit(written ? 0 : 1);
}

void DeviatingChannel::deviate() {
  const auto at = script_.begin() + static_cast<std::ptrdiff_t>(message_);
  const bool even = message_ % 2 == 0;
  switch (deviated_->kind) {
    case Deviation::kShorter:
      at->pop_back();
      if (even) claim(*at, at->size() - kHead);
      break;
    case Deviation::kLonger:
      at->push_back(0);
      claim(*at, even ? at->size() - kHead : std::uint64_t{1} << 60);
      break;
    case Deviation::kFlip: {
      SeededRandom random(message_);
      (*at)[kHead + random.below(at->size() - kHead)] ^= static_cast<std::uint8_t>(1 << random.below(8));
      break;
    }
    case Deviation::kReplay: script_.insert(at, Bytes(*(at - 1))); break;
    case Deviation::kSwap: std::iter_swap(at, at + 1); break;
    case Deviation::kStall: stalled_ = true; break;
    case Deviation::kHangUp: hung_up_ = true; break;
  }
}

Result<> DeviatingChannel::read(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (taken_ == 0 && !deviated_ && message_ < script_.size()) {
      for (const Deviation kind : kDeviations) {
        const Deviated what{message_, tag_of(script_[message_]), kind, alike(message_)};
        if (!applies(what) || !selected_(what) || !fork_for(what)) continue;
        deviate();
        break;
      }
    }
    if (hung_up_) return Error(Errc::kUnavailable, "the line is closed").because("mpc.line");
    if (stalled_ || message_ == script_.size()) {
      return Error(Errc::kUnavailable, "the other side stays silent").because("mpc.deadline");
    }
    const Bytes& now = script_[message_];
    const std::size_t count = std::min(out.size(), now.size() - taken_);
    std::copy_n(now.begin() + static_cast<std::ptrdiff_t>(taken_), count, out.begin());
    out = out.subspan(count);
    taken_ += count;
    if (taken_ < now.size()) continue;
    taken_ = 0;
    ++message_;
  }
  return {};
}

}  // namespace weir::mpc

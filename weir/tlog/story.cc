// SPDX-License-Identifier: Apache-2.0
#include "weir/tlog/story.h"

#include <algorithm>
#include <map>
#include <string>

namespace weir::tlog {
namespace {

struct Step {
  std::string_view kind;
  std::string_view after;  // what must have been the last step: words with spaces around them; "-" is the beginning
};

constexpr Step kNegotiation[] = {
    {"contract.requested", " - offered requested "},
    {"contract.offered", " - requested offered "},
    {"contract.accepted", " offered "},
    {"contract.agreed", " requested accepted "},
    {"contract.verified", " agreed "},
    {"contract.finalized", " verified "},
    {"contract.terminated", " requested offered accepted agreed verified finalized "},
    {"contract.expired", " requested offered accepted agreed verified finalized "},
    {"contract.destroyed", " terminated expired "},
};

constexpr Step kDelivery[] = {
    {"delivery.requested", " - "},
    {"delivery.started", " requested suspended "},
    {"delivery.suspended", " requested started "},
    {"delivery.completed", " started suspended "},
    {"delivery.terminated", " requested started suspended "},
    {"delivery.destroying", " requested started suspended completed terminated "},
    {"delivery.destroyed", " requested started suspended completed terminated destroying "},
};

// What needs a contract in force.
constexpr std::string_view kNeedsContract[] = {"delivery.requested", "delivery.started", "usage.allowed",
                                               "usage.conditional"};

const Step* find(std::span<const Step> steps, std::string_view kind) {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.kind == kind; });
  return found == steps.end() ? nullptr : &*found;
}

std::string_view last_word(std::string_view kind) { return kind.substr(kind.rfind('.') + 1); }

class Teller {
 public:
  void take(std::size_t place, const Entry& entry) {
    const std::string_view kind = entry.kind;
    if (std::find(std::begin(kNeedsContract), std::end(kNeedsContract), kind) != std::end(kNeedsContract) &&
        contract_ != "finalized") {
      report(place, {.en = entry.kind + " while no finalized contract is in force",
                     .zh = entry.kind + " 发生时没有已生效的合同"});
    }
    if (const Step* step = find(kNegotiation, kind)) {
      advance(place, *step, contract_);
    } else if (const Step* transfer = find(kDelivery, kind)) {
      advance(place, *transfer, deliveries_[entry.process]);
    }
  }

  Story finish() && {
    expect("agreed", {.en = "no agreement was signed", .zh = "尚未签署合同"});
    expect("finalized", {.en = "the contract was not finalized", .zh = "合同尚未生效"});
    expect("completed", {.en = "nothing was delivered", .zh = "尚未完成交付"});
    const bool ended = seen("expired") || contract_ == "terminated" || contract_ == "destroyed";
    if (!ended) story_.missing.push_back({.en = "the contract has not ended", .zh = "合同尚未结束"});
    expect("destroyed", {.en = "no copy was destroyed", .zh = "尚无销毁证明"});
    return std::move(story_);
  }

 private:
  void report(std::size_t place, Text what) { story_.problems.push_back({place, std::move(what)}); }

  bool seen(std::string_view word) const { return std::find(words_.begin(), words_.end(), word) != words_.end(); }
  void expect(std::string_view word, Text otherwise) {
    if (!seen(word)) story_.missing.push_back(std::move(otherwise));
  }

  void advance(std::size_t place, const Step& step, std::string& state) {
    const std::string before = state.empty() ? "-" : state;
    if (step.after.find(" " + before + " ") == std::string_view::npos) {
      const std::string kind(step.kind);
      const bool first = state.empty();
      report(place, {.en = kind + (first ? " without anything before it" : " after " + before),
                     .zh = kind + (first ? " 之前没有任何步骤" : " 出现在 " + before + " 之后")});
    }
    state = last_word(step.kind);
    words_.push_back(state);
  }

  std::string contract_;
  std::map<std::string, std::string> deliveries_;  // by process
  std::vector<std::string> words_;
  Story story_;
};

}  // namespace

Story read_story(std::span<const Entry> entries) {
  Teller teller;
  for (std::size_t i = 0; i < entries.size(); ++i) teller.take(i, entries[i]);
  return std::move(teller).finish();
}

}  // namespace weir::tlog

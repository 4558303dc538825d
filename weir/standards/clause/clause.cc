// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/clause/clause.h"

#include <algorithm>
#include <array>

namespace weir::standards::clause {
namespace {

constexpr std::array<std::string_view, 3> kLevels = {"must", "should", "may"};
constexpr std::array<std::string_view, 3> kTiers = {"", "base", "extended"};
constexpr std::array<std::string_view, 5> kChecks = {"", "probe", "document", "interview", "maturity"};

// The words of `applies`, by what they name.
constexpr std::array<std::string_view, 2> kRoles = {"connector", "regional"};
constexpr std::array<std::string_view, 2> kSuites = {"international", "shangmi"};
constexpr std::array<std::string_view, 3> kDevices = {"server", "gateway", "constrained"};

template <class Names>
bool concerns(const Clause& clause, const Names& names, std::string_view own) {
  bool named = false;
  for (const std::string& word : clause.applies) {
    if (word == own) return true;
    named = named || std::find(names.begin(), names.end(), word) != names.end();
  }
  return !named;
}

// A class of device that a checklist names itself: "device:plc".
constexpr std::string_view kOwnDevice = "device:";

}  // namespace

std::string_view name_of(Level level) { return kLevels[static_cast<std::size_t>(level)]; }
std::string_view name_of(Tier tier) { return kTiers[static_cast<std::size_t>(tier)]; }
std::string_view name_of(CheckKind kind) { return kChecks[static_cast<std::size_t>(kind)]; }

Text text_of(Level level) {
  switch (level) {
    case Level::kMust: return {"must", "应"};
    case Level::kShould: return {"should", "宜"};
    case Level::kMay: return {"may", "可"};
  }
  return {};
}

Text text_of(CheckKind kind) {
  switch (kind) {
    case CheckKind::kNone: return {"tests of the project", "项目测试"};
    case CheckKind::kProbe: return {"automatic", "自动检查"};
    case CheckKind::kDocument: return {"document", "文件审查"};
    case CheckKind::kInterview: return {"interview", "访谈"};
    case CheckKind::kMaturity: return {"maturity", "能力等级"};
  }
  return {};
}

bool applies_to(const Clause& clause, const Subject& subject) {
  return concerns(clause, kRoles, subject.role) && concerns(clause, kSuites, subject.suite) &&
         concerns_device(clause, subject.device);
}

bool concerns_device(const Clause& clause, std::string_view device) {
  bool named = false;
  for (const std::string& word : clause.applies) {
    const bool own = word.starts_with(kOwnDevice);
    if (own ? word.substr(kOwnDevice.size()) == device : word == device) return true;
    named = named || own || std::find(kDevices.begin(), kDevices.end(), word) != kDevices.end();
  }
  return !named;
}

const Clause* Checklist::find(std::string_view id) const {
  const auto at = std::find_if(clauses.begin(), clauses.end(), [&](const Clause& clause) { return clause.id == id; });
  return at == clauses.end() ? nullptr : &*at;
}

bool Checklist::assessable() const {
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const Clause& clause) { return clause.check.kind != CheckKind::kNone; });
}

std::string slug_of(std::string_view document) {
  std::string out;
  for (const char c : to_lower_ascii(document)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace weir::standards::clause

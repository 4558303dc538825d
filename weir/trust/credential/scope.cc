// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/credential/scope.h"

#include <algorithm>

namespace weir::trust::credential {
namespace {

bool is_known(std::string_view name) {
  if (name == "*") return true;
  const bool room = name.ends_with(":*");
  return std::any_of(kScopes.begin(), kScopes.end(), [&](const ScopeName& scope) {
    return room ? scope.name.starts_with(name.substr(0, name.size() - 1)) : scope.name == name;
  });
}

// Whether `granted` grants `wanted`, which may be a pattern itself.
bool grants(std::string_view granted, std::string_view wanted) {
  if (granted == "*" || granted == wanted) return true;
  return granted.ends_with(":*") && wanted.starts_with(granted.substr(0, granted.size() - 1));
}

}  // namespace

Result<Scopes> Scopes::parse(const std::vector<std::string>& names) {
  Scopes scopes;
  for (const std::string& name : names) {
    if (!is_known(name)) {
      std::string known;
      for (const ScopeName& scope : kScopes) known += (known.empty() ? "" : ", ") + std::string(scope.name);
      return Error(Errc::kInvalidArgument, "there is no scope '" + name.substr(0, 64) + "'")
          .because("scope.unknown")
          .advise("scopes are: " + known + "; 'catalog:*' for all of a room, '*' for all");
    }
    scopes.names_.push_back(name);
  }
  std::sort(scopes.names_.begin(), scopes.names_.end());
  scopes.names_.erase(std::unique(scopes.names_.begin(), scopes.names_.end()), scopes.names_.end());
  return scopes;
}

Scopes Scopes::all() {
  Scopes scopes;
  scopes.names_ = {"*"};
  return scopes;
}

bool Scopes::contains(std::string_view scope) const {
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) { return grants(name, scope); });
}

bool Scopes::covers(const Scopes& other) const {
  return std::all_of(other.names_.begin(), other.names_.end(), [&](const std::string& name) { return contains(name); });
}

Scopes Scopes::limited_to(const Scopes& other) const {
  std::vector<std::string> both;
  for (const std::string& name : names_) {
    if (other.contains(name)) both.push_back(name);
  }
  for (const std::string& name : other.names_) {
    if (contains(name)) both.push_back(name);
  }
  std::sort(both.begin(), both.end());
  both.erase(std::unique(both.begin(), both.end()), both.end());
  Scopes scopes;
  scopes.names_ = std::move(both);
  return scopes;
}

}  // namespace weir::trust::credential

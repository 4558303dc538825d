// Scope: what a token or an operator may do. "catalog:read" names one thing; "catalog:*" a room; "*" all.
//
// Thread-safety: values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/result.h"
#include "weir/base/text.h"

namespace weir::trust::credential {

struct ScopeName {
  std::string_view name;
  std::string_view en;
  std::string_view zh;
};

inline constexpr std::array<ScopeName, 13> kScopes = {{
    {"catalog:read", "see products and records that are not public", "查看未公开的产品和记录"},
    {"catalog:write", "publish, change and withdraw products", "发布、变更和注销产品"},
    {"contract:read", "see negotiations and agreements", "查看协商和合约"},
    {"contract:write", "offer, agree and terminate", "发起、签署和终止合约"},
    {"delivery:read", "see transfers", "查看交付过程"},
    {"delivery:write", "start, suspend and end transfers, and use what was delivered",
     "启动、暂停和结束交付，使用已交付的数据"},
    {"evidence:read", "search, replay and export evidence", "检索、回放和导出存证"},
    {"identifier:write", "enter, move and withdraw identifiers", "登记、变更和注销标识"},
    {"participant:read", "see participants, applications and nodes", "查看参与方、申请和节点"},
    {"participant:write", "admit, suspend and deregister participants", "审批、暂停和注销参与方"},
    {"operator:write", "add operators, give and revoke tokens", "新增经办人，签发和吊销令牌"},
    {"standards:write", "record assessments", "记录符合性评估"},
    {"admin", "what changes the node itself", "变更节点自身"},
}};

class Scopes {
 public:
  Scopes() = default;  // nothing
  // Fails with kInvalidArgument ("scope.unknown"), naming it.
  static Result<Scopes> parse(const std::vector<std::string>& names);
  static Scopes all();
  bool contains(std::string_view scope) const;
  // Whether everything that `other` grants is granted here too.
  bool covers(const Scopes& other) const;
  // What both grant.
  Scopes limited_to(const Scopes& other) const;
  const std::vector<std::string>& names() const { return names_; }  // sorted
  bool empty() const { return names_.empty(); }
  friend bool operator==(const Scopes&, const Scopes&) = default;

 private:
  std::vector<std::string> names_;
};

}  // namespace weir::trust::credential

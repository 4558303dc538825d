// Probes of the node itself: who it is, its doors, its settings, what it stores.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "weir/standards/assessment/judging.h"
#include "weir/supply/identifier/identifier.h"

namespace weir::standards::assessment {
namespace {

using wire::Json;

Outcome certificate(const Facts& facts, const Arguments&) {
  const Json& c = facts["certificate"];
  const Json& node = facts["node"];
  if (c.text_or("unit", "") != node.text_or("node", "?")) {
    return not_met({"the certificate's OU is not the node's identifier", "证书 OU 不是节点标识"});
  }
  if (c.text_or("organisation", "") != node.text_or("participant", "?")) {
    return not_met({"the certificate's O is not the participant's code", "证书 O 不是参与方代码"});
  }
  if (c.text_or("commonName", "").empty()) return not_met({"the certificate names no host", "证书未写明主机"});
  if (!c.boolean_or("issued", false)) {
    return not_met({"not issued by the space's authority, or not valid now: " + c.text_or("problem", ""),
                    "非空间根证书签发或当前无效：" + c.text_or("problem", "")});
  }
  return met({"CN " + c.text_or("commonName", "") + ", OU " + c.text_or("unit", "") +
                  ", issued by the authority, until " + c.text_or("until", ""),
              "CN " + c.text_or("commonName", "") + "，OU " + c.text_or("unit", "") + "，由空间根证书签发，有效期至 " +
                  c.text_or("until", "")});
}

Outcome suite(const Facts& facts, const Arguments&) {
  const bool shangmi = facts["node"].text_or("suite", "") == "shangmi";
  const std::string key = facts["certificate"].text_or("algorithm", "");
  const std::string hash = facts["log"].text_or("algorithm", "");
  const bool key_fits = shangmi ? key == "sm2-sm3" : key == "ed25519" || key == "ecdsa-p256-sha256";
  const bool hash_fits = hash == (shangmi ? "sm3" : "sha256");
  const std::string used = key + ", " + hash;
  if (!key_fits || !hash_fits) return not_met({"used are " + used, "实际使用 " + used});
  return met({"keys and log use " + used, "密钥与日志使用 " + used});
}

Outcome node_identifier(const Facts& facts, const Arguments&) {
  const Json& node = facts["node"];
  const std::string text = node.text_or("node", "");
  const auto id = supply::identifier::NodeId::parse(text);
  if (!id) return not_met({"'" + text + "' is no identifier of a node: " + std::string(id.error().message()),
                           "“" + text + "”不是有效的节点标识"});
  if (id->subject().text() != node.text_or("participant", "")) {
    return not_met({"the identifier is not of this participant", "标识中的主体不是本参与方"});
  }
  if (id->area().text() != node.text_or("area", "")) {
    return not_met({"the identifier is not of this area", "标识中的区域或行业与节点不符"});
  }
  return met({text + ": subject, area and check character are right", text + "：主体、区域与校验码正确"});
}

// ── doors ──

bool refuses(std::int64_t status) { return status == 401 || status == 403; }

Outcome doors(const Facts& facts, const Arguments&) {
  const Json& d = facts["doors"];
  struct Door {
    const char* name;
    Text what;
  };
  static const std::array<Door, 2> kDoors = {{{"anonymous", {"without a token", "无令牌"}},
                                              {"badToken", {"with a token of nobody", "伪造令牌"}}}};
  for (const Door& door : kDoors) {
    const std::int64_t status = d.integer_or(door.name, 0);
    if (!refuses(status)) {
      return not_met({"a request " + door.what.en + " was answered " + std::to_string(status),
                      door.what.zh + "的请求得到应答 " + std::to_string(status)});
    }
  }
  if (!d.boolean_or("tls", false)) return not_met({"the node is reached without TLS", "节点访问未使用 TLS"});
  if (d.boolean_or("plain", true)) return not_met({"the node answers without TLS", "节点应答明文请求"});
  return met({"requests without a token or with a wrong one are refused; only TLS is spoken",
              "拒绝无令牌与伪造令牌的请求；仅接受 TLS"});
}

Outcome peers_refused(const Facts& facts, const Arguments&) {
  const std::int64_t status = facts["doors"].integer_or("peerWithoutCertificate", 0);
  if (!refuses(status)) {
    return not_met({"a node without a certificate was answered " + std::to_string(status),
                    "无证书节点得到应答 " + std::to_string(status)});
  }
  return met({"a node without a certificate of the space is refused", "拒绝没有本空间证书的节点"});
}

Outcome login(const Facts& facts, const Arguments&) {
  const Json& d = facts["doors"];
  const std::int64_t status = d.integer_or("wrongLogin", 0);
  if (status != 401) {
    return not_met({"a wrong login was answered " + std::to_string(status), "错误登录得到应答 " + std::to_string(status)});
  }
  return met({"a wrong login is refused", "拒绝错误登录"});
}

Outcome health(const Facts& facts, const Arguments&) {
  const Json& d = facts["doors"];
  if (d.integer_or("health", 0) != 200) return not_met({"the node does not say that it lives", "存活检查未通过"});
  if (d.integer_or("ready", 0) != 200) return not_met({"the node takes no writes", "节点不可写"});
  return met({"alive, and ready for writes", "存活且可写"});
}

Outcome scopes(const Facts& facts, const Arguments&) {
  // What somebody who is not known yet must be able to ask.
  // changePassword asks for the present one, which may be all that somebody may do with it. The address of a feed is
  // its secret: programs that read calendars can show no token.
  static constexpr std::array<std::string_view, 11> kOpen = {
      "getNode",        "login",   "changePassword", "apply",                "pickup",           "getAuthority",
      "getRevocations", "openapi", "getOpenApi",     "getStandardsCalendar", "getStandardsEvents"};
  Tally tally;
  for (const Json& route : list(facts["routes"])) {
    if (!route.text_or("path", "").starts_with("/api/v1")) continue;
    const std::string operation = route.text_or("operation", "");
    const std::string access = route.text_or("access", "open");
    const bool open = std::find(kOpen.begin(), kOpen.end(), operation) != kOpen.end() ||
                      route.text_or("path", "").ends_with("openapi.json");
    if (access == "open" && !open) {
      tally.bad(operation);
    } else {
      tally.good();
    }
  }
  if (tally.size() == 0) return not_tested({"the node offers no operation", "节点未提供操作"});
  return tally.outcome({"operations", "项操作"}, {"each asks for a right, or is meant for everybody", "均须授权或本应公开"});
}

Outcome services(const Facts& facts, const Arguments&) {
  Tally tally;
  for (const Json& route : list(facts["routes"])) {
    const bool whole = !route.text_or("operation", "").empty() && !route.text_or("en", "").empty() &&
                       !route.text_or("zh", "").empty() && !route.text_or("access", "").empty();
    if (whole) {
      tally.good();
    } else {
      tally.bad(route.text_or("path", "?"));
    }
  }
  if (tally.size() == 0) return not_met({"no operation is described", "未描述任何操作"});
  return tally.outcome({"operations", "项操作"}, {"named and described in two languages, with who may call them",
                                                  "均有名称、双语说明与访问权限"});
}

// ── people ──

Outcome passwords(const Facts& facts, const Arguments&) {
  const Json& p = facts["passwords"];
  for (const Json& weak : list(p["weak"])) {
    if (!weak.boolean_or("refused", false)) {
      return not_met(
          {"a password " + weak.text_or("en", "") + " would be taken", "可使用" + weak.text_or("zh", "") + "的口令"});
    }
  }
  if (!p.boolean_or("strongTaken", false)) return not_met({"a good password is refused", "合格口令被拒绝"});
  return met({"passwords that are too short or too simple are refused", "拒绝过短或过于简单的口令"});
}

Outcome operators(const Facts& facts, const Arguments&) {
  constexpr std::size_t kAllPowerfulMax = 2;
  const Json::Array& all = list(facts["operators"]);
  if (all.empty()) return not_met({"there is no operator", "没有经办人"});
  std::size_t powerful = 0;
  for (const Json& one : all) {
    const std::string id = one.text_or("id", "");
    for (const Json& scope : list(one["scopes"])) powerful += scope.is_string() && scope.as_string() == "*";
    if (one.boolean_or("oldPassword", false)) {
      return not_met({id + " acts with a password that should have been changed", id + " 的口令应改未改"});
    }
    if (one.boolean_or("endlessToken", false)) return not_met({id + " has a token without end", id + " 的令牌永不过期"});
  }
  if (powerful > kAllPowerfulMax) {
    return not_met({std::to_string(powerful) + " operators may do everything",
                    std::to_string(powerful) + " 名经办人拥有全部权限"});
  }
  return met({std::to_string(all.size()) + " operators by name, " + std::to_string(powerful) +
                  " with all rights; tokens expire",
              std::to_string(all.size()) + " 名实名经办人，" + std::to_string(powerful) + " 名拥有全部权限；令牌有期限"});
}

Outcome directory(const Facts& facts, const Arguments&) {
  const Json& d = facts["directory"];
  if (!d.boolean_or("self", false)) return not_met({"the directory does not have this node", "目录中没有本节点"});
  if (!d.boolean_or("certificate", false)) {
    return not_met({"the directory has another certificate of this node", "目录中的证书与本节点不符"});
  }
  if (!d.boolean_or("regional", false)) return not_met({"the regional node is not known", "未知区域节点"});
  const std::string anchors = std::to_string(d.integer_or("anchors", 0));
  if (anchors == "0") return not_met({"no authority is trusted", "没有可信根证书"});
  return met({"this node and its regional node are in the directory; trusted authorities: " + anchors,
              "目录中有本节点与区域节点；可信根证书 " + anchors + " 个"});
}

// ── what lies on the disk, and settings ──

Outcome keys(const Facts& facts, const Arguments&) {
  Tally tally;
  for (const Json& key : list(facts["storage"]["keys"])) {
    const std::string file = key.text_or("file", "?");
    if (!key.boolean_or("private", false)) {
      tally.bad(file + " can be read by others");
    } else if (!key.boolean_or("sealed", false)) {
      tally.bad(file + " is not sealed");
    } else {
      tally.good();
    }
  }
  if (tally.size() == 0) return not_met({"there are no key files", "没有密钥文件"});
  return tally.outcome({"key files", "个密钥文件"}, {"sealed, and readable by the node only", "均已加密且仅节点可读"});
}

Outcome storage(const Facts& facts, const Arguments& arguments) {
  const Outcome of_keys = keys(facts, arguments);
  if (of_keys.state != State::kMet) return of_keys;
  const Json& s = facts["storage"];
  const std::int64_t items = s.integer_or("vaultItems", 0);
  const std::int64_t sealed = s.integer_or("vaultSealed", 0);
  if (items != sealed) {
    return not_met({std::to_string(items - sealed) + " received contents lie unsealed",
                    std::to_string(items - sealed) + " 份接收数据未加密存放"});
  }
  if (!s.boolean_or("folderPrivate", false)) {
    return not_met({"the data folder can be read by others", "数据目录可被他人读取"});
  }
  return met({of_keys.detail.en + "; received contents sealed: " + std::to_string(sealed),
              of_keys.detail.zh + "；已加密的接收数据：" + std::to_string(sealed)});
}

Outcome retention(const Facts& facts, const Arguments&) {
  constexpr std::int64_t kDaysMin = 180;
  const std::int64_t days = facts["settings"].integer_or("retentionDays", 0);
  const std::string text = std::to_string(days);
  if (days < kDaysMin)
    return not_met({"kept for " + text + " days; 180 are asked for", "保存 " + text + " 天，要求不少于 180 天"});
  return met({"kept for " + text + " days; evidence for ever", "保存 " + text + " 天；存证永久保存"});
}

Outcome baseline(const Facts& facts, const Arguments&) {
  const Json& s = facts["settings"];
  Tally tally;
  const auto item = [&](bool good, const char* name) { good ? tally.good() : tally.bad(name); };
  item(!s.boolean_or("metricsPublic", true), "metrics.public is true");
  item(s.text_or("logLevel", "debug") != "debug", "log.level is debug");
  item(s.integer_or("connectionsMax", 0) > 0, "limits.connections_max is not set");
  item(s.boolean_or("loopback", false) || s.integer_or("requestsPerSecond", 0) > 0,
       "limits.requests_per_second is not set, and the node listens on the network");
  item(!s.boolean_or("secretInline", true), "a secret stands in the configuration");
  item(s.integer_or("retentionDays", 0) >= 180, "retention.days is below 180");
  return tally.outcome({"settings", "项配置"}, {"as the baseline asks", "符合基线"});
}

}  // namespace

std::vector<Probe> node_probes() {
  return {
      {"baseline", {"settings against a baseline of security", "安全配置基线"}, {"settings"}, baseline},
      {"certificate", {"the node's certificate", "节点证书"}, {"node", "certificate"}, certificate},
      {"directory", {"what the directory knows", "节点目录"}, {"directory"}, directory},
      {"doors", {"requests of somebody unknown", "未知来访者的请求"}, {"doors"}, doors},
      {"health", {"whether it lives and takes writes", "存活与可写"}, {"doors"}, health},
      {"keys", {"key files", "密钥文件"}, {"storage"}, keys},
      {"login", {"a login with a wrong password", "错误口令登录"}, {"doors"}, login},
      {"node-identifier", {"the node's identifier", "节点标识"}, {"node"}, node_identifier},
      {"operators", {"operators, their rights and tokens", "经办人、权限与令牌"}, {"operators"}, operators},
      {"passwords", {"which passwords are taken", "口令规则"}, {"passwords"}, passwords},
      {"peers-refused", {"a node without a certificate", "无证书的节点"}, {"doors"}, peers_refused},
      {"retention", {"how long records are kept", "记录保存期限"}, {"settings"}, retention},
      {"scopes", {"rights that operations ask for", "操作所需权限"}, {"routes"}, scopes},
      {"services", {"the list of operations", "操作目录"}, {"routes"}, services},
      {"storage", {"how data and keys lie on the disk", "数据与密钥的存储"}, {"storage"}, storage},
      {"suite", {"algorithms of keys and log", "密钥与日志算法"}, {"node", "certificate", "log"}, suite},
  };
}

}  // namespace weir::standards::assessment

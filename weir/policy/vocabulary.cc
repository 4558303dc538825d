// SPDX-License-Identifier: Apache-2.0
#include "weir/policy/vocabulary.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "weir/base/check.h"

namespace weir::policy {
namespace {

using enum Timing;

// The actions of ODRL 2.2 with their `includedIn`, then those that only TC609-6-2025-14/-15 has.
//= TC609-6-2025-14#actions
constexpr auto kActions = std::to_array<ActionTerm>({
    {"use", "", "", "be used", "使用", kBefore, false},
    {"transfer", "", "", "be transferred in ownership", "转移所有权", kBefore, false},
    {"acceptTracking", "use", "", "be used under tracking", "接受跟踪", kBefore, true},
    {"aggregate", "use", "", "be aggregated", "汇总", kBefore, false},
    {"annotate", "use", "", "be annotated", "标注", kBefore, false},
    {"anonymize", "use", "anonymize", "be anonymized", "匿名化", kBefore, false},
    {"archive", "use", "storage", "be stored", "存储", kBefore, false},
    {"attribute", "use", "", "be attributed", "署名", kDuring, false},
    {"compensate", "use", "compensate", "be paid for", "支付", kBefore, true},
    {"concurrentUse", "use", "", "be used concurrently", "并发使用", kBefore, false},
    {"delete", "use", "delete", "be deleted", "删除", kAfter, false},
    {"derive", "use", "", "be turned into derived data", "衍生", kBefore, false},
    {"digitize", "use", "", "be digitized", "数字化", kBefore, false},
    {"display", "play", "", "be displayed", "展示", kBefore, false},
    {"distribute", "use", "distribute", "be distributed", "分发", kBefore, false},
    {"ensureExclusivity", "use", "", "be kept exclusive", "保证独占", kDuring, true},
    {"execute", "use", "", "be executed", "执行", kBefore, false},
    {"extract", "reproduce", "", "be extracted from", "提取", kBefore, false},
    {"give", "transfer", "", "be given away", "赠与", kBefore, false},
    {"grantUse", "use", "grantUse", "be licensed to others", "授权他人使用", kBefore, false},
    {"include", "use", "", "be included in other data", "纳入其他数据", kBefore, false},
    {"index", "use", "", "be indexed", "索引", kBefore, false},
    {"inform", "use", "alert", "be reported", "通知", kDuring, false},
    {"install", "use", "", "be installed", "安装", kBefore, false},
    {"modify", "use", "", "be modified", "修改", kBefore, false},
    {"move", "use", "", "be moved", "移动", kBefore, false},
    {"nextPolicy", "use", "plicyTransmit", "be passed on with the given policy", "传递策略", kBefore, false},
    {"obtainConsent", "use", "", "be used with consent", "取得同意", kBefore, true},
    {"play", "use", "", "be played", "播放", kBefore, false},
    {"present", "use", "", "be presented in public", "公开展示", kBefore, false},
    {"print", "use", "", "be printed", "打印", kBefore, false},
    {"read", "use", "read", "be read", "读取", kBefore, false},
    {"reproduce", "use", "reproduce", "be copied", "复制", kBefore, false},
    {"reviewPolicy", "use", "", "be used after review of the policy", "审查策略", kBefore, true},
    {"sell", "transfer", "sell", "be sold", "交易", kBefore, false},
    {"stream", "use", "", "be streamed", "流式传输", kBefore, false},
    {"synchronize", "use", "", "be synchronized", "同步", kBefore, false},
    {"textToSpeech", "use", "", "be read aloud by a machine", "转换为语音", kBefore, false},
    {"transform", "use", "transform", "be transformed", "转换", kBefore, false},
    {"translate", "use", "", "be translated", "翻译", kBefore, false},
    {"uninstall", "use", "", "be uninstalled", "卸载", kAfter, false},
    {"watermark", "use", "", "be watermarked", "加水印", kBefore, false},
    {"urn:weir:tc609:access", "use", "access", "be accessed", "访问", kBefore, false},
    {"urn:weir:tc609:desensitize", "use", "desensitize", "be desensitized", "脱敏", kBefore, false},
    {"urn:weir:tc609:download", "reproduce", "download", "be downloaded", "下载", kBefore, false},
    {"urn:weir:tc609:process", "use", "process", "be processed", "加工", kBefore, false},
    {"urn:weir:tc609:jointDevelop", "use", "jointDevelop", "be developed jointly", "联合开发", kBefore, false},
    {"urn:weir:tc609:compute", "use", "compute", "be computed on", "计算", kBefore, false},
    {"urn:weir:tc609:delivery", "use", "delivery", "be delivered", "交付", kBefore, false},
    {"urn:weir:tc609:logRecordSend", "use", "logRecordSend", "be logged", "记录并发送日志", kDuring, false},
    {"urn:weir:tc609:export", "distribute", "", "be exported", "导出", kBefore, false},
    {"cc:CommercialUse", "use", "", "be used commercially", "商业使用", kBefore, false},
    {"cc:DerivativeWorks", "use", "", "be used for derivative works", "制作演绎作品", kBefore, false},
    {"cc:Distribution", "use", "", "be distributed", "分发", kBefore, false},
    {"cc:Reproduction", "use", "", "be copied", "复制", kBefore, false},
    {"cc:Sharing", "use", "", "be shared", "共享", kBefore, false},
    {"cc:ShareAlike", "use", "", "be shared under the same terms", "以相同条款共享", kDuring, true},
    {"cc:Attribution", "use", "", "be attributed", "署名", kDuring, true},
    {"cc:Notice", "use", "", "keep its notices", "保留声明", kDuring, true},
    {"cc:SourceCode", "use", "", "be passed on with its source", "附带源代码", kDuring, true},
    {"urn:weir:tc609:encrypt", "use", "", "be encrypted", "加密", kBefore, false},
    {"urn:weir:ids:replace", "modify", "", "have values replaced", "替换取值", kBefore, false},
    {"urn:weir:ids:mpc", "urn:weir:tc609:compute", "", "be computed on by multi-party computation", "多方安全计算",
     kBefore, false},
});
static_assert(kActions.size() < kActionsMax);

constexpr auto kActionAliases = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"idsc:READ", "read"},
    {"idsc:USE", "use"},
    {"idsc:DELETE", "delete"},
    {"idsc:DISTRIBUTE", "distribute"},
    {"idsc:ANONYMIZE", "anonymize"},
    {"idsc:LOG", "urn:weir:tc609:logRecordSend"},
    {"idsc:log", "urn:weir:tc609:logRecordSend"},
    {"idsc:NOTIFY", "inform"},
    {"idsc:ENCRYPT", "urn:weir:tc609:encrypt"},
    {"idsc:REPLACE", "urn:weir:ids:replace"},
    {"idsc:MPC", "urn:weir:ids:mpc"},
    {"alert", "inform"},
    {"storage", "archive"},
    {"policyTransmit", "nextPolicy"},
    {"plicyTransmit", "nextPolicy"},
    {"copy", "reproduce"},  // of ODRL 2.1, kept in 2.2 as deprecated
    {"pay", "compensate"},
});

using enum ValueType;

constexpr auto kOperands = std::to_array<OperandTerm>({
    {Operand::kDateTime, "dateTime", "time", kTime, false, "time", "时间"},
    {Operand::kElapsedTime, "elapsedTime", "timeWindow", kDuration, true, "time since the first use",
     "自首次使用起的时长"},
    {Operand::kTimeInterval, "timeInterval", "", kDuration, true, "time since the last use", "距上次使用的时长"},
    {Operand::kDelayPeriod, "delayPeriod", "", kDuration, false, "time since the agreement", "自协议生效起的时长"},
    {Operand::kCount, "count", "count", kNumber, true, "number of uses", "使用次数"},
    {Operand::kFrequency, "urn:weir:tc609:frequency", "frequency", kRate, true, "frequency of use", "使用频率"},
    {Operand::kDataSize, "urn:weir:tc609:dataSize", "dataSize", kBytes, true, "volume of data", "数据量"},
    {Operand::kPayAmount, "payAmount", "payAmount", kNumber, true, "amount paid", "支付金额"},
    {Operand::kPrivacyBudget, "urn:weir:tc609:privacyBudget", "", kNumber, true, "privacy budget spent (epsilon)",
     "已用隐私预算（ε）"},
    {Operand::kSpatial, "spatial", "region", kRegion, false, "region of use", "使用地域"},
    {Operand::kNetworkAddress, "virtualLocation", "networkAddress", kAddress, false, "network address", "网络地址"},
    {Operand::kPhysicalAddress, "urn:weir:tc609:physicalAddress", "physicalAddress", kText, false, "physical address",
     "物理地址"},
    {Operand::kPurpose, "purpose", "", kText, false, "purpose", "用途"},
    {Operand::kRecipient, "recipient", "", kText, false, "recipient", "接收方"},
    {Operand::kEvent, "event", "", kText, false, "event", "事件"},
    {Operand::kConnector, "urn:weir:ids:connector", "", kText, false, "connector", "连接器"},
    {Operand::kSecurityLevel, "urn:weir:ids:securityLevel", "", kText, false, "security level", "安全等级"},
    {Operand::kRole, "urn:weir:ids:role", "", kText, false, "role of the user", "使用者角色"},
    {Operand::kParticipantRegion, "urn:weir:ids:participantRegion", "", kRegion, false, "region of the participant",
     "参与方所在地"},
    {Operand::kDataRecord, "urn:weir:tc609:dataRecord", "dateRecord", kText, false, "data records", "数据记录"},
    {Operand::kDataField, "urn:weir:tc609:dataField", "dataField", kText, false, "data fields", "数据字段"},
    {Operand::kValueExpression, "urn:weir:tc609:valueExpression", "valueExpression", kText, false, "value expression",
     "值表达式"},
    {Operand::kApplication, "urn:weir:tc609:application", "application", kText, false, "application", "应用程序"},
    {Operand::kAlgorithm, "urn:weir:tc609:algorithm", "algorithm", kText, false, "algorithm", "算法"},
    {Operand::kModel, "urn:weir:tc609:machineLearningModels", "machineLearningModels", kText, false,
     "machine learning model", "机器学习模型"},
    {Operand::kEnvironment, "urn:weir:tc609:executionEnv", "executionEnv", kText, false, "execution environment",
     "执行环境"},
    {Operand::kEncryptMode, "urn:weir:tc609:encryptMode", "encryptMode", kText, false, "encryption", "加密方式"},
    {Operand::kDelivery, "deliveryChannel", "deliveryMethod", kText, false, "form of delivery", "交付方式"},
    {Operand::kIndustry, "industry", "", kText, false, "industry", "行业"},
    {Operand::kState, "urn:weir:ids:state", "", kText, false, "state of the environment", "环境状态"},
    {Operand::kArtifactState, "urn:weir:ids:artifactState", "", kText, false, "state of the data", "数据状态"},
    {Operand::kLanguage, "language", "", kText, false, "language", "语言"},
    {Operand::kFileFormat, "fileFormat", "", kText, false, "file format", "文件格式"},
    {Operand::kStated, "absolutePosition", "", kText, false, "position in the data", "数据中的位置"},
    {Operand::kStated, "absoluteSize", "", kNumber, false, "size", "尺寸"},
    {Operand::kStated, "absoluteSpatialPosition", "", kText, false, "position in the image", "图像中的位置"},
    {Operand::kStated, "absoluteTemporalPosition", "", kText, false, "position in the recording", "录制内容中的位置"},
    {Operand::kStated, "device", "", kText, false, "device", "设备"},
    {Operand::kStated, "media", "", kText, false, "medium", "媒介"},
    {Operand::kStated, "meteredTime", "", kDuration, false, "metered time of use", "计量使用时长"},
    {Operand::kStated, "percentage", "", kNumber, false, "percentage", "百分比"},
    {Operand::kStated, "product", "", kText, false, "product or service", "产品或服务"},
    {Operand::kStated, "relativePosition", "", kText, false, "relative position in the data", "数据中的相对位置"},
    {Operand::kStated, "relativeSize", "", kNumber, false, "relative size", "相对尺寸"},
    {Operand::kStated, "relativeSpatialPosition", "", kText, false, "relative position in the image",
     "图像中的相对位置"},
    {Operand::kStated, "relativeTemporalPosition", "", kText, false, "relative position in the recording",
     "录制内容中的相对位置"},
    {Operand::kStated, "resolution", "", kNumber, false, "resolution", "分辨率"},
    {Operand::kStated, "spatialCoordinates", "", kText, false, "coordinates", "坐标"},
    {Operand::kStated, "system", "", kText, false, "computing system", "计算系统"},
    {Operand::kStated, "systemDevice", "", kText, false, "system or device", "系统或设备"},
    {Operand::kStated, "unitOfCount", "", kText, false, "unit of count", "计数单位"},
    {Operand::kStated, "version", "", kText, false, "version", "版本"},
});

constexpr auto kOperandAliases = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"idsc:CONNECTOR", "urn:weir:ids:connector"},
    {"idsc:SECURITY_LEVEL", "urn:weir:ids:securityLevel"},
    {"idsc:APPLICATION", "urn:weir:tc609:application"},
    {"idsc:ROLE", "urn:weir:ids:role"},
    {"vcard:hasRole", "urn:weir:ids:role"},
    {"vcard:hasGeo", "urn:weir:ids:participantRegion"},
    {"idsc:state", "urn:weir:ids:state"},
    {"ids:artifact_state", "urn:weir:ids:artifactState"},
    {"idsc:PURPOSE", "purpose"},
    {"idsc:COUNT", "count"},
    {"idsc:POLICY_EVALUATION_TIME", "dateTime"},
    {"idsc:ELAPSED_TIME", "elapsedTime"},
    {"idsc:ABSOLUTE_SPATIAL_POSITION", "spatial"},
    {"idsc:EVENT", "event"},
    {"idsc:RECIPIENT", "recipient"},
});

// Misprints of TC609-6-2025-14 and what was meant: printed, meant. Both are read.
constexpr auto kMisprints = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"plicyTransmit", "policyTransmit"},
    {"dateRecord", "dataRecord"},
});

constexpr auto kOperators = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"eq", "01"}, {"gt", "02"}, {"gteq", "03"}, {"hasPart", "04"}, {"isA", "05"}, {"isAllOf", "06"},
    {"isAnyOf", "07"}, {"isNoneOf", "08"}, {"isPartOf", "09"}, {"lt", "10"}, {"lteq", "11"}, {"neq", "12"},
});

constexpr auto kEnvironments = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"usage-control", "01"}, {"sandbox", "02"}, {"mpc", "03"}, {"federated-learning", "04"}, {"tee", "05"},
    {"confidential", "06"}, {"other", "07"},
});

// Names in buckets by length and ends: finding one costs about one comparison.
class Index {
 public:
  template <class Terms, class Aliases>
  Index(const Terms& terms, const Aliases& aliases) {
    for (std::size_t i = 0; i < terms.size(); ++i) add(terms[i].name, i);
    for (const auto& [alias, name] : aliases) {
      const auto meant = std::find_if(terms.begin(), terms.end(), [&](const auto& term) { return term.name == name; });
      WEIR_CHECK(meant != terms.end());
      add(alias, static_cast<std::size_t>(meant - terms.begin()));
    }
  }
  std::uint16_t find(std::string_view name) const {
    if (name.empty()) return 0xFFFF;
    for (const auto& [known, place] : buckets_[bucket_of(name)]) {
      if (known == name) return place;
    }
    return 0xFFFF;
  }

 private:
  static std::size_t bucket_of(std::string_view name) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    return (name.size() * 31 + at(0) * 7 + at(name.size() - 1) * 3 + at(name.size() / 2)) % kBuckets;
  }
  void add(std::string_view name, std::size_t place) {
    buckets_[bucket_of(name)].emplace_back(name, static_cast<std::uint16_t>(place));
  }

  static constexpr std::size_t kBuckets = 256;
  std::array<std::vector<std::pair<std::string_view, std::uint16_t>>, kBuckets> buckets_;
};

std::string_view as_printed(std::string_view name) {
  for (const auto& [printed, meant] : kMisprints) {
    if (name == meant) return printed;
  }
  return name;
}

template <class Terms>
std::string from_tc609(const Terms& terms, std::string_view name, bool known_in_tree) {
  const std::string_view printed = as_printed(name);
  for (const auto& term : terms) {
    if (!term.tc609.empty() && term.tc609 == printed) return std::string(term.name);
  }
  if (known_in_tree || name.find(':') != std::string_view::npos) return normal_name(name);
  return std::string(kProfile) + std::string(name);
}

template <class Terms>
std::string to_tc609(const Terms& terms, std::string_view name) {
  for (const auto& term : terms) {
    if (term.name == name && !term.tc609.empty()) return std::string(term.tc609);
  }
  return std::string(name);
}

// The shortest form that is read as the same name again: the term itself, without the profile's prefix, or with ODRL's.
std::string readable_form(std::string_view name, std::string written, std::string (*read)(std::string_view)) {
  if (written.starts_with(kProfile)) {
    std::string brief = written.substr(kProfile.size());
    if (!brief.empty() && read(brief) == name) return brief;
  }
  if (read(written) == name) return written;
  std::string whole = std::string(kOdrlPrefix) + std::string(name);
  return read(whole) == name ? whole : written;
}

}  // namespace

std::string_view name_of(Timing timing) {
  switch (timing) {
    case Timing::kBefore: return "before";
    case Timing::kDuring: return "during";
    case Timing::kAfter: return "after";
  }
  return "";
}

std::span<const ActionTerm> action_terms() { return kActions; }

ActionId find_action(std::string_view name) {
  static const Index index(kActions, kActionAliases);
  return index.find(name);
}

const ActionTerm& action_term(ActionId id) {
  WEIR_CHECK(id < kActions.size());
  return kActions[id];
}

namespace {

ActionId parent_of(ActionId id) {
  static const auto parents = [] {
    std::array<ActionId, kActions.size()> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = find_action(kActions[i].included);
    return out;
  }();
  return parents[id];
}

}  // namespace

bool includes(ActionId wide, ActionId narrow) {
  WEIR_CHECK(wide < kActions.size() && narrow < kActions.size());
  while (narrow != wide) {
    narrow = parent_of(narrow);
    if (narrow == kUnknownAction) return false;
  }
  return true;
}

bool permits(ActionId wide, ActionId narrow) {
  static const auto passes_on = [] {
    constexpr std::string_view kNames[] = {"distribute",      "grantUse",   "nextPolicy",   "urn:weir:tc609:export",
                                           "cc:Distribution", "cc:Sharing", "cc:ShareAlike"};
    std::array<bool, kActions.size()> out{};
    for (const std::string_view name : kNames) out[find_action(name)] = true;
    return out;
  }();
  return includes(wide, narrow) && (!passes_on[narrow] || passes_on[wide]);
}

std::span<const OperandTerm> operand_terms() { return kOperands; }

const OperandTerm* find_operand(std::string_view name) {
  static const Index index(kOperands, kOperandAliases);
  const std::uint16_t at = index.find(name);
  return at == 0xFFFF ? nullptr : &kOperands[at];
}

const OperandTerm& operand_term(Operand operand) {
  const auto found = std::find_if(kOperands.begin(), kOperands.end(),
                                  [&](const OperandTerm& term) { return term.operand == operand; });
  WEIR_CHECK(found != kOperands.end());
  return *found;
}

std::string_view name_of(Operator op) { return kOperators[static_cast<std::size_t>(op) - 1].first; }
std::string_view code_of(Operator op) { return kOperators[static_cast<std::size_t>(op) - 1].second; }

std::string_view name_of(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kSet: return "Set";
    case PolicyKind::kOffer: return "Offer";
    case PolicyKind::kAgreement: return "Agreement";
  }
  return "";
}

std::string_view name_of(RuleKind kind) {
  switch (kind) {
    case RuleKind::kPermission: return "permission";
    case RuleKind::kProhibition: return "prohibition";
    case RuleKind::kObligation: return "obligation";
  }
  return "";
}

std::optional<Operator> find_operator(std::string_view name_or_code) {
  if (name_or_code == "term-lteq") return Operator::kLteq;  // as the schema of DSP 2025-1 misprints it
  for (std::size_t i = 0; i < kOperators.size(); ++i) {
    const auto& [name, code] = kOperators[i];
    if (name_or_code == name || name_or_code == code) return static_cast<Operator>(i + 1);
  }
  return std::nullopt;
}

std::string action_from_tc609(std::string_view name) {
  return from_tc609(kActions, name, find_action(name) != kUnknownAction);
}
std::string action_to_tc609(std::string_view name) {
  return readable_form(name, to_tc609(kActions, name), action_from_tc609);
}
std::string operand_from_tc609(std::string_view name) {
  return from_tc609(kOperands, name, find_operand(name) != nullptr);
}
std::string operand_to_tc609(std::string_view name) {
  return readable_form(name, to_tc609(kOperands, name), operand_from_tc609);
}

bool tc609_has_action(std::string_view tree_name) {
  return std::any_of(kActions.begin(), kActions.end(),
                     [&](const ActionTerm& term) { return term.name == tree_name && !term.tc609.empty(); });
}

bool tc609_has_operand(std::string_view tree_name) {
  return std::any_of(kOperands.begin(), kOperands.end(),
                     [&](const OperandTerm& term) { return term.name == tree_name && !term.tc609.empty(); });
}

std::string normal_name(std::string_view written) {
  if (written.starts_with("odrl:")) return std::string(written.substr(5));
  if (written.starts_with(kOdrlPrefix)) return std::string(written.substr(kOdrlPrefix.size()));
  if (written.starts_with("tc609:")) return std::string(kProfile) + std::string(written.substr(6));
  constexpr std::string_view kIds = "https://w3id.org/idsa/code/";
  if (written.starts_with(kIds)) return "idsc:" + std::string(written.substr(kIds.size()));
  return std::string(written);
}

bool has_term(const wire::Json& extra, std::string_view term) {
  if (!extra.is_object()) return false;
  return std::any_of(extra.members().begin(), extra.members().end(),
                     [&](const auto& member) { return normal_name(member.first) == term; });
}

std::vector<std::string_view> terms_in(const wire::Json& extra, std::string_view term) {
  std::vector<std::string_view> out;
  if (!extra.is_object()) return out;
  const auto add = [&](const wire::Json& value) {
    const wire::Json& text = value["@id"].is_string() ? value["@id"] : value["uid"].is_string() ? value["uid"] : value;
    if (text.is_string()) out.push_back(text.as_string());
  };
  for (const auto& [name, value] : extra.members()) {
    if (normal_name(name) != term) continue;
    if (!value.is_array()) {
      add(value);
      continue;
    }
    for (const wire::Json& item : value.items()) add(item);
  }
  return out;
}

Timing timing_of(const Rule& duty) {
  for (const Constraint& constraint : duty.constraints) {
    if (constraint.kind != ConstraintKind::kAtom || normal_name(constraint.left) != "event") continue;
    if (constraint.right.size() != 1 || normal_name(constraint.right[0].text) != "policyUsage") continue;
    switch (constraint.op) {
      case Operator::kLt:
      case Operator::kLteq: return Timing::kBefore;
      case Operator::kGt:
      case Operator::kGteq: return Timing::kAfter;
      default: return Timing::kDuring;
    }
  }
  // Several actions: as early as the earliest of them. An unknown one is asked for first, so that it stops the use.
  Timing timing = duty.actions.empty() ? Timing::kBefore : Timing::kAfter;
  for (const Action& action : duty.actions) {
    const ActionId id = find_action(action.name);
    timing = std::min(timing, id == kUnknownAction ? Timing::kBefore : kActions[id].timing);
  }
  return timing;
}

std::string_view environment_code(std::string_view text) {
  for (const auto& [name, code] : kEnvironments) {
    if (text == name || text == code) return code;
  }
  return text;
}

}  // namespace weir::policy

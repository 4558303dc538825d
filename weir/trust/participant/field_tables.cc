// The tables of fields.h, after NDI-TR-2025-03. Lengths are this project's where the draft's tables do not state them.
// SPDX-License-Identifier: Apache-2.0
#include "weir/trust/participant/fields.h"

namespace weir::trust::participant {
namespace {

using enum FieldType;

constexpr bool kRequired = true;
constexpr bool kOptional = false;
constexpr bool kPersonal = true;

//= NDI-TR-2025-03 base data of natural persons
const Field kPersonBase[] = {
    {"identityCode", kText, kOptional, 64, {}, false, {"identity code", "身份标识"}},
    {"fullName", kText, kRequired, 64, {}, false, {"name", "姓名"}},
    {"certType", kText, kRequired, 8, {}, false, {"kind of certificate", "证件类型"}},
    {"certCode", kText, kRequired, 40, {}, kPersonal, {"certificate number", "证件号码"}},
    {"certEffdate", kDate, kOptional, 10, {}, false, {"certificate valid from", "证件生效日期"}},
    {"certExpdate", kDate, kOptional, 10, {}, false, {"certificate valid until", "证件失效日期"}},
    {"phone", kText, kRequired, 32, {}, kPersonal, {"telephone", "手机号码"}},
    {"authLevel", kCode, kOptional, 1, "0|1|2", false, {"level of verification", "实名认证级别"}},
    {"authType", kCode, kOptional, 1, "1|2|3", false, {"way of verification", "实名认证方式"}},
    {"authTime", kTime, kOptional, 32, {}, false, {"time of verification", "认证时间"}},
    {"identityStatus", kCode, kOptional, 1, "0|1", false, {"status", "身份状态"}},
};
const Field kPersonExtended[] = {
    {"nationality", kText, kOptional, 32, {}, false, {"nationality", "国籍"}},
    {"sex", kText, kOptional, 8, {}, false, {"sex", "性别"}},
    {"birthDate", kDate, kOptional, 10, {}, kPersonal, {"date of birth", "出生日期"}},
    {"socialSecurityCard", kText, kOptional, 40, {}, kPersonal, {"social security card", "社保卡号"}},
    {"socialSecurityCardSite", kText, kOptional, 64, {}, false, {"where it was issued", "社保卡发卡地"}},
    {"alipayAccount", kText, kOptional, 64, {}, kPersonal, {"Alipay account", "支付宝账号"}},
    {"weixinAccount", kText, kOptional, 64, {}, kPersonal, {"WeChat account", "微信账号"}},
    {"userEmail", kText, kOptional, 254, {}, kPersonal, {"mail address", "电子邮箱"}},
    {"userAddress", kText, kOptional, 256, {}, kPersonal, {"address", "联系地址"}},
};

//= NDI-TR-2025-03 base data of legal persons and other organisations
const Field kOrganisationBase[] = {
    {"identityCode", kText, kOptional, 64, {}, false, {"identity code", "身份标识"}},
    {"enterpriseName", kText, kRequired, 256, {}, false, {"name", "单位名称"}},
    {"enterpriseCode", kUscc, kRequired, 18, {}, false, {"unified social credit code", "统一社会信用代码"}},
    {"enterpriseType", kCode, kRequired, 1, "0|1|2|3|4", false, {"kind of organisation", "单位类型"}},
    {"operatingPeriodBegin", kDate, kOptional, 10, {}, false, {"operating from", "经营期限起"}},
    {"operatingPeriodEnd", kText, kOptional, 10, {}, false, {"operating until", "经营期限止"}},
    {"authStatus", kCode, kOptional, 1, "0|1", false, {"verified", "认证状态"}},
    {"authType", kText, kOptional, 2, {}, false, {"way of verification", "认证方式"}},
    {"authDate", kTime, kOptional, 32, {}, false, {"time of verification", "认证时间"}},
    {"legalPerson", kText, kRequired, 64, {}, false, {"legal representative", "法定代表人"}},
    {"legalPersonCertno", kText, kOptional, 40, {}, kPersonal, {"certificate of the representative", "法定代表人证件号码"}},
    {"legalPersonAuthLevel", kCode, kOptional, 1, "0|1|2", false, {"level of verification", "法定代表人认证级别"}},
    {"legalPersonAuthType", kCode, kOptional, 1, "1|2|3", false, {"way of verification", "法定代表人认证方式"}},
    {"identityStatus", kCode, kOptional, 1, "0|1", false, {"status", "身份状态"}},
};
const Field kOrganisationExtended[] = {
    {"enterpriseAddress", kText, kOptional, 256, {}, false, {"address", "单位地址"}},
    {"regAmount", kText, kOptional, 32, {}, false, {"registered capital", "注册资本"}},
    {"regDate", kDate, kOptional, 10, {}, false, {"date of registration", "成立日期"}},
    {"businessScope", kText, kOptional, 2048, {}, false, {"scope of business", "经营范围"}},
    {"industryCategory", kIndustry, kOptional, 2, {}, false, {"industry", "行业类别"}},
    {"businessLicense", kText, kOptional, 256, {}, false, {"business licence", "营业执照"}},
    {"approvalAuthority", kText, kOptional, 128, {}, false, {"approving authority", "登记机关"}},
    {"legalPersonPhone", kText, kOptional, 32, {}, kPersonal, {"telephone of the representative", "法定代表人电话"}},
    {"legalPersonEmail", kText, kOptional, 254, {}, kPersonal, {"mail of the representative", "法定代表人邮箱"}},
    {"legalPersonStatus", kText, kOptional, 8, {}, false, {"status of the representative", "法定代表人状态"}},
};

//= NDI-TR-2025-03 base data of operators
const Field kOperatorBase[] = {
    {"identityCode", kText, kOptional, 64, {}, false, {"identity code", "身份标识"}},
    {"operator", kText, kRequired, 64, {}, false, {"name", "经办人姓名"}},
    {"operatorIdType", kText, kRequired, 8, {}, false, {"kind of certificate", "经办人证件类型"}},
    {"operatorId", kText, kRequired, 40, {}, kPersonal, {"certificate number", "经办人证件号码"}},
    {"operatorAuthLevel", kCode, kOptional, 1, "0|1|2", false, {"level of verification", "经办人认证级别"}},
    {"operatorAuthType", kCode, kOptional, 1, "1|2|3", false, {"way of verification", "经办人认证方式"}},
    {"authorizationType", kCode, kRequired, 1, "1|2|3", false, {"way of authorisation", "授权方式"}},
    {"enterpriseCode", kUscc, kRequired, 18, {}, false, {"acts for", "所属单位统一社会信用代码"}},
    {"authStatus", kCode, kOptional, 1, "0|1", false, {"verified", "认证状态"}},
    {"authTime", kTime, kOptional, 32, {}, false, {"time of verification", "认证时间"}},
};

//= NDI-TR-2025-03 base data of connectors
const Field kConnectorBase[] = {
    {"identityCode", kText, kOptional, 64, {}, false, {"identifier", "身份标识"}},
    {"connectorName", kText, kRequired, 128, {}, false, {"name", "连接器名称"}},
    {"connectorIpList", kTexts, kOptional, 45, {}, false, {"addresses", "连接器IP列表"}},
    {"connectorDomainList", kTexts, kOptional, 253, {}, false, {"domains", "连接器域名列表"}},
    {"connectorJoinType", kCode, kOptional, 1, "1|2|3|4|5", false, {"way of connection", "接入方式"}},
    {"enterpriseName", kText, kOptional, 256, {}, false, {"owner", "所属单位名称"}},
    {"enterpriseCode", kUscc, kOptional, 18, {}, false, {"owner's code", "所属单位统一社会信用代码"}},
    {"identityStatus", kCode, kOptional, 1, "0|1", false, {"status", "身份状态"}},
    {"authTime", kTime, kOptional, 32, {}, false, {"time of verification", "认证时间"}},
};
// connectorType: the draft's interface says 1 and 2, its table 11 says 0 and 1; all three are read.
const Field kConnectorExtended[] = {
    {"supplierName", kText, kOptional, 256, {}, false, {"supplier", "供应商名称"}},
    {"supplierCode", kUscc, kOptional, 18, {}, false, {"supplier's code", "供应商统一社会信用代码"}},
    {"connectorSN", kText, kOptional, 64, {}, false, {"serial number", "连接器序列号"}},
    {"connectorVersion", kText, kOptional, 32, {}, false, {"version", "连接器版本"}},
    {"connectorType", kCode, kOptional, 1, "0|1|2", false, {"standard or full", "连接器类型"}},
    {"connectorMac", kText, kOptional, 64, {}, false, {"MAC address", "连接器MAC地址"}},
};

// The draft names the platform's data in words only; the names follow those of the connector.
const Field kPlatformBase[] = {
    {"identityCode", kText, kOptional, 64, {}, false, {"identifier", "身份标识"}},
    {"platformName", kText, kRequired, 128, {}, false, {"name", "平台名称"}},
    {"platformIpList", kTexts, kOptional, 45, {}, false, {"addresses", "平台IP列表"}},
    {"platformDomainList", kTexts, kOptional, 253, {}, false, {"domains", "平台域名列表"}},
    {"enterpriseName", kText, kOptional, 256, {}, false, {"owner", "所属单位名称"}},
    {"enterpriseCode", kUscc, kOptional, 18, {}, false, {"owner's code", "所属单位统一社会信用代码"}},
    {"credential", kText, kOptional, 8192, {}, false, {"credential", "身份凭证"}},
    {"issueDate", kTime, kOptional, 32, {}, false, {"issued", "颁发日期"}},
};
const Field kPlatformExtended[] = {
    {"nodeType", kCode, kOptional, 1, "0|1|2", false, {"business, regional or global", "节点类型"}},
    {"industryCategory", kIndustry, kOptional, 2, {}, false, {"industry", "行业类别"}},
    {"coverage", kText, kOptional, 256, {}, false, {"coverage", "覆盖范围"}},
    {"securityContact", kText, kOptional, 128, {}, kPersonal, {"security contact", "安全联系人"}},
    {"maintainer", kText, kOptional, 256, {}, false, {"operations provider", "运维单位"}},
    {"deployment", kText, kOptional, 256, {}, false, {"deployment", "部署方式"}},
};

const Field kAttachment[] = {
    {"attachType", kText, kRequired, 64, {}, false, {"kind", "附件类型"}},
    {"attachName", kText, kRequired, 256, {}, false, {"name", "附件名称"}},
    {"attachCode", kText, kOptional, 128, {}, false, {"number", "附件编号"}},
    {"issueOrg", kText, kOptional, 256, {}, false, {"issued by", "颁发机构"}},
    {"issueDate", kDate, kOptional, 10, {}, false, {"issued on", "颁发日期"}},
    {"expireDate", kDate, kOptional, 10, {}, false, {"valid until", "失效日期"}},
    {"verifyUrl", kUrl, kOptional, 2048, {}, false, {"can be verified at", "验证地址"}},
    {"description", kText, kOptional, 1024, {}, false, {"description", "说明"}},
};

}  // namespace

std::span<const Field> fields_of(SubjectKind kind, Section section) {
  if (section == Section::kAttachment) return kAttachment;
  const bool base = section == Section::kBase;
  switch (kind) {
    case SubjectKind::kPerson:
      return base ? std::span<const Field>(kPersonBase) : std::span<const Field>(kPersonExtended);
    case SubjectKind::kOrganisation:
      return base ? std::span<const Field>(kOrganisationBase) : std::span<const Field>(kOrganisationExtended);
    case SubjectKind::kOperator: return base ? std::span<const Field>(kOperatorBase) : std::span<const Field>();
    case SubjectKind::kConnector:
      return base ? std::span<const Field>(kConnectorBase) : std::span<const Field>(kConnectorExtended);
    case SubjectKind::kPlatform:
      return base ? std::span<const Field>(kPlatformBase) : std::span<const Field>(kPlatformExtended);
  }
  return {};
}

}  // namespace weir::trust::participant

// SPDX-License-Identifier: Apache-2.0
// The other forms: TC609 strategy JSON, terms on one line, plain words.
#include <gmock/gmock.h>

#include "weir/policy/explain.h"
#include "weir/policy/tc609.h"
#include "weir/policy/templates.h"
#include "weir/policy/terms.h"
#include "weir/policy/test_help.h"
#include "weir/policy/validate.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using test::json;
using test::odrl;
using test::program;
using ::testing::HasSubstr;

Policy tc609(std::string_view text) {
  auto read = parse_tc609(json(text));
  EXPECT_TRUE(read.ok()) << (read ? "" : read.error().message());
  return read ? *read : Policy();
}

Policy sample(std::string_view name) { return tc609(test::read_file(test::vectors() + "tc609/" + std::string(name))); }

Request sample_request(std::string_view action) {
  Request out;
  out.now = test::at("2026-06-01");
  out.action = action;
  out.product = "691350100M000100Y4344031BH95JZY*";
  out.participant = "591350100M000100Y431100A1B2C3D5Y";
  return out;
}

// --- TC609: the five samples of table D.1. ---

//= TC609-6-2025-14#strategy-write type=test
//= TC609-6-2025-14#strategy-read type=test
TEST(Tc609, ReadsAndWritesTheSamplesOfTheStandard) {
  const auto files = test::files_in("tc609");
  ASSERT_EQ(files.size(), 5u);
  for (const std::string& path : files) {
    const wire::Json given = json(test::read_file(path));
    const auto policy = parse_tc609(given);
    ASSERT_TRUE(policy.ok()) << path << ": " << policy.error().message();
    const Converted written = to_tc609(*policy);
    EXPECT_TRUE(written.exact()) << path << ": " << written.losses[0].what.en;
    EXPECT_EQ(written.json.canonical(), given.canonical()) << path;
    EXPECT_TRUE(check(*policy).ok()) << path << check(*policy).error().message();
    const auto as_odrl = parse_odrl(to_odrl(*policy));
    ASSERT_TRUE(as_odrl.ok());
    EXPECT_EQ(*as_odrl, *policy) << path;
  }
}

TEST(Tc609, DecidesTheApiCallSample) {
  const Program terms = program(sample("d1-1-api-call.json"));
  Request request = sample_request(actions::kAccess);
  request.address = "192.0.2.10";
  ASSERT_EQ(terms.counters().size(), 2u);
  std::vector<std::int64_t> counters = {9999, 0};
  request.counters = counters;
  EXPECT_TRUE(decide(terms, request).allowed()) << test::why(terms, request, decide(terms, request));
  counters[0] = 10000;
  EXPECT_EQ(decide(terms, request).denied_by, DeniedBy::kConstraint);
  counters[0] = 0;
  request.address = "192.0.2.11";
  EXPECT_FALSE(decide(terms, request).allowed());
  request.address = "192.0.2.10";
  request.action = "nextPolicy";
  EXPECT_EQ(decide(terms, request).denied_by, DeniedBy::kProhibition);
}

TEST(Tc609, DecidesTheJointComputingSample) {
  const Program terms = program(sample("d1-2-joint-computing.json"));
  Request request = sample_request(actions::kCompute);
  request.environment = "sandbox";
  const std::string_view fields[] = {"age"};
  request.fields = fields;
  const std::string_view done[] = {"o1"};
  EXPECT_EQ(decide(terms, request).effect, Effect::kAllowIf);  // to be desensitized first
  request.fulfilled = done;
  const Decision decision = decide(terms, request);
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(obligations(terms, decision)[1].action, actions::kLog);
  request.environment = "tee";
  EXPECT_FALSE(decide(terms, request).allowed());
}

TEST(Tc609, DecidesThePurchaseAndTheConfidentialSample) {
  const Program purchase = program(sample("d1-4-purchase.json"));
  Request request = sample_request("read");
  std::vector<std::int64_t> counters;
  for (const Counter& each : purchase.counters()) counters.push_back(each.kind == CounterKind::kPaid ? 1000000 : 0);
  request.counters = counters;
  EXPECT_TRUE(decide(purchase, request).allowed()) << test::why(purchase, request, decide(purchase, request));
  EXPECT_EQ(find_obligation(purchase, "b1")->action, "compensate");

  const Program confidential = program(sample("d1-5-confidential-task.json"));
  Request compute = sample_request(actions::kCompute);
  const std::int64_t used[] = {999};
  compute.counters = used;
  compute.encrypt_mode = "02";
  compute.environment = "confidential";
  EXPECT_TRUE(decide(confidential, compute).allowed());
}

TEST(Tc609, ReadsBothSpellingsAndWritesThePrintedOne) {
  const Policy a = tc609(R"({"permissionPolicies": [{"actions": ["policyTransmit"], "constraints": [
      {"constraintName": "dataRecord", "constraintOperator": "05", "constraintValue": "x"}]}]})");
  const Policy b = tc609(R"({"permissionPolicy": {"action": "plicyTransmit", "constraint": {
      "constraintName": "dateRecord", "constraintOperator": "isA", "constraintValue": "x"}}})");
  EXPECT_EQ(a, b);
  const std::string written = to_tc609(a).json.dump();
  EXPECT_THAT(written, HasSubstr("\"plicyTransmit\""));
  EXPECT_THAT(written, HasSubstr("\"dateRecord\""));
}

TEST(Tc609, ReadsTheFlatFormOfTheInterfaces) {
  const Policy flat = tc609(R"({"subjectInfo": {"dataProductId": "P"}, "executionNodeInfo": {"assignerId": "A", "assigneeId": "B"},
      "actions": ["read"], "constraints": [{"constraintName": "count", "constraintOperator": "11", "constraintValue": "3"}],
      "policyExpansion": {"note": 1}})");
  ASSERT_EQ(flat.permissions.size(), 1u);
  EXPECT_EQ(flat.permissions[0].targets[0].id, "P");
  EXPECT_EQ(flat.permissions[0].assignees[0].id, "B");
  EXPECT_EQ(tc609(to_tc609(flat).json.dump()), flat);
}

//= TC609-6-2025-14#actions type=test
TEST(Tc609, HasTheTwentyActionsAndEighteenConstraints) {
  std::size_t count = 0;
  for (const std::string_view name :
       {"transform", "anonymize", "desensitize", "access", "read", "reproduce", "storage", "download", "process", "jointDevelop",
        "distribute", "compute", "grantUse", "plicyTransmit", "delivery", "sell", "logRecordSend", "delete", "alert", "compensate"}) {
    const std::string inside = action_from_tc609(name);
    EXPECT_TRUE(tc609_has_action(inside)) << name;
    EXPECT_EQ(action_to_tc609(inside), name);
    ++count;
  }
  EXPECT_EQ(count, 20u);
  count = 0;
  for (const std::string_view name :
       {"time", "timeWindow", "region", "networkAddress", "physicalAddress", "count", "frequency", "dataSize", "dateRecord", "dataField",
        "valueExpression", "application", "algorithm", "machineLearningModels", "executionEnv", "encryptMode", "deliveryMethod", "payAmount"}) {
    const std::string inside = operand_from_tc609(name);
    EXPECT_TRUE(tc609_has_operand(inside)) << name;
    EXPECT_EQ(operand_to_tc609(inside), name);
    ++count;
  }
  EXPECT_EQ(count, 18u);
  for (int code = 1; code <= 12; ++code) {
    const std::string text = (code < 10 ? "0" : "") + std::to_string(code);
    EXPECT_EQ(code_of(*find_operator(text)), text);
  }
}

TEST(Tc609, AnUnknownNameTravelsUnderTheProfile) {
  EXPECT_EQ(action_from_tc609("frob"), "urn:weir:tc609:frob");
  EXPECT_EQ(action_to_tc609("urn:weir:tc609:frob"), "frob");
  EXPECT_EQ(action_from_tc609("use"), "use");
  EXPECT_EQ(action_to_tc609("core"), "http://www.w3.org/ns/odrl/2/core");  // a name of ODRL that is in no table
  EXPECT_EQ(action_to_tc609("urn:weir:tc609:use"), "urn:weir:tc609:use");  // "use" alone would be read as another action
}

TEST(Tc609, ReportsWhatTheFormHasNoPlaceFor) {
  const Policy policy = odrl(R"({"@type": "Agreement", "@id": "urn:p", "target": "urn:t", "permission": [{"action": "print",
      "constraint": [{"or": [{"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"},
                             {"leftOperand": "count", "operator": "lt", "rightOperand": 3}]}],
      "assignee": {"@type": "PartyCollection", "source": "urn:g", "refinement": [{"leftOperand": "vcard:hasRole", "operator": "eq", "rightOperand": "lead"}]}}]})");
  const Converted written = to_tc609(policy);
  EXPECT_GE(written.losses.size(), 4u);
  for (const Loss& loss : written.losses) {
    EXPECT_EQ(loss.kind, LossKind::kExtension) << loss.path << ": " << loss.what.en;
    EXPECT_FALSE(loss.what.zh.empty());
  }
  const Policy back = tc609(written.json.dump());
  EXPECT_EQ(back.permissions[0].constraints, policy.permissions[0].constraints);
  EXPECT_EQ(back.permissions[0].assignees, policy.permissions[0].assignees);
  EXPECT_EQ(back.permissions[0].targets, policy.targets);
}

TEST(Tc609, CarriesEveryIdsPolicyWithoutDroppingAnything) {
  for (const std::string& path : test::files_in("ids")) {
    const Policy policy = odrl(test::read_file(path));
    const Converted written = to_tc609(policy);
    for (const Loss& loss : written.losses) EXPECT_NE(loss.kind, LossKind::kDropped) << path << " " << loss.path;
    const auto back = parse_tc609(written.json);
    ASSERT_TRUE(back.ok()) << path << ": " << back.error().message();
    EXPECT_EQ(to_tc609(*back).json, written.json) << path;
  }
}

struct Malformed {
  std::string_view json;
  std::string_view message;
};
class Tc609Malformed : public ::testing::TestWithParam<Malformed> {};
TEST_P(Tc609Malformed, IsRefusedWithThePlace) {
  const auto read = parse_tc609(json(GetParam().json));
  ASSERT_FALSE(read.ok()) << GetParam().json;
  EXPECT_EQ(read.error().reason(), "policy.malformed");
  EXPECT_THAT(std::string(read.error().message()), HasSubstr(std::string(GetParam().message)));
}
INSTANTIATE_TEST_SUITE_P(
    Table, Tc609Malformed,
    ::testing::Values(
        Malformed{R"(3)", "must be an object"}, Malformed{R"({})", "has no permission"},
        Malformed{R"({"permissionPolicies": [{}]})", "actions must not be empty"},
        Malformed{R"({"permissionPolicies": [7]})", "permissionPolicies[0] must be an object"},
        Malformed{R"({"permissionPolicies": [{"actions": [""]}]})", "must name an action"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "action": "read"}]})", "is given twice"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "subjectInfo": "P"}]})", "subjectInfo must be an object"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "subjectInfo": {"dataProductId": 3}}]})", "dataProductId must be text"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "constraints": 3}]})", "constraints must be a list"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "constraints": [{}]}]})", "constraintName is missing"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "constraints": [{"constraintName": "count", "constraintOperator": "99", "constraintValue": 1}]}]})",
                  "constraintOperator must be"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "constraints": [{"constraintName": "count", "constraintOperator": "01"}]}]})",
                  "constraintValue is missing"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "constraints": [{"constraintName": "count", "constraintOperator": "01", "constraintValue": {"a": 1}}]}]})",
                  "constraintValue must be"},
        Malformed{R"({"permissionPolicies": [{"actions": ["read"], "policyExpansion": {"odrl": {"prohibition": []}}}]})", "may hold target"},
        Malformed{R"({"strategyKind": "Wish", "permissionPolicies": [{"actions": ["read"]}]})", "strategyKind"},
        Malformed{R"({"actions": ["read"], "permissionPolicies": [{"actions": ["read"]}]})", "stand beside"}));

// --- Terms on one line. ---

TEST(Terms, ReadsTheExampleOfTheCommandLine) {
  const auto terms = parse_terms("count<=3, until=2027-01-01, purpose=research");
  ASSERT_TRUE(terms.ok());
  EXPECT_EQ(explain(*terms).en,
            "May be used at most 3 times, until 2027-01-01, for the purpose research. May not be distributed. "
            "May not be licensed to others.");
  EXPECT_TRUE(check(*terms).ok());
  EXPECT_EQ(terms->kind, PolicyKind::kOffer);
}

TEST(Terms, WritesBackWhatItRead) {
  for (const std::string_view line :
       {"share", "action=distribute, share", "count<=3, share", "action=use", "count<=3", "rate<=100/day", "volume<=1048576", "epsilon<=0.5", "action=compute, epsilon<=3", "from=2026-01-01, until=2026-12-31", "within=P30D",
        "purpose=research|teaching", "region=35|11", "address=10.0.0.0/8|2001:db8::/32", "field=a|\"b, c\"", "env=02|05",
        "delivery=01|03", "pay=100.00 CNY", "anonymize, log, notify, delete=P7D", "action=read|compute, count<=5",
        "application=app@ab|other, algorithm=sha"}) {
    const auto terms = parse_terms(line);
    ASSERT_TRUE(terms.ok()) << line << ": " << terms.error().message();
    const auto again = format_terms(*terms);
    ASSERT_TRUE(again.ok()) << line;
    EXPECT_EQ(*again, line);
    EXPECT_TRUE(compile(*terms).ok());
  }
}

TEST(Terms, ReadsWhatPeopleType) {
  EXPECT_EQ(*parse_terms("count<=3，purpose=research；log"), *parse_terms(" count <= 3 ;purpose = \"research\"\nlog,"));
  EXPECT_EQ(*parse_terms("count<4"), *parse_terms("count=3"));
  EXPECT_EQ(*parse_terms("env=tee"), *parse_terms("env=05"));
  EXPECT_EQ(*parse_terms("delivery=api"), *parse_terms("delivery=03"));
  EXPECT_EQ(*parse_terms("delete"), *parse_terms("delete=PT0S"));
  EXPECT_EQ(*parse_terms("volume<=1KiB"), *parse_terms("volume<=1024"));
}

TEST(Terms, RefusesWhatItDoesNotUnderstand) {
  for (const std::string_view line :
       {"", " , ", "nonsense", "count", "count<=", "count<=x", "count<0", "count<=-1", "count<=1|2", "until=soon", "until<=2027-01-01",
        "within=7", "purpose", "purpose=", "purpose=a||b", "purpose<=a", "action=frobnicate", "env=cloud", "delivery=pigeon",
        "address=example.org", "pay=much", "pay=1 2 3", "rate<=5", "volume<=big", "epsilon<=0", "epsilon<3", "epsilon<=x", "count<=1, count<=2", "=3", "purpose=\"open", "banana=3",
        "\xff"}) {
    const auto terms = parse_terms(line);
    ASSERT_FALSE(terms.ok()) << line;
    EXPECT_EQ(terms.error().reason(), "terms.malformed") << line;
    EXPECT_FALSE(terms.error().hint().empty());
  }
  EXPECT_EQ(parse_terms(std::string(70000, 'a')).error().code(), Errc::kExhausted);
}

TEST(Terms, SaysWhenAPolicyIsMoreThanALine) {
  for (const std::string_view text :
       {R"({"permission": [{"action": "use"}]})", R"({"permission": [{"action": "use", "constraint": [{"leftOperand": "ex:x", "operator": "eq", "rightOperand": "y"}]}]})",
        R"({"permission": [{"action": "use"}, {"action": "read"}]})", R"({"prohibition": [{"action": "use"}]})"}) {
    const auto line = format_terms(odrl(text));
    ASSERT_FALSE(line.ok()) << text;
    EXPECT_EQ(line.error().reason(), "terms.not_expressible");
  }
}

TEST(Templates, AllReadAndAllExplainThemselves) {
  for (const Template& each : templates()) {
    const auto terms = parse_terms(each.terms);
    ASSERT_TRUE(terms.ok()) << each.name << terms.error().message();
    EXPECT_TRUE(check(*terms).ok()) << each.name;
    EXPECT_FALSE(each.title.zh.empty());
  }
  for (const DataGrade grade : {DataGrade::kGeneral, DataGrade::kImportant, DataGrade::kCore}) {
    EXPECT_TRUE(check(default_terms(grade)).ok());
  }
  Request request;
  request.action = "read";
  EXPECT_FALSE(decide(program(default_terms(DataGrade::kCore)), request).allowed());
}

// --- Plain words. ---

//= TC609-6-2025-15#explanation type=test
TEST(Explain, SaysTheTermsInBothLanguages) {
  const Text words = explain(*parse_terms("count<=3, until=2026-12-31, purpose=research, delete=P7D, pay=5.00 CNY"));
  EXPECT_EQ(words.en,
            "May be used at most 3 times, until 2026-12-31, for the purpose research. Before each use it must be paid for for 5.00 CNY. "
            "After use it must be deleted within 7 days. May not be distributed. May not be licensed to others.");
  EXPECT_EQ(words.zh,
            "可使用：最多3次，截至2026-12-31，用于research。每次使用前，必须支付：金额为5.00 CNY。使用后，必须删除：在7 天内。"
            "不得分发。不得授权他人使用。");
}

TEST(Explain, SpeaksOfEveryExample) {
  for (const std::string_view folder : {"ids", "dsp"}) {
    for (const std::string& path : test::files_in(std::string(folder))) {
      const Text words = explain(odrl(test::read_file(path)));
      EXPECT_FALSE(words.en.empty()) << path;
      EXPECT_FALSE(words.zh.empty()) << path;
    }
  }
  EXPECT_EQ(explain(Policy()).en, "Nothing is permitted.");
  const Text private_words = explain(*parse_terms("action=compute, share, epsilon<=3"));
  EXPECT_NE(private_words.en.find("with noise of differential privacy, at most epsilon 3 in all"), std::string::npos);
  EXPECT_NE(private_words.zh.find("结果加入差分隐私噪声，ε 合计不超过 3"), std::string::npos);
  EXPECT_EQ(explain(sample("d1-1-api-call.json")).en,
            "May be accessed or be read at most 10000 times every 1 day, within 1 day of the first use, if the network "
            "address is "
            "192.0.2.10, of 691350100M000100Y4344031BH95JZY*, by 591350100M000100Y431100A1B2C3D5Y. May not be passed "
            "on with the "
            "given policy or be distributed, of 691350100M000100Y4344031BH95JZY*, by 591350100M000100Y431100A1B2C3D5Y. "
            "If that happens it must be reported.");
}

}  // namespace
}  // namespace weir::policy

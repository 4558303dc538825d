// SPDX-License-Identifier: Apache-2.0
// The examples of the IDS, decided: each policy class once allowed, once refused.
#include <gmock/gmock.h>

#include "weir/policy/test_help.h"
#include "weir/policy/vocabulary.h"

namespace weir::policy {
namespace {

using test::at;
using test::odrl;
using test::program;
using test::why;
using ::testing::HasSubstr;

// --- IDS: each class once allowed, once refused. ---

struct Ids {
  std::string file;
  std::string_view action;
  void (*allowed)(Request&);
  void (*refused)(Request&);
  Effect effect;  // when allowed
};

void PrintTo(const Ids& each, std::ostream* out) { *out << each.file; }

class IdsClasses : public ::testing::TestWithParam<Ids> {};

TEST_P(IdsClasses, DecidesAsTheClassMeans) {
  const Ids& given = GetParam();
  const Policy policy = odrl(test::read_file(test::vectors() + "ids/" + given.file + ".json"));
  const Program terms = program(policy);
  const std::vector<std::int64_t> unused(terms.counters().size(), 0);
  Request request;
  request.now = at("2022-07-01");
  request.action = given.action;
  request.product = "http://example.com/ids/data/789";
  request.participant = "http://example.com/ids/party/456";
  request.counters = unused;
  Request allowed = request;
  given.allowed(allowed);
  const Decision yes = decide(terms, allowed);
  EXPECT_EQ(yes.effect, given.effect) << why(terms, allowed, yes);
  Request refused = request;
  given.refused(refused);
  const Decision no = decide(terms, refused);
  EXPECT_EQ(no.effect, Effect::kDeny) << why(terms, refused, no);
  EXPECT_FALSE(why(terms, refused, no).empty());
}

void stranger(Request& r) { r.participant = "http://example.com/ids/party/0"; }
void nothing(Request&) {}
constexpr std::pair<std::string_view, std::string_view> kFair[] = {{"event", "Hannover Messe 2022"}};
constexpr std::pair<std::string_view, std::string_view> kEmergency[] = {{"idsc:state", "emergency"}};
constexpr std::pair<std::string_view, std::string_view> kHealth[] = {{"skos:concept", "health"}};
constexpr std::int64_t kTenUsed[] = {10};
constexpr std::int64_t kInMarch[] = {1646092800000};  // first used 2022-03-01
constexpr std::int64_t kPaid500[] = {5000000};

INSTANTIATE_TEST_SUITE_P(
    Table, IdsClasses,
    ::testing::Values(
        Ids{"pc1-odrl-restrict-consumer-example", "read", nothing, stranger, Effect::kAllow},
        Ids{"pc2-odrl-restrict-connector-example", "display", +[](Request& r) { r.connector = "?connector2URI"; },
            +[](Request& r) { r.connector = "other"; }, Effect::kAllow},
        Ids{"pc3-odrl-restrict-application-example", "execute", +[](Request& r) { r.application = "?DataAppURI"; }, nothing, Effect::kAllow},
        Ids{"pc4-odrl-restrict-user-role-example2", "execute", +[](Request& r) { r.role = "?userRole"; }, nothing, Effect::kAllow},
        Ids{"pc5-odrl-restrict-location-of-usage-example", "use", +[](Request& r) { r.region = "http://ontologi.es/place/DE"; },
            +[](Request& r) { r.region = "http://ontologi.es/place/FR"; }, Effect::kAllow},
        Ids{"pc5-odrl-restrict-location-of-usage-example2", "print", +[](Request& r) { r.action = ""; },
            +[](Request& r) { r.region = "http://ontologi.es/place/DE"; }, Effect::kDeny},
        Ids{"pc6-odrl-restrict-purpose-example2", "read", +[](Request& r) { r.purpose = "Risk Management"; },
            +[](Request& r) { r.purpose = "Marketing"; }, Effect::kAllow},
        Ids{"pc7-odrl-restrict-event-example", "read", +[](Request& r) { r.attributes = kFair; }, nothing, Effect::kAllow},
        Ids{"pc8-odrl-restrict-security-level-example", "derive", +[](Request& r) { r.security_level = "idsc:TRUST_SECURITY_PROFILE"; },
            +[](Request& r) { r.security_level = "idsc:BASE_SECURITY_PROFILE"; }, Effect::kAllow},
        Ids{"pc9-odrl-restrict-time-interval-example", "use", nothing, +[](Request& r) { r.now = at("2022-10-02"); }, Effect::kAllow},
        Ids{"pc10-odrl-restrict-duration-offer-example", "use", nothing, +[](Request& r) { r.counters = kInMarch; }, Effect::kAllow},
        Ids{"pc11-odrl-restrict-number-of-usage-example", "use", nothing, +[](Request& r) { r.counters = kTenUsed; }, Effect::kAllow},
        Ids{"pc12-odrl-delete-data-example", "print", nothing, stranger, Effect::kAllow},
        Ids{"pc13-odrl-modify-in-transit-example", "use", nothing, stranger, Effect::kAllowIf},
        Ids{"pc14-odrl-modify-in-rest-example", "use", stranger, nothing, Effect::kDeny},
        Ids{"pc15-odrl-log-usage-information-example", "use", nothing, stranger, Effect::kAllow},
        Ids{"pc16-odrl-notify-party-example", "use", nothing, stranger, Effect::kAllow},
        Ids{"pc17-odrl-distribute-next-policy-example", "distribute", nothing, stranger, Effect::kAllowIf},
        Ids{"pc18-odrl-restrict-artifact-state-example", "distribute", stranger, nothing, Effect::kDeny},
        Ids{"pc19-odrl-restrict-payment-sale-example", "read", nothing, stranger, Effect::kAllowIf},
        Ids{"pc19-odrl-restrict-payment-sale-example2", "read", +[](Request& r) { r.counters = kPaid500; }, nothing, Effect::kAllow},
        Ids{"pc20-odrl-restrict-payment-rent-example", "read", nothing, stranger, Effect::kAllowIf},
        Ids{"pc21-odrl-restrict-state-example", "use", +[](Request& r) { r.attributes = kEmergency; }, nothing, Effect::kAllow},
        Ids{"pc24-odrl-restrict-data-classification-example", "read", +[](Request& r) { r.attributes = kHealth; },
            +[](Request& r) { r.attributes = kHealth; r.action = "distribute"; }, Effect::kAllow}),
    [](const auto& each) {
      std::string name;
      for (const char c : each.param.file) {
        if (c != '-') name += c;
      }
      return name;
    });

TEST(IdsClasses, ConsentAndPrivateComputingAreConditions) {
  Request request;
  request.action = "use";
  request.product = "http://example.com/ids/data/health-data-collection1";
  request.participant = "http://example.com/ids/party/456";
  const Program consent = program(odrl(test::read_file(test::vectors() + "ids/pc23-odrl-obtain-consent-example.json")));
  const Decision asked = decide(consent, request);
  EXPECT_EQ(asked.effect, Effect::kAllowIf);
  EXPECT_TRUE(obligations(consent, asked)[0].standing);
  EXPECT_TRUE(obligations(consent, asked)[0].extra.has("consentingParty"));

  const Program mpc = program(odrl(test::read_file(test::vectors() + "ids/pc25-odrl-anonymize-with-mpc-1.json")));
  request.action = "read";
  request.product = "http://example.com/ids/data/workinghours";
  const Decision computed = decide(mpc, request);
  EXPECT_EQ(computed.effect, Effect::kAllowIf);
  const auto owed = obligations(mpc, computed);
  EXPECT_EQ(owed[0].action, "idsc:MPC");
  EXPECT_EQ(owed[0].parameters[0].right[0].text, "SUM");
}

TEST(IdsClasses, AReferencedValueIsNamedAsTheReason) {
  const Program terms = program(odrl(test::read_file(test::vectors() + "ids/pc6-odrl-restrict-purpose-example3.json")));
  Request request;
  request.action = "read";
  request.product = "http://example.com/ids/data/789";
  request.participant = "http://example.com/ids/party/456";
  request.purpose = "Research";
  const Decision decision = decide(terms, request);
  EXPECT_EQ(decision.denied_by, DeniedBy::kUnknown);
  EXPECT_THAT(why(terms, request, decision), HasSubstr("'purpose' is kept elsewhere"));
}

}  // namespace
}  // namespace weir::policy

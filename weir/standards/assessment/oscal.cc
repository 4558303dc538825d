// SPDX-License-Identifier: Apache-2.0
#include "weir/standards/assessment/oscal.h"

#include <array>
#include <map>

#include "weir/base/text.h"
#include "weir/crypto/uuid.h"
#include "weir/standards/assessment/oscal_parts.h"
#include "weir/standards/clause/clause.h"

namespace weir::standards::assessment {
namespace {

using wire::Json;

constexpr std::string_view kNamespace = "urn:weir:oscal";
constexpr std::array<std::string_view, 7> kModels = {
    "catalog", "profile", "component-definition", "ssp", "assessment-plan", "assessment-results", "mapping"};

Json both(const Json& text) { return Json(line_of(text.text_or("en", ""))); }

// What the project says it does about a clause, in OSCAL's words.
std::string_view implementation_of(const Json& finding) {
  const std::string claim = finding.text_or("claim", "");
  const std::string state = finding.text_or("state", "");
  if (state == "not_applicable") return "not-applicable";
  if (claim == "implemented" || (claim == "assessed" && state == "met")) return "implemented";
  if (claim == "partly" || claim == "profile") return "partial";
  return "planned";
}

}  // namespace

std::string line_of(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  out = std::string(trim(out));
  return out.empty() ? "-" : out;
}

Json prop(std::string_view name, std::string_view value) {
  return Json::object({{"name", name}, {"ns", kNamespace}, {"value", line_of(value)}});
}

std::string control_id(std::string_view document, std::string_view clause) {
  std::string out = clause::slug_of(document) + ".";
  for (const char c : clause) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '-' || c == '_' || byte >= 0x80;
    out += plain ? c : '_';
  }
  const bool letter = (out.front() >= 'a' && out.front() <= 'z');
  return letter ? out : "_" + out;
}

std::string control_of(const Json& finding) {
  return control_id(finding.text_or("document", ""), finding.text_or("clause", ""));
}

OscalWriter::OscalWriter(const Json& assessment)
    : assessment_(assessment), node_(assessment["node"].text_or("node", "")), time_(assessment.text_or("time", "")) {}

std::string OscalWriter::uuid(std::string_view name) const {
  return crypto::name_uuid(crypto::kUuidOfUrls,
                           "weir:oscal/" + assessment_.text_or("assessment", "") + "/" + std::string(name));
}

std::string OscalWriter::node_text(std::string_view member) const {
  return line_of(assessment_["node"].text_or(member, ""));
}

Json OscalWriter::metadata(std::string_view title) const {
  const Json party = Json::object({{"uuid", uuid("party")},
                                   {"type", "organization"},
                                   {"name", node_text("participant")},
                                   {"remarks", "The participant that runs the node. A first-party declaration."}});
  return Json::object(
      {{"title", line_of(title)},
       {"last-modified", time_},
       {"version", line_of(assessment_["program"].text_or("version", ""))},
       {"oscal-version", kOscalVersion},
       {"props", Json::array({prop("assessment", assessment_.text_or("assessment", ""))})},
       {"roles", Json::array({Json::object({{"id", "assessor"}, {"title", "Assessor"}})})},
       {"parties", Json::array({party})},
       {"responsible-parties",
        Json::array({Json::object({{"role-id", "assessor"}, {"party-uuids", Json::array({uuid("party")})}})})}});
}

std::vector<const Json*> OscalWriter::applicable() const {
  std::vector<const Json*> out;
  for (const Json& finding : assessment_["findings"].items()) {
    if (finding.text_or("state", "") != "not_applicable") out.push_back(&finding);
  }
  return out;
}

// ── catalog: the clauses ──

Json OscalWriter::controls_of(const std::string& document) const {
  Json out = Json::array();
  for (const Json& finding : assessment_["findings"].items()) {
    if (finding.text_or("document", "") != document) continue;
    const std::string id = control_of(finding);
    const std::string check = finding.text_or("check", "");
    const char* method = check == "probe" ? "TEST" : check == "document" ? "EXAMINE" : "INTERVIEW";
    Json props =
        Json::array({prop("level", finding.text_or("level", "")), prop("label", finding.text_or("clause", ""))});
    if (const std::string tier = finding.text_or("tier", ""); !tier.empty()) props.push(prop("tier", tier));
    const Json& words = finding["requirement"];
    const Json chinese = Json::object({{"id", id + "_zh"}, {"name", "item"}, {"prose", words.text_or("zh", "")},
                                       {"props", Json::array({prop("language", "zh")})}});
    const Json statement = Json::object({{"id", id + "_smt"}, {"name", "statement"}, {"prose", words.text_or("en", "")},
                                         {"parts", Json::array({chinese})}});
    const Json method_prop = Json::object({{"name", "method"}, {"value", method}});
    const Json objective =
        Json::object({{"id", id + "_obj"},
                      {"name", "assessment-objective"},
                      {"props", Json::array({method_prop})},
                      {"prose", check == "probe" ? "Probe: " + finding.text_or("probe", "") : check}});
    out.push(Json::object({{"id", id}, {"title", both(words)}, {"props", props},
                           {"parts", Json::array({statement, objective})}}));
  }
  return out;
}

Json OscalWriter::catalog() const {
  Json groups = Json::array();
  for (const Json& document : assessment_["documents"].items()) {
    const std::string name = document.text_or("document", "");
    Json props = Json::array({prop("document", name), prop("title-zh", document["title"].text_or("zh", ""))});
    if (const std::string note = document.text_or("note", ""); !note.empty()) props.push(prop("source", note));
    groups.push(Json::object({{"id", control_id(name, "all")},
                              {"title", line_of(name + ": " + document["title"].text_or("en", ""))},
                              {"props", props},
                              {"controls", controls_of(name)}}));
  }
  return Json::object(
      {{"uuid", uuid("catalog")}, {"metadata", metadata("Clauses, in our own words")}, {"groups", groups}});
}

// ── profile: those that concern this node ──

Json OscalWriter::profile() const {
  Json ids = Json::array();
  for (const Json* finding : applicable()) ids.push(control_of(*finding));
  const Json import = Json::object(
      {{"href", "catalog.json"}, {"include-controls", Json::array({Json::object({{"with-ids", ids}})})}});
  return Json::object({{"uuid", uuid("profile")},
                       {"metadata", metadata("What concerns this node: " + assessment_["subject"].text_or("role", "") +
                                             ", " + assessment_["subject"].text_or("suite", ""))},
                       {"imports", Json::array({import})},
                       {"merge", Json::object({{"as-is", true}})}});
}

// ── component definition: what the program does about each ──

Json OscalWriter::component_definition() const {
  Json requirements = Json::array();
  for (const Json* finding : applicable()) {
    const std::string id = control_of(*finding);
    const std::string note = finding->text_or("note", "");
    requirements.push(Json::object({{"uuid", uuid("component/" + id)},
                                    {"control-id", id},
                                    {"description", note.empty() ? finding->text_or("claim", "") : note},
                                    {"props", Json::array({Json::object({{"name", "implementation-status"},
                                                                         {"value", implementation_of(*finding)}})})}}));
  }
  const Json implementation =
      Json::object({{"uuid", uuid("component/implementation")},
                    {"source", "profile.json"},
                    {"description", "What the program does about each clause, as its project claims."},
                    {"implemented-requirements", requirements}});
  const Json component =
      Json::object({{"uuid", uuid("component")},
                    {"type", "software"},
                    {"title", "Weir"},
                    {"description", "A node of a trusted data space in one program."},
                    {"props", Json::array({prop("version", assessment_["program"].text_or("version", ""))})},
                    {"control-implementations", Json::array({implementation})}});
  return Json::object({{"uuid", uuid("component-definition")},
                       {"metadata", metadata("Weir as a component")},
                       {"components", Json::array({component})}});
}

// ── system security plan: the least that an assessment plan must refer to ──

Json OscalWriter::ssp() const {
  Json requirements = Json::array();
  for (const Json* finding : applicable()) {
    const std::string id = control_of(*finding);
    const Json by = Json::object(
        {{"component-uuid", uuid("component")},
         {"uuid", uuid("ssp/by/" + id)},
         {"description", "See the component definition."},
         {"implementation-status", Json::object({{"state", implementation_of(*finding)}})}});
    requirements.push(
        Json::object({{"uuid", uuid("ssp/" + id)}, {"control-id", id}, {"by-components", Json::array({by})}}));
  }
  const Json information = Json::object(
      {{"title", "Data products"}, {"description", "Data that participants exchange under contract; each is graded."}});
  const Json characteristics = Json::object(
      {{"system-ids", Json::array({Json::object({{"identifier-type", "http://ietf.org/rfc/rfc4122"}, {"id", uuid("system")}}),
                                   Json::object({{"identifier-type", "urn:weir:node"}, {"id", node_}})})},
       {"system-name", node_text("name")},
       {"description", "One node of a trusted data space, as a " + node_text("role") + "."},
       {"system-information", Json::object({{"information-types", Json::array({information})}})},
       {"status", Json::object({{"state", "operational"}})},
       {"authorization-boundary", Json::object({{"description", "The process, its data folder and its database."}})}});
  const Json component = Json::object({{"uuid", uuid("component")},
                                       {"type", "this-system"},
                                       {"title", "Weir"},
                                       {"description", "The program that is the node."},
                                       {"status", Json::object({{"state", "operational"}})}});
  return Json::object({{"uuid", uuid("ssp")},
                       {"metadata", metadata("Node " + node_)},
                       {"import-profile", Json::object({{"href", "profile.json"}})},
                       {"system-characteristics", characteristics},
                       {"system-implementation", Json::object({{"components", Json::array({component})}})},
                       {"control-implementation", Json::object({{"description", "As the component definition says."},
                                                                {"implemented-requirements", requirements}})}});
}

// ── mapping: clauses of different documents that the same check shows ──

Json OscalWriter::mapping() const {
  std::map<std::string, std::vector<const Json*>> shown;
  for (const Json& finding : assessment_["findings"].items()) {
    if (finding.text_or("check", "") == "probe") shown[finding.text_or("probe", "")].push_back(&finding);
  }
  Json maps = Json::array();
  for (const auto& [probe, findings] : shown) {
    const Json& first = *findings.front();
    Json targets = Json::array();
    for (const Json* other : findings) {
      if (other->text_or("document", "") == first.text_or("document", "")) continue;
      targets.push(Json::object({{"type", "control"}, {"id-ref", control_of(*other)}}));
    }
    if (targets.size() == 0) continue;
    const Json source = Json::object({{"type", "control"}, {"id-ref", control_of(first)}});
    maps.push(Json::object({{"uuid", uuid("map/" + probe)},
                            {"relationship", "intersects-with"},
                            {"sources", Json::array({source})},
                            {"targets", targets},
                            {"props", Json::array({prop("probe", probe)})}}));
  }
  const Json resource = Json::object({{"type", "catalog"}, {"href", "catalog.json"}});
  Json mappings = Json::array();
  if (maps.size() > 0) {
    mappings.push(Json::object({{"uuid", uuid("mapping/probes")},
                                {"source-resource", resource},
                                {"target-resource", resource},
                                {"maps", maps}}));
  } else {  // the schema wants one: a clause is equal to itself
    const Json item =
        Json::object({{"type", "control"}, {"id-ref", control_of(assessment_["findings"].items().front())}});
    const Json map = Json::object({{"uuid", uuid("map/itself")}, {"relationship", "equal-to"},
                                   {"sources", Json::array({item})}, {"targets", Json::array({item})}});
    mappings.push(Json::object({{"uuid", uuid("mapping/itself")}, {"source-resource", resource},
                                {"target-resource", resource}, {"maps", Json::array({map})}}));
  }
  return Json::object({{"uuid", uuid("mapping")},
                       {"metadata", metadata("Clauses that the same check shows")},
                       {"provenance", Json::object({{"method", "automation"},
                                                    {"matching-rationale", "functional"},
                                                    {"status", "draft"},
                                                    {"mapping-description",
                                                     "Clauses of different documents meet where the same probe shows "
                                                     "both. Made from the checklists; nobody compared the texts."}})},
                       {"mappings", mappings}});
}

std::span<const std::string_view> oscal_models() { return kModels; }

Result<Json> oscal(std::string_view model, const Json& assessment) {
  const OscalWriter writer(assessment);
  if (model == "catalog") return Json::object({{"catalog", writer.catalog()}});
  if (model == "profile") return Json::object({{"profile", writer.profile()}});
  if (model == "component-definition") return Json::object({{"component-definition", writer.component_definition()}});
  if (model == "ssp") return Json::object({{"system-security-plan", writer.ssp()}});
  if (model == "assessment-plan") return Json::object({{"assessment-plan", writer.plan()}});
  if (model == "assessment-results") return Json::object({{"assessment-results", writer.results()}});
  if (model == "mapping") return Json::object({{"mapping-collection", writer.mapping()}});
  return Error(Errc::kNotFound, "OSCAL has no model '" + std::string(model.substr(0, 64)) + "' here")
      .because("assessment.no_model")
      .advise("models are: catalog, profile, component-definition, ssp, assessment-plan, assessment-results, mapping");
}

}  // namespace weir::standards::assessment

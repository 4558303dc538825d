// The assessment plan and the assessment results of OSCAL.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "weir/base/text.h"
#include "weir/standards/assessment/oscal_parts.h"

namespace weir::standards::assessment {
namespace {

using wire::Json;

// The process of TC609-6-2025-16, as far as a program goes through it.
struct Stage {
  std::string_view name;
  std::string_view title;
  std::string_view description;
};
constexpr std::array<Stage, 6> kStages = {{
    {"scope", "Scope", "Documents and node are chosen."},
    {"tailor", "Tailor", "Clauses that do not concern the node's role, suite or class of device are set aside."},
    {"execute", "Execute", "Probes run against the live node; what was filed by operators is looked up."},
    {"analyse", "Analyse", "Each clause gets a finding, each document counts and a score."},
    {"report", "Report", "The findings are signed and recorded in the node's evidence log."},
    {"conclude", "Conclude", "What is not met or not tested is listed."},
}};

const char* method_of(const std::string& check) {
  return check == "probe" ? "TEST" : check == "document" ? "EXAMINE" : "INTERVIEW";
}

}  // namespace

Json OscalWriter::reviewed_controls() const {
  Json ids = Json::array();
  for (const Json* finding : applicable()) ids.push(Json::object({{"control-id", control_of(*finding)}}));
  return Json::object({{"control-selections", Json::array({Json::object({{"include-controls", ids}})})}});
}

Json OscalWriter::plan() const {
  Json tasks = Json::array();
  for (const Stage& stage : kStages) {
    tasks.push(Json::object({{"uuid", uuid("task/" + std::string(stage.name))},
                             {"type", "action"},
                             {"title", stage.title},
                             {"description", stage.description}}));
  }
  const Json subject = Json::object({{"type", "component"}, {"include-all", Json::object()}});
  return Json::object({{"uuid", uuid("plan")},
                       {"metadata", metadata("Assessment of node " + node_)},
                       {"import-ssp", Json::object({{"href", "ssp.json"}})},
                       {"reviewed-controls", reviewed_controls()},
                       {"assessment-subjects", Json::array({subject})},
                       {"tasks", tasks}});
}

Json OscalWriter::observation(const Json& finding) const {
  const std::string id = control_of(finding);
  const std::string check = finding.text_or("check", "");
  Json evidence = Json::array();
  for (const Json& name : finding["evidence"].items()) {
    const std::string text = name.as_string();
    evidence.push(Json::object({{"href", "#" + uuid("fact/" + text)}, {"description", text}}));
  }
  Json out = Json::object(
      {{"uuid", uuid("observation/" + id)},
       {"title", line_of(finding.text_or("clause", ""))},
       {"description", line_of(finding["detail"].text_or("en", ""))},
       {"props", Json::array({prop("state", finding.text_or("state", "")),
                              prop("detail-zh", finding["detail"].text_or("zh", ""))})},
       {"methods", Json::array({method_of(check)})},
       {"subjects", Json::array({Json::object({{"subject-uuid", uuid("component")}, {"type", "component"}})})}});
  if (evidence.size() > 0) out.set("relevant-evidence", evidence);
  out.set("collected", time_);
  return out;
}

Json OscalWriter::finding(const Json& finding) const {
  const std::string id = control_of(finding);
  const bool met = finding.text_or("state", "") == "met";
  Json status = Json::object({{"state", met ? "satisfied" : "not-satisfied"}, {"reason", met ? "pass" : "fail"}});
  const Json target = Json::object({{"type", "objective-id"}, {"target-id", id + "_obj"}, {"status", status}});
  Json out = Json::object({{"uuid", uuid("finding/" + id)},
                           {"title", line_of(finding["requirement"].text_or("en", ""))},
                           {"description", line_of(finding["detail"].text_or("en", ""))},
                           {"target", target},
                           {"related-observations",
                            Json::array({Json::object({{"observation-uuid", uuid("observation/" + id)}})})}});
  if (finding.has("score")) {
    out.set("props", Json::array({prop("score", std::to_string(finding.integer_or("score", 0)))}));
  }
  return out;
}

// The facts and what was filed, as resources that observations refer to.
Json OscalWriter::facts_matter() const {
  const auto resource = [&](const std::string& name, const std::string& description, const std::string& digest) {
    const std::size_t colon = digest.find(':');
    Json out =
        Json::object({{"uuid", uuid("fact/" + name)}, {"title", line_of(name)}, {"description", line_of(description)}});
    if (colon != std::string::npos) out.set("props", Json::array({prop("digest", digest)}));
    return out;
  };
  Json resources = Json::array();
  for (const auto& [name, fact] : assessment_["facts"].members()) {
    resources.push(resource(name, "Seen of the node; the value is in the assessment.", fact.text_or("digest", "")));
  }
  for (const Json& one : assessment_["filed"].items()) {
    resources.push(
        resource("filed:" + one.text_or("id", ""), one.text_or("statement", ""), one["file"].text_or("hash", "")));
  }
  return resources;
}

Json OscalWriter::results() const {
  Json observations = Json::array();
  Json findings = Json::array();
  for (const Json* one : applicable()) {
    observations.push(observation(*one));
    if (one->text_or("state", "") != "not_tested") findings.push(finding(*one));
  }
  Json result =
      Json::object({{"uuid", uuid("result")},
                    {"title", line_of("Node " + node_)},
                    {"description", "A first-party declaration: the node assessed itself. Not a certificate."},
                    {"start", time_},
                    {"end", time_},
                    {"reviewed-controls", reviewed_controls()}});
  if (observations.size() > 0) result.set("observations", observations);
  if (findings.size() > 0) result.set("findings", findings);
  Json out = Json::object({{"uuid", uuid("results")},
                           {"metadata", metadata("Assessment results of node " + node_)},
                           {"import-ap", Json::object({{"href", "assessment-plan.json"}})},
                           {"results", Json::array({result})}});
  if (const Json resources = facts_matter(); resources.size() > 0) {
    out.set("back-matter", Json::object({{"resources", resources}}));
  }
  return out;
}

}  // namespace weir::standards::assessment

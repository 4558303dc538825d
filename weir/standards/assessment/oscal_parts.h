// Oscal parts: what the seven models share. Private to this room.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/standards/assessment/oscal.h"

namespace weir::standards::assessment {

// One assessment while it is written as OSCAL.
class OscalWriter {
 public:
  explicit OscalWriter(const wire::Json& assessment);

  wire::Json catalog() const;
  wire::Json profile() const;
  wire::Json component_definition() const;
  wire::Json ssp() const;
  wire::Json plan() const;
  wire::Json results() const;
  wire::Json mapping() const;

 private:
  std::string uuid(std::string_view name) const;  // of this assessment
  wire::Json metadata(std::string_view title) const;
  // Findings of what concerns the node.
  std::vector<const wire::Json*> applicable() const;
  wire::Json reviewed_controls() const;
  wire::Json controls_of(const std::string& document) const;
  wire::Json observation(const wire::Json& finding) const;
  wire::Json finding(const wire::Json& finding) const;
  wire::Json facts_matter() const;
  std::string node_text(std::string_view member) const;

  const wire::Json& assessment_;
  std::string node_;
  std::string time_;
};

std::string control_of(const wire::Json& finding);
// A property in Weir's own name space.
wire::Json prop(std::string_view name, std::string_view value);
// A text without line breaks and outer spaces, never empty: what OSCAL's strings and markup lines take.
std::string line_of(std::string_view text);

}  // namespace weir::standards::assessment

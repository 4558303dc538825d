// Parts: what the files of this room share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "weir/standards/query/query.h"

namespace weir::standards::query {

std::string parameter(const Parameters& parameters, const std::string& name, std::string_view otherwise);
wire::Json text_json(const Text& text);
// Number, title, status, publication.
wire::Json brief(const standard::Registry& registry, standard::Index index);
// The deadlines that the parameters of "due" ask for.
Result<std::vector<standard::Deadline>> due_list(const Library& library, const Parameters& parameters);

// The newest events of the standards that the parameters choose; at most 200.
Result<std::vector<standard::Event>> event_list(const Library& library, const Parameters& parameters);

}  // namespace weir::standards::query

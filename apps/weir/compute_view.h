// Compute view: how a private computation is shown to a person.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/weir/output.h"
#include "weir/wire/json.h"

namespace weir::cli {

Text phase_of(const std::string& state, const wire::Json& progress);
std::string text_of(const Output& out, const wire::Json& text);
// What the answer costs of the privacy that the terms allow.
void add_privacy(std::vector<std::pair<Text, std::string>>& rows, const wire::Json& privacy);
void show_job(Output& out, const wire::Json& job);
// What came of one that is done, in a line.
void show_done(Output& out, const wire::Json& job);

}  // namespace weir::cli

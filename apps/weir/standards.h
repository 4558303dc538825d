// Standards: what the commands about standards share.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "apps/weir/commands.h"
#include "weir/standards/query/query.h"

namespace weir::cli {

// What the program carries, asked without a node.
standards::query::Library shipped_library();
// That the node of this folder does not run.
void say_shipped(Output& out);
// "?a=b&c=d"; empty values are left out.
std::string query_of(const standards::query::Parameters& parameters);

const wire::Json::Array& items(const wire::Json& json);
// A text of an answer in the language of the command, or in the other.
std::string said(const Output& out, const wire::Json& text);
// An answer to a question, for people.
void print_answer(Output& out, const std::string& question, const wire::Json& answer);

// Two lists of clauses, each a file or a document that the program carries.
bool names_a_file(const std::string& text);
Result<wire::Json> compare_checklists(const std::string& from, const std::string& to);
void add_file_commands(CLI::App& group, Context& context);  // import, export, subscribe

}  // namespace weir::cli

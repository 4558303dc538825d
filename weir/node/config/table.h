// Table: the rows of the configuration: what each key is, and where its value goes.
//
// Only config.cc and pages.cc use it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "weir/node/config/config.h"

namespace weir::node::config {

struct Row {
  Key key;
  // `text` has been checked against the key's type.
  Result<> (*assign)(Config& config, const std::string& text);
};

const std::vector<Row>& table();

}  // namespace weir::node::config

// Facts: looks at the running node, as probes of an assessment need it. Nothing is judged here.
//
// Each fact is gathered for itself; what cannot be had is named with the reason. Samples are bounded, so that a big
// node takes no longer than a small one. Changes nothing but counters of requests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/standards/assessment/probe.h"

namespace weir::node {

class Node;

standards::assessment::Facts gather_facts(Node& node);

}  // namespace weir::node

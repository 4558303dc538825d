// Open catalog: what the faces for other catalogues' clients (routes_dcat.cc, routes_ckan.cc) share.
//
// Thread-safety: pure functions over a node.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "weir/adapters/http/http.h"
#include "weir/supply/catalog/search.h"

namespace weir::node {

class Node;

// Everybody if catalog.open is set, else operators with catalog:read. Fails with kUnauthenticated.
Result<> may_read_catalog(const Node& node, const adapters::http::Request& request);
// The products of a page, whole, in its order.
Result<std::vector<supply::catalog::Product>> products_of(Node& node, const supply::catalog::Page& page);

}  // namespace weir::node

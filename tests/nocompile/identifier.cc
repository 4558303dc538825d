// Identifiers of different things cannot be mixed, and are not made from bare text (I-7).
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "weir/base/strong.h"
#include "weir/supply/identifier/identifier.h"

//= I-7 type=test
namespace weir::supply::identifier {

using Rows = Strong<int, struct RowsTag>;
using Columns = Strong<int, struct ColumnsTag>;

void send_to(const NodeId& node);
void publish(const ProductId& product);
bool fits(Rows rows);

bool use(const NodeId& node, const ProductId& product, const std::string& text) {
  send_to(node);
  publish(product);
  (void)NodeId::parse(text);
#if defined(WEIR_MISUSE_PRODUCT_FOR_NODE)
  send_to(product);
#elif defined(WEIR_MISUSE_NODE_FOR_PRODUCT)
  publish(node);
#elif defined(WEIR_MISUSE_COMPARE)
  return node == product;
#elif defined(WEIR_MISUSE_FROM_TEXT)
  send_to(text);
#elif defined(WEIR_MISUSE_STRONG)
  return fits(Columns(1));
#endif
  return fits(Rows(1));
}

}  // namespace weir::supply::identifier

// The life cycle and the reading side of the catalog.
// SPDX-License-Identifier: Apache-2.0
#include "weir/supply/catalog/service.h"

#include "weir/supply/catalog/searcher.h"
#include "weir/supply/catalog/service_impl.h"

namespace weir::supply::catalog {

namespace {

constexpr std::size_t kReasonBytesMax = 2048;

Error wrong_state(std::string message) {
  return Error(Errc::kConflict, std::move(message))
      .because("catalog.wrong_state")
      .advise("Look at the product's history to see where it stands.");
}
Error no_product() { return Error(Errc::kNotFound, "no such product").because("catalog.no_product"); }

Result<> check_reason(std::string_view reason) {
  if (reason.size() <= kReasonBytesMax && is_utf8(reason)) return {};
  return Error(Errc::kInvalidArgument, "the reason is longer than 2048 bytes or not UTF-8").because("catalog.too_long");
}
Result<> need_reason(std::string_view reason) {
  if (!trim(reason).empty()) return check_reason(reason);
  return Error(Errc::kInvalidArgument, "this needs a reason").because("catalog.no_reason").advise("Say why.");
}

}  // namespace

Service::Service(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Service::~Service() = default;

// --- What the files of the service share ---

Result<Writer> Service::Impl::writer(store::Tx& tx, std::string actor, std::int64_t transitions) {
  const Timestamp now = parts.clock.now();
  WEIR_TRY_LET(const Numbers numbers, take_numbers(tx, transitions, now));
  return Writer({.tx = tx, .index = *index, .log = parts.log, .now = now, .actor = std::move(actor), .numbers = numbers});
}

Result<> Service::Impl::announce(store::Tx& tx, const Writer& writer) {
  if (!parts.announce || writer.announced().empty()) return {};
  return parts.announce(tx, writer.announced(), writer.actor());
}

Result<Head> Service::Impl::head(store::Tx& tx, const ProductId& id) {
  WEIR_TRY_LET(std::optional<Head> found, load_head(tx, id.text()));
  if (!found) return no_product();
  return *std::move(found);
}

Result<Head> Service::Impl::own_head(store::Tx& tx, const ProductId& id) {
  WEIR_TRY_LET(Head found, head(tx, id));
  if (!found.origin.empty()) {
    return Error(Errc::kForbidden, "the product is another node's; it can only be changed there").because("catalog.not_ours");
  }
  if (found.deregistered) return wrong_state("the product is deregistered");
  return found;
}

Result<Head> Service::Impl::new_head(const NewProduct& product) {
  const SubjectId publisher = product.publisher.value_or(parts.participant);
  WEIR_TRY_LET(ProductId id, ProductId::generate(product.kind, publisher, parts.area, parts.random, product.extension));
  return Head{.id = std::move(id), .publisher = publisher, .origin = {}, .created = parts.clock.now()};
}

Version Service::Impl::new_version(std::int64_t number, Status status) const {
  return {.number = number, .status = status, .updated = parts.clock.now(), .node = parts.node.text()};
}

// --- Life cycle ---

//= NDI-TR-2025-06
// Compile, submit, review, publish, update, deregister; each step with its time, person and reason.
Result<Product> Service::create(const NewProduct& product, const Actor& actor) {
  WEIR_TRY(check(product.description));
  WEIR_TRY_LET(const Head fresh, impl_->new_head(product));
  return store::sql_write<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, actor.value()));
    Head head = fresh;
    return writer.put_on_desk(head, impl_->new_version(1, Status::kDraft), product.description, {.what = "created", .reason = {}});
  });
}

Result<Product> Service::edit(const ProductId& id, const Description& description, std::string_view reason,
                              const Actor& actor) {
  WEIR_TRY(check(description));
  WEIR_TRY(check_reason(reason));
  return store::sql_write<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(Head head, impl_->own_head(tx, id));
    WEIR_TRY_LET(Version version, load_version(tx, id.text(), head.latest));
    if (version.status == Status::kSubmitted) return wrong_state("the product is under review");
    if (version.hash == content_hash(description)) return product_of(head, version);
    if (version.status == Status::kPublished) version = impl_->new_version(head.latest + 1, Status::kDraft);
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, actor.value()));
    return writer.put_on_desk(head, version, description, {.what = "edited", .reason = reason});
  });
}

Result<Product> Service::submit(const ProductId& id, std::string_view reason, const Actor& actor) {
  WEIR_TRY(check_reason(reason));
  return store::sql_write<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(Head head, impl_->own_head(tx, id));
    WEIR_TRY_LET(Version version, load_version(tx, id.text(), head.latest));
    if (version.status != Status::kDraft) return wrong_state("there is no draft to submit");
    WEIR_TRY_LET(const Product draft, product_of(head, version));
    WEIR_TRY(check_publishable(draft.description));
    version.status = Status::kSubmitted;
    version.submitter = actor.value();
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, actor.value()));
    return writer.put_on_desk(head, version, draft.description, {.what = "submitted", .reason = reason});
  });
}

Result<Product> Service::review(const ProductId& id, Verdict verdict, std::string_view reason, const Actor& actor) {
  WEIR_TRY(verdict == Verdict::kReturn ? need_reason(reason) : check_reason(reason));
  return store::sql_write<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(Head head, impl_->own_head(tx, id));
    WEIR_TRY_LET(Version version, load_version(tx, id.text(), head.latest));
    if (version.status != Status::kSubmitted) return wrong_state("nothing was submitted for review");
    if (impl_->parts.review == Review::kAnotherOperator && version.submitter == actor.value()) {
      return Error(Errc::kForbidden, "who submitted a product may not review it")
          .because("catalog.same_operator")
          .advise("Ask another operator to review it.");
    }
    WEIR_TRY_LET(const Product submitted, product_of(head, version));
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, actor.value()));
    if (verdict == Verdict::kReturn) {
      version.status = Status::kDraft;
      version.submitter.clear();
      return writer.put_on_desk(head, version, submitted.description, {.what = "returned", .reason = reason});
    }
    version.updated = impl_->parts.clock.now();
    WEIR_TRY_LET(Product product,
                 writer.publish(head, version, submitted.description, {.what = "published", .reason = reason}));
    WEIR_TRY(impl_->announce(tx, writer));
    return product;
  });
}

Result<Product> Service::publish(const NewProduct& product, const Actor& actor) {
  if (impl_->parts.review == Review::kAnotherOperator) {
    return Error(Errc::kForbidden, "another operator must review a product before it is published")
        .because("catalog.same_operator")
        .advise("Create it as a draft and submit it.");
  }
  WEIR_TRY(check_publishable(product.description));
  WEIR_TRY_LET(const Head fresh, impl_->new_head(product));
  return store::sql_write<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, actor.value()));
    Head head = fresh;
    Version version = impl_->new_version(1, Status::kPublished);
    version.submitter = actor.value();
    WEIR_TRY_LET(Product published,
                 writer.publish(head, version, product.description, {.what = "published", .reason = {}}));
    WEIR_TRY(impl_->announce(tx, writer));
    return published;
  });
}

Result<Product> Service::deregister(const ProductId& id, std::string_view reason, const Actor& actor) {
  WEIR_TRY(need_reason(reason));
  return store::sql_write<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(Head head, impl_->own_head(tx, id));
    WEIR_TRY_LET(Writer writer, impl_->writer(tx, actor.value()));
    WEIR_TRY_LET(Product ended, writer.deregister(head, {.what = "deregistered", .reason = reason}));
    WEIR_TRY(impl_->announce(tx, writer));
    return ended;
  });
}

// --- Reading ---

Result<Product> Service::find(store::Tx& tx, const ProductId& id) {
  WEIR_TRY_LET(std::optional<Product> found, load_published(tx, id.text()));
  if (!found) return no_product();
  return *std::move(found);
}

Result<Product> Service::find(const ProductId& id) {
  return store::sql_read<Product>(impl_->parts.sql, [&](store::Tx& tx) { return find(tx, id); });
}

Result<Product> Service::find(const ProductId& id, std::int64_t version) {
  return store::sql_read<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(const Head head, impl_->head(tx, id));
    WEIR_TRY_LET(const Version found, load_version(tx, id.text(), version));
    return product_of(head, found);
  });
}

Result<Product> Service::find_latest(const ProductId& id) {
  return store::sql_read<Product>(impl_->parts.sql, [&](store::Tx& tx) -> Result<Product> {
    WEIR_TRY_LET(const Head head, impl_->head(tx, id));
    WEIR_TRY_LET(const Version found, load_version(tx, id.text(), head.latest));
    return product_of(head, found);
  });
}

Result<std::vector<Product>> Service::find_many(const std::vector<ProductId>& ids) {
  return store::sql_read<std::vector<Product>>(impl_->parts.sql, [&](store::Tx& tx) -> Result<std::vector<Product>> {
    std::vector<Product> products;
    for (const ProductId& id : ids) {
      WEIR_TRY_LET(std::optional<Product> found, load_published(tx, id.text()));
      if (found) products.push_back(*std::move(found));
    }
    return products;
  });
}

Result<std::vector<Transition>> Service::history(const ProductId& id) {
  return store::sql_read<std::vector<Transition>>(impl_->parts.sql, [&](store::Tx& tx) -> Result<std::vector<Transition>> {
    WEIR_TRY(impl_->head(tx, id));
    std::vector<Transition> lines;
    WEIR_TRY(tx.scan("SELECT version, time, actor, what, reason, hash FROM catalog_history WHERE product = ? ORDER BY sequence",
                     {id.text()}, [&](const store::Row& row) {
                       lines.push_back({row[0].integer(), row[1].time(), row[2].text(), row[3].text(), row[4].text(), row[5].text()});
                       return true;
                     }));
    return lines;
  });
}

Result<Page> Service::search(const Query& query) {
  return store::sql_read<Page>(impl_->parts.sql, [&](store::Tx& tx) { return run_search(tx, *impl_->index, query); });
}

Result<Page> Service::list(std::size_t limit, std::string_view cursor, FeedScope scope) {
  Query query{.filters = {{Facet::kPricing, {"free", "paid"}}}, .limit = limit, .cursor = std::string(cursor)};
  if (scope == FeedScope::kOwn) query.filters.push_back({Facet::kNode, {impl_->parts.node.text()}});
  return search(query);
}

}  // namespace weir::supply::catalog

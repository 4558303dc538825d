// SPDX-License-Identifier: Apache-2.0
#include "weir/node/node.h"

#include "weir/base/log.h"
#include "weir/node/ask_again.h"
#include "weir/node/node_state.h"

namespace weir::node {

using supply::identifier::NodeId;
using supply::identifier::ProductId;
using wire::Json;

Node::Node(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Node>> Node::start(store::Files& files, const config::Config& config) {
  WEIR_TRY_LET(Opened opened, open_folder(files, config));
  std::unique_ptr<Node> node(new Node(std::make_unique<State>(files, config, std::move(opened))));
  State& s = *node->state_;
  WEIR_TRY(kit::check(config));
  WEIR_TRY_LET(s.url, kit::speaks_plainly(config) ? kit::url(config) : own_url(config));
  WEIR_TRY(s.open_store());
  WEIR_TRY(s.open_trust());
  WEIR_TRY(s.open_domain());
  WEIR_TRY(s.open_delivery());
  WEIR_TRY(s.open_jobs());
  return node;
}

Result<> Node::open_doors() {
  State& s = *state_;
  s.start_threads(*this);
  WEIR_TRY(s.duties->take_up([&](const std::string& pid) { s.transfers->wake(pid); }));
  if (kit::is_on(s.config)) {
    WEIR_TRY_LET(s.kit_counterpart, kit::Counterpart::start(*this));
  }
  if (kit::is_on_for_claims(s.config)) WEIR_TRY(kit::prepare_claims(*this));
  WEIR_TRY(s.job_runner->sweep());
  WEIR_TRY_LET(const auto jobs, s.jobs->unfinished());
  for (const auto& job : jobs) s.job_runner->wake(job.id);
  WEIR_TRY(s.listen(*this));
  s.alarm->look();
  catalog_changed();
  WEIR_TRY_LET(const auto peers, s.catalog->peers());
  for (const NodeId& peer : peers) s.collector->collect(peer);
  // Last: who reads this file may call.
  WEIR_TRY(s.opened.folder.save_running_url(s.url));
  log::info("node.ready", {{"url", s.url}, {"node", s.opened.id.text()}});
  return {};
}

Node::~Node() { stop(Milliseconds(0)); }

void Node::stop(Milliseconds deadline) {
  if (!state_->server) return;
  State& s = *state_;
  [[maybe_unused]] const Result<> cleared = s.opened.folder.clear_running_url();
  s.news.stop();
  s.job_runner->stop();  // it holds connections of the server
  s.server->stop(deadline);
  s.server.reset();
  s.kit_counterpart.reset();
  if (s.above) s.above->stop();
  s.collector->stop();
  s.alarm->stop();
  s.transfers->stop();
  s.dispatcher->stop();
  log::info("node.stopped", {});
}

std::string Node::url() const { return state_->url; }
const NodeId& Node::id() const { return state_->opened.id; }
std::string_view Node::region() const { return state_->node_file().area; }
bool Node::admits() const { return state_->admits(); }
const DataFolder& Node::folder() const { return state_->opened.folder; }
std::vector<std::string> Node::authorities_pem() const { return {state_->opened.authority_pem}; }
std::string Node::identity_certificate_pem() const { return state_->opened.identity_pem; }
store::Files& Node::files() { return state_->files; }
store::Sql& Node::sql() { return *state_->sql; }
const Clock& Node::clock() const { return state_->clock; }
Random& Node::random() { return state_->random; }
trust::evidence::SqlLog& Node::log() { return *state_->log; }
const trust::evidence::Archive& Node::archive() const { return *state_->archive; }
trust::credential::Credentials& Node::credentials() { return *state_->credentials; }
supply::identifier::Registry& Node::registry() { return state_->membership->registry(); }
Membership& Node::membership() { return *state_->membership; }
supply::catalog::Service& Node::catalog() { return *state_->catalog; }
flow::contract::Service& Node::contracts() { return *state_->contracts; }
flow::usage::Service& Node::usage() { return *state_->usage; }
flow::metering::Service& Node::metering() { return *state_->metering; }
flow::delivery::Service& Node::delivery() { return *state_->delivery; }
flow::delivery::Contents& Node::contents() { return *state_->contents; }
use::job::Service& Node::jobs() { return *state_->jobs; }
Jobs& Node::job_runner() { return *state_->job_runner; }
flow::delivery::Contents& Node::job_inputs() { return *state_->job_inputs; }
standards::assessment::Service& Node::assessments() { return *state_->assessments; }
const config::Config& Node::config() const { return state_->config; }
const adapters::http::Router& Node::router() const { return *state_->router; }
const adapters::metrics::Registry& Node::metrics() const { return state_->registry; }
Transfers& Node::transfers() { return *state_->transfers; }
standards::registering::Service& Node::standards() { return *state_->standards; }
RateLimits& Node::rate_limits() { return state_->rate_limits; }
Signaling& Node::signaling() { return *state_->signaling; }
Partners& Node::partners() { return *state_->partners; }
Claims& Node::claims() { return *state_->claims; }
News& Node::news() { return state_->news; }
Alarm& Node::alarm() { return *state_->alarm; }
Result<> Node::health() const { return state_->commits->database().health(); }

Result<> Node::live(const std::string& agreement) {
  WEIR_TRY_LET(const auto record, state_->contracts->get_agreement(agreement));
  return check_live(record, state_->clock.now());
}

Result<supply::catalog::Product> Node::find_product(const ProductId& id) {
  auto own = state_->catalog->find(id);
  if (own || admits() || own.error().code() != Errc::kNotFound) return own;
  // A product that was just published elsewhere is known above a moment later.
  WEIR_TRY_LET(const Json json, ask_again([&] { return ask_above("/peer/v1/products/" + id.text()); },
                                          [&](Milliseconds pause) {
                                            return state_->news.wait_until(pause, [] { return Result<bool>(false); });
                                          }));
  return supply::catalog::parse_product(json);
}

Result<> Node::know(const NodeId& node) { return state_->membership->know(node); }

Result<std::string> Node::certificate_of(const NodeId& node) { return state_->membership->certificate_of(node); }

Result<Json> Node::ask_node(const NodeId& node, const std::string& path) {
  WEIR_TRY(state_->membership->know(node));
  WEIR_TRY_LET(const KnownNode known, state_->membership->find(node));
  return state_->membership->ask(known.base_url + path, node);
}

Result<Json> Node::ask_above(const std::string& path) { return state_->membership->ask_above(path); }

Result<> Node::copy_destroyed(const std::string& pid) {
  WEIR_TRY_LET(const auto transfer, state_->delivery->get(pid));
  state_->duties->agreement_ended(transfer.agreement);
  state_->alarm->look();
  return {};
}

Result<> Node::withdraw_credentials(const std::string& reason, const std::string& actor) {
  if (!admits()) return {};
  WEIR_TRY_LET(auto* issuer, state_->claims->issuer());
  WEIR_TRY(issuer->withdraw(reason, actor));
  return {};
}

void Node::identifiers_changed() {
  if (state_->above) state_->above->look();
}

void Node::catalog_changed() {
  identifiers_changed();
  if (admits()) return;
  const Result<> told = state_->membership->tell_regional("/peer/v1/catalog/changed", Json::object());
  if (!told) log::warning("catalog.not_announced", {{"error", told.error().message()}});
}

void Node::collect_catalog(const NodeId& peer) { state_->collector->collect(peer); }

}  // namespace weir::node

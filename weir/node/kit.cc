// SPDX-License-Identifier: Apache-2.0
#include "weir/node/kit.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "weir/adapters/http/url.h"
#include "weir/base/log.h"
#include "weir/flow/contract/store.h"
#include "weir/node/neighbours.h"
#include "weir/node/node.h"

namespace weir::node::kit {
namespace {

using adapters::http::Access;
using adapters::http::Method;
using adapters::http::Request;
using adapters::http::Response;
using flow::contract::Offer;
using flow::contract::PartyId;
using wire::Json;
using SteadyTime = std::chrono::steady_clock::time_point;

// The kit listens for an answer just after it spoke, and for a second word only once it has digested the first.
constexpr std::chrono::milliseconds kBeforeAnswer{30};
constexpr std::chrono::milliseconds kBetweenOwnWords{250};
constexpr Milliseconds kLook{20};

class Holding final : public flow::contract::Decider {
 public:
  Result<flow::contract::Verdict> decide(store::Tx&, const flow::contract::Situation&) override {
    return flow::contract::Verdict{.kind = flow::contract::Verdict::Kind::kHold, .reasons = {"the script decides"}};
  }
};

Offer use_offer(std::string id, std::string target) {
  return {.id = std::move(id),
          .target = std::move(target),
          .terms = Json::object({{"permission", Json::array({Json::object({{"action", "use"}})})}})};
}

// Where one process is in its script.
struct Progress {
  std::size_t next = 0;
  std::string seen{};      // the state in which it waits for its cue
  SteadyTime due{};
  bool spoke = false;      // the last state came from a word of this node
};

}  // namespace

bool is_on_for_signaling(const config::Config& config) { return config.profile == kSignalingProfile; }
bool is_on(const config::Config& config) { return config.profile == kProfile || is_on_for_signaling(config); }
bool is_on_for_claims(const config::Config& config) { return config.profile == kClaimsProfile; }
bool speaks_plainly(const config::Config& config) { return is_on(config) || is_on_for_claims(config); }

Result<> check(const config::Config& config) {
  if (!speaks_plainly(config)) return {};
  const std::string& host = config.listen.host;
  if (!host.starts_with("127.") && host != "::1" && host != "localhost") {
    return Error(Errc::kInvalidArgument,
                 "profile " + config.profile + " lets strangers in: it runs on a loopback address, not on " + host)
        .because("kit.address")
        .advise("set listen to 127.0.0.1:PORT");
  }
  return {};
}

std::string url(const config::Config& config) {
  return "http://" + config.listen.host + ":" + std::to_string(config.listen.port);
}

std::string open_to(const config::Config& config) { return is_on(config) ? std::string(kParticipant) : std::string(); }

flow::contract::Decider& decider() {
  static Holding holding;
  return holding;
}

std::unique_ptr<flow::contract::Offers> offers(flow::contract::Offers& published) {
  class WithKits final : public flow::contract::Offers {
   public:
    explicit WithKits(flow::contract::Offers& inner) : inner_(inner) {}
    Result<Offer> find(store::Tx& tx, std::string_view offer_id, std::string_view target,
        const PartyId& peer) override {
      if (target == kNamedByKit) return use_offer(std::string(offer_id), std::string(target));
      return inner_.find(tx, offer_id, target, peer);
    }

   private:
    flow::contract::Offers& inner_;
  };
  return std::make_unique<WithKits>(published);
}

struct Counterpart::State {
  explicit State(Node& the_node) : node(the_node) {}
  Node& node;
  Seeds seeds;
  std::map<std::string, Progress, std::less<>> progress;  // by process id
  std::atomic<bool> stopping{false};
  std::jthread thread;

  void run();
  void look();
  void cue(const std::string& pid, std::string_view script, std::string_view state, bool asked,
           const std::function<Result<>(const std::string& word)>& say);
  Result<> negotiate(const flow::contract::NegotiationRecord& record, const std::string& word);
  Result<> transfer(const std::string& pid, flow::delivery::Role role, std::string_view state, const std::string& word);
  Result<> write_properties();
  Result<> know(const std::string& id, const std::string& address);
  Result<Response> ask_for_contract(Request& request);
  Result<Response> ask_for_data(Request& request);
  Result<Response> ask_for_flow(Request& request);
  Result<std::string> request_data(const std::string& agreement, const std::string& address, std::string_view format);
  std::string actor() const { return "node:" + node.id().text(); }
};

Result<> Counterpart::State::negotiate(const flow::contract::NegotiationRecord& record, const std::string& word) {
  auto& contracts = node.contracts();
  const auto& n = record.negotiation;
  if (word == "offer") return contracts.counter(n.pid, n.offer, actor());
  if (word == "counter") return contracts.counter(n.pid, use_offer(n.offer.id, n.offer.target), actor());
  if (word == "accept") return contracts.accept(n.pid, actor());
  if (word == "agree") return contracts.agree(n.pid, actor());
  if (word == "verify") return contracts.verify(n.pid, actor());
  if (word == "finalize") return contracts.finalize(n.pid, actor());
  return contracts.terminate(n.pid, "kit", {"the script says so"}, actor());
}

Result<> Counterpart::State::transfer(const std::string& pid, flow::delivery::Role role, std::string_view state,
                                      const std::string& word) {
  auto& delivery = node.delivery();
  const bool first = role == flow::delivery::Role::kProvider && state == "REQUESTED";
  if (word == "start") return first ? delivery.start(pid, actor()) : delivery.resume(pid, actor());
  if (word == "suspend") return delivery.suspend(pid, "the script says so", actor());
  if (word == "complete") return delivery.finish(pid, actor());
  return delivery.terminate(pid, "the script says so", actor());
}

void Counterpart::State::cue(const std::string& pid, std::string_view script, std::string_view state,
                             bool asked, const std::function<Result<>(const std::string& word)>& say) {
  const auto found = seeds.scripts.find(script);
  if (found == seeds.scripts.end()) return;
  Progress& at = progress[pid];
  if (at.next >= found->second.size() || found->second[at.next].state != state) return;
  const auto now = std::chrono::steady_clock::now();
  if (at.seen != state) {
    at.seen = state;
    at.due = now + (at.spoke || asked ? kBetweenOwnWords : kBeforeAnswer);
  }
  if (now < at.due) return;
  const std::string& word = found->second[at.next].word;
  const Result<> said = say(word);
  if (!said) {
    log::warning("kit.not_said", {{"process", pid}, {"word", word}, {"error", said.error().message()}});
    at.due = now + kBetweenOwnWords;
    return;
  }
  ++at.next;
  at.seen.clear();
  // The next cue is this node's own doing if it follows without a word of the kit: its state is where this one led.
  at.spoke = word == "start" || word == "suspend" || (word == "offer" && at.next < found->second.size() &&
                                                      found->second[at.next].state == "OFFERED");
}

void Counterpart::State::look() {
  const auto negotiations = node.contracts().list({.limit = limits::kPageSizeMax, .live_only = true});
  if (negotiations) {
    for (const auto& record : negotiations->items) {
      const auto& n = record.negotiation;
      const bool asked = n.role == flow::contract::Role::kConsumer && n.state == flow::contract::State::kRequested;
      cue(n.pid, n.offer.target, name_of(n.state), asked,
          [&](const std::string& word) { return negotiate(record, word); });
    }
  }
  const auto transfers = node.delivery().list("", limits::kPageSizeMax);
  if (!transfers) return;
  for (const auto& t : transfers->rows) {
    if (is_final(t.state)) continue;
    const std::string_view state = name_of(t.state);
    const bool asked = t.role == flow::delivery::Role::kConsumer && state == "REQUESTED";
    cue(t.pid, t.agreement, state, asked,
        [&](const std::string& word) { return transfer(t.pid, t.role, state, word); });
  }
}

void Counterpart::State::run() {
  while (!stopping) {
    look();
    std::this_thread::sleep_for(kLook);
  }
}

Result<> Counterpart::State::write_properties() {
  const std::string base = node.url();
  Json all = Json::object({{"dataspacetck.dsp.local.connector", "false"},
                           {"dataspacetck.dsp.connector.agent.id", node.id().text()},
                           {"dataspacetck.dsp.connector.http.url", base + std::string(kProtocolPath)},
                           {"dataspacetck.dsp.connector.http.base.url", base},
                           {"dataspacetck.dsp.connector.negotiation.initiate.url", base + "/tck/negotiations/requests"},
                           {"dataspacetck.dsp.connector.transfer.initiate.url", base + "/tck/transfers/requests"},
                           {"dataspacetck.dsp.default.wait", "15"}});
  if (is_on_for_signaling(node.config())) all = Json::object();
  std::string text = "# Written by weir serve: what the official test kit is to be run with.\n";
  for (const Json* group : {&all, &seeds.properties}) {
    for (const auto& [name, value] : group->members()) text += name + "=" + value.as_string() + "\n";
  }
  return node.files().write_durable(node.folder().file("tck.properties"), view_of(text));
}

// The kit says where it listens.
Result<> Counterpart::State::know(const std::string& id, const std::string& address) {
  return node.partners().put({.id = id, .name = "test kit", .address = address}, "of the test kit: " + id);
}

Result<Response> Counterpart::State::ask_for_contract(Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string provider, body.text("providerId"));
  WEIR_TRY_LET(const std::string address, body.text("connectorAddress"));
  WEIR_TRY_LET(const std::string offer, body.text("offerId"));
  WEIR_TRY_LET(const std::string dataset, body.text("datasetId"));
  WEIR_TRY(know(provider, address));
  WEIR_TRY_LET(const std::string pid, node.contracts().request(PartyId(provider), use_offer(offer, dataset), actor()));
  return Response::json(Json::object({{"id", pid}}));
}

Result<Response> Counterpart::State::ask_for_data(Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string provider, body.text("providerId"));
  WEIR_TRY_LET(const std::string address, body.text("connectorAddress"));
  WEIR_TRY_LET(const std::string agreement, body.text("agreementId"));
  WEIR_TRY_LET(const std::string format, body.text("format"));
  WEIR_TRY(know(provider, address));
  WEIR_TRY_LET(const std::string pid, request_data(agreement, address, format));
  return Response::json(Json::object({{"id", pid}}));
}

Result<std::string> Counterpart::State::request_data(const std::string& agreement, const std::string& address,
                                                     std::string_view format) {
  WEIR_TRY(node.sql().write([&](store::Tx& tx) -> Result<> {
    WEIR_TRY_LET(auto record, flow::contract::find_agreement(tx, agreement));
    record.peer_address = address;
    return flow::contract::update(tx, record);
  }));
  return node.delivery().request(agreement, format, actor());
}

// The kit of Data Plane Signaling, which is the provider and the data plane of this node in one.
Result<Response> Counterpart::State::ask_for_flow(Request& request) {
  WEIR_TRY_LET(const Json body, request.json());
  WEIR_TRY_LET(const std::string agreement, body.text("agreementId"));
  WEIR_TRY_LET(const std::string address, body.text("dspUrl"));
  WEIR_TRY(know(std::string(kParticipant), address));
  WEIR_TRY_LET(const std::string pid, request_data(agreement, address, flow::delivery::kPullFormat));
  return Response::json(Json::object({{"id", pid}}));
}

Counterpart::Counterpart(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Counterpart>> Counterpart::start(Node& node) {
  const bool signaling = is_on_for_signaling(node.config());
  log::warning("kit.on", {{"profile", node.config().profile},
                          {"what", "for tests only: anybody may negotiate, a script decides, plain HTTP"},
                          {"url", node.url()}});
  std::unique_ptr<Counterpart> made(new Counterpart(std::make_unique<State>(node)));
  State& s = *made->state_;
  WEIR_TRY_LET(s.seeds, signaling ? seed_signaling(node) : seed(node));
  // Where the kit listens unless it is told otherwise; its callback addresses are held to this origin.
  WEIR_TRY(s.know(std::string(kParticipant), "http://localhost:8083"));
  WEIR_TRY(s.write_properties());
  s.thread = std::jthread([&s] { s.run(); });
  return made;
}

Counterpart::~Counterpart() {
  state_->stopping = true;
  if (state_->thread.joinable()) state_->thread.join();
}

void Counterpart::add_routes(adapters::http::Router& router) {
  State* s = state_.get();
  router.add({.method = Method::kPost,
              .pattern = "/tck/negotiations/requests",
              .access = Access::open(),
              .operation = "kitNegotiation",
              .summary = {"The test kit tells this node to ask for a contract", "测试套件触发合约请求"},
              .handler = [s](Request& request) { return s->ask_for_contract(request); },
              .hidden = true});
  router.add({.method = Method::kPost,
              .pattern = "/tck/transfers/requests",
              .access = Access::open(),
              .operation = "kitTransfer",
              .summary = {"The test kit tells this node to ask for data", "测试套件触发传输请求"},
              .handler = [s](Request& request) { return s->ask_for_data(request); },
              .hidden = true});
  router.add({.method = Method::kPost,
              .pattern = "/tck/dataflows/trigger",
              .access = Access::open(),
              .operation = "kitDataFlow",
              .summary = {"The test kit tells this node to ask for data", "测试套件触发数据流"},
              .handler = [s](Request& request) { return s->ask_for_flow(request); },
              .hidden = true});
}

}  // namespace weir::node::kit

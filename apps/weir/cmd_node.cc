// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>

#include "apps/weir/commands.h"
#include "weir/adapters/http/free_port.h"
#include "weir/base/log.h"
#include "weir/node/membership.h"
#include "weir/node/node.h"
#include "weir/trust/credential/service.h"
#include "weir/trust/participant/application.h"
#include "weir/wire/encoding.h"

namespace weir::cli {
namespace {

using node::DataFolder;
using node::NodeFile;
using wire::Json;

struct InitOptions {
  std::string role = "connector";
  std::string name;
  std::string organisation;
  std::string uscc;
  std::string region;
  std::string suite = "international";
  std::string listen;
  std::string public_url;
};

std::string quoted(const std::string& text) {
  return wire::Json(text).dump();  // a JSON string is a TOML basic string
}

Result<> write_config(const std::string& data_dir, const InitOptions& options, const std::string& listen) {
  std::string text = "# Configuration of this node. Every key: docs/operate/configuration.md, or weir config keys.\n";
  text += "listen = " + quoted(listen) + "\n";
  if (!options.public_url.empty()) text += "public_url = " + quoted(options.public_url) + "\n";
  return store::real_files().write_durable(data_dir + "/weir.toml", view_of(text));
}

// What a regional or global node signs for itself: the authority, and its own two certificates.
Result<> make_authority(DataFolder& folder, const std::string& url, const supply::identifier::NodeId& id,
                        Random& random) {
  using crypto::IssueOptions;
  const Timestamp now = SystemClock().now();
  const Timestamp from = after(now, -Milliseconds(5 * 60 * 1000));
  constexpr std::int64_t kYear = 365LL * 24 * 3600 * 1000;
  WEIR_TRY_LET(const auto passphrase, node::read_passphrase(store::real_files(), folder.path(), {}));
  WEIR_TRY_LET(const auto authority_key, folder.key(DataFolder::KeyName::kAuthority, passphrase));
  WEIR_TRY_LET(const auto authority,
               crypto::self_sign(authority_key,
                                 IssueOptions{.subject = {.common_name = folder.node().name,
                                                          .unit = id.text(),
                                                          .organisation = folder.node().participant},
                                              .not_before = from,
                                              .not_after = after(now, Milliseconds(10 * kYear)),
                                              .is_authority = true},
                                 random));
  WEIR_TRY(folder.save_certificate(DataFolder::CertificateName::kAuthority, authority.pem()));
  WEIR_TRY_LET(const auto base, trust::participant::parse_base_url(url));
  const auto issue = [&](DataFolder::KeyName key_name, DataFolder::CertificateName name) -> Result<> {
    WEIR_TRY_LET(const auto key, folder.key(key_name, passphrase));
    WEIR_TRY_LET(const auto certificate,
                 crypto::issue(authority_key, authority, key.public_key(),
                               IssueOptions{.subject = {.common_name = base.host,
                                                        .unit = id.text(),
                                                        .organisation = folder.node().participant},
                                            .alternative_names = {base.alternative_name},
                                            .not_before = from,
                                            .not_after = after(now, Milliseconds(kYear))},
                               random));
    return folder.save_certificate(name, certificate.pem());
  };
  WEIR_TRY(issue(DataFolder::KeyName::kIdentity, DataFolder::CertificateName::kIdentity));
  return issue(DataFolder::KeyName::kTransport, DataFolder::CertificateName::kTransport);
}

Result<NodeFile> read_node_file(const InitOptions& options) {
  NodeFile file;
  WEIR_TRY_LET(file.role, node::config::parse_role(options.role));
  WEIR_TRY_LET(file.suite, crypto::parse_suite(options.suite));
  WEIR_TRY_LET(const auto subject, supply::identifier::SubjectId::parse(options.uscc));
  file.name = options.name;
  file.participant = subject.text();
  file.participant_name = options.organisation.empty() ? options.name : options.organisation;
  WEIR_TRY_LET(const auto area, supply::identifier::AreaCode::parse(std::string_view(options.region).substr(0, 4)));
  file.area = area.text();
  return file;
}

Result<int> init(Context& context, Output& out, const InitOptions& options) {
  SystemRandom random;
  WEIR_TRY_LET(NodeFile file, read_node_file(options));
  std::string listen = options.listen;
  if (listen.empty()) {
    WEIR_TRY_LET(const std::uint16_t port, adapters::http::free_port(random));
    listen = "127.0.0.1:" + std::to_string(port);
  }
  store::Files& files = store::real_files();
  std::optional<supply::identifier::NodeId> id;
  if (file.role != node::config::Role::kConnector) {
    using supply::identifier::NodeKind;
    WEIR_TRY_LET(const auto subject, supply::identifier::SubjectId::parse(file.participant));
    WEIR_TRY_LET(const auto area, supply::identifier::AreaCode::parse(file.area));
    const bool global = file.role == node::config::Role::kGlobal;
    id = supply::identifier::NodeId::generate(global ? NodeKind::kGlobal : NodeKind::kRegional, subject, area, random);
    file.node = id->text();
  }
  WEIR_TRY_LET(DataFolder folder, DataFolder::create(files, context.data_dir, file, random));
  WEIR_TRY(write_config(context.data_dir, options, listen));
  const std::string url = options.public_url.empty() ? "https://" + listen : options.public_url;
  if (id) WEIR_TRY(make_authority(folder, url, *id, random));
  out.object(Json::object({{"data", context.data_dir}, {"url", url}, {"node", file.node}, {"suite", options.suite}}));
  out.good({"made a " + options.role + " node in " + context.data_dir, "已在 " + context.data_dir + " 创建节点"});
  out.pairs({{{"address", "地址"}, url}});
  if (id) {
    out.pairs({{{"node", "节点标识"}, id->text()}});
    out.next({"weir serve --data " + context.data_dir, "weir serve --data " + context.data_dir});
  } else {
    out.next({"weir join URL --authority FILE --data " + context.data_dir,
              "weir join URL --authority 文件 --data " + context.data_dir});
  }
  return kOk;
}

// ── join ──

struct JoinOptions {
  std::string url;
  std::string authority;
  std::string representative;
  std::string contact = "operator@localhost";
};

Result<trust::participant::Application> make_application(const DataFolder& folder,
                                                         const crypto::SecretBytes& passphrase, const std::string& url,
                                                         const JoinOptions& options) {
  const NodeFile& file = folder.node();
  WEIR_TRY_LET(const auto base, trust::participant::parse_base_url(url));
  const crypto::CertificateSubject subject{.common_name = base.host, .unit = "", .organisation = file.participant};
  trust::participant::Application out;
  out.participant.kind = trust::participant::SubjectKind::kOrganisation;
  out.participant.base = Json::object({{"identityCode", file.participant},
                                       {"enterpriseName", file.participant_name},
                                       {"enterpriseCode", file.participant},
                                       {"enterpriseType", "1"},
                                       {"legalPerson", options.representative}});
  if (file.role == node::config::Role::kRegional) {
    out.node_kind = supply::identifier::NodeKind::kRegional;
    WEIR_TRY_LET(out.node, supply::identifier::NodeId::parse(file.node));
  }
  out.node_name = file.name;
  out.base_url = url;
  out.contact = options.contact;
  WEIR_TRY_LET(const auto identity, folder.key(DataFolder::KeyName::kIdentity, passphrase));
  WEIR_TRY_LET(out.identity_request_pem, crypto::make_request_pem(identity, subject, {base.alternative_name}));
  WEIR_TRY_LET(const auto transport, folder.key(DataFolder::KeyName::kTransport, passphrase));
  WEIR_TRY_LET(out.transport_request_pem, crypto::make_request_pem(transport, subject, {base.alternative_name}));
  return out;
}

Result<node::config::Loaded> load_config(const std::string& data_dir, node::config::Settings flags) {
  node::config::Sources sources;
  sources.file_name = data_dir + "/weir.toml";
  WEIR_TRY_LET(const bool there, store::real_files().exists(sources.file_name));
  if (there) {
    WEIR_TRY_LET(const Bytes text, store::real_files().read_all(sources.file_name, 1u << 20));
    sources.file_text = std::string(text_of(text));
  }
  sources.environment = node::config::process_environment();
  sources.flags = std::move(flags);
  sources.flags.emplace_back("data_dir", data_dir);
  return node::config::load(sources);
}

Result<int> apply(Api& api, DataFolder& folder, Output& out, const JoinOptions& options, const std::string& own_url,
                  const crypto::SecretBytes& passphrase) {
  WEIR_TRY_LET(const auto application, make_application(folder, passphrase, own_url, options));
  WEIR_TRY_LET(const Json applied, api.post("/api/v1/applications", trust::participant::to_json(application)));
  NodeFile file = folder.node();
  file.above_url = options.url;
  WEIR_TRY_LET(file.application, applied.text("application"));
  WEIR_TRY_LET(file.pickup_token, applied.text("pickupToken"));
  WEIR_TRY(folder.save(file));
  out.object(Json::object({{"application", file.application}, {"status", "applied"}}));
  out.good({"applied; the node there has to approve now", "已提交申请，等待对方节点批准"});
  out.pairs({{{"application", "申请"}, file.application}});
  out.next({"when it is approved, run the same command again", "批准后再次运行同一命令"});
  return kOk;
}

Result<int> pick_up(Api& api, DataFolder& folder, Output& out, const JoinOptions& options, const std::string& own_url,
                    const crypto::SecretBytes& passphrase) {
  NodeFile file = folder.node();
  WEIR_TRY_LET(const Json answer, api.post("/api/v1/applications/" + file.application + "/pickup",
                                           Json::object({{"pickupToken", file.pickup_token}})));
  WEIR_TRY_LET(const auto enrolment, trust::participant::parse_enrolment(answer.dump()));
  WEIR_TRY_LET(const auto identity, folder.key(DataFolder::KeyName::kIdentity, passphrase));
  WEIR_TRY_LET(const auto transport, folder.key(DataFolder::KeyName::kTransport, passphrase));
  WEIR_TRY_LET(const Bytes authority_pem, store::real_files().read_all(options.authority, 1u << 20));
  WEIR_TRY_LET(const auto authority, crypto::Certificate::from_pem(text_of(authority_pem)));
  WEIR_TRY(trust::participant::verify_enrolment(enrolment,
                                                {.identity = identity.public_key(),
                                                 .transport = transport.public_key(),
                                                 .base_url = own_url,
                                                 .anchor_fingerprint = authority.fingerprint()},
                                                SystemClock().now()));
  // A regional node keeps its own authority, what that one signed, and its identifier.
  using Name = DataFolder::CertificateName;
  const bool regional = file.role == node::config::Role::kRegional;
  if (regional && enrolment.node.id.text() != file.node) {
    return Error(Errc::kUnauthenticated, "the enrolment is for another node").because("enrolment.subject");
  }
  if (!regional) WEIR_TRY(folder.save_certificate(Name::kIdentity, enrolment.node.identity_certificate_pem));
  WEIR_TRY(folder.save_certificate(regional ? Name::kAboveTransport : Name::kTransport,
                                   enrolment.node.transport_certificate_pem));
  WEIR_TRY(folder.save_certificate(regional ? Name::kAboveAuthority : Name::kAuthority, authority.pem()));
  WEIR_TRY(store::real_files().write_durable(folder.file("certificates/enrolment.json"), view_of(answer.dump())));
  file.node = enrolment.node.id.text();
  file.above_node = enrolment.regional.id.text();
  file.above_url = enrolment.regional.base_url;
  file.pickup_token.clear();
  WEIR_TRY(folder.save(file));
  out.object(Json::object({{"node", file.node}, {"status", "active"}}));
  out.good({"admitted", "已准入"});
  out.pairs({{{"node", "节点标识"}, file.node}});
  const std::string serve = "weir serve --data " + folder.path();
  if (regional) out.line(Text{"It holds from the next start on.", "下次启动后生效。"});
  out.next({serve, serve});
  return kOk;
}

Result<int> join_space(Context& context, Output& out, const JoinOptions& options) {
  store::Files& files = store::real_files();
  WEIR_TRY_LET(DataFolder folder, DataFolder::open(files, context.data_dir));
  const NodeFile& file = folder.node();
  if (file.role == node::config::Role::kGlobal) {
    return Error(Errc::kConflict, "there is nothing above a global node").because("node.none_above");
  }
  if (!file.above_node.empty()) {
    return Error(Errc::kConflict, "this node joined " + file.above_node + " already").because("node.admitted");
  }
  WEIR_TRY_LET(const auto loaded, load_config(context.data_dir, {}));
  WEIR_TRY_LET(const std::string url, node::own_url(loaded.config));
  WEIR_TRY_LET(const auto passphrase, node::read_passphrase(files, context.data_dir, loaded.config.key_passphrase_ref));
  WEIR_TRY_LET(Api api, Api::of_url(options.url, options.authority, context.chosen));
  if (folder.node().application.empty() && options.representative.empty()) {
    return Error(Errc::kInvalidArgument, "an application names the legal representative of the organisation")
        .advise("add --representative NAME");
  }
  if (folder.node().application.empty()) return apply(api, folder, out, options, url, passphrase);
  return pick_up(api, folder, out, options, url, passphrase);
}

// ── serve ──

Result<> first_operator(node::Node& running, const std::string& data_dir) {
  WEIR_TRY_LET(DataFolder folder, DataFolder::open(store::real_files(), data_dir));
  if (folder.operator_token()) return {};
  using namespace trust::credential;
  WEIR_TRY_LET(const OperatorId id, OperatorId::parse("admin"));
  const auto added = running.credentials().add_first(id, "first operator");
  if (!added && added.error().reason() != "operator.not_first") return Error(added.error());
  constexpr std::int64_t kYear = 365LL * 24 * 3600 * 1000;
  WEIR_TRY_LET(const auto token, running.credentials().issue_token(id, "command line", Scopes::all(),
                                                                   Milliseconds(kYear), Actor::node(running.id())));
  return folder.save_operator_token(token.text);
}

Result<int> serve(Context& context, Output& out, const node::config::Settings& flags) {
  WEIR_TRY_LET(const auto loaded, load_config(context.data_dir, flags));
  log::set_level(loaded.config.log_level);
  log::set_style(loaded.config.log_style);
  // Signals are taken by this thread alone, so that stopping is an ordinary call.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  WEIR_TRY_LET(auto running, node::Node::start(store::real_files(), loaded.config));
  WEIR_TRY(first_operator(*running, context.data_dir));
  WEIR_TRY(running->open_doors());
  out.object(Json::object({{"url", running->url()}, {"node", running->id().text()}}));
  out.good({"listening at " + running->url(), "正在监听 " + running->url()});
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  running->stop(loaded.config.stop_timeout);
  return kOk;
}

void add_config(CLI::App& app, Context& context) {
  CLI::App* group = app.add_subcommand("config", "What can be set, and what is");
  group->require_subcommand(1);
  group->add_subcommand("check", "Reads file and environment, and says where each value comes from")
      ->callback([&context] {
        context.run = [&context](Output& out) -> Result<int> {
          WEIR_TRY_LET(const auto loaded, load_config(context.data_dir, {}));
          out.object(node::config::check_report_json(loaded));
          out.line(node::config::check_report(loaded, out.language()));
          return kOk;
        };
      });
  group->add_subcommand("keys", "Every key with its meaning")->callback([&context] {
    context.run = [](Output& out) -> Result<int> {
      Json all = Json::array();
      for (const node::config::Key& key : node::config::keys()) {
        all.push(Json::object({{"key", key.name}, {"flag", node::config::flag_name(key)}, {"en", key.text.en},
                               {"zh", key.text.zh}}));
      }
      out.object(Json::object({{"keys", all}}));
      out.line(node::config::help(out.language()));
      return kOk;
    };
  });
}

}  // namespace

void add_node_commands(CLI::App& app, Context& context) {
  const auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Makes a node: its folder, keys and configuration");
  command->add_option("--role", options->role, "connector, regional or global")
      ->check(CLI::IsMember({"connector", "regional", "global"}))
      ->capture_default_str();
  command->add_option("--name", options->name, "What people call it")->required();
  command->add_option("--organisation", options->organisation, "Who runs it; the name if left out");
  command->add_option("--uscc", options->uscc, "Unified social credit code of the organisation")->required();
  command->add_option("--region", options->region, "GB/T 2260 code, four or six digits")->required();
  command->add_option("--suite", options->suite, "international (SHA-256, Ed25519, AES) or shangmi (SM3, SM2, SM4)")
      ->check(CLI::IsMember({"international", "shangmi"}))
      ->capture_default_str();
  command->add_option("--listen", options->listen, "host:port; a free port of 127.0.0.1 if left out");
  command->add_option("--public-url", options->public_url, "How others reach it, if that differs");
  command->callback([&context, options] {
    context.run = [&context, options](Output& out) { return init(context, out, *options); };
  });
  const auto joining = std::make_shared<JoinOptions>();
  CLI::App* join_command = app.add_subcommand("join",
                                              "Joins a space, or a regional node a global "
                                              "one: applies first, picks up when approved");
  join_command->add_option("URL", joining->url, "Address of the regional or global node")->required();
  join_command->add_option("--authority", joining->authority, "Its authority.pem, received out of band")
      ->required()
      ->check(CLI::ExistingFile);
  join_command->add_option("--representative", joining->representative, "Legal representative of the organisation");
  join_command->add_option("--contact", joining->contact, "Whom to ask about this node")->capture_default_str();
  join_command->callback([&context, joining] {
    context.run = [&context, joining](Output& out) { return join_space(context, out, *joining); };
  });
  CLI::App* serve_command = app.add_subcommand("serve", "Runs the node until it is told to stop");
  const auto flags = std::make_shared<node::config::Settings>();
  for (const node::config::Key& key : node::config::keys()) {
    if (key.name == "data_dir" || key.name == "language") continue;
    const std::string name(key.name);
    serve_command->add_option_function<std::string>(
        node::config::flag_name(key), [flags, name](const std::string& value) { flags->emplace_back(name, value); },
        key.text.en);
  }
  serve_command->callback([&context, flags] {
    context.run = [&context, flags](Output& out) { return serve(context, out, *flags); };
  });
  add_config(app, context);
  app.add_subcommand("version", "Which Weir this is")->callback([&context] {
    context.run = [](Output& out) -> Result<int> {
      out.object(Json::object({{"version", "0.1.0"}}));
      out.line("weir 0.1.0");
      return kOk;
    };
  });
}

}  // namespace weir::cli

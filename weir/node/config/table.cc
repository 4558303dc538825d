// SPDX-License-Identifier: Apache-2.0
#include "weir/node/config/table.h"

#include <algorithm>

namespace weir::node::config {
namespace {

template <auto kMember>
Result<> text_into(Config& config, const std::string& text) {
  config.*kMember = text;
  return {};
}

template <auto kMember>
Result<> number_into(Config& config, const std::string& text) {
  config.*kMember = std::stoll(text);
  return {};
}

Result<> listen_into(Config& config, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  config.listen = {host, static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)))};
  return {};
}

Result<> database_into(Config& config, const std::string& text) {
  const bool known = text.empty() || text.starts_with("sqlite:") || text.starts_with("postgresql:");
  if (!known) return Error(Errc::kInvalidArgument, "must start with sqlite: or postgresql:");
  const std::size_t at = text.find('@');
  const std::size_t scheme = text.find("://");
  const bool user_password = at != std::string::npos && scheme != std::string::npos &&
                             text.substr(scheme + 3, at - scheme - 3).find(':') != std::string::npos;
  if (user_password || text.find("password=") != std::string::npos) {
    return Error(Errc::kInvalidArgument, "must not carry a password")
        .because("config.secret_inline")
        .advise("put the password into a file of libpq: passfile=PATH, or ~/.pgpass");
  }
  config.database_url = text;
  return {};
}

Result<> level_into(Config& config, const std::string& text) {
  if (text == "debug") config.log_level = log::Level::kDebug;
  if (text == "info") config.log_level = log::Level::kInfo;
  if (text == "warning") config.log_level = log::Level::kWarning;
  if (text == "error") config.log_level = log::Level::kError;
  return {};
}

Result<> style_into(Config& config, const std::string& text) {
  config.log_style = text == "text" ? log::Style::kText : log::Style::kJson;
  return {};
}

Result<> language_into(Config& config, const std::string& text) {
  config.language = text == "zh" ? Language::kChinese : Language::kEnglish;
  return {};
}

Result<> stop_timeout_into(Config& config, const std::string& text) {
  WEIR_TRY_LET(const CalendarDuration length, parse_duration(text));
  config.stop_timeout = length.exact;
  return {};
}

Result<> heartbeat_into(Config& config, const std::string& text) {
  WEIR_TRY_LET(const CalendarDuration length, parse_duration(text));
  if (length.months != 0 || length.exact < Milliseconds(1'000) || length.exact > Milliseconds(3'600'000)) {
    return Error(Errc::kInvalidArgument, "must be between PT1S and PT1H");
  }
  config.heartbeat_interval = length.exact;
  return {};
}

Result<> metrics_public_into(Config& config, const std::string& text) {
  config.metrics_public = text == "true";
  return {};
}

Result<> token_lifetime_into(Config& config, const std::string& text) {
  WEIR_TRY_LET(const CalendarDuration length, parse_duration(text));
  if (length.months != 0 || length.exact < Milliseconds(1'000) || length.exact > Milliseconds(86'400'000)) {
    return Error(Errc::kInvalidArgument, "must be between PT1S and P1D");
  }
  config.token_lifetime = length.exact;
  return {};
}

Result<> catalog_open_into(Config& config, const std::string& text) {
  config.catalog_open = text == "true";
  return {};
}

Result<> unsigned_peers_into(Config& config, const std::string& text) {
  config.unsigned_peers = text == "true";
  return {};
}

Result<> did_issuers_into(Config& config, const std::string& text) {
  for (const std::string& one : text.empty() ? std::vector<std::string>{} : split(text, ',')) {
    if (!trim(one).starts_with("did:web:")) {
      return Error(Errc::kInvalidArgument, "must be identifiers such as did:web:issuer.example, separated by commas");
    }
  }
  config.did_issuers = text;
  return {};
}

Result<> did_cache_into(Config& config, const std::string& text) {
  WEIR_TRY_LET(const CalendarDuration length, parse_duration(text));
  if (length.months != 0 || length.exact < Milliseconds(0) || length.exact > Milliseconds(3'600'000)) {
    return Error(Errc::kInvalidArgument, "must be between PT0S and PT1H");
  }
  config.did_cache = length.exact;
  return {};
}

constexpr std::int64_t kMany = 1'000'000'000'000;

std::vector<Row> make_table() {
  return {
      {{"data_dir", KeyType::kPath, "weir-data",
        {"The folder that holds everything this node keeps.", "本节点保存全部数据的目录。"}},
       text_into<&Config::data_dir>},
      {{"profile", KeyType::kText, "",
        {"A name for this set of settings, shown in logs: test, production.", "本组配置的名称，写入日志，例如 test、production。"}},
       text_into<&Config::profile>},
      {{"listen", KeyType::kAddress, "127.0.0.1:8443",
        {"Address and port to serve on; port 0 takes any free one.", "监听地址与端口；端口为 0 时自动选取空闲端口。"}},
       listen_into},
      {{"public_url", KeyType::kUrl, "",
        {"The address at which other nodes reach this one; made from listen if empty.",
         "其他节点访问本节点所用的地址；为空时由 listen 得出。"}},
       text_into<&Config::public_url>},
      {{"database.url", KeyType::kText, "",
        {"Where state is kept: sqlite:PATH or postgresql:…; a SQLite file in data_dir if empty.",
         "状态数据库：sqlite:路径 或 postgresql:…；为空时使用 data_dir 中的 SQLite 文件。"}},
       database_into},
      {{"keys.passphrase", KeyType::kReference, "",
        {"Where the passphrase of the key files is: file:PATH or env:NAME; the node's own file if empty.",
         "密钥文件口令的来源：file:路径 或 env:变量名；为空时使用节点自身的口令文件。"},
        {}, 0, 0, true},
       text_into<&Config::key_passphrase_ref>},
      {{"log.level", KeyType::kChoice, "info",
        {"The least important lines that are written.", "日志的最低级别。"},
        {"debug", "info", "warning", "error"}},
       level_into},
      {{"log.style", KeyType::kChoice, "json",
        {"How log lines look: json for machines, text for a terminal.", "日志样式：json 供机器处理，text 供终端阅读。"},
        {"json", "text"}},
       style_into},
      {{"language", KeyType::kChoice, "en",
        {"The language of what people read, where they do not choose themselves.", "默认界面语言。"},
        {"en", "zh"}},
       language_into},
      {{"limits.workers", KeyType::kInteger, "4",
        {"Threads that handle requests.", "处理请求的线程数。"}, {}, 1, 256},
       number_into<&Config::workers>},
      {{"limits.streams", KeyType::kInteger, "4",
        {"Threads that move long bodies.", "传输大体量数据的线程数。"}, {}, 1, 256},
       number_into<&Config::streams>},
      {{"limits.connections_max", KeyType::kInteger, "1024",
        {"Connections at once; one more is answered 503.", "同时连接数上限；超出者返回 503。"}, {}, 1, 65536},
       number_into<&Config::connections_max>},
      {{"limits.requests_per_second", KeyType::kInteger, "0",
        {"Requests a second from one address; 0 is no limit.", "单一地址每秒请求数上限；0 为不限。"}, {}, 0, 1'000'000},
       number_into<&Config::requests_per_second>},
      {{"delivery.bytes_per_second", KeyType::kInteger, "0",
        {"Rate of one delivery until it is changed; 0 is no limit.", "单次交付的初始速率（字节/秒）；0 为不限。"}, {}, 0, kMany},
       number_into<&Config::delivery_bytes_per_second>},
      //= NDI-TR-2025-03#log-retention
      {{"contract.unsigned_peers", KeyType::kBoolean, "false",
        {"Whether agreements are made with connectors that do not sign them; the evidence then shows one signature.",
         "是否与不对协议签名的连接器订约；此时存证中只有一方签名。"}},
       unsigned_peers_into},
      {{"did.issuers", KeyType::kText, "",
        {"Whose credentials are believed, of connectors that are known by a DID; DIDs, separated by commas.",
         "对以 DID 登记的连接器，采信哪些签发方的凭证；填写 DID，以逗号分隔。"}},
       did_issuers_into},
      {{"did.credentials", KeyType::kText, "MembershipCredential",
        {"The types of credentials that such connectors must show, and may see of this node, separated by commas.",
         "此类连接器须出示、也可查看的凭证类型，以逗号分隔。"}},
       text_into<&Config::did_credentials>},
      {{"did.cache", KeyType::kDuration, "PT1M",
        {"How long DID documents, status lists and shown credentials are believed without looking again.",
         "DID 文档、状态列表及已出示凭证在多长时间内无需重新核查。"}},
       did_cache_into},
      {{"partners.authorities", KeyType::kPath, "",
        {"A file with certificates of authorities that are believed of connectors outside, beside the machine's.",
         "空间外连接器的可信根证书文件，作为系统根证书的补充。"}},
       text_into<&Config::partner_authorities>},
      {{"jobs.set_min", KeyType::kInteger, "100",
        {"The least number of keys that a private computation is done on, on either side.",
         "隐私计算双方键集合的最小规模。"}, {}, 1, kMany},
       number_into<&Config::job_set_least>},
      {{"jobs.questions_max", KeyType::kInteger, "1000",
        {"How many computations one counterpart may ask for about one product, whatever the contracts say.",
         "同一对方对同一产品可发起的隐私计算次数上限，不论合同如何约定。"}, {}, 0, kMany},
       number_into<&Config::job_questions_most>},
      {{"jobs.group_min", KeyType::kInteger, "10",
        {"The least number of keys in a group whose joint figures are shown to a counterpart.",
         "联合统计中可向对方显示结果的组的最小键数。"}, {}, 1, 1'000'000'000},
       number_into<&Config::job_group_least>},
      {{"jobs.results_days", KeyType::kInteger, "365",
        {"Days that what private computations found is kept after they ended; the record of them stays.",
         "隐私计算结果在任务结束后的保留天数；任务记录仍保留。"}, {}, 1, 36'500},
       number_into<&Config::job_results_days>},
      {{"retention.days", KeyType::kInteger, "365",
        {"Days that transfers are kept after they ended and nothing of them is held. Evidence is kept for ever.",
         "传输结束且数据已不再持有后，其记录的保留天数；存证永久保留。"}, {}, 1, 36'500},
       number_into<&Config::retention_days>},
      {{"heartbeat.interval", KeyType::kDuration, "PT5S",
        {"How often a connector says that it runs, and how often a regional node expects it: the same in one space.",
         "连接器报告运行状态的间隔，也是区域节点的预期间隔；同一空间内应一致。"}},
       heartbeat_into},
      {{"stop_timeout", KeyType::kDuration, "PT10S",
        {"How long a stop waits for requests in flight (ISO 8601).", "停止时等待在途请求完成的时间（ISO 8601）。"}},
       stop_timeout_into},
      {{"metrics.public", KeyType::kBoolean, "false",
        {"Whether /metrics is served without a token.", "是否允许无令牌访问 /metrics。"}},
       metrics_public_into},
      {{"delivery.token_lifetime", KeyType::kDuration, "PT10M",
        {"How long a connector outside the space may draw data with one token before it renews it.",
         "空间外连接器的数据令牌有效期，到期须续期。"}},
       token_lifetime_into},
      {{"catalog.open", KeyType::kBoolean, "false",
        {"Whether everybody may read the published catalogue, as DCAT-AP and through CKAN's API, without a token.",
         "是否允许任何人无令牌读取已发布的目录（DCAT-AP 与 CKAN 接口）。"}},
       catalog_open_into},
  };
}

}  // namespace

const std::vector<Row>& table() {
  static const std::vector<Row> rows = make_table();
  return rows;
}

std::span<const Key> keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> out;
    for (const Row& row : table()) out.push_back(row.key);
    return out;
  }();
  return all;
}

}  // namespace weir::node::config

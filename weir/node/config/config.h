// Config: everything an operator can set, from a file, the environment and flags, described by one table.
//
// Order: flags over environment (WEIR_…) over file (TOML) over defaults. An unknown key is an error that names the
// nearest known one. Secrets come from a file or the environment, by reference, and are never printed (I-8).
// The table also makes --help, `weir config check` and docs/operate/configuration.md.
// Thread-safety: values. Trust: the file and environment belong to the operator, and are still checked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/log.h"
#include "weir/base/result.h"
#include "weir/base/text.h"
#include "weir/base/time.h"
#include "weir/crypto/suite.h"
#include "weir/wire/json.h"

namespace weir::node::config {

enum class Role : std::uint8_t { kConnector, kRegional, kGlobal };
std::string_view name_of(Role role);  // "connector", "regional", "global"
Result<Role> parse_role(std::string_view text);

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};

struct Config {
  std::string data_dir;
  std::string profile;
  ListenAddress listen;
  std::string public_url;  // empty: made from listen when the port is known
  std::string database_url;  // "sqlite:PATH" or "postgresql:…"; empty: sqlite in data_dir
  std::string key_passphrase_ref;    // "file:PATH" or "env:NAME"; whoever opens the keys reads it
  log::Level log_level = log::Level::kInfo;
  log::Style log_style = log::Style::kJson;
  Language language = Language::kEnglish;
  std::int64_t workers = 4;
  std::int64_t streams = 4;
  std::int64_t connections_max = 1024;
  std::int64_t requests_per_second = 0;     // of one address; 0: no limit
  std::int64_t delivery_bytes_per_second = 0;  // of one delivery, until changed; 0: no limit
  std::string did_issuers;              // DIDs, separated by commas
  std::string did_credentials = "MembershipCredential";
  Milliseconds did_cache{60'000};
  std::string partner_authorities;      // a file of certificates
  bool unsigned_peers = false;  // whether agreements with connectors that do not sign are made
  std::int64_t job_set_least = 100;      // keys that a private computation needs on each side
  std::int64_t job_questions_most = 1000;  // of one counterpart about one product
  std::int64_t job_group_least = 10;  // keys in a group whose figures are shown
  std::int64_t job_results_days = 365;
  std::int64_t retention_days = 365;
  Milliseconds heartbeat_interval{5'000};
  Milliseconds stop_timeout{10'000};
  bool metrics_public = false;
  bool catalog_open = false;
  Milliseconds token_lifetime{600'000};  // of a data address for a connector outside the space

  std::string database_or_default() const;
};

enum class KeyType : std::uint8_t { kText, kInteger, kBoolean, kChoice, kPath, kAddress, kUrl, kDuration, kReference };

struct Key {
  std::string_view name;  // "log.level": in the file [log] level, WEIR_LOG_LEVEL, --log-level
  KeyType type;
  std::string_view default_text;
  Text text;
  std::vector<std::string_view> choices = {};
  std::int64_t least = 0;
  std::int64_t most = 0;
  bool hidden_value = false;  // printed as "(set)"
};
std::span<const Key> keys();
std::string environment_name(const Key& key);  // "WEIR_LOG_LEVEL"
std::string flag_name(const Key& key);         // "--log-level"

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Sources {
  std::string file_text;       // TOML; empty: none
  std::string file_name = "weir.toml";  // for messages
  Settings environment;        // all variables; others than WEIR_… are passed over
  Settings flags;              // name of the key and its value
};

enum class Origin : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };
struct Loaded {
  Config config;
  std::map<std::string, std::pair<std::string, Origin>, std::less<>> values;  // as text, by key
};

// Fails with kInvalidArgument: "config.syntax", "config.unknown_key", "config.value", "config.secret_inline"; the
// message names the key, where it was set and what is allowed.
Result<Loaded> load(const Sources& sources);
// The whole environment of the process, as load() takes it.
Settings process_environment();

// What `weir config check` prints: every key, its value, and where it came from.
std::string check_report(const Loaded& loaded, Language language);
wire::Json check_report_json(const Loaded& loaded);
// docs/operate/configuration.md.
std::string reference_page();
std::string help(Language language);

}  // namespace weir::node::config

// SPDX-License-Identifier: Apache-2.0
#include "weir/node/config/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace weir::node::config {
namespace {

TEST(Config, DefaultsAreEnough) {
  const Result<Loaded> loaded = load({});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config.listen.host, "127.0.0.1");
  EXPECT_EQ(loaded->config.listen.port, 8443);
  EXPECT_EQ(loaded->config.stop_timeout, Milliseconds(10'000));
  EXPECT_EQ(loaded->config.database_or_default(), "sqlite:weir-data/weir.db");
  EXPECT_EQ(loaded->values.size(), keys().size());
}

TEST(Config, AFlagBeatsTheEnvironmentWhichBeatsTheFile) {
  const Sources sources{.file_text = "retention.days = 7\n[log]\nlevel = \"debug\"\nstyle = \"text\"\n"
                                     "[limits]\nworkers = 8\n",
                        .environment = {{"PATH", "/bin"}, {"WEIR_LOG_LEVEL", "warning"}, {"WEIR_LIMITS_WORKERS", "9"}},
                        .flags = {{"--limits-workers", "10"}, {"metrics.public", "true"}}};
  const Result<Loaded> loaded = load(sources);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config.retention_days, 7);
  EXPECT_EQ(loaded->config.log_level, log::Level::kWarning);
  EXPECT_EQ(loaded->config.log_style, log::Style::kText);
  EXPECT_EQ(loaded->config.workers, 10);
  EXPECT_TRUE(loaded->config.metrics_public);
  EXPECT_EQ(loaded->values.at("limits.workers").second, Origin::kFlag);
  EXPECT_EQ(loaded->values.at("log.level").second, Origin::kEnvironment);
  EXPECT_EQ(loaded->values.at("retention.days").second, Origin::kFile);
  EXPECT_EQ(loaded->values.at("language").second, Origin::kDefault);
}

TEST(Config, ReadsAddressesOfBothFamilies) {
  EXPECT_EQ(load({.flags = {{"listen", "[::1]:0"}}})->config.listen.host, "::1");
  EXPECT_EQ(load({.flags = {{"listen", "0.0.0.0:80"}}})->config.listen.port, 80);
}

// ---- What is refused, and in which words.

TEST(Config, AnUnknownSettingNamesTheNearest) {
  const Result<Loaded> in_file = load({.file_text = "[log]\nlevle = \"info\"\n", .file_name = "my.toml"});
  ASSERT_FALSE(in_file);
  EXPECT_EQ(in_file.error().reason(), "config.unknown_key");
  EXPECT_EQ(in_file.error().message(), "my.toml line 2: there is no setting 'log.levle'");
  EXPECT_NE(in_file.error().hint().find("'log.level'"), std::string_view::npos);
  const Result<Loaded> in_environment = load({.environment = {{"WEIR_LISEN", "x"}}});
  ASSERT_FALSE(in_environment);
  EXPECT_NE(in_environment.error().hint().find("'WEIR_LISTEN'"), std::string_view::npos);
  const Result<Loaded> in_flags = load({.flags = {{"--data-dri", "x"}}});
  ASSERT_FALSE(in_flags);
  EXPECT_NE(in_flags.error().hint().find("'--data-dir'"), std::string_view::npos);
}

TEST(Config, VariablesOfTheCommandLineAreNoSettings) {
  EXPECT_TRUE(load({.environment = {{"WEIR_TOKEN", "t"}, {"WEIR_SECRET_A", "s"}, {"WEIRD", "x"}}}));
}

TEST(Config, ABrokenFileNamesTheLine) {
  const Result<Loaded> loaded = load({.file_text = "stop_timeout = \"PT1S\"\nlisten = \n"});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().reason(), "config.syntax");
  EXPECT_NE(loaded.error().message().find("weir.toml line 2"), std::string_view::npos) << loaded.error().message();
}

// toml++ 3.3 reached an unreachable point on a letter beyond ASCII outside of quotes; found by fuzz_config.
TEST(Config, RegressLettersBeyondAsciiOutsideOfQuotes) {
  for (const char* text : {"na\xd1\xbdme = 1\n", "\xff = 1\n", "名 = 1\n", "name = 'a' 名\n", "name = 5'\xd1\xbd= 1\n"}) {
    EXPECT_FALSE(load({.file_text = text})) << text;
  }
}

TEST(Config, TextInAnyLanguageStandsInQuotesAndComments) {
  const std::pair<const char*, const char*> table[] = {
      {"profile = \"节点 Z\" # 注释\n", "节点 Z"}, {"profile = '节点'\n", "节点"},  {"profile = \"\\u8282Ze8\"\n", "节Ze8"},
      {"\xef\xbb\xbf# it's 注释\nprofile = \"\"\"节\"\"\"\n", "节"}};
  for (const auto& [text, name] : table) {
    const Result<Loaded> loaded = load({.file_text = text});
    ASSERT_TRUE(loaded) << text << ": " << loaded.error().message();
    EXPECT_EQ(loaded->config.profile, name);
  }
  EXPECT_NE(load({.file_text = "[log]\n级别 = 1\n"}).error().message().find("line 2: there is no setting 'log.级别'"),
            std::string_view::npos)
      << load({.file_text = "[log]\n\"级别\" = 1\n"}).error().message();
}

// toml++ 3.3 ran into an assertion of its own; found by fuzz_config.
TEST(Config, RegressCommaInTheNameOfATable) {
  const Result<Loaded> loaded = load({.file_text = "[,imits]\nworkers = 8\n"});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().reason(), "config.syntax");
}

TEST(Config, EveryTypeRefusesWhatIsNotOfIt) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"log.level", "loud"},     {"listen", "8443"},           {"listen", "a:b:80"},     {"listen", "a:70000"},
      {"listen", ":80"},         {"public_url", "node.cn"},    {"public_url", "https://"}, {"public_url", "https://u@h"},
      {"limits.workers", "0"},   {"limits.workers", "many"},   {"limits.workers", "4.5"},  {"limits.workers", ""},
      {"stop_timeout", "10s"},   {"stop_timeout", "P1M"},      {"metrics.public", "yes"},
      {"database.url", "mysql://"}, {"profile", "a\nb"},           {"retention.days", "-1"},
  };
  for (const auto& [key, value] : wrong) {
    const Result<Loaded> loaded = load({.flags = {{key, value}}});
    ASSERT_FALSE(loaded) << key << " = " << value;
    EXPECT_EQ(loaded.error().reason(), "config.value") << key;
    EXPECT_EQ(loaded.error().code(), Errc::kInvalidArgument);
    EXPECT_NE(loaded.error().message().find(key), std::string_view::npos);
  }
}

TEST(Config, AValueOfAnotherKindInTheFileIsRefused) {
  EXPECT_EQ(load({.file_text = "listen = [1]\n"}).error().reason(), "config.value");
  EXPECT_EQ(load({.file_text = "log = 1\n"}).error().reason(), "config.unknown_key");
}

// ---- Secrets.

TEST(Config, ASecretInTheOpenIsRefusedAndNotRepeated) {
  for (const auto& [key, value] : Settings{{"keys.passphrase", "hunter2"},
                                           {"database.url", "postgresql://weir:hunter2@db/weir"},
                                           {"database.url", "postgresql:host=db password=hunter2"}}) {
    const Result<Loaded> loaded = load({.flags = {{key, value}}});
    ASSERT_FALSE(loaded) << key;
    EXPECT_EQ(loaded.error().reason(), "config.secret_inline");
    EXPECT_EQ(loaded.error().message().find("hunter2"), std::string_view::npos);
    EXPECT_EQ(loaded.error().hint().find("hunter2"), std::string_view::npos);
  }
}

TEST(Config, TheReportShowsEverySettingButNoSecretPlace) {
  const Result<Loaded> loaded = load({.flags = {{"keys.passphrase", "file:/etc/weir/pass"}}});
  ASSERT_TRUE(loaded);
  for (const Language language : {Language::kEnglish, Language::kChinese}) {
    const std::string report = check_report(*loaded, language);
    for (const Key& key : keys()) EXPECT_NE(report.find(key.name), std::string::npos);
    EXPECT_EQ(report.find("/etc/weir/pass"), std::string::npos);
    EXPECT_NE(report.find("(set)"), std::string::npos);
  }
  EXPECT_EQ(check_report_json(*loaded)["keys.passphrase"]["value"].as_string(), "(set)");
  EXPECT_EQ(check_report_json(*loaded)["keys.passphrase"]["origin"].as_string(), "flag");
}

// ---- The pages.

TEST(Config, EveryKeyIsDescribedInBothLanguages) {
  for (const Key& key : keys()) {
    EXPECT_FALSE(key.text.en.empty()) << key.name;
    EXPECT_FALSE(key.text.zh.empty()) << key.name;
    EXPECT_NE(help(Language::kChinese).find(flag_name(key)), std::string::npos);
  }
}

TEST(Config, TheReferencePageIsUpToDate) {
  const std::string path = std::string(WEIR_SOURCE_DIR) + "/docs/operate/configuration.md";
  // WEIR_UPDATE_PAGES=1 writes the page instead.
  if (std::getenv("WEIR_UPDATE_PAGES") != nullptr) std::ofstream(path) << reference_page();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), reference_page()) << "run WEIR_UPDATE_PAGES=1 config_test, and commit the page";
}

TEST(Config, TheExampleOfThePageLoads) {
  const std::string page = reference_page();
  const std::size_t start = page.find("```toml\n") + 8;
  const Result<Loaded> loaded = load({.file_text = page.substr(start, page.find("```", start) - start)});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->config.public_url, "https://data.example.cn:8443");
}

}  // namespace
}  // namespace weir::node::config

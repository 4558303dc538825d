// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/algorithm.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "weir/crypto/hash.h"
#include "weir/wire/encoding.h"

namespace weir::use::job {
namespace {

using wire::Json;

Json text_json(const Text& text) { return Json::object({{"en", text.en}, {"zh", text.zh}}); }

Json described(const Algorithm& a) {
  return Json::object({{"id", a.id},
                       {"version", a.version},
                       {"security", text_json(a.security)},
                       {"what", text_json(a.what)},
                       {"consumerLearns", text_json(a.consumer_learns)},
                       {"providerLearns", text_json(a.provider_learns)}});
}

// The same, for a consumer that asks one set again and again.
Algorithm kept(Algorithm out) {
  out.id = out.curve == mpc::DhCurve::kSm2 ? "psi-kept-sm2" : "psi-kept-x25519";
  out.version = "1";
  out.keeps_images = true;
  out.security.en +=
      ". The provider keeps one secret for the agreement, and the consumer what the first question moved";
  out.security.zh += "。提供方在协议期内保存一个密钥，使用方保存首次提问所得的数据";
  out.what = {"The consumer's rows whose key the provider has too; after the first question only the consumer's keys "
              "cost anything",
              "使用方表中、其键值提供方也持有的行；首次提问之后，仅使用方的键产生开销"};
  return out;
}

// The intersections of whole rows.
std::vector<Algorithm> of_rows() {
  const Algorithm fast{
      .id = "psi-rr22",
      .version = "4",
      .security = {"malicious, 128 bits computational, 40 statistical; Raghuraman and Rindal, CCS 2022",
                   "恶意模型，计算安全 128 位，统计安全 40 位；Raghuraman、Rindal，CCS 2022"},
      .what = {"The consumer's rows whose key the provider has too", "使用方表中、其键值提供方也持有的行"},
      .consumer_learns = {"which of its keys the provider has, and how many keys the provider has",
                          "自己的哪些键值提供方也持有，以及提供方键值的个数"},
      .provider_learns = {"how many keys the consumer has; nothing of which they are", "使用方键值的个数；不知其内容"},
      .malicious = true,
      .curve = {},
      .hash = {}};
  Algorithm x25519 = fast;
  x25519.id = "psi-ecdh-x25519";
  x25519.version = "2";  // of which 1 sent points where images are sent now
  x25519.malicious = false;
  x25519.curve = mpc::DhCurve::kX25519;
  x25519.security = {
      "semi-honest, 128 bits; Diffie-Hellman on Curve25519, Jarecki, Kiayias and Krawczyk, ASIACRYPT 2014",
      "半诚实模型，128 位；Curve25519 上的 Diffie-Hellman，Jarecki、Kiayias、Krawczyk，ASIACRYPT 2014"};
  Algorithm sm2 = x25519;
  sm2.id = "psi-ecdh-sm2";
  sm2.curve = mpc::DhCurve::kSm2;
  sm2.security = {"semi-honest, 128 bits; Diffie-Hellman on the curve of GB/T 32918 with SM3, as psi-ecdh-x25519",
                  "半诚实模型，128 位；GB/T 32918 曲线上的 Diffie-Hellman，以 SM3 散列，方法同 psi-ecdh-x25519"};
  Algorithm both = fast;
  both.id = "psi-both-rr22";
  both.version = "2";
  both.answer = Answer::kBoth;
  both.security = {
      "malicious, 128 bits computational, 40 statistical; psi-rr22 twice, with the roles turned. A side that runs "
      "another program may bring another set to each of the two runs, or leave after its own: what one side learned "
      "does not prove what the other did",
      "恶意模型，计算安全 128 位，统计安全 40 位；psi-rr22 互换角色各运行一次。运行其他程序的一方可在两次运行中使用不同的集合，"
      "或在得到自己的结果后离开：一方所知不能证明另一方所知"};
  both.what = {"To each side its rows whose key the other has too", "双方各自得到本方表中、其键值对方也持有的行"};
  both.consumer_learns = {"which of its keys the provider has, and how many keys the provider has",
                          "自己的哪些键值提供方也持有，以及提供方键值的个数"};
  both.provider_learns = {"which of its keys the consumer has, and how many keys the consumer has",
                          "自己的哪些键值使用方也持有，以及使用方键值的个数"};
  return {fast, x25519, sm2, both, kept(x25519), kept(sm2)};
}

// The size of an intersection.
std::vector<Algorithm> of_size() {
  const Algorithm x25519{
      .id = "psi-size-x25519",
      .version = "1",
      .security = {"semi-honest, 128 bits: a consumer that runs another program may read from the size which of a few "
                   "keys the provider has; Diffie-Hellman on Curve25519, De Cristofaro, Gasti and Tsudik, CANS 2012",
                   "半诚实模型，128 位：运行其他程序的使用方可由个数推知少数键值中提供方持有哪些；"
                   "Curve25519 上的 Diffie-Hellman，De Cristofaro、Gasti、Tsudik，CANS 2012"},
      .what = {"How many keys both have, and not which", "双方共有键值的个数；不透露是哪些"},
      .consumer_learns = {"how many of its keys the provider has, not which; and how many keys the provider has",
                          "自己有多少键值提供方也持有（不知是哪些），以及提供方键值的个数"},
      .provider_learns = {"how many keys the consumer has; nothing of which they are", "使用方键值的个数；不知其内容"},
      .answer = Answer::kSize,
      .curve = mpc::DhCurve::kX25519,
      .hash = {}};
  Algorithm sm2 = x25519;
  sm2.id = "psi-size-sm2";
  sm2.curve = mpc::DhCurve::kSm2;
  sm2.security = {
      "semi-honest, 128 bits; Diffie-Hellman on the curve of GB/T 32918 with SM3, otherwise as psi-size-x25519",
      "半诚实模型，128 位；GB/T 32918 曲线上的 Diffie-Hellman，以 SM3 散列，其余同 psi-size-x25519"};
  return {x25519, sm2};
}

std::vector<Algorithm> of_figures() {
  const Algorithm extended{
      .id = "join-psty19",
      .version = "4",
      .security =
          {"semi-honest: safe while both sides run the program as it is; a side that runs another one is not caught, "
           "may learn more and may spoil the figures; 128 bits computational, 40 statistical; Pinkas, Schneider, "
           "Tkachenko and Yanai, EUROCRYPT 2019, Goldreich, Micali and Wigderson, STOC 1987, and for the last sums "
           "Zahur, Rosulek and Evans, EUROCRYPT 2015",
           "半诚实模型：双方均按原程序运行时安全；运行其他程序的一方不会被发现，可能获知更多，也可能破坏结果；"
           "计算安全 128 位，统计安全 40 位；Pinkas、Schneider、Tkachenko、Yanai，EUROCRYPT 2019；"
           "Goldreich、Micali、Wigderson，STOC 1987；末次求和：Zahur、Rosulek、Evans，EUROCRYPT 2015"},
      .what = {"Counts, sums and averages over the rows whose key is in both tables, by group; no row is shown",
               "对键值双方共有的行按组计数、求和、求平均；不显示任何行"},
      .consumer_learns =
          {"how many keys the provider has, and those values of the provider's group column that enough of its "
           "keys have; sums and groups of its own columns tell it as much of who is in both tables as it "
           "puts into these columns",
           "提供方键值的个数，以及提供方分组列中键数足够的取值；对使用方自己的列求和、分组，"
           "其结果透露共有键的程度取决于使用方在这些列中放入的内容"},
      .provider_learns = {"how many keys the consumer has, and how many groups, if they are the consumer's; no figure",
                          "使用方键值的个数，以及按使用方的列分组时的组数；不知任何结果"},
      .answer = Answer::kFigure,
      .curve = {},
      .hash = {}};
  Algorithm silent = extended;
  silent.id = "join-psty19-silent";
  silent.version = "1";
  silent.silent = true;
  silent.security.en += "; for slow lines: with the transfers of Yang, Weng, Lan, Zhang and Wang, CCS 2020, which also "
                        "assume that parity is hard to learn with regular noise";
  silent.security.zh += "；适用于慢速链路：采用 Yang、Weng、Lan、Zhang、Wang（CCS 2020）的传输，另假设带规则噪声的奇偶学习困难";
  return {extended, silent};
}

std::vector<Algorithm> make_algorithms() {
  std::vector<Algorithm> out = of_rows();
  std::ranges::move(of_size(), std::back_inserter(out));
  std::ranges::move(of_figures(), std::back_inserter(out));
  for (Algorithm& each : out) {
    each.hash = wire::encode_hex(crypto::hash(crypto::HashAlgorithm::kSha256, view_of(described(each).canonical())));
  }
  return out;
}

constexpr std::pair<Answer, std::string_view> kAnswers[] = {
    {Answer::kRows, "rows"}, {Answer::kSize, "size"}, {Answer::kBoth, "both"}, {Answer::kFigure, "figure"}};

}  // namespace

std::string_view name_of(Answer answer) {
  return std::ranges::find(kAnswers, answer, [](const auto& each) { return each.first; })->second;
}

Result<Answer> parse_answer(std::string_view name) {
  for (const auto& [answer, known] : kAnswers) {
    if (name == known && answer != Answer::kFigure) return answer;
  }
  return Error(Errc::kInvalidArgument, "an intersection gives rows, size or both")
      .because("job.answer")
      .advise("rows: one's own that match; size: how many; both: to each side its own rows");
}

std::span<const Algorithm> algorithms() {
  static const auto all = make_algorithms();
  return all;
}

Result<const Algorithm*> find_algorithm(std::string_view id) {
  for (const Algorithm& each : algorithms()) {
    if (each.id == id) return &each;
  }
  return Error(Errc::kNotFound, "this node has no algorithm of that name")
      .because("job.no_algorithm")
      .advise("weir compute algorithms lists them");
}

Json to_json(const Algorithm& algorithm) {
  Json out = described(algorithm);
  out.set("hash", algorithm.hash);
  return out;
}

}  // namespace weir::use::job

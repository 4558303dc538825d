"""Private computation under a contract between a bank and a telecom operator: what is found, what is refused, what is proven."""
import contextlib, csv, glob, io, json, os, shutil, sqlite3, subprocess
from urllib.parse import urlencode

from case import DENIED, FAILED, NOT_FOUND, USAGE, WEIR, SpaceCase, main, read, until, verify

SHARED, ONLY_BANK, ONLY_TELECOM = range(0, 300), range(300, 700), range(700, 1200)


def phone(number):
    """One customer's number, written in one of several ways."""
    digits = f"138{number:08d}"
    return (digits, f"+86 {digits[:3]} {digits[3:7]} {digits[7:]}", f"0086-{digits}", digits)[number % 4]


def table(numbers, column, heading, form=phone):
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([column, heading])
    for number in numbers:
        rows.writerow([form(number), f"{heading} of {number}, \"quoted\""])
    return out.getvalue().encode()


def plain(number):
    return f"138{number:08d}"


BANK = table([*SHARED, *ONLY_BANK, 5], "phone", "balance")  # customer 5 has two accounts
TELECOM = table([*SHARED, *ONLY_TELECOM], "mobile", "spend", plain)


def accounts(numbers=(*SHARED, *ONLY_BANK), changed=None):
    """The bank's table of a joint figure: one row a customer."""
    lines = [f"{phone(n)},{(n + (n == changed)) * 7 % 1000}.{n % 4}5,{'young' if n % 3 else 'old'}" for n in numbers]
    return "\n".join(["phone,balance,band", *lines, ""]).encode()


def channel(number):
    """Of the shared customers seven buy at the kiosk; of all of the operator's more than ten do."""
    return "kiosk" if number < 7 or number > 1190 else "by fax" if number == 1000 else ("web", "shop")[number % 2]


def contracts(numbers=(*SHARED, *ONLY_TELECOM)):
    return "\n".join(["mobile,spend,channel", *[f"{plain(n)},{n - 150},{channel(n)}" for n in numbers], ""]).encode()


QUERY = ("SELECT channel, COUNT(*), SUM(mine.balance), AVG(theirs.spend) FROM mine JOIN theirs ON mine.phone = theirs.mobile "
         "GROUP BY channel")


NOISY = ("SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 2) COUNT(*), SUM(theirs.spend, contribution_bounds_per_group => "
         "(-100, 100)) FROM mine JOIN theirs ON mine.phone = theirs.mobile")


def begin_of(path):
    with open(path, "rb") as file:
        return file.read(4)


class Compute(SpaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        known = {each["id"]: each for each in cls.provider.json("compute", "algorithms")["items"]}
        cls.known, cls.algorithm, cls.join = known, known["psi-rr22"], known["join-psty19"]

    def terms(self, more="", algorithms=("psi-rr22",)):
        named = "|".join(f"{each}@{self.known[each]['hash']}" for each in algorithms)
        return f"action=compute, env=mpc, algorithm={named}, purpose=marketing{more}"

    def psi(self, agreement, own=BANK, *options, ok=True, purpose="marketing"):
        words = ("compute", "psi", agreement, "--mine", self.file(own), "--key", "phone", "--their-key", "mobile", "--form",
                 "phone", "--purpose", purpose, *options)
        return self.consumer.json(*words) if ok else self.refused(DENIED, self.consumer, *words)

    def joined(self, terms=""):
        """An agreement over the operator's contracts that names the join."""
        return self.agree(contracts(), f"action=compute, env=mpc, algorithm=join-psty19@{self.join['hash']}, "
                                       f"purpose=marketing{terms}")

    def query(self, agreement, sql=QUERY, own=None, *options, code=0, purpose="marketing"):
        words = ("compute", "query", agreement, sql, "--mine", self.file(own or accounts()), "--form", "phone", "--purpose",
                 purpose, *options)
        return self.refused(code, self.consumer, *words) if code else self.consumer.json(*words)

    def figures(self, job):
        return list(csv.reader(io.StringIO(self.consumer.weir("compute", "result", job))))

    def jobs(self, node):
        return node.json("compute", "status")["items"]

    # ── what is found ──
    def test_both_find_what_they_share_and_both_logs_prove_it(self):
        done = self.agree(TELECOM, self.terms(", log"))
        path = os.path.join(self.space.root, "shared.csv")
        self.psi(done["agreementId"], BANK, "-o", path)
        with open(path, newline="") as file:
            found = list(csv.reader(file))
        rows = list(csv.reader(io.StringIO(BANK.decode(), newline="")))
        shared = [row for row, number in zip(rows[1:], [*SHARED, *ONLY_BANK, 5]) if number in SHARED]
        self.assertEqual(found, [rows[0], *shared])
        at = {node: self.consumer.json("compute", "status", self.jobs(self.consumer)[0]["id"]) if node == "consumer" else
              until(lambda: next((j for j in self.jobs(self.provider) if j["state"] == "DONE"), None))
              for node in ("consumer", "provider")}
        bank, telecom = at["consumer"], at["provider"]
        self.assertEqual((bank["outcome"]["matches"], bank["outcome"]["rows"]), (300, 301))
        self.assertNotIn("matches", telecom["outcome"])
        self.assertEqual([each["name"] for each in bank["phases"]],
                         ["reading", "committing", "base_ot", "transfers", "encode", "vole", "store", "decode", "images", "match",
                          "writing"])
        self.assertEqual(sum(each["sent"] for each in bank["phases"]), bank["outcome"]["sent"])
        self.assertEqual(telecom["phases"][-1]["name"], "images")
        self.assertIn("reading ", self.consumer.weir("compute", "status", bank["id"]))
        self.assertEqual(bank["mine"], telecom["theirs"])
        self.assertEqual(bank["outcome"]["sentHash"], telecom["outcome"]["receivedHash"])
        self.assertEqual(bank["outcome"]["receivedHash"], telecom["outcome"]["sentHash"])
        self.assertEqual(bank["outcome"]["sent"], telecom["outcome"]["received"])
        # The own table was there for the job alone.
        until(lambda: not glob.glob(self.consumer.path("jobs/inputs/*")))
        self.proven(done["contractId"], bank["id"])

    def proven(self, contract, job):
        for node, steps in ((self.consumer, ["asked", "proposed", "approved", "started", "finished", "released"]),
                            (self.provider, ["proposed", "accepted", "approved", "started", "finished"])):
            kinds = [kind for kind in self.kinds(node, contract=contract) if kind.startswith("job.")]
            self.assertEqual(kinds, ["job." + step for step in steps])
            self.assertIn("metering.closed", self.kinds(node, contract=contract))
            self.assertIn("usage.allowed", self.kinds(node, contract=contract))
            path = os.path.join(node.folder, "bundle.json")
            node.weir("evidence", "bundle", contract, "-o", path)
            code, said = verify(path, "--anchor", self.region.path("certificates/authority.pem"))
            self.assertEqual(code, 0, said)
            self.assertIn("both sides computed the same", said)
            # The same with a byte changed in what the log says of the sets.
            bundle = read(path)
            started = next(e for e in node.json("evidence", "list", "--contract", contract)["items"]
                           if e["kind"] == "job.started")["body"]["terms"]
            altered = started[:-1] + ("0" if started[-1] != "0" else "1")
            self.assertIn(started, bundle)
            with open(path, "w") as file:
                file.write(bundle.replace(started, altered))
            self.assertNotEqual(verify(path, "--anchor", self.region.path("certificates/authority.pem"))[0], 0)

    def test_a_joint_figure_is_the_plain_one_and_both_logs_prove_it(self):
        done = self.joined(", log")
        job = self.query(done["agreementId"])["id"]
        wanted = {}
        for n in SHARED:
            group = wanted.setdefault(channel(n), [])
            group.append((n * 7 % 1000 * 100 + n % 4 * 10 + 5, n - 150))
        rows = [["channel", "COUNT(*)", "SUM(balance)", "AVG(spend)"]]
        for name, members in sorted(wanted.items()):
            if len(members) >= 10:  # the kiosk's seven are fewer
                cents = sum(balance for balance, _ in members)
                average = round(sum(spend for _, spend in members) * 10_000 / len(members))
                sign = "-" if average < 0 else ""
                rows.append([name, str(len(members)), f"{cents // 100}.{cents % 100:02}",
                             f"{sign}{abs(average) // 10_000}.{abs(average) % 10_000:04}"])
        self.assertEqual([row[0] for row in rows], ["channel", "shop", "web"])
        self.assertEqual(self.figures(job), rows)
        bank = self.consumer.json("compute", "status", job)
        telecom = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(self.provider.json("compute", "status", job)))
        self.assertEqual(bank["statement"], telecom["statement"])
        self.assertEqual(bank["outcome"]["sentHash"], telecom["outcome"]["receivedHash"])
        self.assertEqual(bank["theirs"], telecom["mine"])
        self.assertLessEqual({"place", "program", "equality", "sums", "show"}, {each["name"] for each in bank["phases"]})
        self.assertEqual(telecom["mine"]["values"], ["kiosk", "shop", "web"])  # one faxes: that is told to nobody
        self.assertEqual(bank["outcome"]["rows"], 2)
        for member in ("matches", "rows", "resultHash"):
            self.assertNotIn(member, telecom["outcome"])
        self.proven(done["contractId"], job)

    def test_what_comes_out_as_parquet_goes_in_again_on_either_side(self):
        done = self.agree(TELECOM, self.terms())
        job = self.psi(done["agreementId"])["id"]
        rows = self.consumer.weir("compute", "result", job)
        self.assertEqual(len(rows.splitlines()), 302)
        path = os.path.join(self.space.root, "shared.parquet")
        self.consumer.weir("compute", "result", job, "-o", path)
        self.assertEqual(begin_of(path), b"PAR1")
        answer = self.consumer.request("GET", f"/api/v1/jobs/{job}/result?format=parquet")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/vnd.apache.parquet"))
        self.assertEqual(self.kinds(self.consumer, contract=done["contractId"]).count("job.released"), 3)
        product = self.provider.json("publish", path, "--title", "Customers of both", "--terms", self.terms())["id"]
        both = self.negotiate(product)["agreementId"]
        words = ("--key", "phone", "--form", "phone", "--purpose", "marketing")
        for own in (path, self.file(BANK)):
            again = self.consumer.json("compute", "psi", both, "--mine", own, *words)
            self.assertEqual((again["outcome"]["matches"], again["outcome"]["rows"]), (300, 301))
            self.assertEqual(sorted(self.consumer.weir("compute", "result", again["id"]).splitlines()), sorted(rows.splitlines()))
        self.assertEqual(self.consumer.json("compute", "plan", both, "--mine", path, *words)["mine"], 301)
        agreement = self.joined()["agreementId"]
        job = self.query(agreement)["id"]
        path = os.path.join(self.space.root, "figures")
        self.consumer.weir("compute", "result", job, "--format", "parquet", "-o", path)
        self.assertEqual(begin_of(path), b"PAR1")
        for node in (self.consumer, self.provider):
            until(lambda n=node: not glob.glob(n.path("jobs/work/*")))

    def test_both_sides_see_what_is_computed_before_anybody_approves(self):
        agreement = self.agree(contracts(), "action=compute, env=mpc")["agreementId"]
        sql = "SELECT band, COUNT(*), AVG(spend) FROM mine JOIN theirs ON mine.phone = theirs.mobile GROUP BY band"
        answer = self.consumer.request("POST", "/api/v1/jobs?" + urlencode({"agreement": agreement, "query": sql, "form": "phone"}),
                                       accounts(), {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 201, answer.body)
        job = answer.json["id"]
        until(lambda: any(j["id"] == job and j["state"] == "PROPOSED" for j in self.jobs(self.provider)))
        for node in (self.consumer, self.provider):
            said = node.weir("compute", "status", job)
            for part in ("SELECT consumer.band, COUNT(*), AVG(provider.spend)", "HAVING COUNT(*) >= 10", "the sum of provider.spend",
                         "semi-honest", "no figure"):
                self.assertIn(part, said)
        self.provider.weir("compute", "approve", job)
        until(lambda: self.consumer.json("compute", "status", job)["state"] == "DONE")
        self.assertEqual([row[:2] for row in self.figures(job)], [["band", "COUNT(*)"], ["old", "100"], ["young", "200"]])

    def test_a_plan_says_beforehand_what_a_run_then_moves(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        words = ("compute", "plan", agreement, "--mine", self.file(BANK), "--key", "phone", "--their-key", "mobile", "--purpose")
        plan = self.consumer.json(*words, "marketing", "--theirs", "800")
        best = next(each for each in plan["items"] if each["chosen"])
        self.assertEqual({each["algorithm"] for each in plan["items"] if each["allowed"]}, {"psi-rr22"})
        self.assertEqual({self.known[each["algorithm"]]["what"]["en"].split(";")[0] for each in plan["items"]},
                         {"The consumer's rows whose key the provider has too"})
        self.assertEqual(plan["choice"]["en"], "the only one that the terms allow")
        self.assertIn("how many keys the provider has", best["consumerLearns"]["en"])
        self.assertGreater(plan["bytesPerSecond"], 0)
        ran = self.psi(agreement)
        for when in ("sent", "received"):
            self.assertEqual(ran["estimate"][when], ran["outcome"][when])
        again = self.consumer.json(*words, "marketing")
        self.assertEqual((again["theirs"], again["theirsKnown"]), (800, "earlier job"))
        other = self.consumer.json(*words, "scoring")["items"]
        self.assertFalse(any(each["chosen"] for each in other))
        self.assertIn("only for the purpose marketing; it is scoring", other[0]["refusal"]["en"])
        self.assertRegex(other[0]["refusal"]["zh"], "^使用条款不允许该计算（规则 .*marketing.*scoring")
        agreement = self.joined()["agreementId"]
        plan = self.consumer.json("compute", "plan", agreement, QUERY, "--mine", self.file(accounts()), "--purpose", "marketing")
        self.assertEqual((plan["mine"], plan["theirs"], plan["theirsKnown"]), (700, 700, "taken as one's own"))
        ran = self.query(agreement)
        for when in ("sent", "received"):
            self.assertEqual(ran["estimate"][when], ran["outcome"][when])
        self.assertIn("expected", self.consumer.weir("compute", "status", ran["id"]))

    def test_the_national_curve_finds_the_same(self):
        agreement = self.agree(TELECOM, self.terms(algorithms=["psi-ecdh-sm2"]))["agreementId"]
        self.psi(agreement, BANK, "--algorithm", "psi-rr22", ok=False)
        self.assertEqual(self.psi(agreement, BANK, "--algorithm", "psi-ecdh-sm2")["outcome"]["matches"], 300)

    def test_an_algorithm_that_is_not_named_is_the_plans_choice_among_those_of_the_terms(self):
        for allowed, chosen in ((["psi-ecdh-sm2"], "psi-ecdh-sm2"), (["psi-size-sm2", "psi-rr22"], "psi-rr22")):
            job = self.psi(self.agree(TELECOM, self.terms(algorithms=allowed))["agreementId"])
            self.assertEqual((job["work"]["algorithm"], job["choice"]["en"]), (chosen, "the only one that the terms allow"))
        # Which one is chosen depends on the line; that it is said does not.
        both = self.agree(TELECOM, self.terms(algorithms=["psi-ecdh-x25519", "psi-rr22"]))["agreementId"]
        job = self.psi(both)
        self.assertIn(job["work"]["algorithm"], ("psi-ecdh-x25519", "psi-rr22"))
        self.assertIn(" ms", job["choice"]["en"])
        self.assertEqual(self.psi(both, BANK, "--algorithm", "psi-ecdh-x25519")["work"]["algorithm"], "psi-ecdh-x25519")

    def test_a_figure_is_the_same_with_the_transfers_for_slow_lines(self):
        figures = ["join-psty19", "join-psty19-silent"]
        agreement = self.agree(contracts(), self.terms(algorithms=figures))["agreementId"]
        plain = self.query(agreement, QUERY, None, "--algorithm", figures[0])
        silent = self.query(agreement, QUERY, None, "--algorithm", figures[1])
        self.assertEqual(self.figures(plain["id"]), self.figures(silent["id"]))
        for when in ("sent", "received"):
            self.assertEqual(silent["estimate"][when], silent["outcome"][when])
        self.assertIn(" ms", self.query(agreement)["choice"]["en"])

    def test_the_size_alone_is_told_where_the_terms_allow_no_more(self):
        agreement = self.agree(TELECOM, self.terms(algorithms=["psi-size-x25519"]))["agreementId"]
        self.psi(agreement, ok=False)  # rows
        job = self.psi(agreement, BANK, "--answer", "size")
        self.assertEqual((job["work"]["algorithm"], job["outcome"]["matches"]), ("psi-size-x25519", 300))
        self.assertNotIn("rows", job["outcome"])
        for when in ("sent", "received"):
            self.assertEqual(job["estimate"][when], job["outcome"][when])
        telecom = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(self.provider.json("compute", "status", job["id"])))
        self.assertNotIn("matches", telecom["outcome"])
        self.assertIn("not which", self.provider.weir("compute", "status", job["id"]))
        self.refused(NOT_FOUND, self.consumer, "compute", "result", job["id"])
        self.assertIn("gives size, not both", self.refused(
            USAGE, self.consumer, "compute", "psi", agreement, "--mine", self.file(BANK), "--key", "phone", "--answer", "both",
            "--algorithm", "psi-size-x25519"))

    def test_both_have_their_rows_where_the_terms_say_so_also_when_the_consumer_was_killed(self):
        done = self.agree(TELECOM, self.terms(", log", ["psi-both-rr22"]))
        agreement = done["agreementId"]
        answer = self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=phone&theirKey=mobile&form=phone"
                                       "&purpose=marketing&answer=both&bucket=200", BANK, {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 201, answer.body)
        job = answer.json["id"]
        until(lambda: self.consumer.call("GET", "/api/v1/jobs/" + job)["state"] in ("RUNNING", "DONE"))
        self.consumer.kill()
        self.consumer.start()
        bank, telecom = (until(lambda n=node: (lambda j: j if j["state"] == "DONE" else None)(n.json("compute", "status", job)))
                         for node in (self.consumer, self.provider))
        self.assertEqual((bank["outcome"]["matches"], bank["outcome"]["rows"]), (300, 301))
        self.assertEqual((telecom["outcome"]["matches"], telecom["outcome"]["rows"]), (300, 300))
        self.assertEqual(bank["outcome"]["sentHash"], telecom["outcome"]["receivedHash"])
        rows = list(csv.reader(io.StringIO(self.provider.weir("compute", "result", job))))
        self.assertEqual([row[0] for row in rows], ["mobile", *[plain(n) for n in SHARED]])
        self.assertIn("job.released", self.kinds(self.provider, contract=done["contractId"]))
        self.assertIn("which of its keys the consumer has", self.provider.weir("compute", "status", job))
        for node in (self.consumer, self.provider):
            until(lambda n=node: not glob.glob(n.path("jobs/work/*")))

    def test_a_person_approves_where_the_contract_names_no_algorithm(self):
        agreement = self.agree(TELECOM, "action=compute, env=mpc")["agreementId"]
        own = table([*SHARED, *range(5000, 6000)], "mobile", "x")
        answer = self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=mobile&form=phone", own,
                                       {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 201, answer.body)
        job = answer.json["id"]
        until(lambda: any(j["id"] == job and j["state"] == "PROPOSED" for j in self.jobs(self.provider)))
        self.assertIn("how many keys", self.provider.weir("compute", "status", job))
        self.provider.weir("compute", "approve", job)
        until(lambda: self.consumer.json("compute", "status", job)["state"] == "DONE")
        self.assertEqual(len(self.consumer.weir("compute", "result", job).splitlines()), 301)

    def test_a_figure_with_noise_is_near_the_plain_one_and_spends_the_budget_of_the_contract(self):
        done = self.joined(", epsilon<=4")
        agreement = done["agreementId"]
        words = ("compute", "plan", agreement, NOISY, "--mine", self.file(accounts()), "--form", "phone", "--purpose", "marketing")
        self.assertEqual(self.consumer.json(*words)["privacy"],
                         {"epsilon": "2", "delta": "2^-41", "spent": "0", "budget": "4", "left": "4"})
        job = self.query(agreement, NOISY)["id"]
        heading, row = self.figures(job)
        self.assertEqual(heading, ["COUNT(*)", "SUM(spend)"])
        # 300 keys with noise of scale 1, and a sum of numbers up to 100 with noise of scale 100: forty scales are never.
        self.assertLess(abs(int(row[0]) - 300), 40)
        clamped = sum(max(-100, min(100, n - 150)) for n in SHARED)
        self.assertLess(abs(int(row[1]) - clamped), 4000)
        for node in (self.consumer, self.provider):
            seen = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(node.json("compute", "status", job)))
            self.assertEqual(seen["privacy"], {"epsilon": "2", "delta": "2^-41", "spent": "2", "budget": "4", "left": "2"})
            self.assertIn("epsilon 2 in all", seen["consumerLearns"]["en"])
            self.assertIn("WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 2)", seen["statement"])
            started = next(e for e in node.json("evidence", "list", "--contract", done["contractId"])["items"]
                           if e["kind"] == "job.started")
            self.assertEqual((started["body"]["privacy"]["spent"], started["body"]["privacy"]["left"]), ("2", "2"))
        self.assertIn("2 / 4", self.consumer.weir("compute", "status", job))
        self.query(agreement, NOISY)
        # ── and then it is spent ──
        said = self.query(agreement, NOISY.replace("= 2", "= 0.000001"), code=DENIED)
        self.assertIn("4 of the privacy budget of 4 is spent", said)
        self.assertIn("usage.denied", self.kinds(self.consumer, contract=done["contractId"]))
        self.assertEqual(self.consumer.json(*words)["privacy"]["left"], "0")
        self.assertIn("is spent", self.consumer.json(*words)["items"][0]["refusal"]["en"])

    def test_a_computation_goes_on_where_it_was_when_a_side_was_killed(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        answer = self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=phone&theirKey=mobile&form=phone"
                                       "&purpose=marketing&bucket=25", BANK, {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 201, answer.body)
        job = answer.json["id"]

        def done(least):
            seen = self.consumer.call("GET", "/api/v1/jobs/" + job)
            self.assertNotIn(seen["state"], ("FAILED", "REJECTED"), seen)
            reached = seen["progress"]["bucketsDone"] if seen["state"] == "RUNNING" else 32 if seen["state"] == "DONE" else -1
            return (reached, seen) if reached >= least else None

        reached, seen = until(lambda: done(2))
        self.assertEqual(seen["progress"]["buckets"], 32)
        self.assertIn("of 32 parts are done", self.consumer.weir("compute", "status", job))
        for victim in (self.consumer, self.provider):
            victim.kill()
            victim.start()
            again, _ = until(lambda: done(0))
            self.assertGreaterEqual(again, reached)  # nothing was lost
            reached, _ = until(lambda least=again + 2: done(min(least, 32)))
        bank = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(self.consumer.json("compute", "status", job)))
        self.assertEqual((bank["outcome"]["matches"], bank["outcome"]["rows"]), (300, 301))
        telecom = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(self.provider.json("compute", "status", job)))
        self.assertEqual(bank["outcome"]["sentHash"], telecom["outcome"]["receivedHash"])
        self.assertEqual(bank["outcome"]["receivedHash"], telecom["outcome"]["sentHash"])
        shared = {plain(n) for n in SHARED}
        rows = list(csv.reader(io.StringIO(self.consumer.weir("compute", "result", job))))
        self.assertEqual({"".join(c for c in row[0] if c.isdigit())[-11:] for row in rows[1:]}, shared)
        for node in (self.consumer, self.provider):
            until(lambda n=node: not glob.glob(n.path("jobs/work/*")))

    def test_a_result_goes_when_its_days_are_over_and_its_record_stays(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        old, young = self.psi(agreement)["id"], self.psi(agreement)["id"]
        self.consumer.stop()
        with contextlib.closing(sqlite3.connect(self.consumer.path("weir.db"))) as base, base:
            base.execute("UPDATE job SET updated = updated - ? WHERE id = ?", (2 * 24 * 3600 * 1000, old))  # as if two days ago
        self.consumer.environment["WEIR_JOBS_RESULTS_DAYS"] = "1"
        self.addCleanup(self.consumer.environment.pop, "WEIR_JOBS_RESULTS_DAYS")
        self.consumer.start()
        until(lambda: not glob.glob(self.consumer.path(f"jobs/results/{old}*")))
        self.refused(NOT_FOUND, self.consumer, "compute", "result", old)
        self.assertEqual(self.consumer.json("compute", "status", old)["outcome"]["rows"], 301)
        self.assertEqual(len(self.consumer.weir("compute", "result", young).splitlines()), 302)

    # ── what is refused ──
    def test_under_a_privacy_budget_nothing_is_answered_without_noise(self):
        agreement = self.joined(", epsilon<=1")["agreementId"]
        self.assertIn("without noise", self.query(agreement, code=DENIED))
        self.assertIn("SUM(x, contribution_bounds_per_group", self.query(agreement, QUERY.replace(
            "SELECT", "SELECT WITH DIFFERENTIAL_PRIVACY OPTIONS (epsilon = 0.5)"), code=USAGE))
        agreement = self.agree(TELECOM, self.terms(", epsilon<=1"))["agreementId"]
        self.assertIn("without noise", self.psi(agreement, ok=False))

    def test_a_figure_for_another_purpose_or_once_too_often_is_refused(self):
        agreement = self.joined(", count<=1")["agreementId"]
        self.assertIn("only for the purpose marketing", self.query(agreement, code=DENIED, purpose="scoring"))
        self.query(agreement)
        self.assertIn("at most 1 time", self.query(agreement, code=DENIED))
        self.psi(agreement, ok=False)  # the contract names the join, not the intersection

    def test_groups_that_are_too_small_are_refused_by_the_owner_of_the_data(self):
        agreement = self.joined()["agreementId"]
        self.assertIn("groups of fewer than 10 keys", self.query(agreement, QUERY + " HAVING COUNT(*) >= 9", code=DENIED))
        few = self.query(agreement, QUERY + " HAVING COUNT(*) >= 1000")["id"]
        self.assertEqual(self.figures(few), [["channel", "COUNT(*)", "SUM(balance)", "AVG(spend)"]])

    def test_a_column_that_changed_by_one_value_between_two_figures_is_refused(self):
        agreement = self.joined()["agreementId"]
        self.query(agreement)
        self.assertIn("column of it has changed", self.query(agreement, QUERY, accounts(changed=17), code=DENIED))
        self.query(agreement, QUERY + " HAVING COUNT(*) >= 20")  # the same table again is fine

    def test_columns_that_the_contract_leaves_out_are_refused(self):
        agreement = self.joined(", field=mobile|channel")["agreementId"]
        self.query(agreement, code=DENIED)
        self.query(agreement, QUERY.replace(", AVG(theirs.spend)", ""))

    def test_what_is_no_figure_is_refused_before_anything_is_asked(self):
        agreement = self.joined()["agreementId"]
        self.assertIn("character 8", self.query(agreement, "SELECT * FROM mine JOIN theirs USING (id)", code=USAGE))
        for own, part in ((accounts([*range(200), 5]), "1 rows have a key"), (accounts().replace(b".05", b".x5"), "no number")):
            code, said = self.consumer.weir("compute", "query", agreement, QUERY, "--mine", self.file(own), "--form", "phone",
                                            "--purpose", "marketing", ok=False)
            self.assertNotEqual(code, 0)
            self.assertIn(part, said)

    def test_numbers_that_were_swapped_after_the_commitment_do_not_run(self):
        agreement = self.agree(contracts(), "action=compute, env=mpc")["agreementId"]
        answer = self.consumer.request("POST", "/api/v1/jobs?" + urlencode({"agreement": agreement, "query": QUERY, "form": "phone"}),
                                       accounts(), {"Content-Type": "application/octet-stream"})
        job = answer.json["id"]
        until(lambda: any(j["id"] == job and j["state"] == "PROPOSED" for j in self.jobs(self.provider)))
        self.consumer.stop()
        for path in glob.glob(self.consumer.path("jobs/inputs/*/data")):
            with open(path, "wb") as file:
                file.write(accounts(changed=17))
        self.consumer.start()
        self.provider.weir("compute", "approve", job)
        failed = until(lambda: (lambda j: j if j["state"] == "FAILED" else None)(self.consumer.json("compute", "status", job)))
        self.assertIn("not the one that was committed to", failed["error"])
        until(lambda: self.provider.json("compute", "status", job)["state"] == "FAILED")

    def test_another_purpose_is_refused_and_logged(self):
        done = self.agree(TELECOM, self.terms())
        self.assertIn("only for the purpose marketing", self.psi(done["agreementId"], ok=False, purpose="scoring"))
        self.assertIn("usage.denied", self.kinds(self.consumer, contract=done["contractId"]))
        self.assertNotIn("job.proposed", self.kinds(self.provider, contract=done["contractId"]))

    def test_who_may_only_compute_is_shown_no_data(self):
        for terms in (self.terms(), f"action=jointDevelop, algorithm=psi-rr22@{self.algorithm['hash']}"):
            self.is_not_shown(self.agree(TELECOM, terms)["agreementId"])

    def test_what_is_shown_does_not_depend_on_how_an_action_is_spelt(self):
        for action in ("urn:weir:ids:mpc", "compute", "urn:example:count-together"):
            rules = {"@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "uid": f"urn:terms:{action}",
                     "permission": [{"action": action}]}
            product = self.provider.json("publish", self.file(TELECOM), "--title", "Spelt", "--policy",
                                         self.file(json.dumps(rules).encode()))["id"]
            self.is_not_shown(self.negotiate(product)["agreementId"])

    def is_not_shown(self, agreement):
        self.refused(DENIED, self.consumer, "fetch", agreement)
        self.refused(NOT_FOUND, self.consumer, "use", agreement, "--action", "read", "-o", "stolen.csv")

    def test_another_environment_or_algorithm_is_refused(self):
        for terms in ("action=compute, env=tee", "action=compute, algorithm=psi-rr22@00", "action=read, env=mpc"):
            self.psi(self.agree(TELECOM, terms)["agreementId"], ok=False)

    def test_a_budget_that_is_spent_is_refused(self):
        agreement = self.agree(TELECOM, self.terms(", count<=1"))["agreementId"]
        self.psi(agreement)
        self.assertIn("at most 1 time", self.psi(agreement, ok=False))

    def test_a_set_that_is_too_small_is_refused(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        code, said = self.consumer.weir("compute", "psi", agreement, "--mine", self.file(table(range(99), "phone", "x")),
                                        "--key", "phone", "--their-key", "mobile", "--form", "phone", "--purpose",
                                        "marketing", ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("too few keys", said)

    def test_a_set_that_differs_by_a_few_is_refused_by_the_owner_of_the_data(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        self.psi(agreement)
        said = self.psi(agreement, table([*SHARED, *ONLY_BANK, 800], "phone", "balance"), ok=False)
        self.assertIn("differs from an earlier one", said)
        self.psi(agreement)  # the same again is fine

    def test_a_table_that_was_swapped_after_the_commitment_does_not_run(self):
        agreement = self.agree(TELECOM, "action=compute, env=mpc")["agreementId"]
        answer = self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=phone&theirKey=mobile&form=phone",
                                       BANK, {"Content-Type": "application/octet-stream"})
        job = answer.json["id"]
        until(lambda: any(j["id"] == job and j["state"] == "PROPOSED" for j in self.jobs(self.provider)))
        self.consumer.stop()
        for path in glob.glob(self.consumer.path("jobs/inputs/*/data")):
            with open(path, "wb") as file:
                file.write(table([*range(1, 701)], "phone", "balance"))
        self.consumer.start()
        self.provider.weir("compute", "approve", job)
        failed = until(lambda: (lambda j: j if j["state"] == "FAILED" else None)(self.consumer.json("compute", "status", job)))
        self.assertIn("not the one that was committed to", failed["error"])
        until(lambda: self.provider.json("compute", "status", job)["state"] == "FAILED")

    def test_a_damaged_parquet_table_is_refused_on_either_side(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        damaged = b"PAR1" + b"x" * 3000 + b"PAR1"
        self.assertIn("no Parquet file that can be read", self.refused(USAGE, self.consumer, "compute", "psi", agreement, "--mine",
                                                                       self.file(damaged), "--key", "phone"))
        until(lambda: not glob.glob(self.consumer.path("jobs/inputs/*")))  # the table of a refused question does not stay
        agreement = self.agree(damaged, self.terms())["agreementId"]
        code, said = self.consumer.weir("compute", "psi", agreement, "--mine", self.file(BANK), "--key", "phone", "--form", "phone",
                                        "--purpose", "marketing", ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("no Parquet file that can be read", said)

    def test_a_result_is_taken_in_no_other_form(self):
        job = self.psi(self.agree(TELECOM, self.terms())["agreementId"])["id"]
        self.problem(400, "job.format", self.consumer.request("GET", f"/api/v1/jobs/{job}/result?format=xlsx"))
        self.refused(USAGE, self.consumer, "compute", "result", job, "--format", "xlsx")

    def test_a_program_without_the_engine_says_what_to_do(self):
        alone = os.path.join(self.space.root, "bin", "weir")
        os.makedirs(os.path.dirname(alone))
        shutil.copy(WEIR, alone)
        words = [alone, "compute", "plan", "urn:uuid:0", "--mine", self.file(b"PAR1"), "--key", "id", "--data", self.consumer.folder]
        for language, part in (("en", "put libduckdb.so"), ("zh", "libduckdb.so")):
            done = subprocess.run([*words, "--lang", language], capture_output=True, text=True)
            self.assertEqual(done.returncode, FAILED, done.stderr)
            self.assertIn(part, done.stdout + done.stderr)

    def test_a_column_that_is_not_there_is_told_to_both(self):
        agreement = self.agree(TELECOM, self.terms())["agreementId"]
        code, said = self.consumer.weir("compute", "psi", agreement, "--mine", self.file(BANK), "--key", "phone", "--form",
                                        "phone", "--purpose", "marketing", ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("no column", said)

    def test_strangers_find_no_channel(self):
        agreement = self.agree(TELECOM, "action=compute, env=mpc")["agreementId"]
        self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=phone&theirKey=mobile&form=phone",
                              BANK, {"Content-Type": "application/octet-stream"})
        job = until(lambda: next((j["id"] for j in self.jobs(self.provider) if j["agreement"] == agreement), None))
        answer = self.provider.request("GET", f"/dsp/2025-1/jobs/{job}/channel", headers={"Upgrade": "weir-mpc"})
        self.assertIn(answer.status, (401, 403))
        self.provider.weir("compute", "reject", job, "--reason", "not today")
        rejected = until(lambda: (lambda j: j if j["state"] == "REJECTED" else None)(self.consumer.json("compute", "status", job)))
        self.assertEqual(rejected["error"], "not today")
        self.refused(NOT_FOUND, self.consumer, "compute", "result", job)


if __name__ == "__main__":
    main()

"""Private computation under a contract between a bank and a telecom operator: what is found, what is refused, what is proven."""
import csv, glob, io, json, os

from case import DENIED, NOT_FOUND, SpaceCase, main, read, until, verify

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


class Compute(SpaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.algorithm = next(a for a in cls.provider.json("compute", "algorithms")["items"] if a["id"] == "psi-rr22")

    def terms(self, more=""):
        return f"action=compute, env=mpc, algorithm=psi-rr22@{self.algorithm['hash']}, purpose=marketing{more}"

    def psi(self, agreement, own=BANK, *options, ok=True, purpose="marketing"):
        words = ("compute", "psi", agreement, "--mine", self.file(own), "--key", "phone", "--their-key", "mobile", "--form",
                 "phone", "--purpose", purpose, *options)
        return self.consumer.json(*words) if ok else self.refused(DENIED, self.consumer, *words)

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
            # The same with a byte changed in what the log says of the sets.
            bundle = read(path)
            started = next(e for e in node.json("evidence", "list", "--contract", contract)["items"]
                           if e["kind"] == "job.started")["body"]["terms"]
            altered = started[:-1] + ("0" if started[-1] != "0" else "1")
            self.assertIn(started, bundle)
            with open(path, "w") as file:
                file.write(bundle.replace(started, altered))
            self.assertNotEqual(verify(path, "--anchor", self.region.path("certificates/authority.pem"))[0], 0)

    def test_the_national_curve_finds_the_same(self):
        algorithm = next(a for a in self.provider.json("compute", "algorithms")["items"] if a["id"] == "psi-ecdh-sm2")
        terms = f"action=compute, env=mpc, algorithm=psi-ecdh-sm2@{algorithm['hash']}, purpose=marketing"
        agreement = self.agree(TELECOM, terms)["agreementId"]
        self.psi(agreement, ok=False)  # the default is another algorithm
        self.assertEqual(self.psi(agreement, BANK, "--algorithm", "psi-ecdh-sm2")["outcome"]["matches"], 300)

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

    # ── what is refused ──
    def test_another_purpose_is_refused_and_logged(self):
        done = self.agree(TELECOM, self.terms())
        self.assertIn("only for the purpose marketing", self.psi(done["agreementId"], ok=False, purpose="scoring"))
        self.assertIn("usage.denied", self.kinds(self.consumer, contract=done["contractId"]))
        self.assertNotIn("job.proposed", self.kinds(self.provider, contract=done["contractId"]))

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

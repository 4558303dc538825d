"""Use of delivered data: within the terms, refused outside them, counted exactly, with what is owed for it."""
import concurrent.futures, json, os, time

from case import DENIED, FAILED, NOT_FOUND, SpaceCase, Refused, main, until


class Usage(SpaceCase):
    def denied(self, agreement, *options):
        return self.refused(DENIED, self.consumer, "use", agreement, *options, "-o", os.devnull)

    def counter(self, agreement, name="uses"):
        usage = self.consumer.call("GET", f"/api/v1/agreements/{agreement}/usage")
        return sum(row["value"] for row in usage["counters"] if row["counter"] == name)

    # ── within and outside ──
    def test_what_the_terms_permit_is_given_whole(self):
        agreement = self.held(b"a,b\n1,2\n", "purpose=research")["agreementId"]
        self.assertEqual(self.use(agreement, "--purpose", "research"), b"a,b\n1,2\n")

    def test_another_purpose_is_refused_and_names_the_rule(self):
        agreement = self.held(terms="purpose=research")["agreementId"]
        said = self.denied(agreement, "--purpose", "marketing")
        self.assertIn("only for the purpose research", said)
        self.assertIn("#permission-1", said)

    def test_no_purpose_is_refused_too(self):
        self.assertIn("purpose", self.denied(self.held(terms="purpose=research")["agreementId"]))

    def test_passing_on_is_refused_unless_the_terms_say_so(self):
        self.denied(self.held(terms="count<=9")["agreementId"], "--action", "distribute")
        self.use(self.held(terms="share")["agreementId"], "--action", "distribute")

    def test_refusals_are_in_chinese_for_who_reads_chinese(self):
        agreement = self.held(terms="purpose=research")["agreementId"]
        answer = self.consumer.request("POST", f"/api/v1/agreements/{agreement}/uses", {"action": "read"},
                                       headers={"Accept-Language": "zh"})
        self.assertRegex(self.problem(403, "usage.denied", answer)["detail"], "[一-鿿]")

    def test_a_preview_says_the_same_and_counts_nothing(self):
        agreement = self.held(terms="count<=1, purpose=research")["agreementId"]
        for _ in range(3):
            yes = self.consumer.json("use", agreement, "--purpose", "research", "--preview")
            self.assertEqual(yes["effect"], "allow")
        no = self.consumer.json("use", agreement, "--purpose", "sales", "--preview")
        self.assertEqual(no["effect"], "deny")
        self.assertTrue(no["reasons"][0]["en"] and no["reasons"][0]["zh"])
        self.assertEqual(self.counter(agreement), 0)

    def test_an_application_an_environment_and_a_region_are_asked_for(self):
        agreement = self.held(terms="application=lab-7, env=tee")["agreementId"]
        self.denied(agreement, "--application", "lab-7")
        self.denied(agreement, "--application", "lab-8", "--environment", "tee")
        self.use(agreement, "--application", "lab-7", "--environment", "tee")

    def test_a_use_before_the_data_are_here_is_refused(self):
        agreement = self.agree()["agreementId"]
        self.assertIn("fetch", self.refused(NOT_FOUND, self.consumer, "use", agreement, "-o", os.devnull))

    # ── budgets ──
    def test_a_count_is_exact_when_many_use_at_once(self):
        agreement = self.held(terms="count<=5, log")["agreementId"]
        path = f"/api/v1/agreements/{agreement}/uses"
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            ask = lambda _: self.consumer.request("POST", path, {"action": "read"}).status
            statuses = list(pool.map(ask, range(24)))
        self.assertEqual(sorted(statuses), [200] * 5 + [403] * 19)
        self.assertEqual(self.counter(agreement), 5)
        self.assertIn("at most 5 times", self.denied(agreement))

    def test_a_count_is_not_forgotten_by_a_kill(self):
        agreement = self.held(terms="count<=2")["agreementId"]
        self.use(agreement)
        self.consumer.kill()
        self.consumer.start()
        self.use(agreement)
        self.denied(agreement)

    def test_a_rate_a_window_is_kept(self):
        agreement = self.held(terms="rate<=2/PT1H")["agreementId"]
        self.use(agreement)
        self.use(agreement)
        self.assertIn("2", self.denied(agreement))

    def test_a_volume_is_kept(self):
        agreement = self.held(b"x" * 600, "volume<=1KB")["agreementId"]
        self.use(agreement)
        self.denied(agreement)

    def test_terms_that_begin_later_are_not_open_yet(self):
        agreement = self.agree(terms="from=2090-01-01")["agreementId"]
        said = self.consumer.weir("fetch", agreement, ok=False)[1]
        self.assertIn("2090", said)

    # ── obligations ──
    def test_the_provider_is_told_of_each_use_it_asked_to_hear_of(self):
        done = self.held(terms="notify, log")
        self.use(done["agreementId"])
        noticed = until(lambda: self.provider.json("evidence", "list", "--contract", done["contractId"],
                                                   "--kind", "usage.noticed")["items"])
        used = self.consumer.json("evidence", "list", "--contract", done["contractId"], "--kind", "usage.allowed")["items"]
        self.assertEqual(noticed[0]["process"], used[0]["process"])

    def test_data_to_be_deleted_after_use_are_and_both_sides_can_prove_it(self):
        done = self.held(terms="delete")
        self.use(done["agreementId"])
        until(lambda: self.transfer(self.consumer, done["agreementId"])["custody"] == "destroyed")
        self.refused(NOT_FOUND, self.consumer, "use", done["agreementId"], "-o", os.devnull)
        until(lambda: "delivery.destroyed" in self.kinds(self.provider, contract=done["contractId"]))
        self.assertEqual(os.listdir(self.consumer.path("vault", self.transfer(self.consumer, done["agreementId"])["id"]))
                         if os.path.exists(self.consumer.path("vault", self.transfer(self.consumer, done["agreementId"])["id"]))
                         else [], [])

    def owed(self, agreement, action):
        rows = self.consumer.json("usage", agreement)["obligations"]
        return next((row for row in rows if row["action"] == action and row["state"] == "pending"), None)

    def test_what_is_to_be_done_before_is_done_by_a_person_who_says_so(self):
        agreement = self.held(terms="anonymize")["agreementId"]
        self.denied(agreement)
        owed = self.owed(agreement, "anonymize")["id"]
        self.refused(NOT_FOUND, self.consumer, "fulfil", agreement, "0" * 8, "--proof", "k = 5")
        self.consumer.weir("fulfil", agreement, owed, "--proof", "k = 5")
        self.use(agreement)
        self.denied(agreement)  # each use needs it anew

    def test_what_is_to_be_done_before_is_done_by_a_hook(self):
        os.makedirs(self.consumer.path("hooks"), exist_ok=True)
        agreement = self.held(terms="anonymize, log")["agreementId"]
        hook = self.consumer.path("hooks", "anonymize")
        with open(hook, "w") as file:
            file.write("#!/bin/sh\ngrep -q %s && echo k=5\n" % agreement)
        os.chmod(hook, 0o700)
        self.addCleanup(os.unlink, hook)
        self.denied(agreement)
        until(lambda: not self.owed(agreement, "anonymize"))
        self.use(agreement)
        done = self.consumer.json("evidence", "list", "--kind", "usage.fulfilled")["items"]
        self.assertIn("k=5", [entry["body"]["proof"] for entry in done])

    def test_a_payment_that_the_provider_confirms_opens_the_uses(self):
        done = self.held(terms="pay=100.00 CNY")
        agreement = done["agreementId"]
        self.denied(agreement)
        self.refused(DENIED, self.consumer, "paid", agreement, "--amount", "100.00", "--reference", "by myself")
        self.provider.weir("paid", agreement, "--amount", "60.00", "--reference", "transfer 1")
        self.provider.weir("paid", agreement, "--amount", "60.00", "--reference", "transfer 1")  # told twice
        until(lambda: "usage.paid" in self.kinds(self.consumer, contract=done["contractId"]))
        self.denied(agreement)
        self.provider.weir("paid", agreement, "--amount", "40.00", "--reference", "transfer 2")
        until(lambda: self.kinds(self.consumer, contract=done["contractId"]).count("usage.paid") == 2)
        self.use(agreement)
        self.use(agreement)

    def test_a_prohibition_that_was_broken_owes_its_remedy(self):
        strict = {"@type": "Offer", "permission": [{"action": "use"}], "prohibition": [
            {"@id": "urn:not-for-sale", "action": "sell", "remedy": [{"action": "inform", "informedParty": "urn:court"}]}]}
        strict = self.file(json.dumps(strict).encode(), "policy.json")
        done = self.negotiate(self.provider.json("publish", self.file(), "--title", "Not for sale", "--policy", strict)["id"])
        agreement, found = done["agreementId"], ("--what", "found at a broker's")
        self.refused(NOT_FOUND, self.provider, "breach", agreement, "--rule", "urn:other", *found)
        self.provider.weir("breach", agreement, "--rule", "urn:not-for-sale", *found)
        owed = until(lambda: self.owed(agreement, "inform"))
        for node in (self.provider, self.consumer):
            self.assertIn("usage.breached", self.kinds(node, contract=done["contractId"]))
        self.consumer.weir("fulfil", agreement, owed["id"], "--proof", "letter of today")
        self.assertIsNone(self.owed(agreement, "inform"))

    def test_each_use_and_each_refusal_is_in_the_log_with_its_rules(self):
        done = self.held(terms="count<=1, log")
        self.use(done["agreementId"])
        self.denied(done["agreementId"])
        entries = self.consumer.json("evidence", "list", "--contract", done["contractId"])["items"]
        by_kind = {entry["kind"]: entry for entry in entries}
        self.assertIn("usage.allowed", by_kind)
        self.assertTrue(by_kind["usage.denied"]["body"]["reasons"][0]["rule"])
        self.assertEqual(by_kind["usage.allowed"]["actor"], "admin")

    # ── the end ──
    def test_destroyed_by_hand_it_is_proven_in_both_logs(self):
        done = self.held()
        answer = self.consumer.json("destroy", done["agreementId"], "--reason", "purpose fulfilled")
        self.assertEqual(answer["copies"], 1)
        self.refused(NOT_FOUND, self.consumer, "use", done["agreementId"], "-o", os.devnull)
        for node in (self.consumer, self.provider):
            until(lambda n=node: "delivery.destroyed" in self.kinds(n, contract=done["contractId"]))
        self.assertEqual(self.consumer.json("destroy", done["agreementId"], "--reason", "again")["copies"], 0)

    def test_an_agreement_that_expires_takes_its_data_with_it(self):
        end = time.time() + 6
        until_text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        done = self.held(terms=f"until={until_text}")
        self.use(done["agreementId"])
        agreement = lambda node: node.json("contract", "show", done["agreementId"])
        for node in (self.consumer, self.provider):
            until(lambda n=node: agreement(n)["state"] in ("EXPIRED", "expired", "destroyed"))
        until(lambda: self.transfer(self.consumer, done["agreementId"])["custody"] == "destroyed")
        for node in (self.consumer, self.provider):
            until(lambda n=node: "delivery.destroyed" in self.kinds(n, contract=done["contractId"]))
        self.assertIn("not in force", self.denied(done["agreementId"]))


if __name__ == "__main__":
    main()

"""Who takes part, and who acts: participants of the regional node, operators of any node, both told in evidence."""
import json, re

from case import DENIED, FAILED, NOT_FOUND, USAGE, Node, SpaceCase, main, read, until, uscc

GOOD = "Weir-2026-pass"


class Participants(SpaceCase):
    def join(self, node, *options, **more):
        return node.weir("join", self.region_url, "--authority", self.region.path("certificates/authority.pem"),
                         "--representative", "Li Hua", *options, **more)

    @property
    def region_url(self):
        return "https://" + self.region.host

    def applicant(self, name, number):
        """A node that applied; its application."""
        node = self.space.add(name, uscc=uscc(number))
        self.join(node)
        return node, json.loads(read(node.path("node.json")))["application"]

    def listed(self, application):
        rows = self.region.json("participant", "list")["items"]
        return next(row for row in rows if row["id"] == application)

    def entry(self, node, kind):
        return node.json("evidence", "list", "--kind", kind, "--limit", "1")["items"][0]

    # ── admitted or not ──
    def test_who_is_rejected_learns_why_and_is_not_let_in(self):
        node, application = self.applicant("rejected", 1)
        self.assertIn("not decided yet", self.join(node, ok=False)[1])
        self.assertIn("--reason", self.refused(USAGE, self.region, "participant", "reject", application))
        self.region.weir("participant", "reject", application, "--reason", "the licence has expired")
        code, said = self.join(node, ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("the licence has expired", said)
        self.assertEqual(self.listed(application)["status"], "rejected")
        code, said = node.weir("serve", ok=False)
        self.assertIn("not admitted", said)
        self.refused(FAILED, self.region, "participant", "approve", application)

    def test_an_application_is_shown_with_all_its_data(self):
        _, application = self.applicant("shown", 2)
        shown = self.region.json("participant", "show", application)
        self.assertIn("Li Hua", json.dumps(shown, ensure_ascii=False))
        self.assertEqual(self.listed(application)["status"], "applied")

    def test_a_mistyped_credit_code_is_refused_where_it_is_typed(self):
        node = Node(self.space.program, self.space.root + "/mistyped")
        said = self.refused(USAGE, node, "init", "--name", "x", "--uscc", "91350100M000100Y44", "--region", "1100")
        self.assertTrue(said)

    def test_an_application_without_a_representative_is_refused(self):
        node = self.space.add("nobody", uscc="91350100M000100Y43")
        said = self.refused(USAGE, node, "join", self.region_url, "--authority",
                            self.region.path("certificates/authority.pem"))
        self.assertIn("representative", said)

    def test_a_pickup_with_a_wrong_token_is_refused(self):
        _, application = self.applicant("thief", 3)
        answer = self.region.request("POST", f"/api/v1/applications/{application}/pickup", {"pickupToken": "x" * 43},
                                     token=False)
        self.assertIn(answer.status, (401, 403, 404))

    # ── suspended, reactivated ──
    def test_suspended_it_is_refused_everywhere_and_resumed_it_is_not(self):
        consumer = self.consumer.call("GET", "/api/v1/node")["node"]
        product = self.publish()
        done = self.negotiate(product)
        self.assertIn("--reason", self.refused(USAGE, self.region, "participant", "suspend", consumer))
        self.region.weir("participant", "suspend", consumer, "--reason", "under investigation")
        said = until(lambda: (r := self.consumer.weir("search", "data", ok=False))[0] != 0 and r)[1]
        self.assertRegex(said, "suspend|not active|revoked|admitted")
        # What goes straight to the provider is refused by it too, as soon as it looked into the directory again.
        until(lambda: self.fetch_refused(done["agreementId"]), timeout=90)
        self.region.weir("participant", "resume", consumer, "--reason", "cleared")
        until(lambda: self.consumer.weir("search", "data", ok=False)[0] == 0)
        until(lambda: self.consumer.weir("fetch", done["agreementId"], ok=False)[0] == 0)
        self.assertEqual(self.entry(self.region, "node.suspended")["actor"], "admin")

    def fetch_refused(self, agreement):
        code, said = self.consumer.weir("fetch", agreement, ok=False)
        if code == 0:
            self.consumer.weir("destroy", agreement, "--reason", "try again")
        return code == DENIED and said


class Operators(SpaceCase):
    names = ("provider",)

    def add(self, name, *scopes, password=False):
        words = [word for scope in scopes for word in ("--scope", scope)]
        return self.provider.json("operator", "add", name, *words, *(("--password",) if password else ()))

    def login(self, name, password, **more):
        return self.provider.weir("operator", "login", name, "--json", input=password + "\n", **more)

    def change(self, name, present, following, **more):
        return self.provider.weir("operator", "password", name, input=f"{present}\n{following}\n", **more)

    # ── tokens ──
    def test_a_token_does_what_its_scopes_say_and_nothing_else(self):
        token = self.add("reader", "catalog:read")["token"]
        self.provider.weir("search", "--own", "x", token=token)
        said = self.refused(DENIED, self.provider, "publish", self.file(), "--title", "x", "--terms", "count<=1", token=token)
        self.assertIn("catalog:write", said)
        answer = self.provider.request("POST", "/api/v1/products", {}, token=token)
        self.problem(403, "http.scope", answer)

    def test_no_token_and_a_wrong_one_are_refused(self):
        self.problem(401, "", self.provider.request("GET", "/api/v1/products", token=False))
        self.problem(401, "token", self.provider.request("GET", "/api/v1/products", token="weir_" + "x" * 43))

    def test_a_revoked_token_ends_at_once(self):
        token = self.add("leaving", "catalog:read")["token"]
        self.provider.weir("operator", "revoke", "leaving", "--reason", "left the company")
        self.problem(401, "token.revoked", self.provider.request("GET", "/api/v1/products", token=token))

    def test_one_of_two_tokens_is_revoked_and_the_other_lives(self):
        self.add("two", "catalog:read")
        second = self.provider.json("operator", "token", "two", "--scope", "catalog:read", "--label", "night job")
        rows = self.provider.json("operator", "tokens", "two")["items"]
        self.assertEqual(len(rows), 2)
        self.assertNotIn(second["token"], json.dumps(rows))
        self.provider.call("POST", f"/api/v1/tokens/{second['id']}/revoke", {"reason": "leaked"})
        self.assertEqual(self.provider.request("GET", "/api/v1/products", token=second["token"]).status, 401)

    def test_nobody_gives_rights_that_they_do_not_have(self):
        token = self.add("clerk", "operator:write", "catalog:read")["token"]
        self.refused(DENIED, self.provider, "operator", "add", "deputy", "--scope", "*", token=token)
        self.refused(DENIED, self.provider, "operator", "reset", "admin", token=token)
        self.refused(DENIED, self.provider, "operator", "token", "admin", "--scope", "catalog:write", token=token)
        self.provider.weir("operator", "add", "helper", "--scope", "catalog:read", token=token)

    def test_every_action_is_traced_to_who_did_it(self):
        token = self.add("anna", "catalog:write", "catalog:read")["token"]
        self.provider.weir("publish", self.file(), "--title", "By Anna", "--terms", "count<=1", token=token)
        entry = self.provider.json("evidence", "list", "--kind", "catalog.published")["items"][0]
        self.assertEqual(entry["actor"], "anna")

    def test_a_disabled_operator_does_nothing_until_enabled(self):
        token = self.add("away", "catalog:read")["token"]
        self.provider.weir("operator", "disable", "away", "--reason", "on leave")
        self.assertEqual(self.provider.request("GET", "/api/v1/products", token=token).status, 401)
        self.provider.weir("operator", "enable", "away")
        self.assertEqual(next(r for r in self.provider.json("operator", "list")["items"] if r["id"] == "away")["status"],
                         "active")

    # ── passwords ──
    def test_a_first_password_must_be_changed_before_anything_else(self):
        given = self.add("bert", "catalog:read", password=True)["password"]
        session = json.loads(self.login("bert", given))
        self.assertTrue(session["mustChangePassword"])
        answer = self.provider.request("GET", "/api/v1/products", token=session["token"])
        self.problem(403, "password.must_change", answer)
        self.change("bert", given, GOOD)
        session = json.loads(self.login("bert", GOOD))
        self.assertFalse(session["mustChangePassword"])
        self.assertEqual(self.provider.request("GET", "/api/v1/products", token=session["token"]).status, 200)
        self.assertEqual(self.provider.request("POST", "/api/v1/logout", {}, token=session["token"]).status, 204)
        self.assertEqual(self.provider.request("GET", "/api/v1/products", token=session["token"]).status, 401)

    def test_weak_and_used_passwords_are_refused_in_words(self):
        given = self.add("carl", "catalog:read", password=True)["password"]
        for weak, word in (("short1!", "8"), ("onlyletters", ""), ("carl-carl-1", "")):
            with self.subTest(password=weak):
                code, said = self.change("carl", given, weak, ok=False)
                self.assertEqual(code, USAGE, said)
                self.assertIn(word, said)
        code, said = self.change("carl", given, given, ok=False)
        self.assertNotEqual(code, 0)

    def test_after_five_wrong_passwords_the_right_one_is_refused_too_until_unlocked(self):
        given = self.add("dora", "catalog:read", password=True)["password"]
        answers = [self.login("dora", f"wrong-password-{i}", ok=False) for i in range(5)]
        self.assertTrue(all(code != 0 for code, _ in answers))
        locked = self.login("dora", given, ok=False)
        self.assertEqual(locked[1], answers[0][1], "an answer of its own would tell that the password was right")
        self.assertEqual(next(r for r in self.provider.json("operator", "list")["items"] if r["id"] == "dora")["status"],
                         "locked")
        self.provider.weir("operator", "unlock", "dora")
        self.login("dora", given)
        kinds = self.kinds(self.provider)
        self.assertIn("credential.locked_out", kinds)

    def test_nobody_is_told_whether_an_operator_exists(self):
        self.add("emil", "catalog:read", password=True)
        known = self.login("emil", "wrong-password-1", ok=False)
        unknown = self.login("nobody-here", "wrong-password-1", ok=False)
        self.assertEqual(known, unknown)

    def test_a_lost_password_is_reset_and_shown_once(self):
        self.add("fritz", "catalog:read", password=True)
        given = self.provider.json("operator", "reset", "fritz")["password"]
        self.assertTrue(json.loads(self.login("fritz", given))["mustChangePassword"])
        self.assertNotIn(given, self.provider.log() + json.dumps(self.provider.json("evidence", "list")))


if __name__ == "__main__":
    main()

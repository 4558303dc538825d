"""Terms of use in both forms, by the command line and the API: read, written, explained, checked."""
import glob, json, os

from case import FAILED, TOP, USAGE, SpaceCase, main

LINE = "count<=3, purpose=research, until=2030-01-01, delete=P30D, log"


class Terms(SpaceCase):
    names = ("provider",)

    def api(self, act, **body):
        return self.provider.call("POST", f"/api/v1/policies/{act}", body)

    def test_a_line_becomes_odrl_and_tc609_and_comes_back(self):
        odrl = self.provider.json("policy", "convert", LINE, "--to", "odrl")
        self.assertEqual(self.api("convert", terms=LINE, to="odrl")["policy"], odrl)
        tc609 = self.provider.json("policy", "convert", LINE, "--to", "tc609")
        self.assertEqual(self.api("convert", terms=LINE, to="tc609")["policy"], tc609)
        self.assertIn("permissionPolicies", tc609)
        for form, document in (("odrl", odrl), ("tc609", tc609)):
            with self.subTest(form=form):
                path = self.file(json.dumps(document).encode(), "policy.json")
                self.assertEqual(self.provider.json("policy", "explain", path)["en"],
                                 self.provider.json("policy", "explain", LINE)["en"])
                self.assertEqual(self.api("convert", policy=document, to=form)["policy"], document)
        line = self.api("convert", policy=odrl, to="terms")["terms"]
        self.assertEqual(self.api("convert", terms=line, to="odrl")["policy"], odrl)

    def test_every_vector_of_the_standard_is_read(self):
        read = 0
        for path in glob.glob(os.path.join(TOP, "tests", "vectors", "policy", "tc609", "*.json")):
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
            if not isinstance(document, dict) or "permissionPolicies" not in document:
                continue
            read += 1
            answer = self.api("convert", policy=document, to="odrl")
            self.assertTrue(answer["policy"]["permission"] or answer["policy"].get("prohibition"))
        self.assertGreater(read, 0)

    def test_plain_words_in_both_languages(self):
        words = self.provider.json("policy", "explain", LINE)
        self.assertIn("3 times", words["en"])
        self.assertIn("3次", words["zh"])
        self.assertEqual(self.api("explain", terms=LINE), words)
        self.assertRegex(self.provider.weir("policy", "explain", LINE, "--lang", "zh"), "[一-鿿]")

    def test_what_contradicts_itself_is_found(self):
        clash = {"@type": "Offer", "@id": "urn:x:1", "permission": [{"action": "read", "target": "urn:x:t"}],
                 "prohibition": [{"action": "use", "target": "urn:x:t"}]}
        path = self.file(json.dumps(clash).encode(), "clash.json")
        code, said = self.provider.weir("policy", "check", path, "--json", ok=False)
        found = json.loads(said)
        self.assertTrue(any(problem["slug"].startswith("conflict.") for problem in found["problems"]), found)
        self.assertEqual(self.api("check", policy=clash)["ok"], found["ok"])
        self.assertEqual(code, 0 if found["ok"] else FAILED)
        never = self.api("check", terms="from=2030-01-02, until=2030-01-01")
        self.assertTrue(never["problems"])
        for problem in never["problems"]:
            self.assertTrue(problem["en"] and problem["zh"])

    def test_good_terms_have_no_problems(self):
        self.assertEqual(self.provider.json("policy", "check", LINE), {"ok": True, "problems": []})

    def test_what_is_no_policy_is_refused_in_words(self):
        self.assertIn("cuont", self.refused(USAGE, self.provider, "policy", "explain", "cuont<=3"))
        self.problem(400, "terms.malformed", self.provider.request("POST", "/api/v1/policies/explain", {"terms": "cuont<=3"}))
        self.problem(400, "", self.provider.request("POST", "/api/v1/policies/check", {"policy": {"permission": 7}}))
        self.problem(400, "policy.form", self.provider.request("POST", "/api/v1/policies/convert", {"terms": LINE, "to": "xml"}))

    def test_terms_in_the_form_of_the_standard_are_published_and_enforced(self):
        tc609 = {"permissionPolicies": [{"policyId": "p1", "actions": ["read"], "constraints": [
            {"constraintName": "count", "constraintOperator": "lteq", "constraintValue": "2"}]}]}
        path = self.file(json.dumps(tc609).encode(), "tc609.json")
        product = self.provider.json("publish", self.file(), "--title", "By the standard", "--policy", path)
        self.assertIn("2 times", product["offers"][0]["words"]["en"])


if __name__ == "__main__":
    main()

"""Identifiers of all forms, by the command line and the API: checked, generated, resolved, as addresses."""
import json, os

from case import FAILED, NOT_FOUND, TOP, USAGE, SpaceCase, main, until

with open(os.path.join(TOP, "tests", "vectors", "identifier", "identifiers.json"), encoding="utf-8") as file:
    VECTORS = json.load(file)

KINDS = ("global", "regional", "sector", "business", "connector", "product", "resource", "contract")
SUBJECT = "91350100M000100Y43"


class Identifiers(SpaceCase):
    names = ("provider",)

    def test_vectors_of_every_form_are_told_apart(self):
        for form, group in (("node", "nodes"), ("item", "items"), ("contract", "contracts")):
            for vector in VECTORS[group]:
                with self.subTest(id=vector["text"]):
                    parts = self.provider.json("id", "check", vector["text"])
                    self.assertEqual((parts["form"], parts["area"]), (form, vector["area"]))
                    path = "/api/v1/identifiers/" + vector["text"].replace("*", "%2A") + "/parts"
                    self.assertEqual(self.provider.call("GET", path), parts)
        self.assertEqual(self.provider.json("id", "check", SUBJECT)["form"], "subject")

    def test_a_wrong_character_is_found(self):
        for vector in VECTORS["nodes"][:1] + VECTORS["items"][:1] + VECTORS["contracts"][:1]:
            text = vector["text"]
            wrong = text[:20] + ("0" if text[20] != "0" else "1") + text[21:]
            self.refused(USAGE, self.provider, "id", "check", wrong)

    def test_one_of_each_kind_is_generated_and_is_what_it_says(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                made = self.provider.json("id", "generate", kind, "--subject", SUBJECT, "--area", "4403")["id"]
                self.assertEqual(self.provider.json("id", "check", made)["kind"], kind)
                again = self.provider.call("POST", "/api/v1/identifiers", {"kind": kind})["id"]
                self.assertEqual(self.provider.json("id", "check", again)["subject"], "12110000MB0000019M")
        self.refused(USAGE, self.provider, "id", "generate", "thing", "--subject", SUBJECT, "--area", "4403")
        self.refused(USAGE, self.provider, "id", "generate", "product", "--subject", SUBJECT[:-1] + "4", "--area", "4403")

    def test_never_two_of_the_same(self):
        made = {self.provider.call("POST", "/api/v1/identifiers", {"kind": "product"})["id"] for _ in range(50)}
        self.assertEqual(len(made), 50)

    def test_an_extension_is_kept(self):
        made = self.provider.json("id", "generate", "product", "--subject", SUBJECT, "--area", "4403", "--extension", "OLD7")
        self.assertEqual(self.provider.json("id", "check", made["id"])["extension"], "OLD7")

    def test_a_node_is_resolved_to_where_it_is_here_and_above(self):
        node = self.provider.call("GET", "/api/v1/node")["node"]
        for asked in (self.region, self.provider):
            record = asked.json("id", "resolve", node)
            self.assertEqual((record["id"], record["status"]), (node, "active"))
            self.assertIn(self.provider.host, record["location"])
        self.refused(NOT_FOUND, self.provider, "id", "resolve",
                     self.provider.json("id", "generate", "connector", "--subject", SUBJECT, "--area", "4403")["id"])

    def test_an_address_leads_back_to_its_identifier(self):
        node = self.provider.call("GET", "/api/v1/node")["node"]
        address = self.region.json("id", "address", node)["address"]
        self.assertIn(":", address)
        self.assertEqual(self.region.json("id", "address", address)["id"], node)
        self.assertEqual(self.region.json("id", "address", node)["address"], address)
        self.refused(USAGE, self.region, "id", "address", "not:an:address")


if __name__ == "__main__":
    main()

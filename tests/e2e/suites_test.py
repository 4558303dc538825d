"""A whole space under the ShangMi suite, and one where each side has its own."""
import json

from case import SpaceCase, main


class ShangMi(SpaceCase):
    init = ("--suite", "shangmi")

    def test_everything_works_with_sm2_sm3_and_sm4(self):
        done = self.whole_story()
        agreement = self.consumer.json("contract", "show", done["agreementId"])
        for signature in agreement["signatures"]:
            self.assertIn("sm2", json.dumps(signature))
        self.assertTrue(agreement["contentRoot"].startswith("sm3:"))
        note = self.consumer.request("GET", "/log/checkpoint", token=False).body.decode()
        self.assertIn("\nhash sm3\n", note)

    def test_a_push_works_too(self):
        agreement = self.agree(b"sm" * 100_000)["agreementId"]
        self.consumer.weir("fetch", agreement, "--push")
        self.assertEqual(self.use(agreement), b"sm" * 100_000)


class Mixed(SpaceCase):
    options = {"provider": ("--suite", "shangmi")}

    def test_each_side_signs_with_its_own_and_checks_the_others(self):
        done = self.whole_story()
        agreement = json.dumps(self.consumer.json("contract", "show", done["agreementId"])["signatures"])
        self.assertIn("sm2", agreement)
        self.assertIn("ed25519", agreement)


if __name__ == "__main__":
    main()

"""One set that is asked again and again: what the first question moved is kept, and goes with the agreement."""
import glob, os

from case import SpaceCase, main, until

PROVIDER = 20_000
ALGORITHMS = ("psi-kept-x25519", "psi-kept-sm2")


def table(numbers):
    return "\n".join(["id", *map(str, numbers), ""]).encode()


class Kept(SpaceCase):
    def terms(self, *algorithms):
        known = {each["id"]: each["hash"] for each in self.provider.json("compute", "algorithms")["items"]}
        return "action=compute, env=mpc, purpose=marketing, algorithm=" + "|".join(f"{a}@{known[a]}" for a in algorithms)

    def ask(self, agreement, numbers):
        job = self.consumer.json("compute", "psi", agreement, "--mine", self.file(table(numbers)), "--key", "id", "--purpose",
                                 "marketing", "--algorithm", ALGORITHMS[0])
        self.assertEqual(job["outcome"]["matches"], sum(n < PROVIDER for n in numbers))
        return job

    def images(self):
        return glob.glob(self.consumer.path("jobs/images/*"))

    def test_a_second_question_moves_what_its_own_keys_take_and_reads_no_table_of_the_providers(self):
        agreement = self.agree(table(range(PROVIDER)), self.terms(*ALGORITHMS))["agreementId"]
        words = ("compute", "plan", agreement, "--mine", self.file(table(range(700))), "--key", "id", "--purpose", "marketing")
        of = lambda plan: next(each for each in plan["items"] if each["algorithm"] == ALGORITHMS[0])
        planned = of(self.consumer.json(*words, "--theirs", str(PROVIDER)))
        self.assertIn("each time after", self.consumer.weir(*words))
        first = self.ask(agreement, range(PROVIDER - 300, PROVIDER + 400))
        for node in (self.consumer, self.provider):  # what is kept outlives them
            node.stop()
            node.start()
        second = self.ask(agreement, range(700))
        for job, plan in ((first, planned["estimate"]), (second, planned["later"])):
            for way in ("sent", "received"):
                self.assertEqual(job["outcome"][way], plan[way])
                self.assertEqual(job["estimate"][way], plan[way])
        self.assertGreater(first["outcome"]["received"] - second["outcome"]["received"], 16 * PROVIDER)
        self.assertEqual(of(self.consumer.json(*words))["estimate"]["received"], planned["later"]["received"])
        self.assertEqual(self.consumer.json("compute", "psi", agreement, "--mine", self.file(table(range(2000, 2700))), "--key", "id",
                                            "--purpose", "marketing")["work"]["algorithm"], ALGORITHMS[0])
        done = lambda job: until(lambda: (lambda j: j if j["state"] == "DONE" else None)(
            self.provider.json("compute", "status", job["id"])))
        self.assertIn("images", [each["name"] for each in done(first)["phases"]])
        self.assertNotIn("reading", [each["name"] for each in done(second)["phases"]])
        self.assertEqual(done(second)["outcome"]["sentHash"], second["outcome"]["receivedHash"])

    def test_images_that_were_lost_or_spoilt_come_again(self):
        agreement = self.agree(table(range(PROVIDER)), self.terms(ALGORITHMS[0]))["agreementId"]
        before = set(self.images())
        first = self.ask(agreement, range(PROVIDER - 300, PROVIDER + 400))
        path, = set(self.images()) - before
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) - 100)
            file.write(b"x" * 20)
        second = self.ask(agreement, range(700))
        self.assertGreater(second["outcome"]["received"] - second["outcome"]["sent"], 16 * (PROVIDER % 16384))
        os.remove(path)
        third = self.ask(agreement, range(1000, 1700))
        self.assertEqual(third["outcome"]["received"], first["outcome"]["received"])

    def test_a_killed_side_goes_on_with_the_images_that_there_are(self):
        agreement = self.agree(table(range(6 * PROVIDER)), self.terms(ALGORITHMS[0]))["agreementId"]
        before = set(self.images())
        answer = self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=id&purpose=marketing&algorithm={ALGORITHMS[0]}",
                                       table(range(6 * PROVIDER - 300, 6 * PROVIDER + 400)), {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 201, answer.body)
        job = answer.json["id"]
        size = lambda: sum(map(os.path.getsize, set(self.images()) - before))
        for victim, least in ((self.consumer, 1), (self.provider, 5)):
            until(lambda: size() > least * 16 * 16384)
            victim.kill()
            reached = size()
            victim.start()
            self.assertGreaterEqual(size(), reached)
        done = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(self.consumer.json("compute", "status", job)))
        self.assertEqual(done["outcome"]["matches"], 300)

    def test_what_is_kept_goes_with_the_agreement(self):
        done = self.agree(table(range(PROVIDER)), self.terms(ALGORITHMS[0]))
        before = set(self.images())
        self.ask(done["agreementId"], range(700))
        path, = set(self.images()) - before
        self.provider.weir("contract", "terminate", done["agreementId"], "--reason", "the end")
        until(lambda: self.consumer.json("contract", "show", done["agreementId"])["state"] == "terminated")
        self.consumer.stop()
        self.consumer.start()
        until(lambda: not os.path.exists(path))


main()

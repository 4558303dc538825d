"""Private computation over a line that is cut for good, and with a side that never comes back: what is seen, and what evidence remains."""
import glob, os
from urllib.parse import urlencode

from case import FAILED, NOT_FOUND, SpaceCase, main, until, verify
from cable import Cable
from compute_test import QUERY, accounts, contracts
from ports import reserve


class Broken(SpaceCase):
    @classmethod
    def setUpClass(cls):
        port = reserve()
        cls.cable = Cable(port)
        cls.addClassCleanup(cls.cable.close)
        cls.options = {"provider": ("--listen", f"127.0.0.1:{port}", "--public-url", f"https://127.0.0.1:{cls.cable.port}")}
        super().setUpClass()
        cls.join = next(a for a in cls.provider.json("compute", "algorithms")["items"] if a["id"] == "join-psty19")

    def setUp(self):
        """An agreement, and a cable that carries half of what a run moves, once it is told to."""
        self.mend()
        self.done = self.agree(contracts(range(50, 200)), f"action=compute, env=mpc, algorithm=join-psty19@{self.join['hash']}, log")
        self.words = (self.done["agreementId"], QUERY, "--mine", self.file(accounts(range(150))), "--form", "phone")
        plan = self.consumer.json("compute", "plan", *self.words)["items"][0]["estimate"]
        self.half = (plan["sent"] + plan["received"]) // 2

    def mend(self):
        self.cable.most, self.cable.hold, self.cable.cuts = None, False, 0
        self.cable.held.clear()

    def at(self, node, job, state):
        return until(lambda: (lambda j: j if j["state"] == state else None)(node.json("compute", "status", job)))

    def held_halfway(self):
        """A job whose both sides are at work when nothing passes any more."""
        self.cable.most, self.cable.hold = self.half, True
        query = urlencode({"agreement": self.done["agreementId"], "query": QUERY, "form": "phone"})
        job = self.consumer.request("POST", "/api/v1/jobs?" + query, accounts(range(150)), {"Content-Type": "application/octet-stream"}).json["id"]
        self.assertTrue(self.cable.held.wait(120))
        for node in (self.consumer, self.provider):
            self.at(node, job, "RUNNING")
        return job

    def failed(self, job, why, killed=None):
        """What is left on both sides of a job that broke; one that was killed has not written down what the line had moved."""
        for node, steps in ((self.consumer, ["asked", "proposed", "approved", "started", "failed"]),
                            (self.provider, ["proposed", "accepted", "approved", "started", "failed"])):
            seen = self.at(node, job, "FAILED")
            self.assertIn(why, seen["error"])
            self.assertIn(why, node.weir("compute", "status", job))
            self.assertNotIn("sentHash", seen.get("outcome", {}))
            self.refused(NOT_FOUND, node, "compute", "result", job)
            entries = node.json("evidence", "list", "--contract", self.done["contractId"], "--limit", "200")["items"][::-1]
            self.assertEqual([e["kind"] for e in entries if e["kind"].startswith("job.")], ["job." + step for step in steps])
            if node is not killed:
                self.assertGreater(seen["broken"]["sent"] + seen["broken"]["received"], 0)
                metered = next(e["body"] for e in entries if e["kind"] == "metering.closed")
                self.assertEqual([seen["broken"]["sent"], seen["broken"]["received"]], [each["quantity"] for each in metered["totals"]])
            last = next(e["body"] for e in entries if e["kind"] == "job.failed")
            self.assertIn(why, last["words"])
            for side in ("consumer", "provider"):
                self.assertIn("root", last[side])  # what each had committed to
            self.assertEqual([e["kind"] for e in entries].count("usage.allowed"), 1)
            path = os.path.join(node.folder, "bundle.json")
            node.weir("evidence", "bundle", self.done["contractId"], "-o", path)
            code, said = verify(path, "--anchor", self.region.path("certificates/authority.pem"))
            self.assertEqual(code, 0, said)
            until(lambda n=node: not glob.glob(n.path("jobs/work/*")) and not glob.glob(n.path("jobs/inputs/*")))

    def test_a_figure_over_a_line_that_is_cut_every_time_is_given_up_and_both_sides_say_why(self):
        self.cable.most = self.half
        said = self.refused(FAILED, self.consumer, "compute", "query", *self.words)
        self.assertIn("the computation did not take place", said)
        job = self.consumer.json("compute", "status")["items"][0]["id"]
        self.assertEqual(self.cable.cuts, 5)  # as often as a figure is tried
        self.failed(job, "closed")
        self.mend()
        self.assertEqual(self.consumer.json("compute", "query", *self.words)["state"], "DONE")

    def test_a_provider_that_never_comes_back_is_not_waited_for_longer_than_the_consumer_wants(self):
        self.taken_back(self.provider, self.consumer)

    def test_a_consumer_that_never_comes_back_is_not_waited_for_longer_than_the_provider_wants(self):
        self.taken_back(self.consumer, self.provider)

    def taken_back(self, gone, left):
        job = self.held_halfway()
        gone.kill()
        seen = left.json("compute", "status", job)
        self.assertEqual((seen["state"], "broken" in seen), ("RUNNING", False))
        left.weir("compute", "reject", job, "--reason", "nobody answers any more")
        self.at(left, job, "FAILED")
        self.refused(FAILED, left, "compute", "reject", job, "--reason", "twice")
        self.mend()
        self.cable.drop()
        gone.start()
        self.failed(job, "nobody answers any more", killed=gone)


if __name__ == "__main__":
    main()

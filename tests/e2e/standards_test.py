"""Standards as somebody who knows the field asks for them: one node, its command line in both languages, and its API.

What is in the register's questions, what an import says of every odd row, own checklists held against the node, what a
change touches, feeds that a calendar reads without a token. Assessment and OSCAL themselves: tests/assessment.
"""
import json
from urllib.parse import quote

from case import FAILED, NOT_FOUND, SpaceCase, TOP, USAGE, main, read

COLUMNS = "document,clause,level,tier,check,applies,status,requirement_en,requirement_zh,note\n"


def checklist(name, *rows):
    return (COLUMNS + f"{name},,,,,,,Embedded systems,嵌入式系统,\n" + "".join(f"{name},{row}\n" for row in rows)).encode()


class Standards(SpaceCase):
    names = ()

    @property
    def node(self):
        return self.space.region

    def ask(self, question, **query):
        words = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        return self.node.call("GET", f"/api/v1/standards/{question}" + ("?" + words if words else ""))

    def standards(self, *words, **options):
        return self.node.json("standards", *words, **options)

    # ── what is asked ──
    def test_the_command_line_and_the_api_give_the_same_answers_in_both_languages(self):
        for question, words, chinese in (("tree", (), "共 50 个方向"), ("coverage", (), "缺失"), ("gap", (), "采标漂移"),
                                         ("due", (), "期限"), ("timeline", ("--kind", "YD/T"), "发布")):
            query = {"kind": "YD/T"} if words else {}
            self.assertEqual(self.standards(question, *words), self.ask(question, **query), question)
            self.assertIn(chinese, self.node.weir("standards", question, *words, "--lang", "zh"), question)
        self.assertEqual([part["directions"] for part in self.ask("tree")["parts"]], [2, 13, 7, 2, 13, 13])
        self.assertEqual(len(self.ask("gap")["missing"]), 17)
        shown = self.standards("show", "gb／t 22080—2016")
        self.assertEqual(shown["number"], "GB/T 22080-2016")
        self.assertTrue(all(claim["source"]["name"] for claim in shown["claims"]))

    def test_what_is_asked_wrongly_is_refused_with_what_to_do(self):
        self.assertIn("GB/T 39204-2022", self.refused(NOT_FOUND, self.node, "standards", "show", "GB/T 39204-2020"))
        self.refused(NOT_FOUND, self.node, "standards", "coverage", "--edition", "1999")
        self.refused(USAGE, self.node, "standards", "due", "--until", "soon")
        self.refused(NOT_FOUND, self.node, "standards", "diff", "none", "none")

    # ── what is imported ──
    def test_every_odd_row_is_named_with_its_reason_and_the_good_ones_load(self):
        table = ("标准号,中文名称,状态,研制方向,发布日期,实施日期,代替标准\n"
                 "GB/T 99101-2026,甲,现行,02.1.1,2026-01-05,2026-07-01,GB/T 99101-2020\n"
                 "GB/T 99101-2020,乙,废止,,,,GB/T 99101-2026\n"
                 "GB/T 99101-2026,丙,现行,,,,\n"
                 "GB/T 99102-2026,丁,现行,99.9,,,\n"
                 "GB/T 99103-2026,戊,现行,,2026-05-01,2026-01-01,\n"
                 "云计算标准,己,现行,,,,\n"
                 "GB/T 99104-2026,庚,也许,,,,\n").encode("gbk")
        path = self.file(table, "清单.csv")
        checked = self.node.weir("standards", "import", path, "--source", "a list", "--check", "--json", ok=False)
        code, said = self.node.weir("standards", "import", path, "--source", "a list", "--json", ok=False)
        self.assertEqual((code, checked[0]), (FAILED, FAILED))  # a row was refused
        report = json.loads(said)
        self.assertEqual((report["read"], report["new"], report["refused"]), (7, 5, 1))
        self.assertEqual([note["reason"] for note in report["notes"]], ["encoding"])
        reasons = {line["row"]: [note["reason"] for note in line.get("notes", [])] for line in report["lines"]}
        self.assertEqual(reasons, {2: [], 3: ["standard.cycle"], 4: ["contradicts_row"], 5: ["unknown_direction"],
                                   6: ["dates_backwards"], 7: ["standard.unknown_body"], 8: ["unknown_status"]})
        self.assertEqual(json.loads(checked[1])["lines"], report["lines"])
        again = json.loads(self.node.weir("standards", "import", path, "--source", "a list", "--json", ok=False)[1])
        self.assertEqual((again["new"], again["changed"], again["unchanged"]), (0, 0, 6))
        shown = self.standards("show", "GB/T 99101-2026")
        self.assertEqual(len(shown["conflicts"][0]["values"]), 2)
        self.assertGreaterEqual(self.ask("find", conflicts="true", words="99101")["total"], 1)
        path = self.file(b"", "out.csv")
        self.standards("export", "-o", path)
        self.assertIn("GB/T 99104-2026", read(path))

    def test_a_workbook_with_merged_cells_loads_and_says_which_rows_they_filled(self):
        report = self.standards("import", TOP + "/tests/vectors/standards/merged.xlsx", "--source", "a workbook")
        merged = [line["row"] for line in report["lines"] if "merged_cells" in [n["reason"] for n in line.get("notes", [])]]
        self.assertIn(4, merged)
        self.assertEqual(report["refused"], 0)

    # ── clauses ──
    def test_an_own_checklist_is_assessed_and_a_change_says_what_it_touches(self):
        old = checklist("OS 1", "6.1,must,base,probe log-intact,,assessed,The log holds,日志完整,",
                        "6.2,must,base,document,device:plc,assessed,Memory is isolated,内存隔离,")
        new = checklist("OS 2", "6.1,should,base,probe log-intact,,assessed,The log holds,日志完整,",
                        "6.3,may,,interview,,assessed,Staff know,人员知晓,")
        probe = next(clause["probe"] for clause in self.node.call("GET", "/api/v1/checklists/tc609-6-2025-13")["clauses"]
                     if clause["probe"])
        for text in (old, new):
            self.standards("import", self.file(text.replace(b"log-intact", probe.encode()), "list.csv"))
        code, said = self.node.weir("standards", "assess", "OS 1", "--json", ok=False)
        findings = {one["clause"]: one["state"] for one in json.loads(said)["assessment"]["findings"]}
        self.assertIn(findings["6.1"], ("met", "not_met"))
        self.assertEqual(findings["6.2"], "not_applicable")  # it concerns another class of device
        self.assertEqual(code, 0 if findings["6.1"] == "met" else FAILED)
        on_plc = json.loads(self.node.weir("standards", "assess", "OS 1", "--device", "plc", "--json", ok=False)[1])
        self.assertEqual({one["clause"]: one["state"] for one in on_plc["assessment"]["findings"]}["6.2"], "not_tested")
        change = self.standards("diff", "OS 1", "OS 2")
        self.assertEqual([one["id"] for one in change["added"]], ["6.3"])
        self.assertEqual(change["removed"][0]["lastFinding"], "not_tested")
        self.assertEqual(change["changed"][0]["what"], ["level"])
        self.assertEqual(change["changed"][0]["from"]["probe"], probe)
        self.assertTrue(change["changed"][0]["from"]["sharedWith"])
        without_node = self.standards("diff", self.file(old, "old.csv"), self.file(new, "new.csv"))
        self.assertEqual(without_node["changed"][0]["id"], "6.1")
        other = self.file(old.replace(b"must", b"should"), "other.csv")
        self.assertIn("checklist", self.refused(FAILED, self.node, "standards", "import", other))

    def test_a_draft_is_commented_and_what_a_device_cannot_meet_is_reported(self):
        draft = "PRJ-TC260-WG5-04"
        self.standards("import", self.file(checklist(draft, "6.2.1,must,,,,,Memory is isolated,内存隔离,",
                                                     "6.3,must,,,,,It boots safely,安全启动,"), "draft.csv"))
        made = self.standards("comment", draft, "--clause", "6.2.1", "--text", "=1+1", "--who", "a maker",
                              "--infeasible-for", "collector")
        self.standards("comment", draft, "--decide", str(made["id"]), "--verdict", "partly", "--reason", "for some")
        listed = self.standards("comment", draft)
        self.assertEqual(listed["feasibility"][0]["profile"], {"clauses": 2, "musts": 2, "infeasibleMusts": 1})
        self.assertEqual(listed["items"][0]["verdict"], "partly")
        path = self.file(b"", "table.csv")
        self.node.weir("standards", "comment", draft, "--csv", path)
        self.assertIn("'=1+1", read(path))

    # ── feeds ──
    def test_a_calendar_reads_its_feed_without_a_token_until_the_subscription_ends(self):
        made = self.standards("subscribe", "cloud", "--direction", "06")
        calendar, events = (made[name][made[name].index("/api/"):] for name in ("calendar", "events"))
        answer = self.node.request("GET", calendar, token=False)
        self.assertEqual(answer.status, 200)
        self.assertIn(b"BEGIN:VEVENT\r\n", answer.body)
        self.assertIn(b"<entry>", self.node.request("GET", events, token=False).body)
        self.assertNotIn("calendar", self.standards("subscribe")["items"][0])  # the key is shown once
        self.standards("subscribe", "--end", str(made["id"]))
        self.problem(404, "subscription.unknown", self.node.request("GET", calendar, token=False))


if __name__ == "__main__":
    main()

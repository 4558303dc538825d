#!/usr/bin/env python3
# Trace test: tools/trace.py believes no claim without a mark, and no mark without a clause.
# SPDX-License-Identifier: Apache-2.0
import importlib.util
import os
import sys
import tempfile
import unittest

# By path: the standard library has a module of that name.
TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "trace.py")
SPEC = importlib.util.spec_from_file_location("trace_of_clauses", TOOL)
trace = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = trace
SPEC.loader.exec_module(trace)

HEAD = ",".join(trace.COLUMNS) + "\nGB/T 1,,,,,,,A title,标题,\n"
LIST = trace.LISTS + "/gb-t-1.csv"


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.code("int a;\n")

    def put(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def code(self, text):
        self.put("weir/a.cc", text)

    def rows(self, *rows):
        self.put(LIST, HEAD + "".join(row + "\n" for row in rows))

    def problems(self):
        return trace.trace(self.folder.name, write=True)[0]

    def expect(self, words):
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(words, problems[0])

    def test_a_claim_with_its_marks_holds_and_shows_in_the_page(self):
        self.rows("GB/T 1,5.2,must,base,probe log,,implemented,Do it,做到,")
        self.code("//= GB/T 1#5.2 in a few words\nint a;\n//= GB/T 1#5.2 type=test\nint b;\n")
        self.assertEqual(self.problems(), [])
        with open(os.path.join(self.folder.name, trace.PAGE), encoding="utf-8") as file:
            self.assertIn("| 5.2 | Do it<br>做到 | must base | probe log | implemented | [a.cc](../../weir/a.cc) | "
                          "[a.cc](../../weir/a.cc) |", file.read())

    def test_a_mark_may_speak_of_the_whole_document(self):
        self.rows()
        self.code("//= GB/T 1 words\n")
        self.assertEqual(self.problems(), [])

    # What is refused

    def test_a_claim_without_a_mark_in_the_code(self):
        self.rows("GB/T 1,5.2,must,base,probe log,,implemented,Do it,做到,")
        self.code("//= GB/T 1#5.2 type=test\n")
        self.expect("no line of the code carries its mark")

    def test_a_claim_without_a_test(self):
        self.rows("GB/T 1,5.2,must,base,probe log,,implemented,Do it,做到,")
        self.code("//= GB/T 1#5.2\n")
        self.expect("no test carries its mark")

    def test_a_mark_for_what_is_said_not_to_be_here(self):
        self.rows("GB/T 1,5.2,must,base,,,not here,Do it,做到,")
        self.code("//= GB/T 1#5.2\n")
        self.expect("says that it is")

    def test_an_unknown_document_and_an_unknown_clause(self):
        self.rows()
        self.code("//= GB/T 12#1\n")
        self.expect("no document")
        self.code("//= GB/T 1#9\n")
        self.expect("has no clause GB/T 1#9")

    def test_half_a_job_that_does_not_say_which_half(self):
        self.rows("GB/T 1,5.2,must,,,,partly,Do it,做到,")
        self.code("//= GB/T 1#5.2\n")
        self.expect("must say what is missing")

    def test_rows_that_are_wrong(self):
        for row, words in [("GB/T 1,1,high,,,,not here,a,甲,", "unknown level"), ("GB/T 1,1,must,high,,,not here,a,甲,", "unknown tier"),
                           ("GB/T 1,1,must,,,,done,a,甲,", "unknown status"), ("GB/T 1,1,must,,,,not here,a,,", "both languages"),
                           ("GB/T 1,1,must,,,,assessed,a,甲,", "how it is checked"), ("GB/T 1,1,must,,,,not here,a", "wrong number of"),
                           ("GB/T 1,,,,,,,Again,又,", "there twice")]:
            with self.subTest(row):
                self.rows(row)
                self.expect(words)

    def test_a_document_in_the_file_of_another(self):
        self.rows()
        self.put(trace.LISTS + "/other.csv", ",".join(trace.COLUMNS) + "\nGB/T 2,,,,,,,A title,标题,\n")
        self.expect("belongs into " + trace.LISTS + "/gb-t-2.csv")

    def test_a_stale_page_and_a_stale_table(self):
        self.rows()
        self.assertEqual(self.problems(), [])
        self.rows("GB/T 1,5.2,must,,,,not here,Do it,做到,")
        problems, _ = trace.trace(self.folder.name, write=False)
        self.assertEqual(len(problems), 2, problems)
        self.assertIn("stale", problems[0])
        self.assertIn("stale", problems[1])

    # Editing the table

    def test_what_was_edited_in_the_table_goes_into_the_lists(self):
        self.rows("GB/T 1,5.2,must,base,probe log,,not here,Do it,做到,")
        self.problems()
        table = ",".join(trace.TABLE_COLUMNS) + "\nGB/T 1,,,,A title,标题,\n"
        self.put(trace.TABLE, table + "GB/T 1,5.2,base,not here,Do it,做到,not yet\nGB/T 1,5.3,extended,not here,And this,再做,\n"
                 + "GB/T 2,,,,Another,另一,\nGB/T 2,a,base,not here,Do that,做那,\n")
        self.assertEqual(trace.adopt(self.folder.name), {"GB/T 1", "GB/T 2"})
        self.assertEqual(self.problems(), [])
        with open(os.path.join(self.folder.name, LIST), encoding="utf-8") as file:
            self.assertEqual(file.read(), HEAD + "GB/T 1,5.2,must,base,probe log,,not here,Do it,做到,not yet\n"
                             "GB/T 1,5.3,should,extended,,,not here,And this,再做,\n")
        with open(os.path.join(self.folder.name, trace.TABLE), encoding="utf-8") as file:
            self.assertIn("GB/T 2,a,base,not here,Do that,做那,", file.read())


if __name__ == "__main__":
    unittest.main()

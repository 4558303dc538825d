#!/usr/bin/env python3
# Tidy test: every rule of tools/tidy.py finds what it is for, and leaves alone what is right.
# SPDX-License-Identifier: Apache-2.0
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import tidy  # noqa: E402

HEADER = "// Thing: what it is.\n// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"
SOURCE = "// SPDX-License-Identifier: Apache-2.0\n"
LONG_LINE = "// " + "x" * 118 + "\n"


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def put(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def problems(self):
        return tidy.tidy(self.folder.name)[0]

    def expect(self, path, text, *rules):
        self.put(path, text)
        found = sorted({problem.rule for problem in self.problems()})
        self.assertEqual(found, sorted(rules), self.problems())

    def test_a_tidy_tree_has_no_problems(self):
        self.put("weir/a/thing.h", HEADER + "#include <string>\n")
        self.put("weir/a/thing.cc", SOURCE + '#include "weir/a/thing.h"\n')
        self.put("weir/a/CMakeLists.txt", "weir_library(a SOURCES thing.cc)\n")
        self.put("weir/a/README.md", "# a\n\nSee [the header](thing.h) and [outside](https://example.org/x).\n")
        self.put("docs/decisions/0001-a-thing.md", "# 0001 A thing\n")
        self.assertEqual(self.problems(), [])

    # Sizes

    def test_a_long_line_is_named_by_its_place(self):
        self.put("weir/a.cc", SOURCE + "int a;\n" + LONG_LINE)
        self.assertEqual([(p.path, p.line, p.rule) for p in self.problems()], [("weir/a.cc", 3, "lines")])

    def test_a_line_of_120_characters_is_not_long_also_in_chinese(self):
        self.expect("weir/a.cc", SOURCE + "// " + "据" * 117 + "\n")

    def test_a_long_function_is_named(self):
        body = "  f();\n" * 70
        self.put("weir/a.cc", SOURCE + "namespace weir {\nstruct S {\n  int a;\n};\nvoid long_one(int a) {\n" + body + "}\n}\n")
        problems = self.problems()
        self.assertEqual([(p.line, p.rule) for p in problems], [(6, "functions")])
        self.assertIn("long_one has 72 lines", problems[0].message)

    def test_braces_in_text_and_comments_do_not_count(self):
        body = '  f("{", \'{\');  // {\n' * 60
        self.expect("weir/a.cc", SOURCE + "void f(int a) {\n" + body + "}\nvoid g() {\n" + body + "}\n")

    def test_a_long_table_is_no_function(self):
        self.expect("weir/a.cc", SOURCE + "constexpr Row kRows[] = {\n" + "  {1, 2},\n" * 100 + "};\n")

    def test_a_long_file_is_two_files(self):
        self.expect("weir/a.cc", SOURCE + "int a;\n" * 500, "length")

    def test_the_ratchet_lets_old_code_stand_and_nothing_more(self):
        self.put("tools/tidy.ratchet", "# words\nweir/a.cc lines 1\n")
        self.expect("weir/a.cc", SOURCE + LONG_LINE)
        self.expect("weir/a.cc", SOURCE + LONG_LINE * 2, "lines")

    def test_the_ratchet_says_when_it_can_be_lowered_and_never_rises(self):
        self.put("weir/a.cc", SOURCE)
        self.put("tools/tidy.ratchet", "weir/a.cc lines 1\n")
        problems, warnings, measured = tidy.tidy(self.folder.name)
        self.assertEqual((problems, len(warnings)), ([], 1))
        tidy.write_ratchet(self.folder.name, tidy.lowered(self.folder.name, measured))
        self.assertEqual(tidy.read_ratchet(self.folder.name), {})
        self.put("weir/a.cc", SOURCE + LONG_LINE)
        tidy.write_ratchet(self.folder.name, tidy.lowered(self.folder.name, tidy.tidy(self.folder.name)[2]))
        self.assertEqual([p.rule for p in self.problems()], ["lines"])

    def test_a_ratchet_line_of_a_file_that_is_gone_must_go(self):
        self.expect("tools/tidy.ratchet", "weir/gone.cc lines 1\n", "ratchet")

    # Words

    def test_banned_words_are_found_in_code(self):
        for rule, line in [
            ("cout", "std::cout << 1;"),
            ("new", "auto* a = new Thing(1);"),
            ("using-namespace", "using namespace std;"),
            ("rand", "int a = rand();"),
            ("co_await", "co_await other();"),
            ("clock", "const auto now = std::chrono::system_clock::now();"),
            ("later", "int a;  // TODO: more"),
            ("machine-path", 'open("/home/somebody/x");'),
        ]:
            with self.subTest(rule):
                self.expect("weir/a.cc", SOURCE + line + "\n", rule)

    def test_banned_words_are_allowed_where_they_have_a_reason(self):
        for path, line in [
            ("weir/a.cc", "return std::unique_ptr<Thing>(new Thing(1));"),
            ("weir/a.cc", "  return std::unique_ptr<Thing>(\n      new Thing(1));"),
            ("weir/a.cc", "    : state_(new State{.a = 1}) {}"),
            ("weir/a.cc", "// a new thing, and std::cout"),
            ("weir/a.cc", 'say("take a new Thing");'),
            ("weir/a.cc", "using namespace std::string_view_literals;"),
            ("weir/a.cc", "random.rand(); my_rand();"),
            ("weir/a.cc", "if (memcmp(a, b, 4) == 0) return;"),
            ("weir/a_test.cc", "test = new Thing;"),
            ("weir/base/time.cc", "std::chrono::system_clock::now();"),
        ]:
            with self.subTest(line):
                self.expect(path, SOURCE + line + "\n")

    def test_memcmp_is_banned_where_secrets_are(self):
        self.expect("weir/crypto/a.cc", SOURCE + "if (memcmp(a, b, 4) == 0) return;\n", "memcmp")

    def test_vectors_may_hold_any_words(self):
        self.expect("tests/vectors/a/x.txt", "TODO /home/somebody\n")

    # Headers

    def test_a_header_without_its_form_is_found(self):
        self.expect("weir/a.h", "#include <string>\n", "first-line", "licence", "pragma")

    def test_the_first_line_names_the_thing(self):
        self.expect("weir/a.h", HEADER.replace("// Thing: what it is.", "// some words"), "first-line")

    def test_third_party_headers_stay_above_the_core(self):
        self.expect("weir/adapters/http/a.h", HEADER + "#include <openssl/evp.h>\n")
        self.expect("weir/crypto/a.h", HEADER + "#include <openssl/evp.h>\n", "third-party")

    # Documents

    def test_a_room_without_readme_is_found_unless_the_ratchet_knows(self):
        self.expect("weir/a/CMakeLists.txt", "weir_library(a SOURCES a.cc)\n", "readme")
        self.expect("tools/tidy.ratchet", "weir/a readme 1\n")

    def test_a_link_that_leads_nowhere_is_found(self):
        self.expect("docs/a.md", "[one](gone.md#part)\n", "link")

    def test_links_in_code_are_no_links(self):
        self.expect("docs/a.md", "`[one](gone.md)`\n```\n[two](gone.md)\n```\n[here](#part)\n")

    def test_a_page_that_no_index_names_is_found(self):
        self.put("docs/formats/README.md", "| [a](a.md) |\n")
        self.put("docs/formats/a.md", "# A\n")
        self.expect("docs/formats/b.md", "# B\n", "index")

    def test_decisions_have_a_number_of_their_own_and_a_title(self):
        self.put("docs/decisions/0001-a.md", "# A\n")
        self.put("docs/decisions/0001-b.md", "no title\n")
        self.put("docs/decisions/other.md", "# Other\n")
        self.assertEqual([p.rule for p in self.problems()], ["decision"] * 3)


if __name__ == "__main__":
    unittest.main()

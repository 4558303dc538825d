"""What every program that speaks to a node meets: the HTTP face, its problems, its manners, and the process itself."""
import http.client, json, os, signal, subprocess, threading, time

from case import FAILED, NOT_RUNNING, USAGE, WEIR, Node, Refused, SpaceCase, main, until


class Http(SpaceCase):
    names = ("provider",)

    # ── repeated ──
    def test_a_repeated_write_is_done_once(self):
        headers = {"Idempotency-Key": "once-1"}
        body = {"kind": "product"}
        first = self.provider.request("POST", "/api/v1/identifiers", body, headers)
        again = self.provider.request("POST", "/api/v1/identifiers", body, headers)
        self.assertEqual(first.body, again.body)
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        other = self.provider.request("POST", "/api/v1/identifiers", {"kind": "resource"}, headers)
        self.problem(422, "idempotency.body_differs", other)

    def test_a_product_published_twice_with_one_key_is_one_product(self):
        content = self.provider.call("POST", "/api/v1/contents", b"x")
        body = {"title": {"en": "Once"}, "description": {"en": "Once"}, "content": content}
        made = [self.provider.request("POST", "/api/v1/products", body, {"Idempotency-Key": "p-1"}) for _ in range(3)]
        self.assertEqual([answer.status for answer in made], [201] * 3)
        self.assertEqual(len({answer.json["id"] for answer in made}), 1)

    # ── pages ──
    def test_lists_come_in_pages_of_the_size_asked_for(self):
        for i in range(5):
            self.publish(title=f"Paged number {i}")
        seen, cursor = [], ""
        while True:
            page = self.provider.call("GET", "/api/v1/products?q=paged&limit=2" + (f"&cursor={cursor}" if cursor else ""))
            self.assertLessEqual(len(page["items"]), 2)
            seen += [row["id"] for row in page["items"]]
            cursor = page.get("next", "")
            if not cursor:
                break
        self.assertEqual((len(seen), len(set(seen))), (5, 5))
        for wrong in ("limit=0", "limit=-1", "limit=many", "limit=1000000"):
            self.problem(400, "", self.provider.request("GET", "/api/v1/products?" + wrong))

    # ── problems ──
    def test_what_is_wrong_is_said_as_problem_json(self):
        ask = self.provider.request
        self.problem(404, "http.no_route", ask("GET", "/api/v1/nothing"))
        answer = ask("PATCH", "/api/v1/node", {})
        self.problem(405, "http.method_not_allowed", answer)
        self.assertIn("GET", answer.headers["Allow"])
        self.problem(400, "", ask("POST", "/api/v1/products", "{not json"))
        self.problem(400, "", ask("POST", "/api/v1/products", '{"a":1,"a":2}'))
        self.problem(400, "", ask("GET", "/api/v1/products/hello"))
        self.problem(401, "", ask("GET", "/api/v1/products", token=False))
        self.assertEqual(self.announce_body("/api/v1/products", 1 << 30), 413)
        for language, words in (("en", r"[a-z]{3}"), ("zh", r"[一-鿿]")):
            title = ask("GET", "/api/v1/nothing", headers={"Accept-Language": language}).json["title"]
            self.assertRegex(title, words)

    def announce_body(self, path, length):
        """The status of a request that says how long its body is, before any of it is sent."""
        connection = self.provider.connection()
        connection.putrequest("POST", path)
        for name, value in (("Authorization", "Bearer " + self.provider.token()), ("Content-Length", str(length)),
                            ("Content-Type", "application/json")):
            connection.putheader(name, value)
        connection.endheaders()
        status = connection.getresponse().status
        connection.close()
        return status

    def test_a_node_needs_its_certificate_where_nodes_speak(self):
        answer = self.provider.request("POST", "/dsp/2025-1/negotiations/request", {}, token=False)
        self.assertIn(answer.status, (401, 403))
        self.assertIn(self.provider.request("GET", "/peer/v1/products").status, (401, 403))

    # ── health, metrics, description ──
    #= DSP-2025-1#V type=test
    def test_health_readiness_and_description_are_public(self):
        ask = lambda path: self.provider.request("GET", path, token=False)
        self.assertEqual(ask("/health").json["status"], "alive")
        self.assertEqual(ask("/ready").json["status"], "ready")
        document = ask("/api/v1/openapi.json").json
        self.assertTrue(document["openapi"].startswith("3."))
        for path in ("/api/v1/products", "/api/v1/negotiations", "/api/v1/transfers/{id}", "/api/v1/evidence",
                     "/api/v1/operators", "/api/v1/policies/check", "/api/v1/identifiers/{id}"):
            self.assertIn(path, document["paths"])
        self.assertEqual(ask("/.well-known/dspace-version").json["protocolVersions"][0]["version"], "2025-1")

    def test_metrics_are_for_operators_and_count_what_happened(self):
        self.assertEqual(self.provider.request("GET", "/metrics", token=False).status, 401)
        self.provider.call("GET", "/api/v1/node")
        text = self.provider.request("GET", "/metrics").body.decode()
        self.assertRegex(text, r"# TYPE \w+ (counter|histogram|gauge)")
        self.assertIn("/api/v1/node", text)


class Process(SpaceCase):
    names = ("provider",)

    def tearDown(self):
        if not self.provider.process:
            self.provider.start()

    def test_a_stop_finishes_the_request_in_flight(self):
        connection = self.provider.connection()
        data = b"z" * 200_000
        connection.putrequest("POST", "/api/v1/contents")
        connection.putheader("Authorization", "Bearer " + self.provider.token())
        connection.putheader("Content-Type", "application/octet-stream")
        connection.putheader("Content-Length", str(len(data)))
        connection.endheaders()
        connection.send(data[:100_000])
        time.sleep(0.3)  # it has arrived
        process, self.provider.process = self.provider.process, None
        process.send_signal(signal.SIGTERM)
        until(lambda: not self.provider.running_url())
        connection.send(data[100_000:])
        self.assertEqual(connection.getresponse().status, 201)
        connection.close()
        self.assertEqual(process.wait(30), 0)

    def test_a_stop_does_not_wait_for_who_only_waits(self):
        answers = []
        product = self.publish()
        waiter = threading.Thread(target=lambda: answers.append(
            self.provider.request("GET", "/api/v1/transfers/none?wait=60000").status))
        waiter.start()
        begin = time.monotonic()
        self.assertEqual(self.provider.stop(), 0)
        self.assertLess(time.monotonic() - begin, 30)
        waiter.join()
        self.assertTrue(product)

    def test_what_was_acknowledged_is_there_after_a_kill(self):
        products = [self.publish(title=f"Kept {i}") for i in range(3)]
        self.provider.kill()
        self.provider.start()
        for product in products:
            self.provider.weir("show", product)
        self.provider.weir("evidence", "check")

    def test_two_processes_never_hold_one_folder(self):
        code, said = self.provider.weir("serve", ok=False)
        self.assertNotEqual(code, 0)
        self.assertRegex(said, "lock|already|another")

    def test_a_command_says_that_the_node_does_not_run(self):
        self.provider.stop()
        self.refused(NOT_RUNNING, self.provider, "search", "x")
        code, said = self.provider.weir("search", "x", "--json", ok=False)
        self.assertEqual(code, NOT_RUNNING)
        self.assertTrue(json.loads(said)["detail"])

    # ── configuration ──
    def check(self, **environment):
        done = subprocess.run([WEIR, "config", "check", "--json", "--data", self.provider.folder], capture_output=True,
                              text=True, env=dict(os.environ, **environment))
        return done.returncode, done.stdout + done.stderr

    def test_config_check_says_where_each_value_comes_from(self):
        code, said = self.check(WEIR_LOG_LEVEL="debug")
        self.assertEqual(code, 0, said)
        report = json.loads(said)
        self.assertEqual(report["log.level"], {"value": "debug", "origin": "environment"})
        self.assertEqual(report["listen"]["origin"], "file")
        self.assertEqual(report["log.style"]["origin"], "default")

    def test_config_check_refuses_what_nobody_reads_and_what_is_wrong(self):
        code, said = self.check(WEIR_LOG_LEVLE="debug")
        self.assertEqual(code, USAGE)
        self.assertIn("WEIR_LOG_LEVLE", said)
        code, said = self.check(WEIR_LOG_LEVEL="loud")
        self.assertEqual(code, USAGE)
        self.assertIn("must be one of debug, info, warning, error", said)
        code, said = self.check(WEIR_DATABASE_URL="postgresql://u:secret@host/db")
        self.assertEqual(code, USAGE)
        self.assertNotIn("secret@", said)


if __name__ == "__main__":
    main()

"""A small data space of real processes on this machine: a regional node and connectors, for tests and benchmarks.

Standard library only. Every node listens on a port of its own (ports.py) and keeps its own folder under one root.
"""
import http.client, json, os, shutil, signal, ssl, subprocess, tempfile, time

from ports import reserve

USCC = {"region": "11110000MB0000035E", "provider": "12110000MB0000019M", "consumer": "12110000MB0000027G"}


class Refused(Exception):
    """A command or a request that said no: its code, and its words."""

    def __init__(self, code, words):
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Node:
    def __init__(self, program, folder, environment=None):
        self.program, self.folder, self.process = program, folder, None
        self.environment = dict(os.environ, **(environment or {}))

    # ── the process ──
    def start(self, timeout=120):
        """Starts the node; returns the seconds until it takes requests."""
        begin = time.perf_counter()
        if self.running_url():
            os.unlink(self.path("running.url"))  # left behind by a killed process
        log = open(self.path("serve.log"), "a")
        self.process = subprocess.Popen([self.program, "serve", "--data", self.folder], stdout=subprocess.DEVNULL, stderr=log,
                                        env=self.environment)
        log.close()
        while True:
            if self.process.poll() is not None:
                code, self.process = self.process.returncode, None
                raise Refused(code, self.log())
            url = self.running_url()
            if url:
                break
            if time.perf_counter() - begin > timeout:
                raise TimeoutError(self.log())
            time.sleep(0.001)
        self.host = url.removeprefix("https://")
        return time.perf_counter() - begin

    def running_url(self):
        try:
            return read(self.path("running.url"))
        except FileNotFoundError:
            return None

    def stop(self):
        """Ends the process as an operator would; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self):
        return self._end(signal.SIGKILL)

    def _end(self, with_signal):
        if not self.process:
            return None
        self.process.send_signal(with_signal)
        code = self.process.wait()
        self.process = None
        return code

    def resident_mib(self):
        for line in read(f"/proc/{self.process.pid}/status").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def log(self):
        return read(self.path("serve.log"))

    # ── its two faces ──
    def weir(self, *words, ok=True, token=None, input=None):
        """Runs a command of `weir` on this node's folder; its text. Raises Refused unless it succeeds."""
        environment = dict(self.environment, WEIR_TOKEN=token) if token else self.environment
        done = subprocess.run([self.program, *words, "--data", self.folder], capture_output=True, text=True,
                              env=environment, input=input or "")
        if ok and done.returncode != 0:
            raise Refused(done.returncode, done.stdout + done.stderr)
        return done.stdout if ok else (done.returncode, done.stdout + done.stderr)

    def json(self, *words, **options):
        return json.loads(self.weir(*words, "--json", **options))

    def connection(self, certificate=None):
        """A connection to the node; with certificate=(chain, key) files it speaks as that node."""
        context = ssl.create_default_context(cafile=self.path("certificates/authority.pem"))
        if certificate:
            context.load_cert_chain(*certificate)
        return http.client.HTTPSConnection(self.host, context=context, timeout=60)

    def token(self):
        return read(self.path("keys/operator.token"))

    def request(self, method, path, body=None, headers=None, connection=None, token=True):
        """One request over HTTP; never raises for a status."""
        own = connection or self.connection()
        sent = {"Content-Type": "application/json"}
        if token:
            sent["Authorization"] = "Bearer " + (self.token() if token is True else token)
        sent.update(headers or {})
        data = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        own.request(method, path, data, sent)
        answer = own.getresponse()
        result = Answer(answer.status, answer.headers, answer.read())
        if not connection:
            own.close()
        return result

    def call(self, method, path, body=None, connection=None):
        """One request that must succeed; its JSON."""
        answer = self.request(method, path, body, connection=connection)
        if answer.status >= 300:
            raise Refused(answer.status, f"{method} {path}: {answer.body.decode(errors='replace')}")
        return answer.json if answer.body else {}


class Space:
    """A regional node and connectors that it admitted. Use as a context; `keep` leaves the folders."""

    def __init__(self, program, names=("provider", "consumer"), environment=None, init=(), keep=False, options=None,
                 environments=None):
        """`init` are options of every `weir init`, options[name] of one; environments[name] adds to `environment`."""
        self.program, self.keep = os.path.abspath(program), keep
        self.root = tempfile.mkdtemp(prefix="weir-space-")
        self.nodes = {}
        self.environment = environment or {}
        self.init, self.options, self.environments = list(init), options or {}, environments or {}
        try:
            self._found(names)
        except BaseException:
            self.close()
            raise

    def _found(self, names):
        self.add("region", "--role", "regional")
        self.region.start()
        for name in names:
            self.add(name)
            self.join(name)

    def add(self, name, *options, uscc=None):
        environment = dict(self.environment, **self.environments.get(name, {}))
        node = self.nodes[name] = Node(self.program, os.path.join(self.root, name), environment)
        words = (*self.init, *self.options.get(name, ()), *options)
        if "--listen" not in words:
            words += ("--listen", f"127.0.0.1:{reserve()}")
        node.weir("init", "--name", name, "--uscc", uscc or USCC[name], "--region", "1100", *words)
        return node

    def join(self, name):
        node, region = self.nodes[name], self.region
        url = read(region.path("running.url"))
        words = ("join", url, "--authority", region.path("certificates/authority.pem"), "--representative", "Li Hua")
        node.weir(*words)
        region.weir("participant", "approve", json.loads(read(node.path("node.json")))["application"])
        node.weir(*words)

    def start(self):
        for node in self.nodes.values():
            if not node.process:
                node.start()

    def __getattr__(self, name):
        try:
            return self.__dict__["nodes"][name]
        except KeyError:
            raise AttributeError(name) from None

    def close(self):
        for node in self.nodes.values():
            node.stop()
        if not self.keep:
            shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def until(question, timeout=60, pause=0.02):
    """Asks until the answer is truthy; returns it."""
    deadline = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in time")
        time.sleep(pause)

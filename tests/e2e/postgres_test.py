"""Nodes that keep their state in PostgreSQL: a server of their own, on a socket in a temporary folder."""
import glob, os, pwd, shutil, subprocess, tempfile, time, unittest

from case import SpaceCase, main, until


def program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: (len(path), path))
    return found[-1] if found else shutil.which(name)


class Server:
    """A PostgreSQL server that nobody else can reach and that is gone afterwards."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="weir-postgres-", dir="/tmp")
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.user = None
        if os.geteuid() == 0:
            names = [entry.pw_name for entry in pwd.getpwall()]
            self.user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self.folder, self.user)
        data = os.path.join(self.folder, "data")
        self.run(program("initdb"), "-D", data, "-U", "weir", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.process = subprocess.Popen([program("postgres"), "-D", data, "-k", self.folder, "-c", "listen_addresses=",
                                         "-F", "-c", "shared_buffers=16MB", "-c", "max_connections=60"],
                                        stdout=self.log, stderr=self.log, user=self.user, cwd="/tmp")
        until(lambda: subprocess.run([program("psql"), "-h", self.folder, "-U", "weir", "-c", "", "postgres"],
                                     capture_output=True).returncode == 0)

    def run(self, *words):
        subprocess.run(words, check=True, stdout=self.log, stderr=self.log, user=self.user, cwd="/tmp")

    def database(self, name):
        self.run(program("psql"), "-h", self.folder, "-U", "weir", "-c", f"CREATE DATABASE {name}", "postgres")
        return f"postgresql:///{name}?user=weir&host={self.folder}"

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipUnless(program("initdb") and program("postgres") and program("psql"), "no PostgreSQL server is installed")
class Postgres(SpaceCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.environments = {name: {"WEIR_DATABASE_URL": cls.server.database(name)}
                            for name in ("region", "provider", "consumer")}
        super().setUpClass()

    def test_everything_works_and_nothing_is_in_the_folder(self):
        self.whole_story()
        for node in (self.region, self.provider, self.consumer):
            self.assertFalse(os.path.exists(node.path("weir.db")))

    def test_after_a_kill_it_goes_on_where_it_was(self):
        agreement = self.held(terms="count<=2")["agreementId"]
        self.use(agreement)
        self.consumer.kill()
        self.consumer.start()
        self.use(agreement)
        self.refused(3, self.consumer, "use", agreement, "-o", os.devnull)
        self.consumer.weir("evidence", "check")

    def test_search_finds_in_two_languages(self):
        product = self.provider.json("publish", self.file(), "--title", "Hourly air quality", "--title-zh", "逐小时空气质量",
                                     "--terms", "count<=1")["id"]
        for words in ("空气质量", "air quality"):
            until(lambda: product in [row["id"] for row in self.consumer.json("search", words)["items"]])


if __name__ == "__main__":
    main()

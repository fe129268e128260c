#!/usr/bin/env python3
"""A real Tryton with its own PostgreSQL on this machine, for tests and the demo. README.md says what it does and how to use it.

    tryton.py prepare STATE    installs, initialises and seeds, if that is not done yet
    tryton.py serve STATE      the same, then runs until standard input closes; commands are read from there
"""

import datetime
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

from postgres import Cluster, Problem, die_with_parent, free_port

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATE = "template_waybill"
MODULES = ["sale", "stock", "account_invoice", "account_payment", "account_payment_clearing", "account_statement", "sale_payment",
           "sale_shipment_cost", "stock_shipment_cost", "stock_package_shipping", "web_shop"]
# Whatever a change of may make another prepared state.
SOURCES = ["requirements.txt", "seed.py", "postgres.py", "tryton.py", "trytond.conf"]


def say(text):
    print(text, file=sys.stderr, flush=True)


def digest(names):
    content = hashlib.sha256(sys.version.encode())
    for name in names:
        content.update((HERE / name).read_bytes())
    # Fiscal years are seeded around this one.
    content.update(str(datetime.date.today().year).encode())
    return content.hexdigest()[:12]


def run(command, doing, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-1500:]
        hint = " (Debian: apt-get install python3-venv)" if "ensurepip" in said + done.stdout else ""
        raise Problem(f"{doing} failed{hint}: {said}")
    return done.stdout


def configuration(home, database_port, web_port=0):
    path = pathlib.Path(home) / "trytond.conf"
    path.write_text((HERE / "trytond.conf").read_text().format(database_port=database_port, web_port=web_port))
    return path


class State:
    """What is prepared once: a virtual environment, and the files of a stopped PostgreSQL with a seeded database in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.venv = self.folder / f"venv-{digest(['requirements.txt'])}"
        kept = self.folder / f"database-{digest(SOURCES)}"
        self.archive, self.facts = kept.with_suffix(".tar"), kept.with_suffix(".json")

    def prepare(self):
        """Whoever comes at the same time waits, and finds it done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.venv / "installed").exists():
                self._install()
            if not (self.archive.exists() and self.facts.exists()):
                self._seed()

    def _install(self):
        say("installing Tryton")
        for old in self.folder.glob("venv-*"):
            shutil.rmtree(old)
        run([sys.executable, "-m", "venv", self.venv], "making a virtual environment")
        run([self.venv / "bin/python", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
             "--require-hashes", "-r", HERE / "requirements.txt"], "installing Tryton's packages")
        (self.venv / "installed").touch()

    def _seed(self):
        say("initialising and seeding a database")
        for old in self.folder.glob("database-*"):
            old.unlink()
        cluster = Cluster()
        try:
            # Tryton looks up foreign keys in the catalogue while nothing is known of its sizes: a third of the time, with nested loops.
            cluster.start(enable_nestloop="off")
            cluster.sql(f"CREATE DATABASE {TEMPLATE}")
            settings = configuration(cluster.home, cluster.port)
            password = cluster.home / "password"
            password.write_text(os.urandom(16).hex())
            run([self.venv / "bin/trytond-admin", "-c", settings, "-d", TEMPLATE, "--email", "admin@example.com", "-u", *MODULES,
                 "--activate-dependencies"], "initialising Tryton", env={**os.environ, "TRYTONPASSFILE": str(password)})
            seeded = run([self.venv / "bin/python", HERE / "seed.py"], "seeding Tryton",
                         env={**os.environ, "TRYTOND_CONFIG": str(settings), "TRYTOND_DATABASE_URI": cluster.uri(TEMPLATE)})
            facts = json.loads(seeded.splitlines()[-1])
            # trytond opens whatever database is none; one that is open cannot be cloned.
            cluster.sql(f"ALTER DATABASE {TEMPLATE} IS_TEMPLATE true")
            cluster.stop()
            cluster.pack(self.archive)
            self.facts.write_text(json.dumps(facts))
        finally:
            cluster.remove()


class Server:
    """A PostgreSQL with the prepared database, and a trytond before it."""

    def __init__(self, state):
        self.cluster = Cluster(state.archive)
        self.trytond = None
        try:
            self.cluster.start()
            self.port = free_port()
            settings = configuration(self.cluster.home, self.cluster.port, self.port)
            self.log = self.cluster.home / "trytond.log"
            with open(self.log, "wb") as log:
                self.trytond = subprocess.Popen([state.venv / "bin/trytond", "-c", settings], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log, preexec_fn=die_with_parent)
            self._wait()
        except BaseException:
            self.end()
            raise
        self.facts = {"base_url": f"http://127.0.0.1:{self.port}", "database_port": self.cluster.port, "log": str(self.log),
                      **json.loads(state.facts.read_text())}

    def _wait(self):
        until = time.monotonic() + 60
        while time.monotonic() < until and self.trytond.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise Problem(f"trytond does not start: {self.log.read_text()[-500:]}")

    def obey(self, command):
        if name := command.get("clone"):
            self.cluster.sql(f'CREATE DATABASE "{checked(name)}" TEMPLATE {TEMPLATE}')
        elif name := command.get("drop"):
            self.cluster.sql(f'DROP DATABASE IF EXISTS "{checked(name)}" WITH (FORCE)')
        elif command.get("stop_database"):
            self.cluster.stop()
        elif command.get("start_database"):
            self.cluster.start()
        else:
            raise Problem("unknown command")

    def end(self):
        if self.trytond:
            self.trytond.kill()
            self.trytond.wait()
        self.cluster.remove()


def checked(name):
    if not name.replace("_", "").isalnum():
        raise Problem("a database's name is made of letters, digits and underscores")
    return name


def serve(state):
    state.prepare()
    server = Server(state)
    try:
        print(json.dumps(server.facts), flush=True)
        for line in sys.stdin:
            try:
                server.obey(json.loads(line))
                answer = {"ok": True}
            except (Problem, ValueError) as problem:
                answer = {"ok": False, "error": str(problem)}
            print(json.dumps(answer), flush=True)
    finally:
        server.end()


def main():
    if sys.version_info < (3, 10):
        sys.exit("tryton: Python 3.10 or newer is needed")
    if len(sys.argv) != 3 or sys.argv[1] not in ("prepare", "serve"):
        sys.exit(__doc__)
    state = State(sys.argv[2])
    # Whoever is told to end cleans up, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        state.prepare() if sys.argv[1] == "prepare" else serve(state)
    except Problem as problem:
        sys.exit(f"tryton: {problem}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()

"""A PostgreSQL of our own: a directory, a free port of 127.0.0.1, and nobody else's data."""

import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

USER = "waybill"
# Data that is thrown away need not survive a power cut; a small log keeps the prepared state small.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
    "max_wal_size": "256MB",
}
MISSING = "PostgreSQL is not installed (no `postgres` in PATH or /usr/lib/postgresql): apt-get install postgresql"


class Problem(Exception):
    """What the caller is told in one sentence."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """For a child: it ends when we are killed, too (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def binary(name):
    """The newest one installed; Debian keeps the server out of PATH."""
    found = shutil.which(name)
    if not found:
        kept = pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
        found = max(kept, key=lambda path: [int(part) for part in path.parts[4].split(".")], default=None)
    if not found:
        raise Problem(MISSING)
    return str(found)


def owner():
    """PostgreSQL refuses to run as root: then it runs as the user that Debian's package makes."""
    if os.getuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        raise Problem("PostgreSQL does not run as root, and there is no user `postgres`: apt-get install postgresql") from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Cluster:
    """A running PostgreSQL on a directory below /tmp that is removed at the end."""

    def __init__(self, archive=None):
        self.owner = owner()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="waybill-postgres-"))
        self.data = self.home / "data"
        self.port = free_port()
        self.server = None
        if self.owner:
            os.chown(self.home, self.owner["user"], self.owner["group"])
        if archive:
            with open(archive, "rb") as packed:
                self._run(["tar", "-x"], stdin=packed)
        else:
            self._run([binary("initdb"), "--pgdata", self.data, "--username", USER, "--auth", "trust",
                       "--encoding", "UTF8", "--no-locale", "--no-sync", "--wal-segsize", "1"])

    def _run(self, command, **more):
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.home, **self.owner, **more)
        if done.returncode != 0:
            raise Problem(f"{pathlib.Path(command[0]).name} failed: {done.stderr.strip()}")
        return done.stdout

    def start(self, **more):
        settings = [f"--{name}={value}" for name, value in {**SETTINGS, **more}.items()]
        with open(self.home / "log", "ab") as log:
            self.server = subprocess.Popen(
                [binary("postgres"), "-D", self.data, "-p", str(self.port), *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home, preexec_fn=die_with_parent, **self.owner)
        until = time.monotonic() + 30
        while True:
            try:
                return self.sql("SELECT 1")
            except Problem:
                if self.server.poll() is not None or time.monotonic() > until:
                    raise Problem(f"PostgreSQL does not start: {(self.home / 'log').read_text()[-500:]}") from None
                time.sleep(0.1)

    def stop(self):
        """At once, without waiting for whoever is connected."""
        if self.server:
            self.server.send_signal(signal.SIGINT)
            self.server.wait(30)
            self.server = None

    def uri(self, database):
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def sql(self, statement):
        return self._run([binary("psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", "postgres",
                          "--no-psqlrc", "-w", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statement]).strip()

    def pack(self, archive):
        """Keeps the data of the stopped cluster. The name appears when the file is whole."""
        half = archive.with_suffix(".half")
        with open(half, "wb") as packed:
            subprocess.run(["tar", "-c", "data"], stdout=packed, cwd=self.home, check=True)
        half.replace(archive)

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

"""A PostgreSQL cluster of a gate's own, that may be crashed: never the machine's."""

import glob
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path

from tests.gates.ground import HOST, free_port

USER, NAME = "gates", "postgres"
# The server refuses to run as root, so that it is this account's then.
ACCOUNT = "postgres"
# Nobody but a commit itself brings the journal to the disk: one that is answered before it is there will be missed.
CONF = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
wal_writer_delay = 10s
"""


class Cluster:
    """In `folder`, which begins with `make` or `copy`; a process that is given the same folder has the same cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data, self.log = folder / "data", folder / "log"

    def make(self) -> None:
        """RuntimeError that says why where there is no initdb, or it may not be run."""
        self._place()
        word = self.folder / "password"
        word.write_text(secrets.token_urlsafe(16), encoding="utf-8")
        self._own(word)
        options = ["--auth=scram-sha-256", f"--pwfile={word}", "--encoding=UTF8", "--locale=C.UTF-8"]
        self._run("initdb", "--pgdata", str(self.data), "--username", USER, *options)
        self._configure()

    def copy(self, other: "Cluster") -> None:
        """What is in another, which is stopped."""
        self._place()
        subprocess.run(["cp", "-a", str(other.data), str(other.folder / "password"), self.folder], check=True)
        self._configure()

    @property
    def url(self) -> str:
        word = (self.folder / "password").read_text(encoding="utf-8")
        port = (self.folder / "port").read_text(encoding="utf-8")
        return f"postgres://{USER}:{word}@{HOST}:{port}/{NAME}"

    def start(self) -> None:
        """Until it answers: after a crash, when it has gone through its journal."""
        self._run("pg_ctl", "start", "-w", "-t", "120", "-D", str(self.data), "-l", str(self.log))

    def crash(self) -> None:
        """As a power cut: nothing is written any more, nobody is told."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", str(self.data))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.data))

    @property
    def running(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def _place(self) -> None:
        self.folder.mkdir(parents=True)
        self._own(self.folder)

    def _own(self, path: Path) -> None:
        path.chmod(0o700 if path.is_dir() else 0o600)
        if os.geteuid() == 0:
            shutil.chown(path, *self._account())

    def _configure(self) -> None:
        port = str(free_port())
        (self.folder / "port").write_text(port, encoding="utf-8")
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(CONF.format(host=HOST, port=port))

    def _run(self, program: str, *options: str) -> None:
        who: dict[str, object] = {}
        if os.geteuid() == 0:
            user, group = self._account()
            who = {"user": user, "group": group, "extra_groups": []}
        done = subprocess.run(
            [_path(program), *options], capture_output=True, text=True, check=False, cwd="/", **who
        )
        if done.returncode:
            raise RuntimeError(f"{program} 不成：{done.stderr[-400:] or done.stdout[-400:]}")

    @staticmethod
    def _account() -> tuple[int, int]:
        try:
            found = pwd.getpwnam(ACCOUNT)
        except KeyError:
            raise RuntimeError(f"没有 {ACCOUNT} 这个系统账号，PostgreSQL 不能用 root 运行") from None
        return found.pw_uid, found.pw_gid


def _path(program: str) -> str:
    """Where Debian puts it, if it is not on the path."""
    beside = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"))
    found = shutil.which(program) or (beside[-1] if beside else "")
    if not found:
        raise RuntimeError(f"这台机器上没有 {program}，没有自己的 PostgreSQL 可以断电")
    return found

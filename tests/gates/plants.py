"""Faults planted in a throw-away copy of the tree: a gate that stays green there proves nothing."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.gates.ground import ROOT

FOLDER = Path(__file__).with_name("plants")
# What a copy needs and git does not know: not copied, only pointed at.
BESIDE = ("node_modules", ".venv")


@dataclass(frozen=True)
class Plant:
    """`R5-clock.patch` is planted for R5; its first line says what is wrong."""

    path: Path

    @property
    def gate(self) -> str:
        return self.path.stem.partition("-")[0]

    @property
    def says(self) -> str:
        return self.path.read_text(encoding="utf-8").partition("\n")[0].strip()

    @property
    def changes_tables(self) -> bool:
        return "/migrations/" in self.path.read_text(encoding="utf-8")

    def refused(self, tree: Path) -> str:
        """Why it does not apply to that tree; empty if it does."""
        return _apply(self.path, tree, "--check")

    def put_into(self, tree: Path) -> None:
        """RuntimeError if it does not apply."""
        if why := _apply(self.path, tree):
            raise RuntimeError(why)


def plants(gates: list[str]) -> list[Plant]:
    found = [Plant(path) for path in sorted(FOLDER.glob("*.patch"))]
    return [plant for plant in found if plant.gate in gates]


def _apply(patch: Path, tree: Path, *options: str) -> str:
    # Not as part of a repository: git would silently leave out what lies outside the one around it.
    env = os.environ | {"GIT_CEILING_DIRECTORIES": str(tree.parent)}
    command = ["git", "apply", "-p1", *options, str(patch)]
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def copy_tree(target: Path) -> Path:
    """Every file of the working tree that git knows or would know, and links to what it does not."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    for name in BESIDE:
        if (ROOT / name).exists():
            (target / name).symlink_to(ROOT / name)
    return target

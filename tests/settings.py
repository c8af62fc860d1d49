"""The settings under test: the real ones, in a folder of their own, on databases named for testing or none."""

import atexit
import os
import shutil
import tempfile

# 1. Nothing of this machine's own set-up reaches the tests: no .env, no real database, no real keys.
_folder = tempfile.mkdtemp(prefix="hongji-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
for _name in (
    "DEBUG",
    "SECRET_KEY",
    "FIELD_KEYS",
    "FIELD_HASH_KEY",
    "REPORT_KEYS",
    "ALLOWED_HOSTS",
    "BEHIND_PROXY",
    "BACKUP_DIR",
):
    os.environ.pop(_name, None)
os.environ["HONGJI_ENV_FILE"] = ""
os.environ["HONGJI_ENV"] = "development"
os.environ["LOG_LEVEL"] = "WARNING"
os.environ["DATA_DIR"] = _folder
# 2. Django makes test_<name> beside the database named here, one for each pytest process, and never opens another.
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
os.environ["REDIS_PREFIX"] = f"hongji-test-{os.getpid()}:"

from hongji.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast: no test is about the hash itself
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

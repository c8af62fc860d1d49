"""换钥匙: the files of the desk and of sealed months under the newest field key, in the places where they lie."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from core.crypto import newest
from core.rekeying import Pass
from ledgers.files import PART, FileGone, kept_root, kid_of, seal_again


def files_by_key() -> Counter[str]:
    """How many files each key seals; "" counts what is no sealed file any more."""
    return Counter(kid for _, _, kid in _files())


def reseal_files() -> Pass:
    """Seal anew what is under an older key.

    Each file is replaced at one stroke: who reads it meanwhile reads the old one to its end, and killed anywhere either
    the old one or the new one lies there. What a sealed month says of its workbooks, their plain bytes, stays true.
    """
    walked, kid = Pass(), newest()
    for root, path, held in _files():
        if held == kid:
            continue
        try:
            seal_again(path, root)
            walked.changed += 1
        except FileGone:  # removed this moment, or damaged
            walked.unreadable += (root / path).exists()
    return walked


def _files() -> Iterator[tuple[Path, str, str]]:
    """(root, path below it, key) of every file that is there."""
    for root in (settings.FILES_ROOT, kept_root()):
        for file in sorted(root.glob("*/*")):
            if file.suffix != PART:
                with suppress(FileNotFoundError):
                    yield root, f"{file.parent.name}/{file.name}", kid_of(file)

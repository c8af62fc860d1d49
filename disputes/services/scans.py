"""卷宗里的纸: the pages of what is on paper, and its scan, sealed below MEDIA_ROOT so that every backup has it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core import clock
from core.crypto import Unreadable, newest
from core.photos import redraw_photo
from core.rekeying import Pass
from core.scope import NOT_YOURS, signer
from core.sealed_files import kid_of, open_file, seal_again, seal_bytes
from disputes.models import Dispute, Scan, ScanReading
from disputes.models.papers import is_named
from disputes.services.casefile import ITEMS, closed_items
from disputes.services.errors import Conflict
from disputes.services.rights import works_on
from disputes.services.stepping import locked, move_on

MOST_BYTES = 20 * 2**20
MOST_SCANS = 100
TOO_LARGE = f"文件太大，最多 {MOST_BYTES // 2**20} MB，扫得小一点再传。"


@transaction.atomic
def keep_scan(
    *, actor: Any, dispute: Dispute, uuid: UUID, item: str, pages: int | None, file: BinaryIO | None = None
) -> Scan:
    """Put a paper into the case file; without a file only its pages are noted. A photo is drawn anew, a PDF stays.

    The same number again is the same row; with another paper, other pages or from somebody else it is a Conflict.
    PermissionDenied, also for whom its item is closed to (closed_items); ValidationError by field.
    """
    held = locked(dispute)
    if not works_on(actor, held):
        raise PermissionDenied(NOT_YOURS)
    _must_be_open(actor, held, item)
    if known := Scan.objects.filter(uuid=uuid).first():
        if (known.dispute_id, known.item) != (held.pk, item) or not _is_it(known, actor, pages, file):
            raise Conflict(known)
        return known
    if is_named(uuid):
        raise ValidationError("这张表过时了，重新打开这一页再放。")
    if item not in ITEMS or not ITEMS[item].numbered:
        raise ValidationError({"item": "选是卷宗里的哪一项。"})
    if held.scans.exclude(kind=Scan.NONE, added_by=None).count() >= MOST_SCANS:
        raise ValidationError(f"这件纠纷已经放了 {MOST_SCANS} 份，放不下了。扫成一个 PDF 再传。")
    kind, plain = _plain(file) if file else (Scan.NONE, b"")
    if kind == Scan.JPEG:
        pages = pages or 1
    if not pages or not 1 <= pages <= 500:
        raise ValidationError({"pages": "填页数，1 到 500。"})
    scan = Scan(
        uuid=uuid,
        dispute=held,
        item=item,
        pages=pages,
        kind=kind,
        size=len(plain),
        added_at=clock.now(),
        added_by=signer(actor),
    )
    scan.full_clean(validate_unique=False)
    if kind:
        seal_bytes(plain, _path(scan), _context(scan))
    try:
        scan.save(force_insert=True)
        words = f"卷宗放进“{ITEMS[item].title}” {pages} 页"
        move_on("note", works_on, actor, held, None, lambda row: None, words=words)
    except BaseException:
        _path(scan).unlink(missing_ok=True)
        raise
    return scan


def _is_it(known: Scan, actor: Any, pages: int | None, file: BinaryIO | None) -> bool:
    """Whether the same person sends the same paper again; what was stored is opened and held against it."""
    kind, plain = _plain(file) if file else (Scan.NONE, b"")
    if kind == Scan.JPEG:
        pages = pages or 1
    who = getattr(signer(actor), "pk", None)
    if (known.added_by_id, known.pages, known.kind, known.size) != (who, pages, kind, len(plain)):
        return False
    return kind == Scan.NONE or b"".join(open_scan(known) or ()) == plain


def _plain(file: BinaryIO) -> tuple[str, bytes]:
    """(kind, bytes to keep); ValidationError at `file` if it is neither a whole PDF nor a photo."""
    read = file.read(MOST_BYTES + 1)
    if len(read) > MOST_BYTES:
        raise ValidationError({"file": TOO_LARGE})
    if read.startswith(b"%PDF-"):
        if b"%%EOF" not in read[-2048:]:
            raise ValidationError({"file": "这个 PDF 不完整，重新扫一次再传。"})
        return Scan.PDF, read
    file.seek(0)
    try:
        return Scan.JPEG, redraw_photo(file)
    except ValidationError as fault:
        told = "".join(fault.messages) if read[:4] in (b"\xff\xd8\xff\xe0", b"\x89PNG") else ""
        raise ValidationError({"file": told or "只收 PDF 和照片（JPG、PNG），换一个文件。"}) from fault


def note_printed(*, dispute: Dispute, item: str, paper: str, pages: int) -> Scan:
    """A paper of ours was printed or filed: how many pages it has, for the numbers of the case file. It makes no item
    be there, and what is put in as paper counts in its stead."""
    said = {"dispute": dispute, "item": item, "pages": min(pages, 500), "added_at": clock.now()}
    return Scan.objects.update_or_create(uuid=Scan.number_of(dispute.pk, paper), defaults=said)[0]


def counted_at(dispute: Dispute, paper: str) -> dt.datetime | None:
    """When the pages of one of our own papers were noted last; None if nobody has."""
    rows = Scan.objects.filter(uuid=Scan.number_of(dispute.pk, paper))
    return rows.values_list("added_at", flat=True).first()


def is_counted(dispute: Dispute, paper: str) -> bool:
    """Whether its pages were noted since the dispute last changed."""
    known = counted_at(dispute, paper)
    return known is not None and not dispute.moves.filter(at__gt=known).exists()


@transaction.atomic
def remove_scan(*, actor: Any, scan: Scan) -> None:
    """Take out what was put in by mistake; the step says what that was."""
    held = locked(scan.dispute)
    if not works_on(actor, held):
        raise PermissionDenied(NOT_YOURS)
    _must_be_open(actor, held, scan.item)
    path, words = _path(scan), f"卷宗里去掉“{ITEMS[scan.item].title}” {scan.pages} 页"
    if not Scan.objects.filter(pk=scan.pk).delete()[0]:
        return
    move_on("note", works_on, actor, held, None, lambda row: None, words=words)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


@transaction.atomic
def read_scan(*, actor: Any, scan: Scan) -> Iterator[bytes] | None:
    """open_scan with a row that says who read it: what is scanned, identity cards among it, is not masked.

    PermissionDenied for who does not work on it, and for whom its item is closed to (closed_items).
    """
    if not works_on(actor, scan.dispute):
        raise PermissionDenied(NOT_YOURS)
    _must_be_open(actor, scan.dispute, scan.item)
    if (pieces := open_scan(scan)) is not None:
        reader = signer(actor)
        ScanReading.objects.create(dispute=scan.dispute, item=scan.item, reader=reader, at=clock.now())
    return pieces


def _must_be_open(actor: Any, dispute: Dispute, item: str) -> None:
    """PermissionDenied with the sentence that stands in the catalogue, for whom its item is closed to."""
    if told := closed_items(actor, dispute).get(item):
        raise PermissionDenied(told)


def scan_readings(dispute: Dispute, most: int = 20) -> list[ScanReading]:
    """Who took scans of this case file out, the latest first."""
    rows = list(dispute.scan_readings.select_related("reader")[:most])
    for row in rows:
        row.title = ITEMS[row.item].title  # type: ignore[attr-defined]
    return rows


def open_scan(scan: Scan) -> Iterator[bytes] | None:
    """The plain pieces of its file; None if there is none or it does not lie there any more."""
    path = _path(scan)
    return open_file(path, _context(scan)) if scan.kind and path.is_file() else None


def scans_by_key() -> Counter[str]:
    """How many scans each key seals; "" counts what does not open."""
    return Counter(kid_of(path) for scan in _filed() if (path := _path(scan)).is_file())


def reseal_scans() -> Pass:
    """换钥匙: seal anew what is under an older key; each file is replaced at one stroke."""
    walked, kid = Pass(), newest()
    for scan in _filed():
        path = _path(scan)
        if not path.is_file() or kid_of(path) == kid:
            continue
        try:
            seal_again(path, _context(scan))
            walked.changed += 1
        except FileNotFoundError:  # removed this moment
            pass
        except Unreadable:
            walked.unreadable += 1
    return walked


def _filed() -> Iterator[Scan]:
    return Scan.objects.exclude(kind=Scan.NONE).order_by("pk").iterator()


def _path(scan: Scan) -> Path:
    return Path(settings.MEDIA_ROOT) / "casefiles" / scan.uuid.hex[:2] / scan.uuid.hex


def _context(scan: Scan) -> str:
    return f"disputes.scan:{scan.uuid.hex}"

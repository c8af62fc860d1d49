"""A print page as a PDF to keep: the page's own HTML and sheets, the system's fonts, nothing from any network."""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders

INSTALL = (
    "这台服务器还不能做 PDF：缺 pango。请管机器的人运行 "
    "apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk，再重新启动。纸照样可以打印：点“打印”。"
)
BASE = "http://hongji.invalid"  # where addresses of a page begin that name no host; there is no such host


class NoPdf(Exception):
    """PDFs cannot be made on this machine; the sentence says what to install."""

    def __init__(self) -> None:
        super().__init__(INSTALL)


def can_make_pdf() -> bool:
    """Whether the library and pango are there."""
    try:
        _library()
    except NoPdf:
        return False
    return True


def pdf_of(html: str) -> bytes:
    """The PDF of a print page (media print). NoPdf where pango is missing."""
    return bytes(_drawn(html).write_pdf())


def pages_of(html: str) -> int:
    """How many sheets a print page takes. NoPdf where pango is missing."""
    return len(_drawn(html).pages)


def _drawn(html: str) -> Any:
    library = _library()
    return library.HTML(string=html, base_url=BASE + "/", url_fetcher=_fetcher(library)).render()


def _library() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError):  # OSError: the package is there, pango is not
        raise NoPdf from None
    # It tells of every line of our sheets that is for screens only.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint


def _fetcher(library: Any) -> Any:
    class StaticOnly(library.urls.URLFetcher):
        """Opens our static files and refuses everything else: no network, no other file of this machine."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            return library.urls.URLFetcherResponse(url, static_file(url), {"Content-Type": _type(url)})

    return StaticOnly()


def static_file(url: str) -> bytes:
    """The bytes of one of our static files by its address on a page; ValueError for any other address."""
    prefix = f"{BASE}{settings.STATIC_URL}"
    if not url.startswith(prefix):
        raise ValueError("only static files")
    name = unquote(urlsplit(url[len(prefix) :]).path)
    if settings.PRODUCTION:  # there the name carries a hash, and lies where it was collected
        root = Path(settings.STATIC_ROOT).resolve()
        path = (root / name).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path.read_bytes()
        raise ValueError("no such static file")
    found = finders.find(name)
    if not found:
        raise ValueError("no such static file")
    return Path(str(found)).read_bytes()


def _type(url: str) -> str:
    return "text/css" if urlsplit(url).path.endswith(".css") else "image/svg+xml"

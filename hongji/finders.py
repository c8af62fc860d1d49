"""Static files from npm: exactly those that are named here, out of whatever else lies in node_modules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# address under /static/ → file in node_modules
_GEOMAN = "@geoman-io/leaflet-geoman-free/dist"
FROM_NPM = {
    "npm/idb.js": "idb/build/index.js",
    "npm/leaflet.js": "leaflet/dist/leaflet.js",
    "npm/leaflet.css": "leaflet/dist/leaflet.css",
    "npm/geoman.js": f"{_GEOMAN}/leaflet-geoman.min.js",
    "npm/geoman.css": f"{_GEOMAN}/leaflet-geoman.css",
}


class NpmFinder(BaseFinder):
    """Finds what FROM_NPM names. What is not installed is not found, as any file that is missing."""

    def find(self, path: str, find_all: bool = False, **more: Any) -> Any:
        """The file's own path, a list of it for `find_all`; an empty list where it is not ours to serve."""
        found = self._file(path)
        if found is None:
            return []
        return [str(found)] if find_all else str(found)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for path in FROM_NPM:
            if found := self._file(path):
                yield path, Renamed(path, found)

    def _file(self, path: str) -> Path | None:
        if path not in FROM_NPM:
            return None
        found = settings.BASE_DIR / "node_modules" / FROM_NPM[path]
        return found if found.is_file() else None


class Renamed(FileSystemStorage):
    """One file, which collectstatic reads under the name it will have."""

    prefix = ""

    def __init__(self, name: str, file: Path) -> None:
        super().__init__(location=str(file.parent))
        self.name, self.file = name, file

    def path(self, name: str) -> str:
        return str(self.file)

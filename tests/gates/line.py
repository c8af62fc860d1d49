"""One line of the table of gates."""

import json
from dataclasses import asdict, dataclass, field

BROKEN = "没演完"  # the fault of a line that tells why a gate broke off


@dataclass
class Line:
    """What was done against which fault. `wrong` says what should not be so, and is empty where the gate holds."""

    fault: str
    done: str
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def must(self, holds: bool, otherwise: str) -> None:
        """Note a sentence unless something holds."""
        if not holds:
            self.wrong.append(otherwise)

    def text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> "Line":
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Size:
    """How much a gate does; `small` is for planted faults."""

    phones: int
    records: int
    orders: int
    ordered: int
    cases: int
    jobs: int
    months: int
    kills: int
    reports: int
    sales: int


SIZES = {
    "small": Size(
        phones=6,
        records=6,
        orders=3,
        ordered=30,
        cases=60,
        jobs=40,
        months=6,
        kills=6,
        reports=24,
        sales=200,
    ),
    "quick": Size(
        phones=20,
        records=20,
        orders=4,
        ordered=60,
        cases=240,
        jobs=200,
        months=18,
        kills=24,
        reports=60,
        sales=300,
    ),
    "full": Size(
        phones=200,
        records=50,
        orders=20,
        ordered=500,
        cases=2000,
        jobs=1000,
        months=48,
        kills=120,
        reports=500,
        sales=10_000,
    ),
}

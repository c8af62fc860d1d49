"""What was said about a cadre, as it lies sealed in one piece; and the offices a villager can name."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Self

UNSURE = "unsure"


@dataclass(frozen=True)
class Office:
    """One answer to "what is he?": `duties` are those of grids.duties.DUTIES that people call so."""

    title: str
    duties: frozenset[str] = frozenset()


# The town's leaders and the discipline office itself are no answer: they are looked into by the district, not by the
# town (干部管理权限), nobody here may read of it, and the page says so and names the district's telephone.
_VILLAGE = frozenset({"secretary", "cadre", "leader", "worker", "assistant", "supervisor", "guide"})
_TOWN = frozenset(
    {"office", "civil_affairs", "justice", "petitions", "employment", "party", "discipline", "sysadmin"}
)
OFFICES = {
    "secretary": Office("村书记", frozenset({"secretary"})),
    "cadre": Office("村干部", frozenset({"secretary", "cadre", "supervisor"})),
    "grid": Office("网格长、网格员", frozenset({"leader", "worker", "assistant"})),
    "guide": Office("驻村干部", frozenset({"guide"})),
    "town": Office("镇上部门的人", _TOWN - {"discipline"}),
    UNSURE: Office("说不清", (_VILLAGE | _TOWN) - {"discipline"}),
}


@dataclass(frozen=True)
class Told:
    """`place`: key of the village, or of the town where no village is meant. `name`: the cadre's as it was said.
    `also`: names of further people it turned out to be about, by line. `phone`, `reporter`: if they were left."""

    place: int
    office: str
    what: str
    name: str = ""
    also: str = ""
    reporter: str = ""
    phone: str = ""

    def text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**json.loads(text))

    @property
    def office_title(self) -> str:
        return OFFICES[self.office].title

    def as_it_came(self) -> Self:
        """Without what was found out since."""
        return replace(self, also="")

    def with_also(self, name: str) -> Self:
        return replace(self, also=f"{self.also}\n{name}".strip())

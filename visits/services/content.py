"""What a visitor says of one visit: as it is recorded, kept on hold, and told apart from what was said before."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any
from uuid import UUID

from core.digests import digest_of
from visits.models import Visit


@dataclass(frozen=True)
class Content:
    """What a visitor says of one visit. `day` only if a person typed it; `findings` as kind, detail, urgency, words
    and, of one person of the household, `person`; `deeds` as item (of the village's rules), number and words;
    `labour` as person, status and wish (of jobs.models.Labour)."""

    happened_at: dt.datetime
    day: dt.date | None = None
    manner: str = Visit.DOOR
    met: bool = True
    changed: bool = False
    note: str = ""
    companions: tuple[int, ...] = ()
    last_promise: str = ""
    promise_kind: str = ""
    promise_text: str = ""
    promise_until: dt.date | None = None
    findings: tuple[Mapping[str, Any], ...] = ()
    deeds: tuple[Mapping[str, Any], ...] = ()
    labour: tuple[Mapping[str, Any], ...] = ()

    def plain(self) -> str:
        """The content as text, to be kept on hold."""
        return json.dumps(
            {each.name: getattr(self, each.name) for each in fields(self)}, ensure_ascii=False, default=_text
        )

    @classmethod
    def read(cls, text: str) -> "Content":
        """What `plain` wrote."""
        said = json.loads(text)
        for name in ("day", "promise_until"):
            said[name] = said[name] and dt.date.fromisoformat(said[name])
        said["happened_at"] = dt.datetime.fromisoformat(said["happened_at"])
        lists = {name: tuple(said.get(name, ())) for name in _LISTS}
        return cls(**said | lists)

    def digest(self, household: int, corrects: UUID | None) -> str:
        """The same for the same content, whatever the order of keys or companions; sent_at is no part of it."""
        said: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        said["happened_at"] = self.happened_at.astimezone(dt.UTC).isoformat()
        said["companions"] = sorted(set(self.companions))
        said["findings"] = sorted(
            ({k: v for k, v in f.items() if v} for f in self.findings), key=lambda f: f["kind"]
        )
        for name, key in (("deeds", "item"), ("labour", "person")):
            told = said.pop(name)
            if told:  # no part of what was sent before there were any
                said[name] = sorted(({k: v for k, v in d.items() if v} for d in told), key=itemgetter(key))
        said |= {"household": household, "corrects": corrects and str(corrects)}
        return digest_of(said)


_LISTS = ("companions", "findings", "deeds", "labour")


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else str(value)

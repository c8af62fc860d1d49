"""三个三分之一 in the demo town's first village: last month's sittings with what came of them, and panels that wait."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from core import clock
from core.periods import Month
from disputes import services
from disputes.models import Dispute, Observer, Panel, Party, Seat, Sitting, Word
from grids.models import Household, Officer, Person, Post, Territory
from hongji.town.quarrels import TAKEN, Fallen, fall

EACH = 3  # in a third
PLACE = "村党群服务中心二楼"
FIRST, SECOND = Party.FIRST, Party.SECOND
FRIENDS, BETWEEN, CADRES = Seat.FRIENDS, Seat.BETWEEN, Seat.CADRES
WRITTEN, ORAL, REFUSED = "written", "oral", "refused"
TAKES = dt.timedelta(minutes=6)  # until the next one speaks


@dataclass(frozen=True)
class Told:
    """A dispute that came before a panel in the last month: noticed on its day `found`, met on its day `met`.

    `said`: (step, who, words), who being a side of the parties or of the panel. `end`: WRITTEN, ORAL or REFUSED;
    `conclusion` what was agreed, or what the second party said; `terms`: facts, performance of the agreement.
    """

    found: int
    met: int
    words: str
    kind: str
    topic: str
    said: tuple[tuple[str, str, str], ...]
    end: str
    conclusion: str
    terms: dict[str, str] = field(default_factory=dict)


TOLD = (
    Told(
        3,
        9,
        "一口塘两家用，一家养鱼一家浇地，为放水闹过三回",
        "land",
        "门前塘放水、养鱼怎么安排",
        (
            (Word.STATE, FIRST, "塘是组里分给两家合用的。秧苗等水，他把闸门锁了，地里干了半个月。"),
            (Word.STATE, SECOND, "鱼苗投了三千多块，水放到底鱼就没了。不是不让放，要先说一声。"),
            (Word.ADD, FRIENDS, "前年也这么争过，后来商量着放的，两家都没亏。"),
            (
                Word.POLICY,
                CADRES,
                "合用的塘，生产用水和养殖都要顾，先保灌溉，再谈养鱼。谁也不能一个人锁闸门。",
            ),
            (Word.SPEAK, BETWEEN, "定个水位，低过石阶第三级就不放了，鱼保得住，秧也浇得上。"),
            (Word.SPEAK, BETWEEN, "钥匙放组长那里，谁用谁去拿。"),
        ),
        WRITTEN,
        "石阶第三级以上的水归灌溉，放水前一天告诉养鱼的一家；闸门钥匙放在组长家里。",
        {
            "facts": "门前塘由两家合用，一家养鱼、一家灌溉，因放水时间和水位发生三次争吵，没有人受伤。",
            "points": "水放到什么位置，钥匙归谁管",
            "performance": "签字后第二天交钥匙，石阶第三级由组长用红漆做记号。",
        },
    ),
    Told(
        11,
        16,
        "老屋共一面墙，一家要拆了重盖，一家怕塌",
        "housing",
        "共墙怎么拆、怎么盖",
        (
            (Word.STATE, FIRST, "屋子漏雨几年了，危房改造的手续也批了，就差这面墙。"),
            (Word.STATE, SECOND, "墙一拆我家东头就没有靠的，冬天下雪塌了算谁的？"),
            (Word.ADD, FRIENDS, "两家老人在的时候说过，谁先盖谁把墙砌好。"),
            (Word.POLICY, CADRES, "共墙要两家都同意才能动，拆之前先加撑，安全归施工的人管。"),
            (Word.SPEAK, BETWEEN, "先砌新墙再拆老墙，多花不了几个钱。"),
        ),
        ORAL,
        "先贴着老墙砌新墙，砌好再拆；拆的时候加撑，工钱由盖房的一家出。",
        {
            "facts": "两家老屋共用一面山墙，一家翻盖要拆墙，另一家担心自家房屋安全。",
            "performance": "动工前三天告诉邻居，拆墙那天村干部到场。",
        },
    ),
    Told(
        19,
        24,
        "合伙买的收割机散了伙，钱分不清",
        "contract",
        "收割机折价、两年的账怎么分",
        (
            (Word.STATE, FIRST, "机子两家各出一半钱，两年挣的都在他手里，一次没分过。"),
            (Word.STATE, SECOND, "油钱、修机子的钱都是我垫的，账本上都有。"),
            (Word.ADD, FRIENDS, "账本我看过，有几笔写得不清楚，坐下来能对上。"),
        ),
        REFUSED,
        "不在村里调了，账拿到法院去算。",
    ),
)
WAITING = Fallen(6, "两家自来水接一根管，水费分不拢", "neighbours", "asked", steps=(TAKEN,))
CALLED = Fallen(5, "晒场让一家先占了，稻子没处晒", "neighbours", "asked", people=5, steps=(TAKEN,))


def sit_down(hero: str) -> int:
    """Panels of the village `hero`: those that met last month, one that is called, one still waiting; how many."""
    village = Territory.objects.villages().get(name=hero)
    post = Post.objects.in_force().select_related("officer__user").get(territory=village, duty="secretary")
    room = _Room(village, post.officer)
    for told in TOLD:
        room.tell(told)
    room.call(CALLED)
    room.wait(WAITING)
    return Panel.objects.at(village).count()


class _Room:
    """One village with its secretary, who leads every panel and writes its minutes."""

    def __init__(self, village: Territory, host: Officer) -> None:
        self.host, self.secretary = host, host.user
        self.draw = random.Random(f"sittings {village.code}")
        self.homes = list(
            Household.objects.at(village).present().in_order().select_related("territory__parent")
        )

    def tell(self, told: Told) -> None:
        """From the quarrel to what came of it, on the days of last month."""
        month = Month.of(clock.today()).previous
        found, met = (month.first + dt.timedelta(days=number - 1) for number in (told.found, told.met))
        days = (clock.today() - found).days
        dispute = self._quarrel(Fallen(days, told.words, told.kind, "asked", steps=(TAKEN,)))
        at = dt.datetime.combine(met, dt.time(15), tzinfo=clock.SHANGHAI)
        with clock.stopped_at(at - dt.timedelta(days=3)):
            panel = self._panel(dispute, told.topic, at)
            services.settle_panel(actor=self.secretary, panel=panel)
            services.mark_asked(actor=self.secretary, panel=panel, **_everybody(panel))
        self._sit(panel, told, at)

    def call(self, fallen: Fallen) -> None:
        """Settled, the letters are out, and the day is three days from now."""
        panel = self._panel(self._quarrel(fallen), "晒场怎么排", _in_three_days())
        services.settle_panel(actor=self.secretary, panel=panel)

    def wait(self, fallen: Fallen) -> None:
        """Its people are found; the second party has not been asked yet."""
        self._panel(self._quarrel(fallen), "水费怎么分、要不要分装水表", _in_three_days(), asked=(FIRST,))

    def _quarrel(self, fallen: Fallen) -> Dispute:
        first = self.draw.randrange(len(self.homes) - 1)
        return fall(fallen, self.homes[first], self.homes[first + 1], self.secretary, self.draw)

    def _panel(
        self, dispute: Dispute, topic: str, at: dt.datetime, asked: tuple[str, ...] = (FIRST, SECOND)
    ) -> Panel:
        """A panel of three times three with its watchers; `asked`: which sides said yes to it."""
        actor = self.secretary
        panel = services.draft_panel(actor=actor, dispute=dispute, uuid=self._uuid(), topic=topic)
        services.change_panel(actor=actor, panel=panel, topic=topic, at=at, place=PLACE, host=self.host)
        proposed = services.proposals(actor, services.Table(panel))
        chosen = {
            FRIENDS: _friends(proposed[FRIENDS]),
            BETWEEN: proposed[BETWEEN][: EACH - 1],  # besides an elder
            CADRES: proposed[CADRES][: EACH - 1],  # besides the host
        }
        for side, rows in chosen.items():
            for row in rows:
                more: dict[str, Any] = {"role": row.why[:40], "of_side": row.of_side, "near": row.near}
                services.seat(actor=actor, panel=panel, side=side, guest=row.guest, **more)
        elder = services.Guest(person=self._elder(dispute))
        services.seat(actor=actor, panel=panel, side=BETWEEN, guest=elder, role="老队长")
        self._watched(panel)
        for party in dispute.parties.filter(side__in=asked):
            services.say_consent(actor=actor, panel=panel, party=party, given=True)
        panel.refresh_from_db()
        return panel

    def _elder(self, dispute: Dispute) -> Person:
        """Somebody of the register whom both listen to."""
        parties = set(dispute.parties.values_list("household", flat=True))
        home = next(each for each in self.homes[6:] if each.pk not in parties)
        return Person.objects.present().heads().get(household=home)

    def _watched(self, panel: Panel) -> None:
        """司法所, and of those who still could sit there a party member and a neighbour."""
        table = services.Table(panel)
        left = services.proposals(self.secretary, table)
        rows = [
            *((kind, row.guest) for kind, row in services.watching(table)[:1]),
            *((Observer.MEMBER, row.guest) for row in left[BETWEEN] if "党员" in row.why),
            *((Observer.VILLAGER, row.guest) for row in left[FRIENDS] if not row.near),
        ]
        first = dict(reversed(rows))
        for kind, _ in Observer.KINDS:
            services.observe(actor=self.secretary, panel=panel, kind=kind, guest=first[kind])

    def _sit(self, panel: Panel, told: Told, at: dt.datetime) -> None:
        """The plan's order, sentence by sentence, and its end."""
        with clock.stopped_at(at):
            sitting = services.begin_sitting(actor=self.secretary, panel=panel, uuid=self._uuid())
            services.note_who_came(actor=self.secretary, sitting=sitting, **_everybody(panel))
        now, turn = at, dict[str, int]()
        for step, who, words in told.said:
            now, turn[who] = now + TAKES, turn.get(who, 0) + 1
            with clock.stopped_at(now):
                speaker = self._speaker(panel, who, turn[who] - 1)
                said: dict[str, Any] = {"step": step, "speaker": speaker, "words": words, "said_at": now}
                services.say(actor=self.secretary, sitting=sitting, uuid=self._uuid(), **said)
        with clock.stopped_at(now + TAKES):
            self._end(sitting, told)

    def _speaker(self, panel: Panel, who: str, turn: int) -> str:
        if who in (FIRST, SECOND):
            return f"party-{panel.dispute.parties.get(side=who).pk}"
        return f"seat-{panel.seats.filter(side=who)[turn].pk}"

    def _end(self, sitting: Sitting, told: Told) -> None:
        parties = list(sitting.panel.dispute.parties.all())
        if told.end == REFUSED:
            services.refuse_sitting(
                actor=self.secretary, sitting=sitting, party=parties[-1], words=told.conclusion
            )
            return
        stances = {party.pk: True for party in parties}
        said: dict[str, Any] = {"agreed": True, "conclusion": told.conclusion, "stances": stances}
        services.conclude(actor=self.secretary, sitting=sitting, **said)
        dispute = Dispute.objects.get(pk=sitting.panel.dispute_id)
        text = {"form": told.end, "terms": services.agreed_in(dispute), **told.terms}
        services.tell_rights(
            actor=self.secretary, dispute=dispute, told={party.pk: clock.today() for party in parties}
        )
        agreement = services.draft_agreement(actor=self.secretary, dispute=dispute, uuid=self._uuid(), **text)
        day, mediators = clock.today(), self.host.name
        if told.end == ORAL:
            services.record_oral(
                actor=self.secretary,
                agreement=agreement,
                text=agreement.digest_of_text,
                agreed_on=day,
                mediators=mediators,
            )
            return
        services.sign_agreement(
            actor=self.secretary,
            agreement=agreement,
            text=agreement.digest_of_text,
            signed={party.pk: day for party in parties},
            mediators=mediators,
            mediated_on=day,
            sealed_on=day,
        )

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.draw.getrandbits(128), version=4)


def _everybody(panel: Panel) -> dict[str, Any]:
    """As the verbs that tick people off are told."""
    rows = {"seats": panel.seats, "observers": panel.observers}
    return {name: list(each.values_list("pk", flat=True)) for name, each in rows.items()}


def _friends(rows: list[services.Proposal]) -> list[services.Proposal]:
    """Of either side somebody, then whoever comes next."""
    firsts = [next((row for row in rows if row.of_side == side), None) for side in (FIRST, SECOND)]
    chosen = [row for row in firsts if row is not None]
    return [*chosen, *(row for row in rows if row not in chosen)][:EACH]


def _in_three_days() -> dt.datetime:
    return dt.datetime.combine(clock.today() + dt.timedelta(days=3), dt.time(15), tzinfo=clock.SHANGHAI)

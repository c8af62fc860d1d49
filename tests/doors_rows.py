"""The rows behind the doors: for each kind one of the secretary's village, one of the neighbour, one that never was."""

import uuid
from typing import Any

from accounts import services as accounts
from accounts.models import Notice, TrustedDevice
from appeals import services as appeals
from appeals.models import Device
from core import clock
from core.periods import Month
from discipline import services as discipline
from disputes import services as disputes
from grids import services as grids
from grids.models import Officer, Post, Redrawing
from ledgers.models import Job, Package, SealedFile, SealedMonth
from points import services as points
from points.models import Activity, Award, Item
from points.services.extracting import take_out
from tests.doors_jobs import job_rows
from tests.doors_shops import shop_rows
from tests.people import POSTED, Town
from visits import services as visits
from visits.models import Finding, Held
from visits.services.planning import propose_plan
from visits.services.rounds import print_sheets

OWN, FAR, UNKNOWN = "own", "far", "unknown"


def drawn_once(town: Town, village: Any, group: Any, grid: Any) -> int:
    """A re-drawing that is over and done with: the group went to another grid and came back."""
    effects = {"groups": [[group.pk, grid.pk, grid.pk, False]], "households": []}
    row = Redrawing.objects.create(village=village, since=POSTED, effects=effects, drawn_at=clock.now())
    return row.pk


def rows_of(town: Town) -> dict[str, dict[str, Any]]:
    """For each kind of row: one in 金星第一网格 (or the secretary's), one of the neighbour, and one that never was."""
    found: dict[str, dict[str, Any]] = {}

    def add(kind: str, own: Any, far: Any, unknown: Any = 987654321) -> None:
        found[kind] = {OWN: own, FAR: far, UNKNOWN: unknown}

    far_user = Officer.objects.get(name="远协").user
    assert far_user is not None
    add("household", town.zhang.pk, town.chen.pk)
    add("person", town.head(town.zhang).pk, town.head(town.chen).pk)
    add("grid", town.grid1.pk, town.far_grid.pk)
    add("village", town.jinxing.pk, town.qiaoji.pk)
    add("group", town.group1.pk, town.far_group.pk)
    drawn = ((town.jinxing, town.group2, town.grid1), (town.qiaoji, town.far_group, town.far_grid))
    add("redrawing", *(drawn_once(town, *each) for each in drawn))
    for kind, model, path in (("officer", Officer, "user"), ("post", Post, "officer__user")):
        add(kind, *(model.objects.get(**{path: user}).pk for user in (town.assistant, far_user)))
    changes = []
    for actor, household in ((town.worker, town.zhang), (town.neighbour, town.chen)):
        facts = {"place": "合肥"}
        changes.append(
            grids.change(
                actor=actor,
                kind="away",
                household=household,
                happened_on=clock.today(),
                facts=facts,
                client_id=uuid.uuid4(),
            )
        )
    add("change", *(change.pk for change in changes))
    add("change_uuid", *(change.client_id for change in changes), uuid.uuid4())
    printed = {town.secretary: town.grid1, town.neighbour: town.far_grid}.items()
    add("sheet", *(print_sheets(actor=actor, grid=grid)[0].pk for actor, grid in printed))
    period = Month.of(clock.today())
    proposed = {town.secretary: town.jinxing, town.neighbour: town.qiaoji}.items()
    add("plan", *(propose_plan(actor=by, village=place, period=period).pk for by, place in proposed))
    add("new_uuid", uuid.uuid4(), uuid.uuid4(), uuid.uuid4())
    made = [
        visits.record_visit(
            actor=actor,
            uuid=uuid.uuid4(),
            household=household,
            happened_at=clock.now(),
            findings=[{"kind": "talent", "detail": "土专家", "urgency": "days", "words": "会嫁接"}],
        ).visit
        for actor, household in ((town.assistant, town.zhang), (far_user, town.chen))
    ]
    add("visit", *(visit.uuid for visit in made), uuid.uuid4())
    sides = ((town.assistant, town.zhang), (far_user, town.chen))
    sent = [visits.Letter(by, uuid.uuid4(), home.pk, visits.Content(clock.now())) for by, home in sides]
    add("held", *(visits.deliver(each, doubt=Held.TICKET).held.pk for each in sent))
    add("finding", *(Finding.objects.get(visit=visit).pk for visit in made))
    asked = [
        appeals.open_matter(
            actor=by, uuid=uuid.uuid4(), source="walk_in", words="路灯坏了", household=home
        ).matter
        for by, home in sides
    ]
    add("matter", *(matter.pk for matter in asked))
    add("matter_uuid", *(matter.uuid for matter in asked), uuid.uuid4())
    noted = [
        disputes.open_dispute(
            actor=by,
            uuid=uuid.uuid4(),
            territory=home.territory,
            source="asked",
            words="院墙砌过了界",
            parties=[disputes.Named("first", home.people.get(relation="户主"))],
        ).dispute
        for by, home in sides
    ]
    add("dispute", *(each.pk for each in noted))
    add("party", *(each.parties.get().pk for each in noted))
    served = ((town.secretary, town.jinxing), (town.neighbour, town.qiaoji))
    subjects = [
        disputes.add_subject(actor=by, village=village, name="修路", kind="project") for by, village in served
    ]
    add("subject", *(each.pk for each in subjects))
    _sat(add, town)
    _agreed(add, town)
    shop_rows(add, town)
    job_rows(add, town)
    _deserved(add, town, far_user)
    held = ((town.secretary, town.grid1), (town.neighbour, town.far_grid))
    what = {"kind": "bench", "held_on": clock.today(), "place": "村部", "topics": "医保", "others": 3}
    meetings = [
        appeals.hold_meeting(
            actor=by, uuid=uuid.uuid4(), territory=place, led_by=Officer.objects.get(user=by), **what
        ).meeting
        for by, place in held
    ]
    add("meeting", *(meeting.pk for meeting in meetings))
    about = {"office": "secretary", "what": "收钱不开票"}
    told = [discipline.tell(uuid=uuid.uuid4(), place=place, **about) for place in (town.jinxing, town.qiaoji)]
    add("report", *(each.report.uuid for each in told), uuid.uuid4())
    _reached(add, town)
    owners = (town.secretary, town.neighbour)
    until = clock.today()
    add(
        "token",
        *(accounts.make_token(user=u, name="x", verbs=["visits.see"], until=until)[0].pk for u in owners),
    )
    far_device = TrustedDevice(name="x", since=clock.now(), until=clock.now() + accounts.SLIP_DAYS)
    devices = []
    for number, user in enumerate(owners):
        far_device.pk, far_device.user, far_device.key_hash = None, user, f"door{number}"
        far_device.save()
        devices.append(far_device.pk)
    add("device", *devices)
    words = {"kind": "x", "period": "2026-10", "link": "/v/", "created": clock.now(), "words": "还没走完。"}
    add("notice", *(Notice.objects.create(user=user, **words).pk for user in owners))
    villages = (town.jinxing, town.qiaoji)
    for kind, job_kind, slug in (("export", Job.EXPORT, "visits"), ("import", Job.EXAMINE, "persons")):
        jobs = []
        for user, village in zip(owners, villages, strict=True):
            job = Job(
                kind=job_kind, owner=user, slug=slug, territory=village, period="2026-10", made_at=clock.now()
            )
            job.save()
            jobs.append(job.pk)
        add(kind, *jobs)
    _sealed(add, villages)
    _planned(add, town)
    return found


def _planned(add: Any, town: Town) -> None:
    """An activity of a grid of either side, to which somebody has signed up."""
    activities, signups = [], []
    for by, home in ((town.secretary, town.li), (town.neighbour, town.chen)):
        said = {"title": "清塘", "day": clock.today(), "place": "村口"}
        activity = points.plan_activity(actor=by, activity=Activity(territory=home.territory, **said))
        activities.append(activity.pk)
        signups.append(points.sign_up(actor=by, activity=activity, person=town.head(home)).pk)
    add("activity", *activities)
    add("signup", *signups)


def _reached(add: Any, town: Town) -> None:
    """A call, a capable person, a button and a printed card of either side."""
    sides = ((town.secretary, town.li, town.grid1), (town.neighbour, town.chen, town.far_grid))
    found: dict[str, list[Any]] = {
        name: [] for name in ("call", "talent", "button", "card", "printing", "code")
    }
    for by, home, grid in sides:
        call = appeals.take_call(actor=by, uuid=uuid.uuid4(), household=home, words="灯不亮").call
        said = {"name": "老电工", "phone": "19900005555", "skills": "电工"}
        talent = appeals.add_talent(actor=by, uuid=uuid.uuid4(), village=grid.parent, **said)
        appeals.survey(actor=by, wants=[home])
        button = Device.objects.get(household=home)
        appeals.move_device(actor=by, device=button, code="install", serial="HJ-1")
        printing = appeals.print_cards(actor=by, grids=[grid], run=uuid.uuid4())[0]
        rows = (call.pk, talent.pk, button.pk, printing.card.pk, printing.run, printing.card.code)
        for name, row in zip(found, rows, strict=True):
            found[name].append(row)
    codes, runs = found.pop("code"), found.pop("printing")
    for name, pair in found.items():
        add(name, *pair)
    add("printing", *runs, uuid.uuid4())
    add("card_code", *codes, "nosuchcode")


def _sat(add: Any, town: Town) -> None:
    """Of either side a quarrel of its own about which a panel sits."""
    panels, sittings = [], []
    for by, home in ((town.secretary, town.li), (town.neighbour, town.chen)):
        said = {"territory": home.territory, "source": "asked", "words": "争水"}
        quarrel = disputes.open_dispute(
            actor=by, uuid=uuid.uuid4(), parties=[disputes.Named("first", name="刘甲")], **said
        ).dispute
        panel = _settled_panel(by, quarrel)
        panels.append(panel.pk)
        sittings.append(disputes.begin_sitting(actor=by, panel=panel, uuid=uuid.uuid4()).pk)
    add("panel", *panels)
    add("sitting", *sittings)


def _settled_panel(by: Any, quarrel: Any) -> Any:
    """A panel of three that lacks nothing, led by `by`."""
    disputes.accept(actor=by, dispute=quarrel)
    quarrel.refresh_from_db()
    panel = disputes.draft_panel(actor=by, dispute=quarrel, uuid=uuid.uuid4())
    host = Officer.objects.get(user=by)
    facts = {"topic": "争水", "at": clock.now(), "place": "村部", "host": host}
    disputes.change_panel(actor=by, panel=panel, **facts)
    for side, name, of_side in (("friends", "刘乙", "first"), ("between", "刘丙", "")):
        disputes.seat(actor=by, panel=panel, side=side, guest=disputes.Guest(name=name), of_side=of_side)
    for kind, name in (("justice", "司甲"), ("member", "党甲"), ("villager", "群甲")):
        disputes.observe(actor=by, panel=panel, kind=kind, guest=disputes.Guest(name=name))
    for party in quarrel.parties.all():
        disputes.say_consent(actor=by, panel=panel, party=party, given=True)
    disputes.settle_panel(actor=by, panel=panel)
    panel.refresh_from_db()
    return panel


def _sealed(add: Any, villages: Any) -> None:
    """A sealed workbook whose bytes are nowhere, and a package that is not made yet."""
    files, packages = [], []
    for village in villages:
        month = SealedMonth.objects.create(village=village, month="2026-08", state=SealedMonth.SEALED)
        said = {"slug": "visits", "title": "走访日志", "name": "x.xlsx", "size": 1, "rows": 1}
        files.append(
            SealedFile.objects.create(of=month, path=f"{village.pk}/a", rows_path=f"{village.pk}/b", **said)
        )
        packages.append(Package.objects.create(territory=village, month="2026-08", made_at=clock.now()))
    add("sealed_file", *(file.pk for file in files))
    add("package", *(package.pk for package in packages))


def _agreed(add: Any, town: Town) -> None:
    """A dispute of each village with an agreement that nobody has signed, and a paper in its case file."""
    worked, agreements, scans = [], [], []
    for by, home in ((town.secretary, town.zhang), (town.neighbour, town.chen)):
        said = {"territory": home.territory, "source": "asked", "words": "争水"}
        dispute = disputes.open_dispute(actor=by, uuid=uuid.uuid4(), **said).dispute
        disputes.accept(actor=by, dispute=dispute)
        worked.append(dispute)
        text = {"facts": "争水", "terms": "轮着放", "performance": "马上"}
        agreements.append(disputes.draft_agreement(actor=by, dispute=dispute, uuid=uuid.uuid4(), **text))
        kept = {"item": "identity", "pages": 1}
        scans.append(disputes.keep_scan(actor=by, dispute=dispute, uuid=uuid.uuid4(), **kept))
    add("worked", *(each.pk for each in worked))
    add("agreement", *(each.pk for each in agreements))
    add("scan", *(each.pk for each in scans))


def _deserved(add: Any, town: Town, far_user: Any) -> None:
    """Rules of each village, a deed that waits, and another that hangs out and was objected to."""
    found: dict[str, list[int]] = {
        name: [] for name in ("scheme", "points_item", "award", "public_notice", "challenge", "extract")
    }
    sides = (
        (town.secretary, town.assistant, town.jinxing, town.zhang),
        (town.neighbour, far_user, town.qiaoji, town.chen),
    )
    for by, claimer, village, home in sides:
        scheme = points.adopt_scheme(actor=by, village=village, since=POSTED, resolution="村民代表会议")
        items = [
            points.save_item(actor=by, item=Item(scheme=scheme, title=title, points=5))
            for title in ("打扫", "献血")
        ]
        said = {"household": home, "item": items[0], "day": clock.today(), "words": "扫了村口"}
        waits, hung = (points.claim(actor=claimer, uuid=uuid.uuid4(), **said).award for _ in range(2))
        # Decided already: who does that is looked at in tests/points.
        Award.objects.filter(pk=hung.pk).update(state=Award.DECIDED, points=5)
        notice = points.show(actor=by, village=village, awards=[hung])
        challenge = points.challenge(actor=None, award=hung, words="没扫")
        days = {"first": POSTED, "last": clock.today()}
        extract = take_out(actor=by, purpose="honour", village=village, **days)
        rows = (scheme.pk, items[1].pk, waits.pk, notice.pk, challenge.pk, extract.pk)
        for name, pk in zip(found, rows, strict=True):
            found[name].append(pk)
    for name, pair in found.items():
        add(name, *pair)

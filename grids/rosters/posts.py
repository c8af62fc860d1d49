"""The roster of grids and posts (1+1+N): first the tree it describes, then each row's post, through the same verbs.

`examine` tries everything inside a transaction that is then taken back, so that what it says is what saving does.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from core.authorship import written_by
from core.faults import by_field
from core.ledger import KEEP, Entry, ImportContext, Plan, row_key
from core.models import phone_hash
from grids import services
from grids.duties import DUTIES
from grids.models import Officer, Post, Territory
from grids.rosters.tree import Tree
from grids.words import SEX_WORDS

GRIDS = "grids"
DUTY_CODES = ("leader", "worker", "assistant", "supervisor")
DUTY_BY_TITLE = {DUTIES[code].title: code for code in DUTY_CODES}
SINGLE = ("leader", "worker")
OFFICER_FIELDS = ("name", "birth_month", "politics", "education")


def post_key(village_code: str, pk: int) -> str:
    """The hidden key of a post's row in an exported roster."""
    return row_key(GRIDS, village_code, pk)


def posts_in_force(town: Territory | None) -> list[Post]:
    """Of the four duties of the roster, everywhere in the town."""
    if town is None:
        return []
    posts = Post.objects.at(town).filter(until__isnull=True, duty__in=DUTY_CODES)
    return list(posts.select_related("officer", "territory__parent").order_by("pk"))


def try_grids(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """What saving would do and what stands in its way; nothing stays."""
    with transaction.atomic():
        plan = apply_grids(entries, context)
        transaction.set_rollback(True)
    return plan


def apply_grids(entries: Sequence[Entry], context: ImportContext) -> Plan:
    """Do it, row by row; a row that cannot be done is a fault in the plan, and leaves nothing behind."""
    with written_by(context.actor):
        return _Applying(entries, context).run()


class _Applying:
    def __init__(self, entries: Sequence[Entry], context: ImportContext) -> None:
        self.entries, self.context, self.actor = entries, context, context.actor
        self.plan = Plan()
        self.faulty = {entry.number for entry in entries if entry.bad}
        self.taken: set[int] = set()
        self.filled: dict[tuple[int, str], Entry] = {}

    def run(self) -> Plan:
        tree = Tree(self.entries, self.context, self.fault)
        tree.build()
        self.tree = tree
        self._load()
        self._warn_of_shared_phones()
        for place, entry in enumerate(self.entries):
            self.context.looked_at(place, len(self.entries))
            if entry.number in self.faulty or entry.number not in tree.grid_of:
                continue
            try:
                with transaction.atomic():
                    outcome = self._row(entry)
            except (ValidationError, PermissionDenied) as refused:
                self._refused(entry, refused)
            else:
                changed = outcome == "unchanged" and entry.number in tree.changed_rows
                self.plan.outcomes[entry.number] = "updated" if changed else outcome  # type: ignore[assignment]
        self._report()
        return self.plan

    def fault(self, entry: Entry, column: str, what: str, how: str = "") -> None:
        self.faulty.add(entry.number)
        self.plan.faults.append(entry.fault(column if column in entry.columns else "", what, how))

    def _refused(self, entry: Entry, refused: Exception) -> None:
        if isinstance(refused, PermissionDenied):
            self.fault(entry, "duty", str(refused).rstrip("。"))
            return
        assert isinstance(refused, ValidationError)
        faults = by_field(refused, "since")
        for field, sentences in faults.items():
            for sentence in sentences:
                what, _, how = sentence.rstrip("。").replace("。", "，").rpartition("，")
                self.fault(entry, field, what or how, how if what else "")

    def _load(self) -> None:
        self.posts: dict[tuple[int, str], list[Post]] = defaultdict(list)
        self.by_key: dict[str, Post] = {}
        self.officers: dict[tuple[str, str, str], Officer] = {}
        keyed = any(entry.key for entry in self.entries)
        for post in posts_in_force(self.tree.town):
            self.posts[post.territory_id, post.duty].append(post)
            village = post.territory.village
            if keyed and village:
                self.by_key[post_key(village.code, post.pk)] = post
            if village and post.officer.phone_hash:
                self.officers[village.code, post.officer.name, post.officer.phone_hash] = post.officer

    # --- one row -----------------------------------------------------------------------------------------

    def _row(self, entry: Entry) -> str:
        values = entry.values
        duty = DUTY_BY_TITLE.get(values.get("duty") or "")
        if not duty and not values.get("name"):
            return "unchanged"  # a grid without anybody yet
        if not duty or not values.get("name"):
            raise ValidationError({"name" if duty else "duty": "没填，岗位和姓名要一起填"})
        grid = self.tree.grid_of[entry.number]
        territory = grid.parent if duty == "supervisor" else grid
        self._refuse_second(entry, territory, duty)
        post = self._held(entry, territory, duty)
        if post:
            self.taken.add(post.pk)
            return "updated" if self._correct(entry, post) else "unchanged"
        self._appoint(entry, territory, duty)
        return "created"

    def _refuse_second(self, entry: Entry, territory: Territory, duty: str) -> None:
        if duty in SINGLE:
            first = self.filled.setdefault((territory.pk, duty), entry)
            if first is not entry:
                title = DUTIES[duty].title
                raise ValidationError(
                    {"duty": f"{territory}写了两个{title}，第 {first.number} 行已有一个，留一个"}
                )

    def _held(self, entry: Entry, territory: Territory, duty: str) -> Post | None:
        """The post in force that this row is about: by its key, else by name with phone or birth month."""
        known = self.by_key.get(entry.key) if entry.key else None
        if known and known.territory_id == territory.pk and known.duty == duty and known.pk not in self.taken:
            same_person = not entry.values["name"] or known.officer.name == entry.values["name"]
            if same_person or self._same(entry, known.officer, by_name=False):
                return known
        held = [post for post in self.posts[territory.pk, duty] if post.pk not in self.taken]
        by_name = [post for post in held if self._same(entry, post.officer, by_name=True)]
        renamed = [post for post in held if self._same(entry, post.officer, by_name=False)]
        return next(iter([*by_name, *renamed]), None)

    @staticmethod
    def _same(entry: Entry, officer: Officer, *, by_name: bool) -> bool:
        """Same name and nothing against it; or, for a name spelt anew, the same phone and the same birth month."""
        phone, born = entry.values.get("phone"), entry.values.get("birth_month")
        same_phone = phone is KEEP or (
            phone is not None and phone != "" and phone_hash(phone) == officer.phone_hash
        )
        same_birth = bool(born) and born == officer.birth_month
        if not by_name:
            return same_phone and (same_birth or not born)
        nothing_to_compare = not (phone and officer.phone_hash) and not (born and officer.birth_month)
        return entry.values["name"] == officer.name and (same_phone or same_birth or nothing_to_compare)

    def _correct(self, entry: Entry, post: Post) -> bool:
        """Bring the officer's facts and the post's up to date; whether anything differed."""
        values, officer = entry.values, post.officer
        facts = {f: values[f] for f in OFFICER_FIELDS if values.get(f) and values[f] != getattr(officer, f)}
        if (sex := SEX_WORDS.get(values.get("sex") or "")) and sex != officer.sex:
            facts["sex"] = sex
        if values.get("smartphone") and (values["smartphone"] == "是") is not officer.smartphone:
            facts["smartphone"] = values["smartphone"] == "是"
        phone = values.get("phone")
        if phone and phone is not KEEP and phone_hash(phone) != officer.phone_hash:
            facts["phone"] = phone
        if facts:
            services.change_officer(actor=self.actor, officer=officer, **facts)
        told = {f: values[f] for f in ("source", "since", "note") if values.get(f)}
        changed = [f for f, value in told.items() if value != getattr(post, f)]
        if changed:
            self._must_appoint(post.duty, post.territory)
            for name in changed:
                setattr(post, name, told[name])
            post.full_clean()
            post.save(update_fields=changed)
        return bool(facts or changed)

    def _must_appoint(self, duty: str, territory: Territory) -> None:
        if not services.may_appoint(self.actor, duty, territory):
            raise PermissionDenied("这个岗位不归您定。要办，找镇办公室。")

    def _appoint(self, entry: Entry, territory: Territory, duty: str) -> None:
        values = entry.values
        since = values.get("since") or self.context.as_of
        if since is None:
            raise ValidationError({"since": "没填，填上任职时间"})
        if values.get("phone") is KEEP:
            raise ValidationError({"phone": "换了人，电话还是遮住的，填新人的号或留空"})
        self._must_appoint(duty, territory)
        officer = self._officer(entry, territory)
        post = services.appoint(
            actor=self.actor, officer=officer, territory=territory, duty=duty, since=since,
            source=values.get("source") or "", note=values.get("note") or "", replace=True,
        )  # fmt: skip
        if duty in SINGLE:
            self.taken |= {old.pk for old in self.posts[territory.pk, duty]}
        self.taken.add(post.pk)

    def _officer(self, entry: Entry, territory: Territory) -> Officer:
        """Who holds another post of the village under this name and phone, else somebody new."""
        values = entry.values
        village = territory.village
        assert village
        phone = values.get("phone") or ""
        known = (village.code, values["name"], phone_hash(phone) if phone else "")
        if phone and known in self.officers:
            return self.officers[known]
        smartphone = None if not values.get("smartphone") else values["smartphone"] == "是"
        officer = services.new_officer(
            actor=self.actor, name=values["name"], phone=phone, sex=SEX_WORDS.get(values.get("sex") or "", ""),
            birth_month=values.get("birth_month"), politics=values.get("politics") or "",
            education=values.get("education") or "", smartphone=smartphone,
        )  # fmt: skip
        if phone:
            self.officers[known] = officer
        return officer

    # --- what is told ------------------------------------------------------------------------------------

    def _warn_of_shared_phones(self) -> None:
        rows: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            if (phone := entry.values.get("phone")) and phone is not KEEP:
                rows[phone].append(entry)
        for same in rows.values():
            if len({entry.values["name"] for entry in same}) > 1:
                for entry in same:
                    others = "、".join(
                        f"第 {other.number} 行{other.values['name']}" for other in same if other is not entry
                    )
                    what = f"和{others}是同一个号"
                    self.plan.warnings.append(entry.fault("phone", what, "改对以前不能用它登录"))

    def _report(self) -> None:
        outcomes = list(self.plan.outcomes.values())
        self.plan.gone = [*self.tree.gone, *self._gone_posts()]
        said = [
            *self.tree.lines, (outcomes.count("created"), "个岗位新登记"), (outcomes.count("updated"), "行有变化"),
            (outcomes.count("unchanged"), "行和登记的一样"),
        ]  # fmt: skip
        self.plan.lines = [f"{count} {what}" for count, what in said if count]

    def _gone_posts(self) -> list[str]:
        listed = {self.tree.grid_of[e.number] for e in self.entries if e.number in self.tree.grid_of}
        places = {grid.pk for grid in listed} | {grid.parent_id for grid in listed}
        gone = []
        for (territory, _), posts in self.posts.items():
            for post in posts:
                if territory in places and post.pk not in self.taken and not self._is_on_bad_row(post):
                    gone.append(
                        f"{post.territory.full_name} {post.get_duty_display()} {post.officer}：登记着，表里没有"
                    )
        return gone

    def _is_on_bad_row(self, post: Post) -> bool:
        return any(
            e.number in self.faulty and e.values.get("name") == post.officer.name for e in self.entries
        )


def read_masks(context: ImportContext) -> dict[str, dict[str, str]]:
    """By row key, the masks under which officers' phones were exported."""
    town = (
        context.territory.get_root()
        if context.territory
        else Territory.objects.towns().order_by("pk").first()
    )
    return {
        post_key(village.code, post.pk): {"phone": post.officer.phone_mask}
        for post in posts_in_force(town)
        if (village := post.territory.village)
    }

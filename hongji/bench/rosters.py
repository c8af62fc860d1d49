"""G5, G6: reading a roster, and bringing one in whole, against openpyxl, expat and django-import-export."""

import datetime as dt
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from django.contrib.auth import get_user_model
from django.db import transaction
from openpyxl import load_workbook

from core import clock
from core.ledger import ImportContext, get
from core.ledger.reading import open_workbook
from grids.models import Household, Person, Territory
from hongji.bench.measure import Ratio, at_least, at_most, ratios, side_by_side
from hongji.town.people import PeopleMaker
from hongji.town.rosters import VillagePlan, write_household_roster

PEOPLE_PER_HOUSEHOLD = 2.9
FIELD_OF = {
    "姓名": "name",
    "性别": "sex",
    "民族": "ethnicity",
    "政治面貌": "politics",
    "文化程度": "education",
    "与户主关系": "relation",
}


def write_roster(path: Path, people: int, village: Territory) -> None:
    """A roster of about `people` people of households that nobody has yet."""
    maker = PeopleMaker(31, clock.today(), range(10, 20))
    groups = [group.name for group in village.groups.order_by("position")]
    made = list(maker.households(groups, int(people / PEOPLE_PER_HOUSEHOLD), "B"))
    plan = VillagePlan(village.name, village.code, [groups], len(made))
    write_household_roster(path, plan, made, dt.date(clock.today().year, 1, 5))


def g5(path: Path, people: int) -> Iterator[Ratio]:
    ledger = get("persons")
    sides = {
        "ours": lambda: sum(
            1 for _ in open_workbook(path, columns=ledger.columns, title=ledger.title).rows()
        ),
        "openpyxl": lambda: _openpyxl(path),
        "expat": lambda: _expat(path),
    }
    seen = side_by_side(sides)
    what = f"读花名册 {people} 人（CPU）"
    yield at_least("G5", f"openpyxl ÷ {what}", ratios(seen["openpyxl"].cpu, seen["ours"].cpu), 4)
    yield at_most("G5", f"{what} ÷ expat", ratios(seen["ours"].cpu, seen["expat"].cpu), 2)


def _openpyxl(path: Path) -> int:
    sheet = load_workbook(path, read_only=True).active
    sheet.reset_dimensions()
    return sum(1 for _ in sheet.iter_rows(values_only=True))


def _expat(path: Path) -> int:
    """The least that any reader must do: inflate the sheet and its strings and let expat walk over them."""
    found = 0

    def count(*_: object) -> None:
        nonlocal found
        found += 1

    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet") or name.endswith("sharedStrings.xml"):
                parser = expat.ParserCreate()
                parser.StartElementHandler = count
                parser.CharacterDataHandler = count
                parser.Parse(book.read(name), True)
    return found


class _Back(Exception):
    """Rolls a measured import back, so that every round meets the same database."""


def g6(path: Path, people: int, village: Territory) -> Iterator[Ratio]:
    seen = side_by_side(
        {"ours": lambda: _ours(path, village), "import-export": lambda: _import_export(path, village)},
        rounds=3,
    )
    took = min(seen["ours"].wall)
    values = ratios(seen["import-export"].wall, seen["ours"].wall)
    yield at_least("G6", f"import-export ÷ 导入花名册 {people} 人", values, 4, f"{took:.1f} s")


def _ours(path: Path, village: Territory) -> None:
    actor = get_user_model().objects.get(username="office")
    try:
        with transaction.atomic():
            get("persons").open(path, ImportContext(actor, village)).commit()
            raise _Back
    except _Back:
        pass


def _import_export(path: Path, village: Territory) -> None:
    """The same people through django-import-export: its row loop, its clean, our sealed fields."""
    from import_export.formats.base_formats import XLSX
    from import_export.resources import ModelResource

    group = village.groups.order_by("position").first()
    since = clock.today()

    class PersonResource(ModelResource):
        class Meta:
            model = Person
            import_id_fields = ()
            force_init_instance = True
            clean_model_instances = True
            use_transactions = True
            fields = ("name", "sex", "ethnicity", "politics", "education", "relation")

        def before_import(self, dataset: object, **kwargs: object) -> None:
            self.households: dict[str, Household] = {}

        def before_import_row(self, row: dict, **kwargs: object) -> None:
            number = row["户编号"]
            if number not in self.households:
                self.households[number] = Household.objects.create(
                    number=number,
                    village=village,
                    territory_id=group.grid_id,
                    group=group,
                    head_name=row["户主姓名"],
                    since=since,
                )
            row["sex"] = {"男": "M", "女": "F"}[row["sex"]]

        def before_save_instance(self, instance: Person, row: dict, **kwargs: object) -> None:
            instance.household = self.households[row["户编号"]]
            instance.set_id_number(row["身份证号码"])
            instance.set_phone(row["联系电话"] or "")

        def init_instance(self, row: dict | None = None) -> Person:
            return Person(household=self.households[row["户编号"]] if row else None)

    with tempfile.NamedTemporaryFile(suffix=".xlsx") as plain:
        _without_title(path, Path(plain.name))
        dataset = XLSX().create_dataset(Path(plain.name).read_bytes())
        dataset.headers = [FIELD_OF.get(heading, heading) for heading in dataset.headers]
    try:
        with transaction.atomic():
            result = PersonResource().import_data(dataset, raise_errors=True)
            assert not result.has_errors()
            raise _Back
    except _Back:
        pass


def _without_title(path: Path, target: Path) -> None:
    """import-export reads the headings from the first row only."""
    book = load_workbook(path)
    book.active.delete_rows(1, 2)
    book.save(target)

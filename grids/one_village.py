"""A workbook of one village that comes in: which village it is, who brings it, and that it says so itself."""

from typing import Any, ClassVar

from core.ledger import BadWorkbook, ImportContext, Ledger
from core.ledger.reading import Sheet
from core.scope import may, must
from grids.models import Territory


class OneVillage(Ledger):
    """A ledger that is brought in village by village. `called`: what people call it; `brings`: the verb that whoever
    brings it in needs besides imports.run; `by`: who has it, as a sentence for whoever has not; `town_too`: the town
    may bring in what is its own and no village's."""

    called: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    by: ClassVar[str] = ""
    town_too: ClassVar[bool] = False

    def place_in(self, context: ImportContext) -> Any:
        """The village a file is about, the town for what is its own; None if neither was said."""
        place = context.territory
        return place and (place.village or (place if self.town_too else None))

    def check_sheet(self, sheet: Sheet, context: ImportContext) -> None:
        village = self.place_in(context)
        if village is None:
            raise BadWorkbook("no_village", f"{self.called}一个村一个村地导入，先说是哪个村。")
        must(context.actor, "imports.run", village)
        if not may(context.actor, self.brings, village):
            raise BadWorkbook("not_hers", self.by)
        self._names_it(sheet, village)

    def lock(self, context: ImportContext) -> None:
        """Two files of one village go in one after the other."""
        Territory.objects.select_for_update(no_key=True).get(pk=self.place_in(context).pk)

    def _names_it(self, sheet: Sheet, village: Any) -> None:
        said = "".join(f"{sheet.meta.get('unit', '')}{sheet.meta.get('title', '')}".split())
        others = Territory.objects.villages().in_use().exclude(pk=village.pk).values_list("name", flat=True)
        if village.name not in said and (named := next((name for name in others if name in said), "")):
            told = f"这份表是{named}的，选的是{village}。换一份表，或者改选{named}。"
            raise BadWorkbook("other_village", told)

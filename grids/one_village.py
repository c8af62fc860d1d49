"""A workbook of one village that comes in: which village it is, who brings it, and that it says so itself."""

from typing import Any, ClassVar

from core.ledger import BadWorkbook, ImportContext, Ledger
from core.ledger.reading import Sheet
from core.scope import may, must
from grids.models import Territory


class OneVillage(Ledger):
    """A ledger that is brought in village by village. `called`: what people call it; `brings`: the verb that whoever
    brings it in needs besides imports.run; `by`: who has it, as a sentence for whoever has not."""

    called: ClassVar[str] = ""
    brings: ClassVar[str] = ""
    by: ClassVar[str] = ""

    def check_sheet(self, sheet: Sheet, context: ImportContext) -> None:
        village = context.territory.village if context.territory else None
        if village is None:
            raise BadWorkbook("no_village", f"{self.called}一个村一个村地导入，先说是哪个村。")
        must(context.actor, "imports.run", village)
        if not may(context.actor, self.brings, village):
            raise BadWorkbook("not_hers", self.by)
        self._names_it(sheet, village)

    def lock(self, context: ImportContext) -> None:
        """Two files of one village go in one after the other."""
        Territory.objects.select_for_update(no_key=True).get(pk=context.territory.village.pk)

    def _names_it(self, sheet: Sheet, village: Any) -> None:
        said = "".join(f"{sheet.meta.get('unit', '')}{sheet.meta.get('title', '')}".split())
        others = Territory.objects.villages().in_use().exclude(pk=village.pk).values_list("name", flat=True)
        if village.name not in said and (named := next((name for name in others if name in said), "")):
            told = f"这份表是{named}的，选的是{village}。换一份表，或者改选{named}。"
            raise BadWorkbook("other_village", told)

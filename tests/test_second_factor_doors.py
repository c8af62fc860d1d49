"""The second factor stands before every door behind which something is done that needs it: computed from the table."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.second_factor import SENTENCE
from grids.duties import DUTIES, SECOND_FACTOR_VERBS
from tests.doors_table import DOORS
from tests.factor import client_of
from tests.people import make_town_of_two
from tests.test_doors import OWN, POSTS, Scene, ask, rows_of, with_more
from visits import services as visits


def asking() -> list[tuple[str, str, str]]:
    """(door, method, verb) of all that is written under such a verb, and of the forms before it.

    A page that only reads (the list of posts, a village's page) changes nothing and hands nothing out.
    """
    return [
        (name, method, verb)
        for name, door in DOORS.items()
        for method, verb in door.methods.items()
        if verb in SECOND_FACTOR_VERBS and door.methods.keys() != {"GET"}
    ]


def test_what_changes_the_tree_is_in_the_set_and_a_correction_is_not() -> None:
    assert {"grids.redraw", "posts.manage", "accounts.issue"} <= SECOND_FACTOR_VERBS
    assert not {"register.propose", "register.accept"} & SECOND_FACTOR_VERBS


@pytest.mark.slow
@pytest.mark.django_db
def test_every_door_of_such_a_verb_asks_and_lets_nobody_by() -> None:
    town = make_town_of_two()
    with_more(town)
    visits.ensure_owed()
    scene, wrong, walked = Scene(town, rows_of(town)), [], 0
    for name, method, verb in asking():
        part = next(p for p in ("secretary", "office", "discipline") if verb in DUTIES[POSTS[p][0]].verbs)  # type: ignore[index]
        client: Any = client_of(getattr(town, part), factor=False)
        door = DOORS[name]
        answer = ask(client, method, scene.address(name, door, OWN), door.body)
        walked += 1
        if answer.status_code == 403:  # the API, and what a script sends
            asked = SENTENCE in (answer.json().get("detail") or answer.json().get("said") or "")
        else:
            asked = answer.status_code == 302 and answer.url.startswith(reverse("accounts:second_factor"))
        if not asked:
            wrong.append(f"{method} {name} ({verb}): {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert walked >= 15

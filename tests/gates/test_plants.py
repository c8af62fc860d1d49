"""The faults that prove the gates still fit the code: who rewrites a planted place notices here, in a second."""

import pytest

from tests.gates.__main__ import GATES
from tests.gates.ground import ROOT
from tests.gates.plants import FOLDER, Plant, plants

ALL = plants(list(GATES))


@pytest.mark.parametrize("plant", ALL, ids=lambda plant: plant.path.stem)
def test_a_planted_fault_applies_to_the_code_as_it_is(plant: Plant) -> None:
    assert not plant.refused(ROOT), f"{plant.path.name}: write it anew for the code as it is now"
    assert plant.says, "the first line says what is wrong"


def test_every_gate_is_proved_and_no_plant_is_of_an_unknown_gate() -> None:
    assert {plant.gate for plant in ALL} == set(GATES)
    assert len(ALL) == len(list(FOLDER.iterdir()))


def test_a_plant_that_does_not_apply_is_told(tmp_path) -> None:
    assert ALL[0].refused(tmp_path)

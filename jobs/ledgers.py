"""The ledgers of employment, each in a file of its own; imported here so that they are registered."""

from jobs.exchange_ledgers import EmployersSheet, SeekersSheet, VacanciesSheet
from jobs.labour_ledger import LabourLedger
from jobs.match_ledger import MatchLedger
from jobs.training_ledger import TrainingLedger
from jobs.vacancy_ledger import VacancyLedger

__all__ = [
    "EmployersSheet",
    "LabourLedger",
    "MatchLedger",
    "SeekersSheet",
    "TrainingLedger",
    "VacanciesSheet",
    "VacancyLedger",
]

"""The doorbells of the ledger desk; the work itself is a row (Job or Package of ledgers.models)."""

from celery import shared_task

from ledgers import services


@shared_task(name="ledgers.tasks.run")
def run(job_id: int) -> None:
    services.run_job(job_id)


@shared_task(name="ledgers.tasks.sweep")
def sweep() -> None:
    services.sweep()


@shared_task(name="ledgers.tasks.tidy")
def tidy() -> None:
    services.tidy()


@shared_task(name="ledgers.tasks.pack")
def pack(package_id: int) -> None:
    services.run_package(package_id)


@shared_task(name="ledgers.tasks.month_end")
def month_end() -> None:
    """At 00:30 on the 1st, and again every ten minutes for what was missed or found the disk full."""
    services.sweep_packages()


@shared_task(name="ledgers.tasks.compare_months")
def compare_months() -> None:
    services.compare_months()

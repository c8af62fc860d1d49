"""The doorbells of the ledger desk; the work itself is a row (ledgers.models.Job)."""

from celery import shared_task

from ledgers import services


@shared_task(name="ledgers.tasks.run")
def run(job_id: int) -> None:
    services.run_job(job_id)


@shared_task(name="ledgers.tasks.sweep")
def sweep() -> None:
    services.sweep()

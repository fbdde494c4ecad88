"""What keeps the queue itself in order."""

from __future__ import annotations

import structlog
from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

# how often a job may take its worker down with it
ATTEMPTS = 5
KEPT_HOURS = 3 * 24
FAILED_KEPT_HOURS = 30 * 24

log = structlog.get_logger("task")


# No lock: one that was held by a worker's end would keep this from ever running again.
@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Put the jobs of workers that ended before them back into the queue; give up those that ended several."""
    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=settings.WORKER_STALLED_SECONDS):
        about = {"stalled_task": job.task_name, "stalled_job": job.id, "attempt": job.attempts + 1}
        if job.attempts + 1 < ATTEMPTS:
            await jobs.retry_job(job)
            log.warning("job_stalled", outcome="tried_again", **about)
        else:
            await jobs.finish_job(job, Status.FAILED, delete_job=False)
            log.error("job_stalled", outcome="failed", **about)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="remove_finished_jobs")
async def remove_finished_jobs(timestamp: int) -> None:
    """Remove jobs that succeeded some days ago, and, a month after, those that did not."""
    jobs = app.job_manager
    await jobs.delete_old_jobs(nb_hours=KEPT_HOURS)
    await jobs.delete_old_jobs(
        nb_hours=FAILED_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )

"""What `recueil` does, but a worker that died is missed after seconds, not after a minute: for tests that kill some."""

from datetime import timedelta

from webapp import cli, worker
from webapp.services import jobs

SILENCE = timedelta(seconds=5)


def main() -> None:
    """The command, impatient."""
    jobs.SILENCE, worker.BEAT_SECONDS = SILENCE, 1
    cli.main()


if __name__ == "__main__":
    main()

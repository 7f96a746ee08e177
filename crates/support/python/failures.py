"""Reports a run of which some may have failed, as `report_failures` of the crate `outcome` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import limits
from outcome import Run


def report(
    run: Run,
    expected: int,
    failed: Sequence[BaseException],
    *,
    metrics: Mapping[str, float] | None = None,
    series: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> None:
    """Reports `run`: of so many expected all are done but those that failed, each counted by what it says; and the limit that one
    of them names, if one does.
    """
    done = expected - len(failed)
    run.report(
        expected=expected,
        done=done,
        metrics=metrics,
        series=series,
        errors=Counter(str(failure) or type(failure).__name__ for failure in failed),
        refused=next(filter(None, (limits.by_error(failure, done) for failure in failed)), None),
    )


def of_pages(pages: Sequence[Any], asked: int) -> list[BaseException]:
    """What is wrong with those that are not the page that was asked for, with a body of so many bytes."""
    failed: list[BaseException] = []
    for page in pages:
        if isinstance(page, BaseException):
            failed.append(page)
        elif page.status != 200:
            failed.append(ValueError(f"status {page.status}"))
        elif page.bytes != asked:
            failed.append(ValueError(f"a body of {page.bytes} bytes"))
    return failed

"""What a request comes to: a page, or the error that kept it from being one."""

from __future__ import annotations

from typing import NamedTuple, Union

# How much is read at once; a longer body takes more turns.
BUFFER_BYTES = 4 * 1024


class Page(NamedTuple):
    """An answer that arrived whole, whatever its status; its body was read to the end and dropped."""

    status: int
    bytes: int


Outcome = Union[Page, BaseException]

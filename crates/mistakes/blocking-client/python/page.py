"""What a request comes to: a page, or the error that kept it from being one."""

from __future__ import annotations

from typing import NamedTuple, Union


class Page(NamedTuple):
    """An answer that arrived whole, whatever its status; its body was read to the end and dropped."""

    status: int
    bytes: int


Outcome = Union[Page, Exception]

"""A client event that cannot be done: the error's fields as OpenAI's `error` event carries them."""

from __future__ import annotations

from duologue.errors import BadInput


class Refused(BadInput):
    """With a code of its own, since clients tell by the code which errors to swallow."""

    def __init__(self, message: str, code: str = "invalid_value", param: str | None = None) -> None:
        super().__init__(message, param)
        self.code = code  # type: ignore[misc]  # of this one error, not of the class

"""Names for what the server makes: `resp_`, `call_` ... and 24 hexadecimal digits, at most 32 characters."""

from __future__ import annotations

import secrets

HEX_DIGITS = 24  # 96 random bits: nobody guesses the name of somebody else's response


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(HEX_DIGITS // 2)}"

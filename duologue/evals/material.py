"""What the network is tested with. The only file of the evaluations that knows how training material is made.

Seeds begin at FIRST_SEED, which training never reaches; voices, templates and styles are the held-out ones.
"""

from __future__ import annotations

from duologue.training.synthesize.spoken import answer_is_right
from duologue.training.synthesize.spoken import spoken as in_words

__all__ = ["answer_is_right", "in_words"]

FIRST_SEED = 1_000_000_000

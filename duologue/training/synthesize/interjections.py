"""What people say between and over sentences: backchannels, interruptions, hesitations."""

from numpy.random import Generator

BACKCHANNELS = (
    "Mm-hm.",
    "Uh-huh.",
    "Yeah.",
    "Right.",
    "Okay.",
    "I see.",
    "Sure.",
    "Yes.",
    "Oh.",
    "Good.",
    "Ah.",
    "Hm.",
)
INTERRUPTIONS = (
    "Stop.",
    "Wait.",
    "Hold on.",
    "Stop please.",
    "Wait a moment.",
    "No, stop.",
    "Stop talking.",
    "One moment please.",
    "Be quiet please.",
    "That is enough.",
    "Okay, stop.",
    "Enough, thank you.",
)
FILLERS = ("um", "uh", "er", "let me see", "well")


def hesitate(text: str, rng: Generator) -> tuple[str, str]:
    """Cut a sentence where its speaker might search for a word, perhaps after a filler."""
    words = text.split()
    if len(words) < 3:
        return FILLERS[rng.integers(len(FILLERS))].capitalize() + ",", text
    cut = int(rng.integers(max(1, len(words) // 3), len(words)))
    filler = [FILLERS[rng.integers(3)] + ","] if rng.random() < 0.4 else []
    return " ".join(words[:cut] + filler).rstrip(".?!"), " ".join(words[cut:])

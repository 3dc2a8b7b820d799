"""The one vocabulary: words, and the marks by which a conversation is written as positions. Torch-free."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from duologue.model.byte_pairs import BytePairs

LANGUAGES = ("en", "es", "fr", "de", "it", "other")
MANNERS = (
    "neutral",
    "happy",
    "excited",
    "sad",
    "angry",
    "calm",
    "urgent",
    "confused",
    "whisper",
    "sing",
    "robot",
    "slow",
    "fast",
)
SOUNDS = ("noise", "music", "bell", "dog", "clap", "laugh", "cough")
CONTROLS = ("pad", "end", "reply", "write", "draw", "call", "result", "typed", "instruct", "translate")
MARKS = tuple(f"<{name}>" for name in CONTROLS + LANGUAGES + MANNERS + SOUNDS)
PAD, END, REPLY, WRITE, DRAW, CALL, RESULT, TYPED, INSTRUCT, TRANSLATE = range(len(CONTROLS))

# What the network's turn head says of a frame.
NOBODY, USER, ASSISTANT, YIELD = range(4)
# What a position carries.
SOUND, QUIET, PATCH, DRAWN = range(4)


class Vocabulary:
    """Byte-level BPE (Sennrich et al. 2016; the byte alphabet of GPT-2) with the marks in front."""

    def __init__(self, stored: str) -> None:
        """`stored` is the content of a tokenizer.json."""
        self._stored = stored
        self._pairs = BytePairs.from_json(stored)
        self.size = self._pairs.size

    @classmethod
    def load(cls, path: Path) -> Self:
        return cls(path.read_text(encoding="utf-8"))

    @classmethod
    def train(cls, texts: Iterable[str], size: int = 2048) -> Self:
        """Learn `size` tokens from texts. Digits stay single, so that numbers are read digit by digit."""
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # of the extra [train]

        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(MARKS),
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer.to_str(pretty=True))

    def save(self, path: Path) -> None:
        path.write_text(self._stored, encoding="utf-8")

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text; a mark written in it, such as "<end>", is read as plain characters.

        Lone surrogates, which UTF-8 cannot write, become question marks.
        """
        return self._pairs.encode(text.encode("utf-8", "replace").decode("utf-8"))

    def decode(self, tokens: Iterable[int]) -> str:
        """Return the text of tokens; marks are left out, broken UTF-8 becomes U+FFFD."""
        return self._pairs.decode([token for token in tokens if token >= len(MARKS)])

    def spelled(self, token: int) -> bytes:
        """Return the bytes of a token, which may be a part of a character; those of a mark are none."""
        return b"" if token < len(MARKS) else self._pairs.spelled(token)

    def id(self, mark: str) -> int:
        """Return the id of a mark such as "<en>". Raises ValueError when there is none of that name."""
        return MARKS.index(mark)

    def name(self, token: int) -> str:
        """Return "en" for the id of "<en>", and "" for a token that is no mark."""
        return MARKS[token][1:-1] if token < len(MARKS) else ""

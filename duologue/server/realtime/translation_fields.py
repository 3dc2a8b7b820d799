"""The session object of OpenAI's Realtime Translation: what may be in it, its defaults, and PATCH."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from duologue.errors import BadInput
from duologue.server.faults import explain
from duologue.server.realtime.fields import Json

DEFAULT_LANGUAGE = "en"


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Transcription(_Fields):
    model: str
    language: str | None = None


class NoiseReduction(_Fields):
    type: Literal["near_field", "far_field"]


class Input(_Fields):
    transcription: Transcription | None = None
    noise_reduction: NoiseReduction | None = None


class Output(_Fields):
    language: str | None = None


class Audio(_Fields):
    input: Input = Input()
    output: Output = Output()


class Wish(_Fields):
    """What a client may change."""

    audio: Audio = Audio()


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a session is now. `language` as the client wrote it: "es", "es-MX"."""

    language: str = DEFAULT_LANGUAGE
    transcription: Json | None = None
    noise_reduction: Json | None = None

    @property
    def target(self) -> str:
        return _primary(self.language)

    def patched(self, wish: object, languages: Sequence[str]) -> Configuration:
        """What is absent stays as it is; null switches off. Raises BadInput naming the field."""
        try:
            audio = Wish.model_validate(wish).audio
        except ValidationError as error:
            first = error.errors()[0]
            raise explain([{**first, "loc": ("session", *first["loc"])}]) from None
        changed = self
        if "transcription" in audio.input.model_fields_set:
            changed = replace(changed, transcription=_echo(audio.input.transcription))
        if "noise_reduction" in audio.input.model_fields_set:
            changed = replace(changed, noise_reduction=_echo(audio.input.noise_reduction))
        if audio.output.language is not None:
            _check_language(audio.output.language, languages)
            changed = replace(changed, language=audio.output.language)
        return changed

    def shown(self, session_id: str, model: str, expires_at: int) -> Json:
        """The session object of the wire."""
        return {
            "id": session_id,
            "type": "translation",
            "expires_at": expires_at,
            "model": model,
            "audio": {
                "input": {"transcription": self.transcription, "noise_reduction": self.noise_reduction},
                "output": {"language": self.language},
            },
        }


def _echo(fields: BaseModel | None) -> Json | None:
    return None if fields is None else fields.model_dump(exclude_none=True)


def _check_language(language: str, languages: Sequence[str]) -> None:
    if _primary(language) not in languages:
        known = ", ".join(languages)
        raise BadInput(
            f"cannot translate into {language[:40]!r}; choose one of {known}", "session.audio.output.language"
        )


def _primary(language: str) -> str:
    """es-MX is es here."""
    return language.replace("_", "-").partition("-")[0].lower()

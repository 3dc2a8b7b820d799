"""All settings, read once in the CLI and passed down by value. Nothing else reads the environment.

A flag wins over a DUOLOGUE_ variable, that over ~/.config/duologue/config.toml, that over the default here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from duologue.errors import BadSettings


def config_file() -> Path:
    return Path.home() / ".config" / "duologue" / "config.toml"


def _data_dir() -> Path:
    return Path.home() / ".local" / "share" / "duologue"


class Settings(BaseSettings):
    """One value object; every field carries its sentence."""

    model_config = SettingsConfigDict(
        env_prefix="DUOLOGUE_", env_ignore_empty=True, extra="forbid", frozen=True, protected_namespaces=()
    )

    model: str = Field(default="omni-nano", description="Model that answers; see `duologue models`.")
    model_dir: Path | None = Field(default=None, description="Folder of a model's files, in place of a name.")
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="Where the network runs.")
    threads: int = Field(default=0, ge=0, le=256, description="Threads of the network; 0 takes every core.")
    max_sessions: int = Field(default=64, ge=1, description="Conversations held at once, at most.")
    voice: str | None = Field(default=None, description="Voice of the assistant; else the model's first.")
    temperature: float = Field(default=0.0, ge=0.0, le=2.0, description="Freedom in its words; 0 has none.")
    sound_temperature: float = Field(default=0.0, ge=0.0, le=2.0, description="Freedom in its voice.")
    seed: int = Field(default=0, ge=0, description="The same seed and input give the same answer.")
    data_dir: Path = Field(default_factory=_data_dir, description="Folder for added models and memories.")
    max_reply_s: float = Field(default=60.0, gt=0, description="Longest reply, in seconds of speech.")
    max_audio_s: float = Field(default=600.0, gt=0, description="Longest sound taken, in seconds.")
    max_image_pixels: int = Field(default=50_000_000, ge=1, description="Largest image taken, in pixels.")
    max_text_chars: int = Field(default=20_000, ge=1, description="Longest text taken, in characters.")

    host: str = Field(default="127.0.0.1", description="Address that the server listens at.")
    port: int = Field(default=4004, ge=0, le=65535, description="Port that the server listens at.")
    api_key: str | None = Field(default=None, description="Key for callers from other machines.", repr=False)
    cors_origins: tuple[str, ...] = Field(default=(), description="Pages of other sites that may call.")
    max_body_mb: int = Field(default=64, ge=1, description="Largest request body taken, in MiB.")
    requests_per_minute: int = Field(default=600, ge=1, description="Requests a caller may make in a minute.")
    tokens_per_minute: int = Field(default=400_000, ge=1, description="Tokens a caller may use in a minute.")

    @property
    def model_name(self) -> str:
        return self.model if self.model_dir is None else self.model_dir.name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())


def load(**flags: object) -> Settings:
    """Read the settings; a flag that is None was not given. Raises BadSettings with the first wrong value."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadSettings(
            f"setting {name} = {first['input']!r}: {first['msg'].lower()}; "
            f"look at the flags, DUOLOGUE_{name.upper()} and {config_file()}"
        ) from None
    except (ValueError, OSError) as error:  # config.toml is no TOML, or may not be read
        raise BadSettings(f"cannot read {config_file()} ({error}); correct it or move it away") from None

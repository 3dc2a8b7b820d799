"""What the network learns from: one function for each kind of example, all drawn by a seed.

`make(seed)` gives the records of a shard; `Recipe` says how often each kind comes. Speech is synthesised
here, so this is the slow part of making the network: it runs in as many processes as there are cores.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng

from duologue.model.mel import COLUMNS, FRAME_SAMPLES, log_mel
from duologue.model.tokens import INSTRUCT, RESULT, SOUNDS, TRANSLATE, TYPED, Vocabulary
from duologue.training.positions import Own, Track, Words, Writer, pack_mel
from duologue.training.shards import Record, Shards
from duologue.training.speech import SpeechShards
from duologue.training.synthesize import effects
from duologue.training.synthesize.dialogue import Turn, dialogue
from duologue.training.synthesize.drawings import drawing
from duologue.training.synthesize.duplex import Heard, Sound, Timeline
from duologue.training.synthesize.instructions import instructions
from duologue.training.synthesize.interjections import BACKCHANNELS, INTERRUPTIONS, hesitate
from duologue.training.synthesize.pictures import picture_question
from duologue.training.synthesize.side_talk import SIDE_TALK
from duologue.training.synthesize.tools import CALL
from duologue.training.synthesize.tools import tools as some_tools
from duologue.training.synthesize.translations import translation
from duologue.training.synthesize.voices import speak, voices

OWN_VOICES = {"slt": "flite-slt", "rms": "flite-rms", "kal": "flite-kal16"}  # network's name: synthesiser's
RECORDED_VOICE = "kathleen"  # an own voice that only recordings have
VOICES = (*OWN_VOICES, RECORDED_VOICE)
FAST_USERS = 0.88  # the part of user speech from synthesisers that are much faster than real time
INSTRUCTED = 0.3  # the part of conversations before which a program has told the assistant something
FIRST_VOICE = 0.7  # the part of replies in the first voice


@dataclass(frozen=True, slots=True)
class Recipe:
    """The mixture: weights by kind of example, and where the words come from."""

    vocabulary: Path
    sentences: Path  # text file, a sentence a line: what is read aloud and dictated
    recordings: Path | None = None  # folder of shard folders of real speech, one a set
    weights: tuple[tuple[str, float], ...] = (
        ("live", 0.29),
        ("long", 0.02),
        ("silence", 0.02),
        ("dictation", 0.23),
        ("tools", 0.05),
        ("translated", 0.04),
        ("typed", 0.13),
        ("aloud", 0.10),
        ("seen", 0.19),
        ("drawn", 0.04),
        ("recorded", 0.07),
        ("own_recorded", 0.02),
    )
    per_seed: int = 16


def make(recipe: Recipe, seed: int) -> list[Record]:
    """The records of one seed. A function of a module, so that `write_parallel` can send it to processes."""
    maker = _maker(recipe)
    return [to_record(track) for track in maker.tracks(seed, recipe.per_seed)]


@lru_cache(maxsize=1)
def _maker(recipe: Recipe) -> "Maker":
    return Maker(recipe)


class Maker:
    """Holds what every example needs: vocabulary, sentences, and the own speech made so far."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._vocabulary = Vocabulary.load(recipe.vocabulary)
        self._sentences = recipe.sentences.read_text().splitlines()
        self._kinds: dict[str, Callable[[Generator], Track]] = {
            "live": self.live,
            "long": self.long,
            "silence": self.silence,
            "dictation": self.dictation,
            "typed": self.typed,
            "aloud": self.aloud,
            "seen": self.seen,
            "drawn": self.drawn,
            "tools": self.tools,
            "translated": self.translated,
        }
        sets = (
            {path.name: SpeechShards(Shards(path)) for path in sorted(recipe.recordings.iterdir())}
            if recipe.recordings
            else {}
        )
        self._recorded = list(sets.values())
        if sets:
            self._kinds["recorded"] = self.recorded
        if "kathleen_en" in sets:
            self._own_recorded = sets["kathleen_en"]
            self._kinds["own_recorded"] = self.own_recorded

    def tracks(self, seed: int, count: int) -> Iterator[Track]:
        names = [name for name, _ in self._recipe.weights if name in self._kinds]
        share = np.array([weight for name, weight in self._recipe.weights if name in self._kinds])
        for at in range(count):
            rng = default_rng((seed, at))
            yield self._kinds[names[rng.choice(len(names), p=share / share.sum())]](rng)

    def live(self, rng: Generator) -> Track:
        """A spoken conversation with everything that happens in one."""
        talk = dialogue(rng)
        line = Timeline(rng, self._vocabulary)
        who, voice = user_voice(rng), own_voice(rng)
        line.wait(int(rng.integers(1, 8)))
        turns = list(talk.turns)
        while turns:
            asked, answer = turns.pop(0), turns.pop(0)
            line.listen(
                hesitating(rng, asked, who)
                if rng.random() < 0.25
                else spoken(asked.text, who, asked.manner, rng)
            )
            reply, sound = own(answer.text, voice, answer.manner or "neutral")
            line.reply(reply, sound, late=0 if rng.random() < 0.6 else int(rng.integers(1, 9)))
            self._meanwhile(rng, line, who)
            line.wait(int(rng.integers(2, 12)))
            if rng.random() < 0.06:
                self._aside(rng, line)
        sound = line.channel(echo=10 ** (rng.uniform(-40, -15) / 20) if rng.random() < 0.3 else 0.0)
        told = instructions(rng) if rng.random() < INSTRUCTED else ""
        return line.track(microphone(sound, rng), voice_index(voice), "live", told)

    def long(self, rng: Generator) -> Track:
        """Somebody tells a lot, without a longer pause, before the question: up to about 30 s."""
        line = Timeline(rng, self._vocabulary)
        who, voice = user_voice(rng), own_voice(rng)
        asked, answer = dialogue(rng).turns[:2]
        told = [spoken(self._sentence(rng), who, asked.manner, rng) for _ in range(int(rng.integers(2, 10)))]
        line.wait(int(rng.integers(1, 8)))
        line.listen(_joined(rng, [*told, spoken(asked.text, who, asked.manner, rng)], (0.02, 0.35)))
        line.reply(*own(answer.text, voice, answer.manner or "neutral"))
        line.wait(int(rng.integers(2, 8)))
        return line.track(microphone(line.channel(), rng), voice_index(voice), "long")

    def _meanwhile(self, rng: Generator, line: Timeline, who: str) -> None:
        """What the user does while the assistant speaks: mostly nothing."""
        reply = line.replies[-1]
        room = reply.last - reply.begin
        chance = rng.random()
        if chance < 0.12 and room > 8:
            words = BACKCHANNELS[rng.integers(len(BACKCHANNELS))]
            line.murmur(spoken(words, who, None, rng), reply.begin + int(rng.integers(2, room - 3)))
        elif chance < 0.24 and room > 10:
            at = reply.begin + int(rng.integers(3, room - 6))
            if rng.random() < 0.5:
                line.interrupt(spoken(INTERRUPTIONS[rng.integers(len(INTERRUPTIONS))], who, None, rng), at)
                return
            asked, answer = dialogue(rng).turns[:2]
            line.interrupt(spoken(asked.text, who, asked.manner, rng), at)
            voice = next(name for name in OWN_VOICES if voice_index(name) == reply.own.voice)
            line.reply(*own(answer.text, voice, answer.manner or "neutral"), late=int(rng.integers(0, 3)))
        elif chance < 0.32:
            kind = SOUNDS[rng.integers(len(SOUNDS))]
            line.noise(effects.sound_event(kind, rng), reply.begin + int(rng.integers(0, room)), kind)

    def silence(self, rng: Generator) -> Track:
        """Nobody talks to the assistant for a long while; things happen, and are not for it."""
        line = Timeline(rng, self._vocabulary)
        while line.now < 150:
            line.wait(int(rng.integers(20, 90)))
            if rng.random() < 0.3:
                self._aside(rng, line)
            elif rng.random() < 0.5:
                kind = SOUNDS[rng.integers(len(SOUNDS))]
                line.noise(effects.sound_event(kind, rng), line.now, kind)
                line.wait(20)
        floor = effects.coloured_noise(line.now * FRAME_SAMPLES, rng, slope=rng.uniform(-7, 0))
        floor = effects.gain(floor, rng.uniform(-80, -40) - effects.level(floor))  # dB of full scale
        return line.track(line.channel() + floor, voice_index(own_voice(rng)), "silence")

    def _aside(self, rng: Generator, line: Timeline) -> None:
        """Two others talk to each other, further away: nothing to answer or to write down."""
        for words in SIDE_TALK[rng.integers(len(SIDE_TALK))]:
            samples = speak(words, user_voice(rng)).samples
            line.noise(effects.gain(effects.room(samples, rng), rng.uniform(-24, -14)), line.now)
            line.wait(len(samples) // FRAME_SAMPLES + int(rng.integers(2, 8)))

    def dictation(self, rng: Generator) -> Track:
        """Somebody says any sentence; only what is heard is learned."""
        line = Timeline(rng, self._vocabulary)
        line.wait(int(rng.integers(1, 8)))
        talk = dialogue(rng).turns[0]
        text, manner = (talk.text, talk.manner) if rng.random() < 0.4 else (self._sentence(rng), None)
        line.listen(spoken(text, user_voice(rng), manner, rng), answered=False)
        line.wait(10)
        return line.track(microphone(line.channel(), rng), 0, "dictation")

    def recorded(self, rng: Generator) -> Track:
        """The same from real speech."""
        some = self._recorded[rng.integers(len(self._recorded))]
        speech = some[int(rng.integers(len(some)))]
        line = Timeline(rng, self._vocabulary)
        line.wait(int(rng.integers(1, 6)))
        words = [(text.lower(), start, end) for text, start, end in speech.words]
        line.listen(Heard(speech.samples, words, (speech.language, speech.manner)), answered=False)
        line.wait(8)
        return line.track(microphone(line.channel(), rng), 0, "recorded")

    def own_recorded(self, rng: Generator) -> Track:
        """A recorded sentence in the voice that only recordings have."""
        speech = self._own_recorded[int(rng.integers(len(self._own_recorded)))]
        reply, _ = as_own(speech.samples, speech.text, speech.words, RECORDED_VOICE, "neutral")
        writer = Writer(self._vocabulary, reply.voice)
        writer.speak(reply)
        writer.finish()
        return writer.track("own_recorded")

    def _sentence(self, rng: Generator) -> str:
        return self._sentences[rng.integers(len(self._sentences))]

    def typed(self, rng: Generator) -> Track:
        """A typed conversation, answered in writing or aloud."""
        voice, writer = self._writer(rng)
        turns = list(dialogue(rng).turns)
        aloud = rng.random() < 0.4
        if rng.random() < INSTRUCTED:
            writer.read(INSTRUCT, instructions(rng))
        while turns:
            asked, answer = turns.pop(0), turns.pop(0)
            writer.read(TYPED, retyped(asked.text, rng))
            _answer(writer, answer, voice, aloud)
        return writer.track("typed")

    def aloud(self, rng: Generator) -> Track:
        """Any sentence in an own voice: how words sound, and when the next one is due."""
        voice, writer = self._writer(rng)
        manner = MANNERS_OWN[rng.integers(len(MANNERS_OWN))] if rng.random() < 0.25 else "neutral"
        writer.speak(own(self._sentence(rng), voice, manner)[0])
        writer.finish()
        return writer.track("aloud")

    def seen(self, rng: Generator) -> Track:
        """A picture and a question about it, typed or spoken, answered aloud or in writing."""
        asked = picture_question(rng)
        voice, writer = self._writer(rng)
        writer.see(asked.image)
        self._ask(rng, writer, asked.question, typed=rng.random() < 0.5)
        aloud = rng.random() < 0.5 and len(asked.answer) < 60
        _answer(writer, Turn("assistant", asked.answer), voice, aloud)
        return writer.track("seen")

    def drawn(self, rng: Generator) -> Track:
        """A request for a picture, typed or spoken, and the picture."""
        wanted = drawing(rng)
        writer = Writer(self._vocabulary)
        self._ask(rng, writer, wanted.prompt, typed=rng.random() < 0.6)
        chance = rng.random()  # told to draw, as the command does; or it finds by itself that it should
        writer.draw(wanted.image, decides=chance < 0.6, aloud=chance < 0.3)
        return writer.track("drawn")

    def _writer(self, rng: Generator) -> tuple[str, Writer]:
        """An own voice, and a writer that has it."""
        voice = own_voice(rng)
        return voice, Writer(self._vocabulary, voice_index(voice))

    def _ask(self, rng: Generator, writer: Writer, text: str, typed: bool, language: str = "en") -> None:
        """A request, typed or spoken, up to where an answer is due."""
        if typed:
            writer.read(TYPED, retyped(text, rng))
            return
        line = Timeline(rng, self._vocabulary)
        line.wait(int(rng.integers(0, 4)))
        line.listen(spoken(text, user_voice(rng, language=language), None, rng))
        line.expect()
        asked = line.track(microphone(line.channel(), rng), 0, "")
        for frame, heard, turn in zip(asked.mel, asked.heard_target, asked.turn_target, strict=True):
            writer.frame(frame, int(heard), int(turn))

    def tools(self, rng: Generator) -> Track:
        """A request that is met by calling a function, typed or spoken, and what follows."""
        talk = some_tools(rng)
        voice, writer = self._writer(rng)
        typed, aloud = rng.random() < 0.6, rng.random() < 0.5
        before = instructions(rng) + " " if rng.random() < 0.5 else ""
        writer.read(INSTRUCT, before + talk.instructions)
        for turn in talk.turns:
            if turn.role == "tool":
                writer.read(RESULT, turn.text)
            elif turn.role == "user":
                self._ask(rng, writer, turn.text, typed)
            elif turn.text.startswith(CALL):
                writer.call(turn.text.removeprefix(CALL), aloud)
            else:
                _answer(writer, turn, voice, aloud)
        return writer.track("tools")

    def translated(self, rng: Generator) -> Track:
        """A sentence in one language, typed or spoken, and its translation; English is said aloud too."""
        pair = translation(rng)
        voice, writer = self._writer(rng)
        self._ask(rng, writer, pair.text, typed=rng.random() < 0.5, language=pair.source)
        language = self._vocabulary.id(f"<{pair.target}>")
        if pair.target == "en" and rng.random() < 0.5:
            writer.speak(own(pair.translated, voice, "neutral")[0], (TRANSLATE, language))
            writer.finish()
        else:
            writer.write(pair.translated, TRANSLATE, (language,))
        return writer.track("translated")


def _answer(writer: Writer, turn: Turn, voice: str, aloud: bool) -> None:
    """What the assistant says in its turn, without a clock."""
    if aloud:
        writer.speak(own(turn.text, voice, turn.manner or "neutral")[0])
        writer.finish()
    else:
        writer.write(turn.text)


MANNERS_OWN = ("happy", "excited", "sad", "calm", "whisper", "slow", "fast", "robot")


def user_voice(rng: Generator, split: str = "train", language: str = "en") -> str:
    every = voices(language, split)  # type: ignore[arg-type]
    fast = [name for name in every if name.startswith("espeak")]
    slow = [name for name in every if not name.startswith("espeak")]
    some = fast if rng.random() < FAST_USERS or not slow else slow
    return some[rng.integers(len(some))]


def own_voice(rng: Generator) -> str:
    names = list(OWN_VOICES)
    return names[0] if rng.random() < FIRST_VOICE else names[1 + int(rng.integers(len(names) - 1))]


def voice_index(name: str) -> int:
    return VOICES.index(name)


def spoken(text: str, voice: str, manner: str | None, rng: Generator) -> Heard:
    """An utterance of the user in a body of its own, with the words as the transcript writes them.

    Lower case: how a word is written in the heard stream does not depend on where it stands.
    """
    said = speak(text, voice, manner=manner or "neutral")
    samples, factor = said.samples, 1.0
    if rng.random() < 0.5:
        factor = float(np.exp(rng.uniform(-0.12, 0.12)))
        samples = effects.speed(samples, factor)
    elif rng.random() < 0.5:
        samples = effects.vocal_tract(samples, float(np.exp(rng.uniform(-0.12, 0.12))))
    words = [(word.text.lower(), word.start / factor, word.end / factor) for word in said.words]
    return Heard(samples, words, (said.language.split("-")[0], said.manner))


def microphone(sound: Sound, rng: Generator) -> Sound:
    """The user's whole channel as it arrives: a room, a microphone, a level, noise behind everything."""
    if rng.random() < 0.3:
        sound = effects.room(sound, rng)
    if rng.random() < 0.2:
        sound = (
            effects.telephone(sound)
            if rng.random() < 0.4
            else effects.dull(sound, float(rng.integers(25, 75)) * 100)
        )
    if rng.random() < 0.7:
        noise = effects.coloured_noise(len(sound), rng, slope=rng.uniform(-7, 0))
        sound = effects.add_at_snr(sound, noise, rng.uniform(5, 35), rng)
    if rng.random() < 0.1:
        sound = effects.hum(sound, rng, rng.uniform(20, 40))
    return effects.gain(sound, rng.uniform(-12, 6))


def hesitating(rng: Generator, asked: Turn, voice: str) -> Heard:
    """The same question with a pause in its middle, perhaps with a filler."""
    pieces = [spoken(piece, voice, asked.manner, rng) for piece in hesitate(asked.text, rng)]
    return _joined(rng, pieces, (0.3, 1.4))


def _joined(rng: Generator, pieces: list[Heard], pauses: tuple[float, float]) -> Heard:
    """Pieces of one turn, with silences of so many seconds between them."""
    samples: list[Sound] = []
    words: list[tuple[str, float, float]] = []
    at = 0
    for piece in pieces:
        words += [(text, start + at / 16_000, end + at / 16_000) for text, start, end in piece.words]
        pause = np.zeros(int(rng.uniform(*pauses) * 16_000), np.float32)
        samples += [piece.samples, pause]
        at += len(piece.samples) + len(pause)
    return Heard(np.concatenate(samples[:-1]), words, pieces[0].tags)


@lru_cache(maxsize=30_000)
def own(text: str, voice: str, manner: str) -> tuple[Own, Sound]:
    """The assistant's own speech; the same words in the same voice are made once in a process."""
    said = speak(text, OWN_VOICES[voice], manner=manner)
    words = [(word.text, word.start, word.end) for word in said.words]
    return as_own(said.samples, text, words, voice, manner)


def as_own(samples: Sound, text: str, words: Words, voice: str, manner: str) -> tuple[Own, Sound]:
    """Whole frames of own speech, with the text's punctuation, which word times do not carry."""
    frames = -(-len(samples) // FRAME_SAMPLES)
    sound = np.zeros(frames * FRAME_SAMPLES, np.float32)
    sound[: len(samples)] = samples
    written = text.split()
    if len(written) == len(words):
        words = [(mark, start, end) for mark, (_, start, end) in zip(written, words, strict=True)]
    return Own(pack_mel(log_mel(sound)).reshape(-1, COLUMNS, 80), words, voice_index(voice), manner), sound


def retyped(text: str, rng: Generator) -> str:
    """People type carelessly: without capitals, without a full stop."""
    if rng.random() < 0.4:
        text = text.lower()
    return text.rstrip(".?!") if rng.random() < 0.4 else text


def to_record(track: Track) -> Record:
    return asdict(track)


def from_record(record: Record) -> Track:
    return Track(**{field.name: record[field.name] for field in fields(Track)})

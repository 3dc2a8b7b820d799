"""LocalMind: one conversation with the embedded network, written as positions (docs/positions.md).

What the network should take in next is a `Trace`; one is kept for each position, so that going back to a
position is taking its trace again. Randomness is drawn from (seed, position) for the same reason.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from duologue.backends.contract import (
    Call,
    Facts,
    Instructions,
    MindOptions,
    Part,
    Picture,
    Piece,
    Pixels,
    ReplyOptions,
    Samples,
    Sound,
    Text,
    ToolResult,
    Turn,
    Usage,
)
from duologue.backends.local.calls import call_text, told, tool_call
from duologue.backends.local.forms import Grammars
from duologue.backends.local.reply import LONGEST_CALL, Reply, characters, choose_in_form, sample
from duologue.backends.local.runner import Floats, Integers, Positions
from duologue.backends.local.scheduler import STRETCH, Result, Scheduler
from duologue.backends.local.sequence import Pool
from duologue.errors import BadInput, BadText
from duologue.model import mel, patches
from duologue.model.config import OmniConfig
from duologue.model.tokens import (
    CALL,
    DRAW,
    DRAWN,
    END,
    INSTRUCT,
    LANGUAGES,
    MANNERS,
    MARKS,
    PAD,
    PATCH,
    QUIET,
    RESULT,
    SOUND,
    SOUNDS,
    TYPED,
    WRITE,
    Vocabulary,
)

_TAGS = {*LANGUAGES, *MANNERS, *SOUNDS}
_READ_AS = {"user": TYPED, "system": INSTRUCT}


Lived = tuple[int, int, int]  # tokens of text, frames of sound and patches since the beginning


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What the conversation so far leaves for the next position. Its arrays are never written to."""

    codes: Integers  # (G,): own sound of the position before
    past: Floats  # (240,): the newest samples heard, for the next mel column
    columns: Floats  # (14, 80): the newest mel columns
    voice: int
    text: int = PAD  # own word that the position before gave
    heard: int = PAD  # word of the user that the frame before gave
    held: tuple[int, ...] = ()  # heard tokens of a character that is not complete
    in_reply: bool = False
    lived: Lived = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Network:
    """What all minds of a backend share."""

    config: OmniConfig
    vocabulary: Vocabulary
    scheduler: Scheduler
    pool: Pool
    vocoder_state: int
    grammars: Grammars


class LocalMind:
    """See contract.Mind."""

    def __init__(self, network: Network, options: MindOptions) -> None:
        """Raises Busy; BadInput for an unknown voice; BadText for instructions that are too long."""
        self._config = config = network.config
        self._vocabulary = network.vocabulary
        self._scheduler = network.scheduler
        self._grammars = network.grammars
        self._silence = np.zeros(network.vocoder_state, np.float32)
        self._no_codes: Integers = np.full(config.code_groups, config.code_size)
        self._seed = options.seed
        self._instructions = self._instructing(Instructions(options.instructions, options.tools))
        self._begin = 0  # the position after the instructions, which are never forgotten
        self._reply: Reply | None = None
        start = self._start(self._voice_index(options.voice))
        # The last one is of the position to come.
        self._traces: deque[Trace] = deque([start], maxlen=config.cache_slots + 1)
        self._sequence = network.pool.take()  # last, so that a mistake above keeps no row

    @property
    def position(self) -> int:
        return self._sequence.position

    @property
    def oldest(self) -> int:
        return max(self._begin, self._sequence.oldest)

    def rewind(self, to: int) -> None:
        assert self.oldest <= to <= self.position, f"{to=} is not between {self.oldest=} and {self.position=}"
        self._go_back(to)

    @property
    def held(self) -> Usage:
        reach = min(len(self._traces), self._config.window + 1)
        now, before = self._traces[-1].lived, self._traces[-reach].lived
        text, audio, image = (new - old for new, old in zip(now, before, strict=True))
        return Usage(text_in=text + max(0, len(self._instructions) - 2), audio_in=audio, image_in=image)

    def restart(self, instructions: Instructions) -> None:
        self._instructions = self._instructing(instructions)
        self._begin = 0
        self._reply = None
        start = self._start(self._traces[-1].voice)
        self._traces.clear()
        self._traces.append(start)
        self._sequence.restart()

    def close(self) -> None:
        self._reply = None
        self._sequence.close()

    async def feed(self, part: Part) -> Facts:
        before = self.position
        try:
            await self._read_instructions()
            match part:
                case Sound(samples, live):
                    return await self._hear(samples, live)
                case Text(text, "assistant"):
                    await self._read_own(text)
                case Text(text, role):
                    await self._read([_READ_AS[role], *self._encode(text), END])
                case Call(call):
                    await self._write_own([WRITE, CALL, *self._encode(call_text(call))])
                case Instructions():
                    if instructions := self._instructing(part):
                        await self._read(instructions)
                case ToolResult(_, text):
                    await self._read([RESULT, *(self._encode(text) if text else []), END])
                case Picture(pixels):
                    await self._see(pixels)
        except asyncio.CancelledError:
            if self._sequence.is_open and self.position != before:  # else a reply under way may go on
                self._go_back(max(before, self._sequence.oldest))
            raise
        return Facts()

    async def reply(self, options: ReplyOptions) -> AsyncGenerator[Piece, None]:
        self._go_back(self.position)  # ends the reply under way, if there is one
        voice = self._traces[-1].voice if options.voice is None else self._voice_index(options.voice)
        begin = partial(Reply.begin, options, voice, self._vocabulary, self._silence, self._grammars)
        # A large schema takes its time: others go on meanwhile.
        reply = await asyncio.to_thread(begin) if options.tools or options.schema else begin()
        goes_on = False
        try:
            await self._read_instructions()
            self._reply = reply
            if options.draw:
                yield await self._draw(reply)
            while not reply.done and not goes_on:
                piece = (await self._advance(reply, self._quiet()))[1]
                goes_on = options.live and piece.sound is not None and not piece.done
                yield piece
        finally:
            if self._reply is reply and not goes_on and self._sequence.is_open:
                self._go_back(self.position)

    # Taking in

    async def _read_instructions(self) -> None:
        if self._instructions:
            await self._read(self._instructions)
            self._instructions, self._begin = [], self.position

    async def _hear(self, samples: Samples, live: bool) -> Facts:
        assert samples.shape == (mel.FRAME_SAMPLES,), f"{samples.shape=} is not a frame"
        trace = self._traces[-1]
        inputs = self._quiet(SOUND)
        heard = np.concatenate([trace.past, samples], dtype=np.float32)
        columns = np.concatenate([trace.columns, mel.columns(heard)])
        inputs.mel[0], inputs.heard[0] = columns, trace.heard
        if self._reply is None:
            inputs.text[0], inputs.codes[0] = trace.text, trace.codes
            result, piece = await self._step(inputs, live=live), None
            self._remember(inputs, replace(trace, text=PAD, codes=self._no_codes))
        else:
            result, piece = await self._advance(self._reply, inputs)
        token = int(np.argmax(result.heard_logits))
        held, text = characters(self._vocabulary, trace.held, token)
        self._traces[-1] = replace(
            self._traces[-1], heard=token, held=held, past=heard[-mel.PAST :], columns=columns[-mel.CONTEXT :]
        )
        name = self._vocabulary.name(token)
        tags = (name,) if name in _TAGS else ()
        return Facts(_softmax(result.turn_logits), text, tags, heard_all=token == END, piece=piece)

    async def _read(self, tokens: list[int]) -> None:
        """Typed words enter as if they were heard."""
        inputs = Positions.quiet(self._config, len(tokens))
        inputs.heard[:] = tokens
        await self._take_in(inputs)

    async def _read_own(self, text: str) -> None:
        """What the assistant said in an old turn, as if it had just written it."""
        await self._write_own([WRITE, *self._encode(text)])

    async def _write_own(self, tokens: list[int]) -> None:
        inputs = Positions.quiet(self._config, len(tokens))
        inputs.text[:] = tokens
        await self._take_in(inputs)
        self._traces[-1] = replace(self._traces[-1], text=END)

    async def _see(self, pixels: Pixels) -> None:
        values, places = patches.patches(pixels)
        inputs = Positions.quiet(self._config, len(values))
        inputs.kind[:] = PATCH
        inputs.patch[:], inputs.place[:] = values, places
        await self._take_in(inputs)

    async def _take_in(self, inputs: Positions) -> None:
        """Run positions whose outputs nobody reads. A reply under way waits, and goes on behind them."""
        trace = after = self._traces[-1]
        inputs.voice[:] = trace.voice
        if self._reply is None:
            inputs.codes[0] = trace.codes
            inputs.text[0] = trace.text if inputs.text[0] == PAD else inputs.text[0]
            after = replace(trace, text=PAD, codes=self._no_codes)
        for start in range(0, inputs.count, STRETCH):
            part = inputs.slice(start, min(start + STRETCH, inputs.count))
            await self._step(part)
            self._remember(part, after)

    # Giving out

    async def _advance(self, reply: Reply, inputs: Positions) -> tuple[Result, Piece]:
        """One position of a reply: a quiet one, or a frame of the user's sound that it goes on in."""
        trace, options = self._traces[-1], reply.options
        rng = np.random.default_rng((self._seed if options.seed is None else options.seed, self.position))
        inputs.text[0] = trace.text if reply.opening is None else reply.opening
        inputs.codes[0], inputs.voice[0] = trace.codes, reply.voice
        speaks = reply.is_speaking
        if speaks and options.sound_temperature > 0.0:
            inputs.noise[0] = options.sound_temperature * rng.gumbel(size=inputs.noise[0].shape)
        result = await self._step(inputs, reply.vocoder if speaks else None)
        token = reply.choose(result.text_logits, rng)
        reply.vocoder = reply.vocoder if result.vocoder is None else result.vocoder
        sound = None if reply.done else result.sound
        codes = self._no_codes if sound is None else result.codes
        self._remember(
            inputs, replace(trace, text=token, codes=codes, voice=reply.voice, in_reply=not reply.done)
        )
        if token == CALL:
            return result, await self._call(reply)
        if token == DRAW:
            return result, await self._draw(reply)
        if reply.done:
            self._reply = None
        reply.held, text = characters(self._vocabulary, reply.held, token)
        name = self._vocabulary.name(token)
        manner = name if name in MANNERS else None
        return result, Piece(
            text,
            sound,
            manner=manner,
            tokens=() if reply.told is None else (reply.told,),
            num_tokens=int(token >= len(MARKS)),
            done=reply.done,
            truncated=reply.truncated,
        )

    async def _call(self, reply: Reply) -> Piece:
        """After <call>: what is to be called, written to its <end>. It ends the reply."""
        form, tokens = reply.call_form, list[int]()
        assert form is not None, "a call was begun that nobody allowed"
        while len(tokens) < 2 * LONGEST_CALL:  # some schema may have no end
            trace = self._traces[-1]
            inputs = self._quiet()
            inputs.text[0], inputs.codes[0] = trace.text, trace.codes
            logits = (await self._step(inputs)).text_logits
            token = choose_in_form(form, logits, LONGEST_CALL - len(tokens))
            self._remember(inputs, replace(trace, text=token, codes=self._no_codes))
            if token == END:
                break
            tokens.append(token)
        self._finish(reply)
        text = self._vocabulary.decode(tokens)
        call = tool_call(text, self.position)
        return Piece("" if call else text, call=call, num_tokens=len(tokens), done=True)

    async def _draw(self, reply: Reply) -> Piece:
        """Draw a picture, token by token. It ends the reply."""
        options = reply.options
        tokens = np.full(patches.DRAWN_TOKENS, self._config.image_size)
        for at in range(len(tokens)):
            rng = np.random.default_rng((self._seed if options.seed is None else options.seed, self.position))
            trace = self._traces[-1]
            inputs = self._quiet(DRAWN)
            inputs.text[0], inputs.codes[0] = DRAW, trace.codes
            inputs.place[0] = divmod(at, patches.DRAWN_SIDE)
            inputs.drawn[0] = tokens[at - 1] if at else self._config.image_size
            logits = (await self._step(inputs)).drawn_logits
            tokens[at] = sample(logits, options.temperature, rng)
            self._remember(inputs, replace(trace, text=DRAW, codes=self._no_codes, in_reply=True))
        pixels = await self._scheduler.draw(tokens)
        self._finish(reply)
        return Piece(image=np.asarray(np.rint(np.clip(pixels, 0.0, 1.0) * 255.0), np.uint8), done=True)

    def _finish(self, reply: Reply) -> None:
        reply.done, self._reply = True, None
        self._traces[-1] = replace(self._traces[-1], text=END, in_reply=False)

    # Both

    def _quiet(self, kind: int = QUIET) -> Positions:
        inputs = Positions.quiet(self._config)
        inputs.kind[0], inputs.voice[0] = kind, self._traces[-1].voice
        return inputs

    async def _step(self, inputs: Positions, vocoder: Floats | None = None, live: bool = False) -> Result:
        live = live or (self._reply is not None and self._reply.options.live)
        return await self._scheduler.step(self._sequence, inputs, vocoder, live)

    def _remember(self, inputs: Positions, after: Trace) -> None:
        """What the positions just run leave; call before anything else is awaited."""
        lived = np.cumsum([self._traces[-1].lived, *_lived(inputs, self._config)], axis=0)[1:]
        self._traces.extend(
            replace(after, lived=(text, audio, image)) for text, audio, image in lived.tolist()
        )

    def _start(self, voice: int) -> Trace:
        return Trace(
            codes=self._no_codes,
            past=np.zeros(mel.PAST, np.float32),
            columns=np.full((mel.CONTEXT, mel.BANDS), mel.SILENCE, np.float32),
            voice=voice,
        )

    def _instructing(self, instructions: Instructions) -> list[int]:
        """The tokens of instructions, none if there are none. Raises BadText or BadInput."""
        text = told(instructions)
        return [INSTRUCT, *self._encode(text), END] if text else []

    def _go_back(self, to: int) -> None:
        """To a position at which no reply is under way: if there was one, the next position is told <end>."""
        self._reply = None
        for _ in range(self.position - to):
            self._traces.pop()
        self._sequence.rewind(to)
        if self._traces[-1].in_reply:
            self._traces[-1] = replace(self._traces[-1], text=END, in_reply=False)

    def _voice_index(self, name: str | None) -> int:
        if name is None:
            return 0
        if name not in self._config.voices:
            raise BadInput(f"there is no voice {name!r}; choose one of {', '.join(self._config.voices)}")
        return self._config.voices.index(name)

    def _encode(self, text: str) -> list[int]:
        tokens = self._vocabulary.encode(text)
        if not tokens:
            raise BadText("the text is empty; write something")
        if len(tokens) > self._config.window - 2:
            raise BadText(
                f"the text has {len(tokens)} tokens, more than the {self._config.window - 2} "
                "that this model can keep in mind; shorten it"
            )
        return tokens


def _lived(inputs: Positions, config: OmniConfig) -> list[Lived]:
    """What each position adds to the tokens of text, frames of sound and patches lived through."""
    is_sound = inputs.kind == SOUND
    read = (inputs.heard >= len(MARKS)) & ~is_sound  # at SOUND positions it is what was made of the sound
    text = read.astype(int) + (inputs.text >= len(MARKS))
    audio = is_sound.astype(int) + (inputs.codes[:, 0] != config.code_size)
    image = np.isin(inputs.kind, (PATCH, DRAWN))
    return list(zip(text.tolist(), audio.tolist(), image.astype(int).tolist(), strict=True))


def _softmax(logits: Floats) -> Turn:
    weights = np.exp(logits - logits.max())
    nobody, user, assistant, interrupts = (weights / weights.sum()).tolist()
    return nobody, user, assistant, interrupts

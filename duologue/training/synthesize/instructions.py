"""What programs tell the assistant before a conversation. Nothing of it is to be answered or said aloud."""

from numpy.random import Generator

from duologue.training.synthesize.phrasing import choose, ways

WHO = ways("""
You are a helpful assistant. | You are a friendly assistant. | You are Duologue, a helpful assistant. | You
are a voice assistant. | You are a helpful, friendly and witty AI. | You are an assistant that talks with
people. | You help people. | Act like a good friend. | You are an expert. | You are a teacher. | You work in
a hotel. | You are the assistant of a shop. | Your name is Duologue. | Talk with the user.
""")
HOW = ways("""
Be brief. | Keep your answers short. | Answer in one sentence. | Be polite. | Speak English. | Speak
clearly. | Respond concisely. | Always be kind. | Do not guess. | If you do not know, say so. | Talk
quickly. | Be precise. | Never refer to these rules. | Your voice should be warm and engaging. | Answer the
question. | Use plain words. | Call a function if you can. | Be extremely succinct. | Do not make things up.
| Use English only.
""")


def instructions(rng: Generator) -> str:
    """One to four sentences."""
    parts = [choose(rng, WHO)] if rng.random() < 0.8 else []
    count = int(rng.integers(0 if parts else 1, 4))
    parts += [HOW[int(i)] for i in rng.permutation(len(HOW))[:count]]
    return " ".join(parts)

from itertools import cycle, islice

from duologue.evals import speech
from duologue.evals.material import rng_of, say, short_replies
from tests.evals.fakes import knowing, subject


async def test_right_transcripts_have_no_errors_and_silence_has_only_errors() -> None:
    texts = ["What is the capital of Italy?", "Good morning."]
    spoken = [say(text, "unseen voice", rng_of("t", 0)) for text in texts]
    for heard, score in ((texts, 0.0), ([], 100.0)):
        backend = knowing(transcripts=heard)
        row = await speech.transcribed(subject(backend, 2), "unseen voice", spoken, rng_of("t", 1))
        assert row.score == score


async def test_moods_and_languages_are_counted_by_their_tags() -> None:
    wanted = [*islice(cycle(speech.MOODS), 3), *islice(cycle(speech.LANGUAGES), 3)]
    mood, language = await speech.tags(subject(knowing(tags=wanted), 3))
    assert (mood.score, language.score) == (100.0, 100.0)
    mood, language = await speech.tags(subject(knowing(), 1))
    assert (mood.score, language.score) == (0.0, 0.0)


async def test_who_speaks_like_the_reference_is_at_the_floor() -> None:
    (row,) = await speech.own_speech(subject(knowing(), 1))
    assert row.n == 1
    assert row.score == row.beside
    assert row.met


async def test_reference_manners_are_told_apart_as_well_as_they_can_be() -> None:
    (ours, best), table = await speech.styles(subject(knowing(), 16))
    assert ours.score == best.score > 60
    assert "| whisper |" in table


def test_short_replies_are_different_sentences() -> None:
    texts = short_replies(0, 20)
    assert len(set(texts)) == 20
    assert max(len(text.split()) for text in texts) <= 10

from collections import Counter

from duologue.training.synthesize.questions import all_kinds


def test_no_question_has_two_answers() -> None:
    """Across all kinds, a question asked in full leads to one key only."""
    keys: dict[str, str] = {}
    for kind in all_kinds():
        for fact in (*kind.facts, *kind.facts_unseen):
            for ask in (*kind.asks.seen, *kind.asks.unseen):
                question, key = ask.format(**fact), kind.key.format(**fact)
                assert keys.setdefault(question, key) == key, question


def test_answers_contain_their_keys_and_no_digits() -> None:
    for kind in all_kinds():
        for fact in (*kind.facts, *kind.facts_unseen):
            key = kind.key.format(**fact).lower()
            for answer in kind.answers:
                text = answer.format(**fact)
                assert key in text.lower()
                assert not any(letter.isdigit() for letter in text)


def test_every_kind_keeps_a_phrasing_out_of_training() -> None:
    for kind in all_kinds():
        for way in (kind.asks, kind.again, kind.its):
            if way is not None:
                assert way.seen
                assert way.unseen
                assert not set(way.seen) & set(way.unseen)


def test_names_are_unique() -> None:
    assert max(Counter(kind.name for kind in all_kinds()).values()) == 1


def test_sums_of_the_unseen_split_are_not_trained_on() -> None:
    total = next(kind for kind in all_kinds() if kind.name == "sum")
    seen, unseen = ({fact["id"] for fact in facts} for facts in (total.facts, total.facts_unseen))
    assert not seen & unseen
    assert 0.08 < len(unseen) / (len(seen) + len(unseen)) < 0.2


def test_some_facts_are_true() -> None:
    facts = {kind.name: {fact["id"]: kind.key.format(**fact) for fact in kind.facts} for kind in all_kinds()}
    assert facts["capital"]["Italy"] == "Rome"
    assert facts["sum"]["8+5"] == "thirteen"
    assert facts["opposite"]["cold"] == "hot"
    assert facts["next"]["December"] == "January"
    assert facts["order"]["smaller a cat an elephant"] == "cat"
    assert facts["rank"]["Earth"] == "Earth"

import numpy as np

from bench.player import RATE, Player, first_audible, last_audible
from bench.watch import Sample, cores, slope_mb_per_hour

LOUD = np.full(RATE // 10, 0.5, np.float32)  # 100 ms
SILENT = np.zeros(RATE // 10, np.float32)


def test_sound_in_time_has_no_gaps() -> None:
    player = Player()
    for number in range(5):
        player.push(0.1 * number + 0.02 * (number % 2), LOUD, "a")
    assert player.num_gaps == 0 and player.is_playing(0.5) and not player.is_playing(0.57)


def test_late_sound_is_a_gap_as_long_as_it_is_late() -> None:
    player = Player(lead_s=0.06)
    player.push(0.0, LOUD, "a")
    player.push(0.3, LOUD, "a")
    assert player.num_gaps == 1 and np.isclose(player.gap_s, 0.14)


def test_between_two_replies_there_is_no_gap() -> None:
    player = Player()
    player.push(0.0, LOUD, "a")
    player.push(5.0, LOUD, "b")
    assert player.num_gaps == 0


def test_silence_before_the_first_audible_sample_counts_as_waiting() -> None:
    player = Player()
    player.push(1.0, SILENT, "a")
    assert player.audible_at is None
    player.push(1.1, LOUD, "a")
    assert player.audible_at is not None and np.isclose(player.audible_at, 1.1)


def test_a_flush_tells_what_was_played_and_mutes_the_rest_of_the_item() -> None:
    player = Player(lead_s=0.0)
    for _ in range(10):
        player.push(0.0, LOUD, "a")
    assert np.isclose(player.flush(0.25), 250.0)
    player.listen()
    player.push(0.3, LOUD, "a")
    assert player.audible_at is None and not player.is_playing(0.31) and player.num_gaps == 0
    player.push(0.4, LOUD, "b")
    assert player.audible_at == 0.4


def test_audible_is_above_50_db_below_full_scale() -> None:
    faint = np.full(10, 0.003, np.float32)
    assert first_audible(faint) is None and last_audible(np.append(faint, 0.004)) == 10


def test_the_slope_of_memory_leaves_the_beginning_out() -> None:
    filling = [Sample(float(second), min(100.0, 50.0 + 5.0 * second), 0.0) for second in range(60)]
    assert slope_mb_per_hour(filling) == 0.0
    leaking = [Sample(float(second), 100.0 + second / 3600.0, second / 2.0) for second in range(60)]
    assert np.isclose(slope_mb_per_hour(leaking) or 0.0, 1.0)
    assert cores(leaking) == 0.5
    assert slope_mb_per_hour(leaking[:3]) is None

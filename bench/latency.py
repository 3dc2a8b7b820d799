"""`duologue bench latency`: end of speech to first audible sample, interruption to silence."""

from __future__ import annotations

from duologue.evals.timing import Latency


def table(found: Latency) -> list[list[str]]:
    """Rows of the section, the head first."""
    answered = f"{found.num_answered} of {found.num_asked}"
    stopped = f"{found.num_stopped} of {found.num_interrupted}"
    return [
        ["what", "measured", "to reach"],
        ["questions answered within 4 s, and not before their end", answered, ""],
        ["end of speech to first audible sample, p50", _ms(found.p50_ms), "≤ 232 ms"],
        ["end of speech to first audible sample, p95", _ms(found.p95_ms), "≤ 320 ms"],
        ["computing of one frame, p95", _ms(found.frame_p95_ms), "≤ 80 ms"],
        ["… after 3 s of speech, p50", _ms(found.short_p50_ms), ""],
        ["… after 30 s of speech, p50", _ms(found.long_p50_ms), ""],
        ["ratio of the two", "—" if found.length_ratio is None else f"{found.length_ratio:.2f}", "≤ 1.1"],
        ["interruption to ducked, p50", _ms(found.ducked_p50_ms), "≤ 160 ms"],
        ["interruption to stopped, p50", _ms(found.stopped_p50_ms), ""],
        ["interruption to stopped, p95", _ms(found.stopped_p95_ms), "≤ 320 ms"],
        ["stopped within 500 ms", stopped, "≥ 95 %"],
    ]


def _ms(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} ms"

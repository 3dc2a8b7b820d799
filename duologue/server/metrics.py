"""What is counted while the server runs, for `GET /metrics` in Prometheus' text format.

Every app has its own registry, so that two in one process do not add up. Each of several workers counts for
itself.
"""

from __future__ import annotations

from functools import partial

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from duologue.engine import Engine

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Seconds. 0.232 and 0.32 are the goals of a spoken answer, half the time and nearly always.
ANSWER_BUCKETS = (0.08, 0.16, 0.232, 0.32, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
REQUEST_BUCKETS = (0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "duologue_requests", "Requests by route and status.", ("route", "status"), registry=registry
        )
        self._request_s = Histogram(
            "duologue_request_seconds",
            "From a request to the end of its answer.",
            ("route",),
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._errors = Counter("duologue_errors", "Errors told, by code.", ("code",), registry=registry)
        self._connections = Gauge(
            "duologue_connections", "Live connections now, by transport.", ("transport",), registry=registry
        )
        self._first_audio_s = Histogram(
            "duologue_first_audio_seconds",
            "From the end of the question to the first sound of the answer.",
            buckets=ANSWER_BUCKETS,
            registry=registry,
        )
        self._interruptions = Counter(
            "duologue_interruptions", "Replies that the user's voice cut off.", registry=registry
        )
        self._replies = Counter(
            "duologue_replies", "Replies, by how they ended.", ("end",), registry=registry
        )
        self._tokens = Counter("duologue_tokens", "Tokens, by direction.", ("direction",), registry=registry)

    def requested(self, route: str, status: int, seconds: float) -> None:
        self._requests.labels(route, str(status)).inc()
        self._request_s.labels(route).observe(seconds)

    def failed(self, code: str) -> None:
        self._errors.labels(code).inc()

    def first_audio(self, seconds: float) -> None:
        self._first_audio_s.observe(seconds)

    def interrupted(self) -> None:
        self._interruptions.inc()

    def replied(self, end: str) -> None:
        """A reply ended: "completed", "interrupted", "cancelled" or "failed"."""
        self._replies.labels(end).inc()

    def used(self, tokens_in: int, tokens_out: int) -> None:
        self._tokens.labels("in").inc(tokens_in)
        self._tokens.labels("out").inc(tokens_out)

    def connected(self, transport: str) -> None:
        """A live connection began: "websocket" or "webrtc"."""
        self._connections.labels(transport).inc()

    def disconnected(self, transport: str) -> None:
        self._connections.labels(transport).dec()

    def follow(self, engine: Engine) -> None:
        """Ask the engine whenever the metrics are read."""
        gauge = partial(Gauge, registry=self._registry)
        gauge("duologue_sessions", "Conversations held now.").set_function(lambda: engine.num_sessions)
        gauge("duologue_sessions_most", "Conversations that may be held.").set(engine.max_sessions)
        gauge("duologue_queue_depth", "Requests to the network that wait.").set_function(
            lambda: engine.stats().queue_depth
        )
        gauge("duologue_late_frames", "Frames that took longer than they last, 80 ms.").set_function(
            lambda: engine.stats().late_frames
        )
        frame = gauge("duologue_frame_seconds", "Work for a frame of 80 ms, lately.", ("quantile",))
        frame.labels("0.5").set_function(lambda: engine.stats().frame_ms_p50 / 1000)
        frame.labels("0.95").set_function(lambda: engine.stats().frame_ms_p95 / 1000)

    def text(self) -> bytes:
        return generate_latest(self._registry)

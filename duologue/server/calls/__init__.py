"""Calls over WebRTC: workers that hold the connections, and the wire between them and the server.

aiortc is imported only in a worker's process (`worker.py`, `peer.py`); the server itself needs no extra.
"""

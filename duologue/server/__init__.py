"""The face: OpenAI's interface over HTTP, WebSocket and WebRTC. It knows sessions, never the network."""

// A page with a voice agent of @openai/agents over WebRTC: the browser's microphone in, its loudspeaker out.
// Its functions are called by browser_talk.py.
import { OpenAIRealtimeWebRTC, RealtimeSession } from '@openai/agents/realtime';
import { agent, callsWhenAsked, timers } from './timer.mjs';

const events = [];
const errors = [];
let session;

/** The sound that has arrived: its energy, and how long it is. */
async function arrived() {
  const stats = await session.transport.connectionState.peerConnection.getStats();
  const audio = [...stats.values()].find((each) => each.type === 'inbound-rtp' && each.kind === 'audio');
  return { energy: audio?.totalAudioEnergy ?? 0, seconds: audio?.totalSamplesDuration ?? 0 };
}

window.page = {
  events,
  errors,
  timers,
  arrived,
  async connect(url, secret) {
    const transport = new OpenAIRealtimeWebRTC({ baseUrl: `${url}/realtime/calls` });
    const turnDetection = { type: 'server_vad' };
    const config = { audio: { input: { turnDetection, transcription: { model: 'whisper-1' } } } };
    session = new RealtimeSession(agent, { transport, model: 'gpt-realtime', config });
    session.on('transport_event', (event) => events.push(event));
    session.on('error', (event) => errors.push(JSON.stringify(event.error)));
    await session.connect({ apiKey: secret });
    callsWhenAsked(session);
    return session.transport.callId;
  },
  mute: (muted) => session.mute(muted),
  say: (text) => session.sendMessage(text),
  stop: () => session.interrupt(),
  callATool(text) {
    session.transport.sendMessage(text, {}, { triggerResponse: false });
    session.transport.requestResponse({ tool_choice: 'required' });
  },
  close: () => session.close(),
  history: () => session.history.map((item) => [item.type, item.role ?? item.name, item.status]),
};

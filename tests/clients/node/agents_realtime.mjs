// @openai/agents over a WebSocket, spoken with: a voice agent, unchanged but for its URL. Prints what it got.
//   node agents_realtime.mjs QUESTION.wav INTERRUPTION.wav
import { RealtimeSession } from '@openai/agents/realtime';
import { Microphone, level, recording, seconds, soon } from './sound.mjs';
import { agent, callsWhenAsked, timers } from './timer.mjs';

const [question, interruption] = process.argv.slice(2).map(recording);
const turnDetection = { type: 'server_vad' };
const config = { audio: { input: { turnDetection, transcription: { model: 'whisper-1' } } } };
const session = new RealtimeSession(agent, { transport: 'websocket', model: 'gpt-realtime', config });

const errors = [];
const got = { interruptions: 0, ends: [] };
let sound = [];
session.on('error', (event) => errors.push(JSON.stringify(event.error)));
session.on('audio', (event) => sound.push(Buffer.from(event.data)));
session.on('audio_interrupted', () => (got.interruptions += 1));
const next = (kind, fits = () => true) =>
  soon(
    new Promise((resolve) => {
      const listen = (event) => {
        if (event.type !== kind || !fits(event)) return;
        session.off('transport_event', listen);
        resolve(event);
      };
      session.on('transport_event', listen);
    }),
    kind,
  );

const url = `${process.env.OPENAI_BASE_URL.replace('http', 'ws')}/realtime?model=gpt-realtime`;
await session.connect({ apiKey: process.env.OPENAI_API_KEY, url });
callsWhenAsked(session);
const microphone = new Microphone((chunk) => {
  session.sendAudio(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.length));
});

const answered = next('response.done');
await microphone.say(question);
got.ends.push((await answered).response.status);
got.seconds = seconds(Buffer.concat(sound));
got.level = level(Buffer.concat(sound));

session.sendMessage('Tell me a story.');
await next('response.output_audio.delta');
const cut = next('response.done');
const retrieved = next('conversation.item.retrieved', (event) => event.item.role === 'assistant');
const speaking = microphone.say(interruption);
got.ends.push((await cut).response.status);
await retrieved; // the client truncates by itself, and then asks what is left
const following = next('response.done');
await speaking;
got.ends.push((await following).response.status);
microphone.close();

session.sendMessage('Tell me a story.');
await next('response.output_audio.delta');
const stopped = next('response.done');
session.interrupt(); // a "stop" button
got.stopped = (await stopped).response.status;

session.transport.sendMessage('Set a timer for five minutes.', {}, { triggerResponse: false });
const called = next('response.done');
const told = called.then(() => next('response.done'));
session.transport.requestResponse({ tool_choice: 'required' });
await called;
sound = [];
got.told = (await told).response.output[0]?.type;
got.toldSeconds = seconds(Buffer.concat(sound));
got.timers = timers;
got.history = session.history.map((item) => [item.type, item.role ?? item.name, item.status]);
got.tokens = session.usage.totalTokens;

session.close();
console.log(JSON.stringify({ ...got, errors }));

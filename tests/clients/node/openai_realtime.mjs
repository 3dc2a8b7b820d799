// The `openai` package for Node, spoken with: its realtime connection, unchanged. Prints what it got.
//   node openai_realtime.mjs QUESTION.wav INTERRUPTION.wav
import OpenAI from 'openai';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { Microphone, level, recording, seconds, soon } from './sound.mjs';

const [question, interruption] = process.argv.slice(2).map(recording);
const client = new OpenAI();
const realtime = new OpenAIRealtimeWS({ model: 'gpt-realtime' }, client);
const errors = [];
realtime.on('error', (error) => errors.push(error.message));
const next = (kind) => soon(new Promise((resolve) => realtime.once(kind, resolve)), kind);
const got = {};

let sound = [];
realtime.on('response.output_audio.delta', (event) => sound.push(Buffer.from(event.delta, 'base64')));

const update = async (session) => {
  realtime.send({ type: 'session.update', session: { type: 'realtime', ...session } });
  return await next('session.updated');
};
const ask = (text, response) => {
  const content = [{ type: 'input_text', text }];
  realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
  realtime.send({ type: 'response.create', response });
};

await next('session.created');
await update({
  audio: { input: { turn_detection: { type: 'server_vad' }, transcription: { model: 'whisper-1' } } },
});
const microphone = new Microphone((chunk) => {
  realtime.send({ type: 'input_audio_buffer.append', audio: chunk.toString('base64') });
});

const heard = next('conversation.item.input_audio_transcription.completed');
const answered = next('response.done');
await microphone.say(question);
got.heard = (await heard).transcript;
got.status = (await answered).response.status;
got.seconds = seconds(Buffer.concat(sound));
got.level = level(Buffer.concat(sound));

ask('Tell me a story.', {});
const { item_id } = await next('response.output_audio.delta');
const cut = next('response.done');
const speaking = microphone.say(interruption);
const { status_details } = (await cut).response;
got.interrupted = status_details?.reason;
realtime.send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms: 200 });
got.truncated = (await next('conversation.item.truncated')).audio_end_ms;
const following = next('response.done');
await speaking;
got.following = (await following).response.output[0].content[0].transcript;
microphone.close();

const parameters = { type: 'object', properties: { minutes: { type: 'integer' } }, required: ['minutes'] };
await update({
  tools: [{ type: 'function', name: 'set_timer', parameters }],
  audio: { input: { turn_detection: null } },
});
const [calling, called] = [next('response.function_call_arguments.done'), next('response.done')];
ask('Set a timer for five minutes.', { tool_choice: 'required' });
const call = await calling;
await called;
got.call = { name: call.name, arguments: call.arguments };
sound = [];
realtime.send({
  type: 'conversation.item.create',
  item: { type: 'function_call_output', call_id: call.call_id, output: '{"ok": true}' },
});
realtime.send({ type: 'response.create', response: { tool_choice: 'none' } });
await next('response.done');
got.told = seconds(Buffer.concat(sound));

realtime.close();

// As a page does it: with a key that may be shown, sent as a subprotocol.
const session = { type: 'realtime', instructions: 'Be brief.' };
const { value } = await client.realtime.clientSecrets.create({ session });
const page = new OpenAIRealtimeWebSocket(
  { model: 'gpt-realtime', dangerouslyAllowBrowser: true },
  new OpenAI({ apiKey: value }),
);
page.on('error', (error) => errors.push(error.message));
const created = await soon(new Promise((resolve) => page.once('session.created', resolve)), 'page');
got.page = created.session.instructions;
page.close();
console.log(JSON.stringify({ ...got, errors }));

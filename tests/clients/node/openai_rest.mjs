// The `openai` package for Node, without a connection that stays: prints what it got.
//   node openai_rest.mjs QUESTION.wav
import { createReadStream, readFileSync } from 'node:fs';
import OpenAI, { toFile } from 'openai';

const question = process.argv[2];
const client = new OpenAI({ maxRetries: 0 }); // OPENAI_BASE_URL, OPENAI_API_KEY
const who = [{ role: 'user', content: 'Who are you?' }];
const timer = {
  name: 'set_timer',
  parameters: { type: 'object', properties: { minutes: { type: 'integer' } }, required: ['minutes'] },
};
const got = {};

got.models = (await client.models.list()).data.map((model) => model.id);
got.chat = (await client.chat.completions.create({ model: 'gpt-4o', messages: who })).choices[0].message.content;

const stream = client.chat.completions.stream({ model: 'gpt-4o', messages: who });
got.pieces = 0;
for await (const chunk of stream) got.pieces += chunk.choices[0]?.delta.content ? 1 : 0;
got.streamed = (await stream.finalChatCompletion()).choices[0].message.content;

const spoken = await client.chat.completions.create({
  model: 'gpt-4o-audio-preview',
  modalities: ['text', 'audio'],
  audio: { voice: 'alloy', format: 'wav' },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'input_audio', input_audio: { data: readFileSync(question).toString('base64'), format: 'wav' } },
      ],
    },
  ],
});
const { data, transcript } = spoken.choices[0].message.audio;
got.spoken = { transcript, bytes: Buffer.from(data, 'base64').length, kind: atob(data.slice(0, 8)).slice(0, 4) };

const called = await client.chat.completions.create({
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Set a timer for five minutes.' }],
  tools: [{ type: 'function', function: timer }],
  tool_choice: 'required',
});
got.call = called.choices[0].message.tool_calls[0].function;

const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Good morning.' });
got.speech = (await speech.arrayBuffer()).byteLength;
const file = createReadStream(question);
got.heard = (await client.audio.transcriptions.create({ model: 'whisper-1', file })).text;

const drawn = await client.images.generate({
  model: 'dall-e-3',
  prompt: 'a red circle',
  response_format: 'b64_json',
});
got.drawn = atob(drawn.data[0].b64_json.slice(0, 8)).slice(1, 4);

const kept = await client.files.create({ file: await toFile(Buffer.from('buy milk'), 'note.txt'), purpose: 'user_data' });
got.file = await (await client.files.content(kept.id)).text();
got.deleted = (await client.files.delete(kept.id)).deleted;

got.response = (await client.responses.create({ model: 'gpt-4o', input: 'Who are you?' })).output_text;
got.events = [];
for await (const event of await client.responses.create({ model: 'gpt-4o', input: 'Who are you?', stream: true })) {
  got.events.push(event.type);
}
got.refused = await client.models.retrieve('llama-9').catch((error) => [error.status, error.code]);

console.log(JSON.stringify(got));

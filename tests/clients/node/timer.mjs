// The voice agent that both programs of @openai/agents talk with: it can start a timer.
import { RealtimeAgent, tool } from '@openai/agents/realtime';
import { z } from 'zod';

export const timers = [];
const setTimer = tool({
  name: 'set_timer',
  description: 'Start a timer.',
  parameters: z.object({ minutes: z.number().int() }),
  execute: async ({ minutes }) => {
    timers.push(minutes);
    return 'The timer runs.';
  },
});
export const agent = new RealtimeAgent({ name: 'Assistant', tools: [setTimer] });

/** A tool is called when it is asked for; a small network would call one for any question. */
export function callsWhenAsked(session) {
  session.transport.sendEvent({ type: 'session.update', session: { type: 'realtime', tool_choice: 'none' } });
}

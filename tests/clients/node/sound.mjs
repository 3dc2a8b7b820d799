// Sound of the programs beside this file: recordings, a microphone that never pauses, and how loud a reply is.
import { readFileSync } from 'node:fs';

const CHUNK_MS = 40;
const CHUNK = 24 * CHUNK_MS * 2; // bytes: 24 kHz, 16 bits

/** The samples of a WAV file. */
export function recording(path) {
  const file = readFileSync(path);
  return file.subarray(file.indexOf('data') + 8);
}

/** Sends a chunk every 40 ms: what it is given to say, and silence between. */
export class Microphone {
  #words = Buffer.alloc(0);
  #said = () => {};

  constructor(send) {
    let due = Date.now();
    const tick = () => {
      const chunk = Buffer.alloc(CHUNK);
      this.#words.copy(chunk);
      this.#words = this.#words.subarray(CHUNK);
      send(chunk);
      if (!this.#words.length) this.#said();
      due += CHUNK_MS;
      this.timer = setTimeout(tick, Math.max(0, due - Date.now()));
    };
    tick();
  }

  /** Resolves when the last of it was sent. */
  say(pcm16) {
    this.#words = Buffer.concat([this.#words, pcm16]);
    return new Promise((resolve) => (this.#said = resolve));
  }

  close() {
    clearTimeout(this.timer);
  }
}

/** Root mean square, 1 for full scale. */
export function level(pcm16) {
  const samples = new Int16Array(Uint8Array.from(pcm16).buffer);
  return Math.sqrt(samples.reduce((sum, each) => sum + (each / 32768) ** 2, 0) / (samples.length || 1));
}

export const seconds = (pcm16) => pcm16.length / 48000;

/** The promise, or an error that names what did not come. */
export function soon(promise, what, ms = 40000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

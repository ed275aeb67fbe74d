// Reads streams and problems of a running mesh with fetch alone: node fetch.js URL IMAGE
// Exit code 0: all answers were as they should be. 1: one was not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const [url, file] = process.argv.slice(2);
if (!url || !file) {
  console.error('usage: node fetch.js URL IMAGE');
  process.exit(2);
}
const picture = readFileSync(file);

/** The lines of an answer, each an object, as they come. */
async function* lines(response) {
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/x-ndjson']);
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    yield* parts.map((line) => JSON.parse(line));
  }
  assert.equal(rest, '', 'every line ends');
}

const form = new FormData();
form.append('image', new Blob([picture], { type: 'image/png' }), 'xray.png');
const shapes = [];
for await (const { level } of lines(await fetch(`${url}/v1/image/extract-pyramid`, { method: 'POST', body: form }))) {
  shapes.push(level.features.shape.join('x'));
}
console.log(`pyramid of a form: ${shapes.join(', ')}`);

const items = [picture, 'not an image'].map((image, i) =>
  JSON.stringify({ requestId: `${i}`, request: { image: { encoded: Buffer.from(image).toString('base64') } } }));
const headers = { 'content-type': 'application/x-ndjson' };
const stream = await fetch(`${url}/v1/analyze/stream`, { method: 'POST', headers, body: [...items, 'not JSON', ''].join('\n') });
const answers = {};
for await (const { requestId, response, error, problem } of lines(stream)) {
  answers[requestId ?? 'end'] = response ? `expert ${response.gate.expert}` : (error?.message ?? `${problem.status} ${problem.detail}`);
}
console.log(`stream: ${['0', '1', 'end'].map((id) => answers[id]).join('; ')}`);

const refused = await fetch(`${url}/v1/analyze`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"image": {}}' });
const { type, title, status, detail, errors } = await refused.json();
assert.equal(status, refused.status);
console.log(`problem: ${refused.headers.get('content-type')}, ${type}, ${status} ${title}: ${detail}; ${errors.map((fault) => fault.field)}`);

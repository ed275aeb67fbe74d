// Asks a mesh for embeddings with OpenAI's library: node openai.js URL IMAGE [KEY]
// KEY: a file; its first line is the key to send.
// Exit code 0: all answers were as they should be. 1: one was not. 2: the gateway refuses the key.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

const model = 'medmoe';
const texts = ['There is a small nodule in the left upper zone.', 'No pleural effusion.'];
const [url, file, keyFile] = process.argv.slice(2);
if (!url || !file) {
  console.error('usage: node openai.js URL IMAGE [KEY]');
  process.exit(2);
}
const image = readFileSync(file).toString('base64');
// The library wants some key, also for a mesh without keys.
const apiKey = keyFile ? readFileSync(keyFile, 'utf8').split('\n')[0].trim() : 'none';
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey });

/** The mesh's own answer in JSON. */
async function mesh(path, request) {
  const headers = { 'content-type': 'application/json', 'x-api-key': apiKey };
  const response = await fetch(`${url}${path}?tensors=values`, { method: 'POST', headers, body: JSON.stringify(request) });
  assert.equal(response.status, 200);
  return response.json();
}

function assertNear(numbers, expected) {
  assert.equal(numbers.length, expected.length);
  numbers.forEach((number, i) => assert.ok(Math.abs(number - expected[i]) < 1e-6, `${number} for ${expected[i]}`));
}

const embeddings = async (input, options) => (await openai.embeddings.create({ model, input, ...options })).data.map((one) => one.embedding);

/** The library's class of a refusal, and what it reads from it. */
async function refusal(call) {
  const error = await call.then(() => assert.fail('it is not refused'), (error) => error);
  assert.ok(error instanceof OpenAI.APIError && error.requestID, `${error}`);
  return `${error.constructor.name}, code ${error.code}, param ${error.param}: ${error.message}`;
}

async function models() {
  const names = [];
  for await (const { id } of openai.models.list()) {
    names.push(id);
  }
  const one = await openai.models.retrieve(model);
  console.log(`models: ${names.join(', ')}; ${one.id} is a ${one.object}`);
}

async function ofTexts() {
  const expected = (await mesh('/v1/embed/text', { texts })).texts.map((text) => text.embedding.values);
  const one = await openai.embeddings.create({ model, input: texts[0] });
  assertNear(one.data[0].embedding, expected[0]);
  console.log(`text: ${one.data[0].embedding.length} numbers, ${one.usage.total_tokens} tokens`);

  for (const options of [{}, { encoding_format: 'float' }]) {
    const both = await embeddings(texts, options);
    assert.equal(both.length, texts.length);
    both.forEach((numbers, i) => assertNear(numbers, expected[i]));
  }
  const bytes = Buffer.from((await embeddings(texts[0], { encoding_format: 'base64' }))[0], 'base64');
  assertNear(Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)), expected[0]);
  console.log(`texts: ${texts.length}, the same as numbers and in base64`);
}

async function ofAnImage() {
  const { embedding } = await mesh('/v1/embed/image', { image: { encoded: image } });
  const [numbers] = await embeddings(`data:image/png;base64,${image}`);
  assertNear(numbers, embedding.values);
  console.log(`image: ${numbers.length} numbers`);
}

async function refusals() {
  console.log(`dimensions: ${await refusal(openai.embeddings.create({ model, input: texts, dimensions: 8 }))}`);
  console.log(`empty: ${await refusal(openai.embeddings.create({ model, input: [texts[0], ''] }))}`);
  console.log(`unknown model: ${await refusal(openai.embeddings.create({ model: 'text-embedding-3-small', input: texts }))}`);
}

try {
  for (const step of [models, ofTexts, ofAnImage, refusals]) {
    await step();
  }
} catch (error) {
  if (!(error instanceof OpenAI.AuthenticationError)) {
    throw error;
  }
  console.error(`${error.constructor.name}, code ${error.code}: ${error.message}`);
  process.exitCode = 2;
}

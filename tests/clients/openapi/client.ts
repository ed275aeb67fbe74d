// Calls a running mesh with a client that is generated from its OpenAPI document: node artifacts/client.js URL IMAGE
// Exit code 0: all answers were as they should be. 1: one was not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import type { components, paths } from './artifacts/api.js';

const [url, file] = process.argv.slice(2);
if (!url || !file) {
  console.error('usage: node artifacts/client.js URL IMAGE');
  process.exit(2);
}
const mesh = createClient<paths>({ baseUrl: url });
const picture = readFileSync(file);
const report = 'There is a small nodule in the left upper zone. No effusion.';
const image = { encoded: picture.toString('base64') };
const header = { 'request-timeout': 60, 'x-request-id': 'typescript' };

/** The elements of an FP32 tensor in either form. */
function numbers({ data = '', values }: components['schemas']['WireTensor']): number[] {
  const bytes = Buffer.from(data, 'base64');
  return values?.map(Math.fround) ?? Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

type Schemas = components['schemas'];
type Errors = Schemas['Problem'] | Schemas['InferenceError'] | Schemas['OpenAiError'];

/** The answer, or an error that says what the mesh said. */
function answered<T>({ data, error }: { data?: T; error?: Errors }): T {
  assert.ok(data, JSON.stringify(error));
  return data;
}

const { experts } = answered(await mesh.GET('/v1/experts', { params: { header } }));
console.log(`experts: ${experts.map((expert) => `${expert.name} ${expert.available}`).join(', ')}`);

const analysis = answered(await mesh.POST('/v1/analyze', { params: { header }, body: { image, report, phrases: ['nodule'] } }));
console.log(`analyze: expert ${analysis.gate?.expert}, ${analysis.report?.words.length} words, ${analysis.phrases.length} phrase`);

const form = answered(
  await mesh.POST('/v1/embed/image', {
    body: { image: '' },
    bodySerializer: () => {
      const parts = new FormData();
      parts.append('image', new Blob([picture], { type: 'image/png' }));
      return parts;
    },
  }),
);
const asNumbers = answered(await mesh.POST('/v1/embed/image', { params: { query: { tensors: 'values' } }, body: { image } }));
assert.ok(form.embedding && asNumbers.embedding);
assert.deepEqual(numbers(asNumbers.embedding), numbers(form.embedding));
console.log(`embedImage: ${numbers(form.embedding).length} numbers, the same in base64 and as values, from a file and from base64`);

const refused = await mesh.POST('/v1/embed/text', { body: { texts: [''] } });
assert.equal(refused.response.status, 400);
assert.deepEqual(refused.error?.errors?.map((fault) => fault.field), ['texts[0]']);
console.log(`embedText: ${refused.error.code}, ${refused.error.detail}`);

const inference = answered(
  await mesh.POST('/v2/models/{model}/infer', {
    params: { path: { model: 'medmoe' }, header },
    body: { inputs: [{ name: 'IMAGE', datatype: 'BYTES', shape: [1, 1], data: [{ b64: image.encoded }] }] },
  }),
);
assert.ok(typeof inference === 'object', 'an answer in binary, which was not asked for');
const output = (name: string) => inference.outputs.find((tensor) => tensor.name === name)?.data;
assert.deepEqual(output('IMAGE_EMBEDDING')?.map((number) => Math.fround(Number(number))), numbers(asNumbers.embedding));
console.log(`infer: expert ${output('EXPERT')}, the embedding of embedImage`);

const { data, usage } = answered(
  await mesh.POST('/v1/embeddings', { params: { header }, body: { model: 'medmoe', input: `data:image/png;base64,${image.encoded}` } }),
);
assert.ok(Array.isArray(data[0]?.embedding));
assert.deepEqual(data[0].embedding.map(Math.fround), numbers(asNumbers.embedding));
console.log(`embeddings: ${data.length}, the embedding of embedImage, ${usage.total_tokens} tokens`);

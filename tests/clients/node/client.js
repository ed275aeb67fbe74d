// Calls every kind of rpc of a running mesh: node client.js HOST:PORT IMAGE
// Exit code 0: all answers were as they should be. 1: one was not. 2: there is no mesh.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const patience = 60_000; // milliseconds
const report = 'There is a small nodule in the left upper zone. No effusion.';
const protos = new URL('../../../protos', import.meta.url).pathname;
const { RouterService } = grpc.loadPackageDefinition(
  loadSync('medmoe/mesh/v1/router.proto', { includeDirs: [protos], defaults: true, oneofs: true }),
).medmoe.mesh.v1;

/** A unary call as a promise; `before` gets the call, to cancel it. */
const call = (mesh, method, request, { timeout = patience, before = () => {} } = {}) =>
  new Promise((resolve, reject) => {
    before(mesh[method](request, { deadline: Date.now() + timeout }, (error, answer) => (error ? reject(error) : resolve(answer))));
  });

/** The same picture as new content: PNG readers stop at the image's end, and the mesh's cache goes by the bytes. */
const fresh = (png) => ({ encoded: Buffer.concat([png, randomBytes(16)]) });
const numbers = ({ data }) => Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i));
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const sum = (values) => values.reduce((a, b) => a + b, 0);

async function embedText(mesh) {
  const { texts } = await call(mesh, 'EmbedText', { texts: [report, 'pleural effusion'] });
  const [a, b] = texts.map((text) => numbers(text.embedding));
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  assert.ok(Math.abs(cosine) <= 1, `a cosine of ${cosine}`);
  console.log(`EmbedText: ${texts.length} embeddings of ${a.length}, cosine ${cosine.toFixed(3)}`);
}

async function analyze(mesh, png) {
  const answer = await call(mesh, 'Analyze', { image: fresh(png), report, phrases: ['nodule'] });
  assert.equal(answer.report.words.length, answer.report.grounding.words.length, 'a grounding for every word');
  assert.ok(Math.abs(sum(Object.values(answer.gate.probabilities)) - 1) < 1e-3, 'probabilities that sum to 1');
  const [seen] = answer.phrases[0].grounding.words;
  console.log(
    `Analyze: expert ${answer.gate.expert}, ${answer.report.words.length} words, nodule at ${seen.peakRow},${seen.peakColumn} of ${answer.gridSide}`,
  );
}

async function analyzeStream(mesh, png) {
  const stream = mesh.AnalyzeStream({ deadline: Date.now() + patience });
  for (let i = 0; i < 10; i++) {
    const image = i === 4 ? { encoded: Buffer.from('not an image') } : fresh(png);
    stream.write({ requestId: String(i), request: { image, report } });
  }
  stream.end();
  const answers = new Map();
  for await (const answer of stream) {
    answers.set(answer.requestId, answer);
  }
  const refused = [...answers.values()].filter((answer) => answer.result === 'error').map((answer) => answer.requestId);
  assert.equal(answers.size, 10);
  assert.deepEqual(refused, ['4']);
  console.log(`AnalyzeStream: 9 answers, item 4 refused: ${answers.get('4').error.message}`);
}

async function classify(mesh, png) {
  const classes = [
    { name: 'nodule', prompts: ['a nodule', 'There is a nodule in the lung.'] },
    { name: 'normal', prompts: ['no abnormality', 'The lungs are clear.'] },
  ];
  const answer = await call(mesh, 'Classify', { image: fresh(png), classes });
  assert.ok(Math.abs(sum(answer.classes.map((c) => c.probability)) - 1) < 1e-3, 'probabilities that sum to 1');
  console.log(`Classify: ${answer.classes.map((c) => `${c.name} ${c.probability.toFixed(3)}`).join(', ')}`);
}

async function deadline(mesh, png) {
  await assert.rejects(call(mesh, 'Analyze', { image: fresh(png), report }, { timeout: 1 }), { code: grpc.status.DEADLINE_EXCEEDED });
  console.log('deadline: DEADLINE_EXCEEDED');
}

async function cancel(mesh, png) {
  const cancelled = call(mesh, 'Analyze', { image: fresh(png), report }, { before: (running) => running.cancel() });
  await assert.rejects(cancelled, { code: grpc.status.CANCELLED });
  console.log('cancel: CANCELLED');
}

async function main([server, image]) {
  if (!server || !image) {
    console.error('usage: node client.js HOST:PORT IMAGE');
    return 2;
  }
  const png = readFileSync(image);
  const mesh = new RouterService(server, grpc.credentials.createInsecure());
  try {
    for (const step of [embedText, analyze, analyzeStream, classify, deadline, cancel]) {
      await step(mesh, png);
    }
    return 0;
  } catch (error) {
    console.error(`${server}: ${error.message.split('\n')[0]}`);
    return error.code === grpc.status.UNAVAILABLE ? 2 : 1;
  } finally {
    mesh.close();
  }
}

process.exitCode = await main(process.argv.slice(2));

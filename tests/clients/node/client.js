// Calls every kind of rpc of a running mesh: node client.js HOST:PORT IMAGE [OPTION FILE]...
// --authority FILE: PEM of the authority to trust; connects with TLS. --key FILE: its first line is the key to send.
// --certificate FILE, --certificate-key FILE: PEM of a client certificate to show, and of its private key; they need --authority.
// Exit code 0: all answers were as they should be. 1: one was not. 2: there is no mesh, it refuses the caller, or an option is wrong.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const patience = 60_000; // milliseconds
const report = 'There is a small nodule in the left upper zone. No effusion.';
const optionNames = ['--authority', '--key', '--certificate', '--certificate-key'];
const noMeshForUs = [grpc.status.UNAVAILABLE, grpc.status.UNAUTHENTICATED, grpc.status.PERMISSION_DENIED];
const protos = new URL('../../../protos', import.meta.url).pathname;
const { RouterService } = grpc.loadPackageDefinition(
  loadSync('medmoe/mesh/v1/router.proto', { includeDirs: [protos], defaults: true, oneofs: true }),
).medmoe.mesh.v1;

process.noDeprecation = true; // Node warns that grpc-js sends an IP address as the server's name.

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

/** An interceptor that sends a key with every call. */
const withKey = (key) => (options, nextCall) =>
  new grpc.InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set('authorization', `Bearer ${key}`);
      next(metadata, listener);
    },
  });

function read(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${path}: ${error.code}`);
  }
}

/** The content of the files, by the names of the options. */
function readOptions(args) {
  const files = {};
  for (let i = 0; i < args.length; i += 2) {
    if (!optionNames.includes(args[i]) || args[i] in files || i + 1 === args.length) {
      throw new Error(`after HOST:PORT IMAGE: ${optionNames.map((name) => `${name} FILE`).join(', ')}, each once or not at all`);
    }
    files[args[i]] = read(args[i + 1]);
  }
  if (('--certificate' in files) !== ('--certificate-key' in files)) {
    throw new Error('--certificate and --certificate-key need each other');
  }
  if ('--certificate' in files && !('--authority' in files)) {
    throw new Error('--certificate needs --authority');
  }
  return files;
}

function open(server, files) {
  if (files['--authority'] && !files['--authority'].includes('-----BEGIN CERTIFICATE-----')) {
    throw new Error('--authority: no certificate in the file');
  }
  const credentials = files['--authority']
    ? grpc.credentials.createSsl(files['--authority'], files['--certificate-key'], files['--certificate'])
    : grpc.credentials.createInsecure();
  if (!files['--key']) {
    return new RouterService(server, credentials);
  }
  const key = files['--key'].toString().split('\n')[0].trim();
  if (!/^[!-~]+$/.test(key)) {
    throw new Error('--key: the first line of the file is not a key');
  }
  return new RouterService(server, credentials, { interceptors: [withKey(key)] });
}

async function main([server, image, ...options]) {
  if (!server || !image) {
    console.error('usage: node client.js HOST:PORT IMAGE [OPTION FILE]...');
    return 2;
  }
  let png, mesh;
  try {
    png = read(image);
    mesh = open(server, readOptions(options));
  } catch (error) {
    console.error(error.message);
    return 2;
  }
  try {
    for (const step of [embedText, analyze, analyzeStream, classify, deadline, cancel]) {
      await step(mesh, png);
    }
    return 0;
  } catch (error) {
    const reason = error.code in grpc.status ? `${grpc.status[error.code]}: ${error.details}` : error.message;
    console.error(`${server}: ${reason.split('\n')[0]}`);
    return noMeshForUs.includes(error.code) ? 2 : 1;
  } finally {
    mesh.close();
  }
}

process.exitCode = await main(process.argv.slice(2));

// Calls a running mesh in gRPC-Web, as pages do, with Connect's library: node connect.js URL IMAGE
// Exit code 0: all answers were as they should be. 1: one was not.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { BackboneService } from './artifacts/medmoe/mesh/v1/backbone_pb.js';
import { RouterService } from './artifacts/medmoe/mesh/v1/router_pb.js';

const [url, file] = process.argv.slice(2);
if (!url || !file) {
  console.error('usage: node connect.js URL IMAGE');
  process.exit(2);
}
const transport = createGrpcWebTransport({ baseUrl: url, defaultTimeoutMs: 60_000 });
const [router, backbone] = [createClient(RouterService, transport), createClient(BackboneService, transport)];
const report = 'There is a small nodule in the left upper zone. No effusion.';
const picture = readFileSync(file);

/** The same picture as new content, so that no answer comes from the cache: PNG readers stop at the image's end. */
const fresh = () => ({ source: { case: 'encoded', value: Buffer.concat([picture, randomBytes(16)]) } });

async function failure(call) {
  const error = await call.then(() => assert.fail('it does not fail'), (error) => error);
  assert.ok(error instanceof ConnectError, `${error}`);
  return error;
}

const { gate, report: analysed, phrases } = await router.analyze({ image: fresh(), report, phrases: ['nodule'] });
console.log(`analyze: expert ${gate.expert}, ${analysed.words.length} words, ${phrases.length} phrase`);

const { texts } = await router.embedText({ texts: [report, 'pleural effusion'] });
console.log(`embedText: ${texts.map(({ embedding }) => `${embedding.data.length} bytes`).join(', ')}`);

const shapes = [];
for await (const { level } of backbone.extractPyramid({ image: fresh() })) {
  shapes.push(level.features.shape.join('x'));
}
console.log(`extractPyramid: ${shapes.join(', ')}`);

const refused = await failure(router.embedText({ texts: [''] }));
console.log(`error: ${Code[refused.code]}, ${refused.rawMessage}, ${refused.details.map((detail) => detail.type)}`);

const inStream = await failure(backbone.extractPyramid({})[Symbol.asyncIterator]().next());
console.log(`error of a stream: ${Code[inStream.code]}, ${inStream.rawMessage}`);

const late = await failure(router.analyze({ image: fresh(), report }, { timeoutMs: 1 }));
console.log(`deadline: ${Code[late.code]}`);

// The library's own clock is the first to end such a call; here the gateway's is the only one.
const ended = await failure(router.analyze({ image: fresh(), report }, { timeoutMs: 0, headers: { 'grpc-timeout': '1m' } }));
console.log(`deadline at the gateway: ${Code[ended.code]}, ${ended.rawMessage}`);

const cancellation = new AbortController();
const cancelled = failure(router.analyze({ image: fresh(), report }, { signal: cancellation.signal }));
cancellation.abort();
console.log(`cancel: ${Code[(await cancelled).code]}`);

// Calls the text encoders at several addresses by weighted round robin: node weighted.js HOST:PORT,HOST:PORT,... CALLS [oob]
// The weights come from the load reports in the answers; with "oob" from reports outside of them.
// Exit code 0: every call was answered. 1: one was not.

import { setTimeout as pause } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const interval = 10; // milliseconds
const [addresses, count, reports] = process.argv.slice(2);
const protos = new URL('../../../protos', import.meta.url).pathname;
const { TextEncoderService } = grpc.loadPackageDefinition(loadSync('medmoe/mesh/v1/text_encoder.proto', { includeDirs: [protos] })).medmoe.mesh.v1;

// grpc-js reads these names, and not those of gRPC's service configuration.
const weighted = {
  enable_oob_load_report: reports === 'oob',
  oob_load_reporting_period: '0.2s',
  blackout_period: '1s',
  weight_update_period: '0.2s',
};
const client = new TextEncoderService(`ipv4:${addresses}`, grpc.credentials.createInsecure(), {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ weighted_round_robin: weighted }] }),
});
const call = () =>
  new Promise((resolve, reject) => {
    client.Encode({}, { deadline: Date.now() + 60_000 }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });

// At fixed times, whether or not calls have ended, as many callers would.
const calls = [];
for (; calls.length < count; await pause(interval)) {
  calls.push(call());
}
await Promise.all(calls);
client.close();
